"""Load on a served store: readers and a writer for a minute each, at several sizes, as a Markdown table.

Run from the checkout's root: ``python -m tests.load.serve_load --quads 1000000 5000000``, or ``make load``. Everything
is on loopback. Readers and the writer are processes of their own; the numbers hold for the machine they ran on.
"""

from __future__ import annotations

import argparse
import itertools
import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad

from ontology.namespaces import CLAIM, DOCUMENT, ENTITY, OA, ONTOLOGY, PROV, RDF, RUN, SKOS, XSD
from store import OWN_QUERY, open_store
from store.embedded import EmbeddedStore
from store.errors import StoreError
from store.gate import GateSettings
from store.queries import load_query
from store.serving import Server

CLAIMS_A_DOCUMENT = 4
QUADS_A_DOCUMENT = 89
ENTITIES_A_THOUSAND_DOCUMENTS = 700
READS = ("facts of an entity", "who did it to whom", "claims with sentences", "one document")
WRITE = "write a document"
RELATIONS = ("founded", "sued", "invested", "criticized")
_NODES: dict[str, NamedNode] = {}


@dataclass
class Measured:
    """What one process saw: seconds for each request, by kind, and the errors."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    """What one size came to, for the table of how it all grows; memory and disk in MiB, times in seconds or ms."""

    quads: int
    filled_s: float
    disk_mb: float
    memory_mb: float
    states_s: float
    analysis_s: float
    read_p95_ms: float
    write_p95_ms: float
    errors: int


GROWTH = (
    ("quads", "quads", ",d"),
    ("filled in", "filled_s", ".0f"),
    ("disk, MiB", "disk_mb", ".0f"),
    ("Oxigraph's memory after the load, MiB", "memory_mb", ".0f"),
    ("states of all documents, s", "states_s", ".2f"),
    ("claims by relation, s", "analysis_s", ".1f"),
    ("p95 of the slowest kind of read, ms", "read_p95_ms", ".1f"),
    ("p95 of a write, ms", "write_p95_ms", ".1f"),
    ("errors", "errors", "d"),
)


def node(iri: str) -> NamedNode:
    """The node, made once where it recurs."""
    known = _NODES.get(iri)
    if known is None:
        known = _NODES[iri] = NamedNode(iri)
    return known


def document_graph(number: int, entities: int, version: int = 1) -> tuple[str, list[Quad]]:
    """A document's graph of the shape that the ontology maps."""
    chance = random.Random(number * 1_000_003 + version)
    graph = NamedNode(f"{DOCUMENT}記事/{number:07}.txt")
    quads: list[Quad] = []

    def add(subject: NamedNode, predicate: str, target: NamedNode | Literal) -> None:
        quads.append(Quad(subject, node(predicate), target, graph))

    add(graph, RDF + "type", node(ONTOLOGY + "Document"))
    add(graph, ONTOLOGY + "contentHash", Literal(f"{number:056}{version:08}"))
    add(graph, ONTOLOGY + "fingerprint", Literal("指紋"))
    for name, value in (("source", f"記事/{number:07}.txt"), ("format", "text/plain"), ("title", f"記事{number}")):
        add(graph, "http://purl.org/dc/terms/" + name, Literal(value))
    named: dict[int, None] = {}
    for index in range(CLAIMS_A_DOCUMENT):
        first, second = chance.randrange(entities), chance.randrange(entities)
        relation = node(ONTOLOGY + chance.choice(RELATIONS))
        claim = NamedNode(f"{CLAIM}{number:07}-{version}-{index}")
        position, quote = NamedNode(claim.value + "-position"), NamedNode(claim.value + "-quote")
        subject, target = NamedNode(f"{ENTITY}会社{first}"), NamedNode(f"{ENTITY}会社{second}")
        add(claim, RDF + "type", node(ONTOLOGY + "Claim"))
        add(claim, RDF + "subject", subject)
        add(claim, RDF + "predicate", relation)
        add(claim, RDF + "object", target)
        add(claim, ONTOLOGY + "status", node(ONTOLOGY + "Asserted"))
        add(claim, ONTOLOGY + "confidence", Literal(f"0.{chance.randrange(10, 99)}", datatype=node(XSD + "decimal")))
        add(claim, ONTOLOGY + "frame", Literal("甲が乙を設立する", language="ja"))
        add(claim, PROV + "wasDerivedFrom", graph)
        add(claim, PROV + "wasGeneratedBy", node(RUN + "1"))
        add(claim, OA + "hasSelector", position)
        add(claim, OA + "hasSelector", quote)
        add(position, RDF + "type", node(OA + "TextPositionSelector"))
        add(position, OA + "start", Literal(index * 40))
        add(position, OA + "end", Literal(index * 40 + 33))
        add(quote, RDF + "type", node(OA + "TextQuoteSelector"))
        add(quote, OA + "exact", Literal(f"会社{first}が会社{second}を相手取って、{number}日に訴訟を起こした。"))
        quads.append(Quad(subject, relation, target, graph))
        named |= {first: None, second: None}
    for entity in named:
        add(NamedNode(f"{ENTITY}会社{entity}"), RDF + "type", node(ONTOLOGY + "Organization"))
        add(NamedNode(f"{ENTITY}会社{entity}"), SKOS + "prefLabel", Literal(f"会社{entity}", language="ja"))
    return graph.value, quads


def requests(entities: int, documents: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Endless requests as people and pages make them: a kind and a query."""
    while True:
        name, number = f"会社{chance.randrange(entities)}", chance.randrange(documents)
        yield READS[0], f"SELECT ?p ?o {{ entity:{name} ?p ?o }} LIMIT 100"
        yield READS[1], f"SELECT ?who {{ ?who enishi:{chance.choice(RELATIONS)} entity:{name} }} LIMIT 100"
        sentences = (
            "SELECT ?claim ?status ?exact { ?claim rdf:subject ?s ; enishi:status ?status ; oa:hasSelector ?q . "
            f"?q oa:exact ?exact . ?s skos:prefLabel '{name}'@ja }} LIMIT 100"
        )
        yield READS[2], sentences
        yield READS[3], f"SELECT * {{ GRAPH <{DOCUMENT}記事/{number:07}.txt> {{ ?s ?p ?o }} }}"


def read_for(seconds: float, address: str, entities: int, documents: int, seed: int) -> Measured:
    """One reader: a request after the other."""
    measured = Measured()
    end = time.monotonic() + seconds
    with open_store(address, read_only=True) as store:
        for kind, sparql in requests(entities, documents, random.Random(seed)):
            if time.monotonic() > end:
                return measured
            time_call(measured, kind, lambda text=sparql: store.query(text))  # type: ignore[misc]
    return measured


def write_for(seconds: float, location: str, entities: int, documents: int, seed: int) -> Measured:
    """One writer: replaces random documents, as an ingest does, through the folder that is served."""
    measured = Measured()
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    with open_store(location) as store:
        for version in itertools.count(2):
            if time.monotonic() > end:
                return measured
            graph_iri, quads = document_graph(chance.randrange(documents), entities, version)
            time_call(measured, WRITE, lambda iri=graph_iri, graph=quads: store.replace_graph(iri, graph))  # type: ignore[misc]
    return measured


def time_call(measured: Measured, kind: str, call: Callable[[], Any]) -> None:
    """Call, and note how long it took or what went wrong."""
    started = time.perf_counter()
    try:
        call()
    except StoreError as error:
        measured.errors.append(f"{kind}: {error}")
    else:
        measured.seconds.setdefault(kind, []).append(time.perf_counter() - started)


def serve(folder: str, connection: Any) -> None:
    """Serve in a process of its own; say where, and stop when told to."""
    import threading

    with Server(Path(folder), GateSettings(port=0)) as server:
        threading.Thread(target=server.run, daemon=True).start()
        connection.send((server.address, server.process_id))
        connection.recv()


def resident_mb(process_id: int) -> float:
    """The memory of a process now, in MiB."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def folder_mb(folder: Path) -> float:
    """The size of all files in a folder, in MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / (1 << 20)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of them lies, in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def run_size(quads: int, seconds: float, readers: int, folder: Path) -> Size:
    """Fill a store, serve it, put load on it, and print what was measured."""
    documents = quads // QUADS_A_DOCUMENT
    entities = max(10, documents * ENTITIES_A_THOUSAND_DOCUMENTS // 1000)
    started = time.perf_counter()
    with EmbeddedStore(folder) as store:
        store.bulk_load(quad for number in range(documents) for quad in document_graph(number, entities)[1])
        filled_s = time.perf_counter() - started
        size = store.size()
        started = time.perf_counter()
        states = len(store.states())
        states_s = time.perf_counter() - started
    before_mb = folder_mb(folder)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    gate = context.Process(target=serve, args=(str(folder), there))
    gate.start()
    address, oxigraph = here.recv()
    idle_mb = resident_mb(oxigraph)
    with context.Pool(readers + 1) as pool:
        arguments = [(seconds, address, entities, documents, seed) for seed in range(readers)]
        reading = pool.starmap_async(read_for, arguments)
        writing = pool.apply_async(write_for, (seconds, str(folder), entities, documents, 99))
        results = [*reading.get(), writing.get()]
    after_mb = folder_mb(folder)
    loaded_mb, gate_mb = resident_mb(oxigraph), resident_mb(gate.pid or 0)
    started = time.perf_counter()
    with open_store(address) as store:
        store.query(load_query("claims-by-relation"), limits=OWN_QUERY)
    analysis_s = time.perf_counter() - started
    here.send("stop")
    gate.join(60)
    write(f"\n## {size:,} quads in {documents:,} documents\n\n| what | value |\n|---|---|")
    for what, value in (
        ("filled in one go", f"{filled_s:.0f} s"),
        (f"states of all {states:,} documents", f"{states_s:.2f} s"),
        ("on disk, before and after the load", f"{before_mb:.0f} MiB, {after_mb:.0f} MiB"),
        ("Oxigraph's memory, idle and after the load", f"{idle_mb:.0f} MiB, {loaded_mb:.0f} MiB"),
        ("the gate's memory", f"{gate_mb:.0f} MiB"),
        ("claims by relation, counted over all", f"{analysis_s:.1f} s"),
        ("errors", f"{sum(len(result.errors) for result in results)}"),
    ):
        write(f"| {what} | {value} |")
    write(f"\n{readers} readers and a writer for {seconds:.0f} s:\n")
    write("| request | a second | median ms | p95 ms | p99 ms |\n|---|---|---|---|---|")
    p95: dict[str, float] = {}
    for kind in dict.fromkeys(kind for result in results for kind in result.seconds):
        times = [value for result in results for value in result.seconds.get(kind, [])]
        write(
            f"| {kind} | {len(times) / seconds:.0f} | {statistics.median(times) * 1000:.1f} "
            f"| {percentile(times, 0.95):.1f} | {percentile(times, 0.99):.1f} |"
        )
        p95[kind] = percentile(times, 0.95)
    failed = [error for result in results for error in result.errors]
    missing = unanswered(p95)
    for error in failed[:5] + missing:
        write(f"\nerror: {error}")
    errors = len(failed) + len(missing)
    write_p95_ms = p95.pop(WRITE, math.nan)
    read_p95_ms = max(p95.values(), default=math.nan)
    return Size(size, filled_s, after_mb, loaded_mb, states_s, analysis_s, read_p95_ms, write_p95_ms, errors)


def unanswered(kinds: Collection[str]) -> list[str]:
    """An error for each kind of request that is not among the answered ``kinds``."""
    return [f"{kind}: none was answered within the time" for kind in (*READS, WRITE) if kind not in kinds]


def print_growth(sizes: list[Size]) -> None:
    """One column a size, and how many times as much the last is as the first."""
    write("\n## How it grows\n\n| what |" + "".join(f" {size.quads:,} quads |" for size in sizes) + " times |")
    write("|---|" + "---:|" * (len(sizes) + 1))
    for title, name, form in GROWTH:
        values = [getattr(size, name) for size in sizes]
        times = f"{values[-1] / values[0]:.1f}" if values[0] else ""
        write(f"| {title} |" + "".join(f" {value:{form}} |" for value in values) + f" {times} |")


def write(line: str) -> None:
    """One line of the report, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the sizes that were asked for; 1 where a request failed, or none of a kind was answered."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quads", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--readers", type=int, default=4)
    arguments = parser.parse_args()
    sizes = []
    for quads in arguments.quads:
        with tempfile.TemporaryDirectory(prefix="enishi-load-") as folder:
            sizes.append(run_size(quads, arguments.seconds, arguments.readers, Path(folder) / "store"))
    print_growth(sizes)
    return 1 if any(size.errors for size in sizes) else 0


if __name__ == "__main__":
    sys.exit(main())
