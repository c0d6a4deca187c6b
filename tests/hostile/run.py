"""Hostile documents through reader, extractor, mapper, validator, store, queries and export.

``python -m tests.hostile.run --documents 10000`` writes the corpus file by file, takes it all the way and reports every
crash, every hang, every quotation that is not in its text and every export that does not read back as it was. One file
in ``--extracted`` goes through GiNZA and the real extractor, each followed by an article of hostile names that has to
be parsed; the others get claims made by hand, which are more hostile than the extractor's.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyoxigraph as ox
import rdflib

from extractors.reading import ReadFailure, ReadSettings, list_sources, read_source
from extractors.reading.isolation import MARKUP
from extractors.records import Document
from extractors.windows import SENTENCE_CHARACTERS, bounded_sentences
from ontology.mapping import document_iri, map_document
from ontology.validation import Validator, load_validator
from ontology.vocabulary import Vocabulary, load_vocabulary
from store.embedded import EmbeddedStore
from store.export import export_graph
from tests.hostile.answers import check_answers
from tests.hostile.claims import make_claims
from tests.hostile.corpus import HostileFile, generate
from tests.hostile.reading import RealReader

HANG_S = 10.0
"""Of processor time, not by the clock: other work on the machine is no fault of a file's."""
STALL_S = 300.0
"""By the clock: for what waits and does not compute; twice as long, and the run ends with a trace."""
RUN_IRI = "https://enishi.example/run/hostile"
LIMITS = ReadSettings(max_bytes=8 * 1024 * 1024, max_stream_bytes=16 * 1024 * 1024, parse_timeout_s=3)
BATCH = 200
VALIDATED_SHARE = 10
EXPORTS = (".ttl", ".trig", ".nq", ".nt", ".jsonld")
RDF_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nq": ox.RdfFormat.N_QUADS,
    ".nt": ox.RdfFormat.N_TRIPLES,
}
RDF_FORMATS[".jsonld"] = ox.RdfFormat.JSON_LD
EXACT = ox.NamedNode("http://www.w3.org/ns/oa#exact")


@dataclass
class Outcome:
    """What a run found; it passed where ``problems`` is empty and ``files`` is what was asked for."""

    files: int = 0
    documents: int = 0
    failures: int = 0
    claims: int = 0
    extracted: int = 0
    read_claims: int = 0
    quads: int = 0
    labels: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    families: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stages:
    """The later stages, loaded once."""

    vocabulary: Vocabulary
    validator: Validator
    store: EmbeddedStore
    seed: int
    reader: RealReader | None = None
    """For a document that the real extractor reads, besides the claims made by hand."""


def run(documents: int, *, seed: int = 0, extracted: int = 8, limit_s: float = 3600.0) -> Outcome:
    """Take ``documents`` hostile files all the way, stopping early (which is a problem too) after ``limit_s``.

    One in ``extracted`` goes through the real extractor.
    """
    outcome, deadline = Outcome(), time.monotonic() + limit_s
    vocabulary = load_vocabulary()
    reader = RealReader(vocabulary, seed)
    reader.load()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        with EmbeddedStore(Path(folder, "store")) as store:
            plain = Stages(vocabulary, load_validator(vocabulary), store, seed)
            graphs: dict[str, list[ox.Quad]] = {}
            for number, file in enumerate(generate(documents, seed=seed)):
                if time.monotonic() > deadline:
                    outcome.problems.append(f"out of time after {outcome.files} of {documents} files")
                    break
                real = number % extracted == 0
                with watched(outcome, f"{file.family} ({file.name!r}, {len(file.data):,} bytes)"):
                    outcome.files += 1
                    outcome.families[file.family] += 1
                    graphs.update(take(file, corpus, replace(plain, reader=reader) if real else plain, outcome))
                if real:
                    document = reader.article(number)
                    with watched(outcome, f"article {number} ({document.text[:200]!r})"):
                        graphs[document_iri(document)] = map_claims(document, replace(plain, reader=reader), outcome)
                if len(graphs) >= BATCH:
                    load(graphs, plain, outcome)
            load(graphs, plain, outcome)
            with watched(outcome, "answers", limited=False):
                outcome.labels = check_answers(store)
    outcome.extracted, outcome.read_claims = reader.documents, reader.claims
    MARKUP.close()
    return outcome


@contextmanager
def watched(outcome: Outcome, label: str, *, limited: bool = True) -> Iterator[None]:
    """Report whatever ``label`` raises or, where it is ``limited``, that it took too long."""
    faulthandler.dump_traceback_later(2 * STALL_S, exit=True)
    started, busy_before = time.monotonic(), time.process_time()
    try:
        yield
    except Exception:
        outcome.problems.append(f"{label}: {traceback.format_exc(limit=-4)}")
    faulthandler.cancel_dump_traceback_later()
    busy, elapsed = time.process_time() - busy_before, time.monotonic() - started
    if limited and busy > outcome.slowest_s:
        outcome.slowest_s, outcome.slowest = busy, label
    if limited and (busy > HANG_S or elapsed > STALL_S):
        outcome.problems.append(f"{label}: took {busy:.1f} s of processor time, {elapsed:.1f} s by the clock")


def take(file: HostileFile, corpus: Path, stages: Stages, outcome: Outcome) -> dict[str, list[ox.Quad]]:
    """Read and map one file; the quads of its documents by graph."""
    path = corpus / file.name
    path.write_bytes(file.data)
    graphs: dict[str, list[ox.Quad]] = {}
    for source in list_sources([str(path)], settings=LIMITS):
        if isinstance(source, ReadFailure):
            raise AssertionError(source)
        for item in read_source(source, settings=LIMITS):
            if isinstance(item, ReadFailure):
                outcome.failures += 1
                assert item.reason and item.remedy and item.source.startswith(source.address), item
                continue
            outcome.documents += 1
            check_text(item)
            iri = document_iri(item)
            assert iri not in graphs, f"two documents share {iri}"
            graphs[iri] = map_claims(item, stages, outcome)
    path.unlink()
    return graphs


def map_claims(document: Document, stages: Stages, outcome: Outcome) -> list[ox.Quad]:
    """The quads of a document with claims made by hand, and with the extractor's where there is one."""
    relations = tuple(relation.name for relation in stages.vocabulary.relations)
    claims = make_claims(document, relations, seed=stages.seed)
    if stages.reader is not None:
        claims += stages.reader.read(document)
    outcome.claims += len(claims)
    quads = map_document(document, claims, vocabulary=stages.vocabulary, run_iri=RUN_IRI, fingerprint="hostile")
    check_quotations(document, quads)
    return quads


def check_text(document: Document) -> None:
    """The sentences that are read cover the text, and none is too long for the parser."""
    text = document.text
    text.encode("utf-8")
    assert text.strip() and "\x00" not in text and "\r" not in text
    position = 0
    for start, end in bounded_sentences(text):
        assert start == position < end <= start + SENTENCE_CHARACTERS
        position = end
    assert position == len(text)


def check_quotations(document: Document, quads: list[ox.Quad]) -> None:
    """Every quotation in the graph stands in the text."""
    for quad in quads:
        if quad.predicate == EXACT:
            assert isinstance(quad.object, ox.Literal)
            assert quad.object.value in document.text, f"no quotation: {quad.object.value[:80]!r}"


def load(graphs: dict[str, list[ox.Quad]], stages: Stages, outcome: Outcome) -> None:
    """Write the graphs to the store, the validator's word on some of them asked; ``graphs`` is empty afterwards."""
    if not graphs:
        return
    try:
        sample = list(graphs.values())[::VALIDATED_SHARE]
        for violation in stages.validator.check([quad for quads in sample for quad in quads]):
            assert str(violation).isprintable(), repr(str(violation))
        stages.store.replace_graphs(graphs)
        for iri, quads in list(graphs.items())[::VALIDATED_SHARE]:
            # Oxigraph keeps a number's value and not how it is written: "1.0" comes back as "1".
            in_memory = ox.Store()
            in_memory.extend(quads)
            changed = set(stages.store.dump(iri)) ^ set(in_memory)
            assert not changed, f"the store changed {[str(quad) for quad in changed][:4]}"
        outcome.quads += sum(len(quads) for quads in graphs.values())
    except Exception:
        outcome.problems.append(f"loading {len(graphs)} graphs: {traceback.format_exc(limit=-4)}")
    check_exports(stages.store, list(graphs), outcome)
    graphs.clear()


def check_exports(store: EmbeddedStore, graph_iris: list[str], outcome: Outcome) -> None:
    """Each export format of these graphs reads back as the store is, graphs or triples."""
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it warns of every date that is none
    quads = {quad for iri in graph_iris for quad in store.dump(iri)}
    triples = {quad.triple for quad in quads}
    for suffix in EXPORTS:
        path = Path(store.location).parent / f"graph{suffix}"
        try:
            export_graph(store, path, graph_iris=graph_iris)
            found = set(ox.parse(path=str(path), format=RDF_FORMATS[suffix]))
            if suffix in (".trig", ".nq"):
                assert found == quads, f"statements differ, such as {next(iter(found ^ quads))}"
            else:
                differing = triples ^ {quad.triple for quad in found}
                assert not differing, f"statements differ, such as {next(iter(differing))}"
            if suffix == ".ttl":  # a second opinion: a parser that Oxigraph's authors did not write
                second = rdflib.Graph().parse(path, format="turtle")
                assert len(second) == len(triples), f"rdflib reads {len(second)} triples of {len(triples)}"
        except Exception:
            outcome.problems.append(f"export {suffix}: {traceback.format_exc(limit=-4)}")


def main() -> int:
    """Run by hand; the exit status is 1 where there is a problem."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.run", description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=10_000, help="how many files to generate")
    parser.add_argument("--extracted", type=int, default=8, help="one file in so many goes through the real extractor")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other files")
    parser.add_argument("--seconds", type=float, default=3600, help="when to stop")
    arguments = parser.parse_args()
    started = time.monotonic()
    outcome = run(arguments.documents, seed=arguments.seed, extracted=arguments.extracted, limit_s=arguments.seconds)
    seconds = time.monotonic() - started
    lines = [
        f"{outcome.files:,} files in {seconds:.0f} s: {dict(outcome.families)}",
        f"{outcome.documents:,} documents, {outcome.failures:,} failures reported by name, {outcome.claims:,} claims",
        f"{outcome.extracted:,} documents through the real extractor, {outcome.read_claims:,} claims read by it",
        f"{outcome.labels:,} labels asked for and rendered",
        f"{outcome.quads:,} quads; slowest {outcome.slowest_s:.1f} s of processor time: {outcome.slowest}",
        *outcome.problems[:50],
        f"{len(outcome.problems)} problems",
    ]
    sys.stdout.write("\n".join(lines).encode("utf-8", "backslashreplace").decode() + "\n")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
