"""The store's path measured: claims from JSON Lines to the store, and the README's queries at several sizes.

    python tools/store_bench.py prepare claims.jsonl --claims 1000000    made-up documents with their claims, four each
    python tools/store_bench.py load claims.jsonl --store DIR            map, validate, load; quads/s by stage, memory
    python tools/store_bench.py queries --quads 100000 1000000 10000000  p50 and p95 of each SPARQL query in README.md

All by chance from a fixed seed: the same claims in every run. Names follow a power law, as those of news do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status  # noqa: E402
from flows.claim_json import claim_fields, json_line  # noqa: E402
from ontology.curated import curated_graphs  # noqa: E402
from ontology.mapping import document_iri, map_document  # noqa: E402
from ontology.namespaces import PREFIXES, RUN  # noqa: E402
from ontology.validation import load_validator  # noqa: E402
from ontology.vocabulary import Vocabulary, load_vocabulary  # noqa: E402
from store import OWN_QUERY, open_store  # noqa: E402

CLAIMS_A_DOCUMENT = 4
BATCH_DOCUMENTS = 2000
QUADS_A_CLAIM = 21
SLOW_S = 1.0
VERBS = {"founded": "を設立した", "sued": "を提訴した", "invested": "に出資した", "criticized": "を批判した"}
Item = TypeVar("Item")
STATUSES = (Status.ASSERTED,) * 8 + (Status.HYPOTHETICAL, Status.NEGATED)


def main() -> None:
    """Do what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare")
    preparing.add_argument("file", type=Path)
    preparing.add_argument("--claims", type=int, default=1_000_000)
    loading = commands.add_parser("load")
    loading.add_argument("file", type=Path)
    loading.add_argument("--store", default="var/store-bench")
    loading.add_argument(
        "--validate-every", type=int, default=1, metavar="N", help="check one batch in N against shapes"
    )
    querying = commands.add_parser("queries")
    querying.add_argument("--quads", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    querying.add_argument("--repeat", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.command == "prepare":
        with arguments.file.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in prepared(arguments.claims, load_vocabulary()))
    elif arguments.command == "load":
        load(arguments.file, arguments.store, validate_every=arguments.validate_every)
    else:
        for quads in arguments.quads:
            measure_queries(quads, arguments.repeat)


def prepared(claims: int, vocabulary: Vocabulary) -> Iterator[str]:
    """The documents as JSON Lines: what ``enishi extract`` prints, with the document's hash."""
    for document, stated in made_up(claims, vocabulary):
        fields = [claim_fields(claim, document.id) for claim in stated]
        yield json_line({"id": document.id, "content_hash": document.content_hash, "claims": fields})


def made_up(claims: int, vocabulary: Vocabulary) -> Iterator[tuple[Document, list[Claim]]]:
    """Documents with ``CLAIMS_A_DOCUMENT`` claims each between companies, of which the lowest numbers are in most."""
    relations = [relation.name for relation in vocabulary.relations if relation.name in VERBS] or ["sued"]
    companies = max(50, claims // 6)
    for number in range(-(-claims // CLAIMS_A_DOCUMENT)):
        chance = random.Random(number)  # noqa: S311 - the same for everybody
        identifier = f"記事/{number:08}.txt"
        content_hash = hashlib.sha256(identifier.encode()).hexdigest()
        found = [_claim(chance, chance.choice(relations), companies, index) for index in range(CLAIMS_A_DOCUMENT)]
        yield Document(id=identifier, text="", source=identifier, content_hash=content_hash), found


def _claim(chance: random.Random, relation: str, companies: int, index: int) -> Claim:
    first = int(companies * chance.random() ** 3)
    second = (first + 1 + int((companies - 1) * chance.random() ** 3)) % companies
    subject, object_ = f"第{first}電機", f"第{second}電機"
    text = f"{subject}は{chance.randrange(1, 29)}日、{object_}{VERBS.get(relation, 'を提訴した')}。"
    at = index * 60
    sides = [Argument((name,), EntityType.ORGANIZATION, at, at + len(name)) for name in (subject, object_)]
    year = str(chance.randrange(1990, 2025)) if chance.random() < 0.4 else None
    confidence = chance.randrange(40, 99) / 100
    evidence = Evidence(at, at + len(text), text)
    return Claim(relation, *sides, chance.choice(STATUSES), evidence, "甲が乙を提訴する", confidence, event_time=year)


def load(file: Path, location: str, *, validate_every: int) -> None:
    """Read prepared lines, map, validate and load them; print quads/s by stage and the peak of memory.

    An ingest validates every batch (``validate_every`` 1). pySHACL takes ten times as long as all the rest, so that a
    share of the batches tells its speed as well.
    """
    vocabulary = load_vocabulary()
    validator = load_validator(vocabulary)
    spent: Counter[str] = Counter()
    quads = claims = validated = checked = 0
    clock = _Clock(spent)
    with open_store(location) as store, file.open(encoding="utf-8") as lines:
        for number, some in enumerate(_lists(lines, BATCH_DOCUMENTS)):
            read = [read_line(line) for line in some]
            clock.lap("read JSON")
            graphs = {document_iri(document): _mapped(document, stated, vocabulary) for document, stated in read}
            clock.lap("map")
            size, stated = sum(map(len, graphs.values())), sum(len(each) for _, each in read)
            if number % validate_every == 0:
                violations = validator.check(quad for each in graphs.values() for quad in each)
                assert not violations, violations[0]
                validated, checked = validated + size, checked + stated
                clock.lap("validate")
            store.replace_graphs(graphs)
            clock.lap("load")
            quads, claims = quads + size, claims + stated
        size = store.size()
        clock.lap("load")
    whole = sum(spent.values())
    print(f"{claims:,} claims, {quads:,} quads, {size:,} in the store, {whole:.0f} s, {quads / whole:,.0f} quads/s")
    for stage, seconds in spent.most_common():
        of_quads, of_claims = (validated, checked) if stage == "validate" else (quads, claims)
        print(
            f"  {stage:10} {seconds:8.1f} s  {of_quads / seconds:12,.0f} quads/s  {of_claims / seconds:10,.0f} claims/s"
            f"  of {of_claims:,} claims"
        )
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


class _Clock:
    def __init__(self, spent: Counter[str]) -> None:
        self._spent = spent
        self._last_s = time.perf_counter()

    def lap(self, stage: str) -> None:
        now_s = time.perf_counter()
        self._spent[stage] += now_s - self._last_s  # type: ignore[assignment]
        self._last_s = now_s


def _mapped(document: Document, claims: Iterable[Claim], vocabulary: Vocabulary) -> list[object]:
    return map_document(document, claims, vocabulary=vocabulary, run_iri=RUN + "bench", fingerprint="bench")


def read_line(line: str) -> tuple[Document, list[Claim]]:
    """A prepared line as records."""
    fields = json.loads(line)
    document = Document(id=fields["id"], text="", source=fields["id"], content_hash=fields["content_hash"])
    claims = []
    for each in fields["claims"]:
        sides = [
            Argument(tuple(side["labels"]), EntityType(side["type"]), side["start"], side["end"], side["named"])
            for side in (each["subject"], each["object"])
        ]
        evidence = Evidence(**each["evidence"])
        settings = {name: each[name] for name in ("held_by", "event_time", "amount")}
        status, frame, confidence = Status(each["status"]), each["frame"], each["confidence"]
        claims.append(Claim(each["relation"], *sides, status, evidence, frame, confidence, **settings))
    return document, claims


def measure_queries(quads: int, repeat: int) -> None:
    """Fill a store of about so many quads; print each README query's p50 and p95, and the plan of a slow one."""
    folder = Path(tempfile.mkdtemp(prefix="enishi-store-bench-"))
    try:
        vocabulary = load_vocabulary()
        with open_store(folder / "store") as store:
            store.replace_graphs(curated_graphs(vocabulary))
            for some in _lists(made_up(quads // QUADS_A_CLAIM, vocabulary), BATCH_DOCUMENTS):
                store.replace_graphs({document_iri(each): _mapped(each, claims, vocabulary) for each, claims in some})
            print(f"\n{store.size():,} quads")
            slow = []
            for title, sparql in readme_queries():
                taken = []
                for _ in range(repeat):
                    started = time.perf_counter()
                    rows = len(store.query(sparql, limits=OWN_QUERY).rows)
                    taken.append(time.perf_counter() - started)
                p50, p95 = statistics.median(taken), sorted(taken)[int(0.95 * (len(taken) - 1))]
                print(f"  p50 {p50 * 1e3:9.1f} ms  p95 {p95 * 1e3:9.1f} ms  {rows:9,} rows  {title}", flush=True)
                slow += [(title, sparql)] if p95 > SLOW_S else []
        for title, sparql in slow:
            print(f"  plan of: {title}\n{plan(folder / 'store', sparql)}")
    finally:
        shutil.rmtree(folder)


def readme_queries() -> list[tuple[str, str]]:
    """The SPARQL of README.md, each with the line of text before it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.finditer(r"([^\n]+)\n+```sparql\n(.*?)```", text, re.DOTALL)
    return [(match[1].strip().rpartition(". ")[2], match[2]) for match in found]


def plan(folder: Path, sparql: str) -> str:
    """What the command ``oxigraph`` says of a query's steps, with the rows and the time of each."""
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    command = Path(sys.executable).with_name("oxigraph")
    with tempfile.TemporaryDirectory() as temporary:
        explained = Path(temporary) / "plan.txt"
        subprocess.run(
            [command, "query", "--location", folder, "--union-default-graph", "--stats", "--query", prefixes + sparql,
             "--results-format", "csv", "--results-file", Path(temporary) / "rows.csv", "--explain-file", explained],
            check=True, capture_output=True,
        )  # fmt: skip
        return explained.read_text(encoding="utf-8")


def _lists(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some


if __name__ == "__main__":
    main()
