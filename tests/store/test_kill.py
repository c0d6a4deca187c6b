"""SIGKILL at any instant: each document has its old graph or its new one, and what was acknowledged is there.

Real processes and real stores. The default run kills a few times; the whole hundred is marked slow.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from store import GraphStore, open_store
from store.canonical import canonical_hash
from store.errors import StoreUnavailableError
from store.gate import GateSettings
from store.serving import Server

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = 6
NAMES = 40
WRITER = f"""
import sys, time
from pyoxigraph import Literal, NamedNode, Quad
from store import open_store
from store.errors import StoreUnavailableError

ONTOLOGY = "https://enishi.example/ontology#"

def graph_of(number, version):
    graph = NamedNode(f"https://enishi.example/document/記事{{number}}")
    quads = [
        Quad(graph, NamedNode(ONTOLOGY + "contentHash"), Literal(str(version)), graph),
        Quad(graph, NamedNode(ONTOLOGY + "fingerprint"), Literal("指紋"), graph),
    ]
    label = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    quads += [Quad(NamedNode(f"a:会社{{n}}"), label, Literal(f"版{{version}}の名{{n}}"), graph) for n in range({NAMES})]
    return graph.value, quads

location, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open_store(location, wait_s=30) as store:
    for version in range(first, last + 1):
        for number in range({DOCUMENTS}):
            for attempt in range(400):
                try:
                    store.replace_graph(*graph_of(number, version))
                    break
                except StoreUnavailableError:
                    time.sleep(0.05)
            print(number, version, flush=True)
"""


class Writer:
    """A child process that writes one version of every document after the other, and what it acknowledged."""

    def __init__(self, location: str | Path, first: int, last: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(location), str(first), str(last)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.acknowledged: dict[int, int] = {}
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                number, version = line.split()
                self.acknowledged[int(number)] = int(version)

    def wait_for_writes(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while sum(self.acknowledged.values()) < count and time.monotonic() < deadline:
            time.sleep(0.002)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.finish()

    def finish(self, timeout_s: float = 120) -> int:
        code = self.process.wait(timeout_s)
        self._thread.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def check_documents(store: GraphStore, acknowledged: dict[int, int]) -> dict[int, int]:
    """Assert that every document is whole and not older than what was acknowledged; the versions."""
    versions = {}
    for graph_iri, state in store.states().items():
        version, number = int(state.content_hash), int(graph_iri.rpartition("記事")[2])
        names = {quad.object.value for quad in store.dump(graph_iri) if quad.predicate.value.endswith("prefLabel")}
        assert names == {f"版{version}の名{n}" for n in range(NAMES)}
        versions[number] = version
    for number, version in acknowledged.items():
        assert versions[number] >= version
    return versions


def undisturbed_hash(folder: Path, last: int) -> str:
    writer = Writer(folder, last, last)
    assert writer.finish() == 0
    with open_store(folder) as store:
        return canonical_hash(store.dump())


def kill_writers(folder: Path, kills: int, seed: int) -> None:
    moments = random.Random(seed)
    version = 1
    for _ in range(kills):
        writer = Writer(folder, version, version + 10_000)
        if moments.random() < 0.8:
            writer.wait_for_writes(1)
        time.sleep(moments.random() * 0.12)
        writer.kill()
        with open_store(folder, wait_s=10) as store:
            versions = check_documents(store, writer.acknowledged)
        version = max([version, *versions.values()]) + 1
    last = version + 1
    assert Writer(folder, version, last).finish() == 0
    with open_store(folder) as store:
        check_documents(store, dict.fromkeys(range(DOCUMENTS), last))
        assert canonical_hash(store.dump()) == undisturbed_hash(folder.with_name("undisturbed"), last)


def kill_server(folder: Path, kills: int, seed: int) -> None:
    """Kill Oxigraph under a writer that tries again, and look at the documents through the gate all the while."""
    moments = random.Random(seed)
    last = 2_000
    with Server(folder, GateSettings(port=0), restarts_a_minute=10_000) as server:
        supervisor = threading.Thread(target=server.run)
        supervisor.start()
        writer = Writer(folder, 1, last)
        with open_store(server.address) as reader:
            for _ in range(kills):
                before = sum(writer.acknowledged.values())
                writer.wait_for_writes(before + 1)
                time.sleep(moments.random() * 0.1)
                process_id = server.process_id
                assert process_id is not None
                acknowledged = dict(writer.acknowledged)
                os.kill(process_id, signal.SIGKILL)
                deadline = time.monotonic() + 60
                while server.process_id == process_id and time.monotonic() < deadline:
                    time.sleep(0.01)
                versions = read_versions(reader)
                assert all(versions[number] >= version for number, version in acknowledged.items())
        writer.kill()
    supervisor.join(30)
    with open_store(folder) as store:
        check_documents(store, writer.acknowledged)
    assert Writer(folder, last, last).finish() == 0
    with open_store(folder) as store:
        assert canonical_hash(store.dump()) == undisturbed_hash(folder.with_name("undisturbed"), last)


def read_versions(reader: GraphStore) -> dict[int, int]:
    """The version of each document, each answer of one instant: asserts that no document mixes two."""
    sparql = (
        "SELECT ?graph ?version (COUNT(?name) AS ?names) { GRAPH ?graph { ?graph enishi:contentHash ?version . "
        "?company skos:prefLabel ?name FILTER(STRSTARTS(?name, CONCAT('版', ?version, 'の'))) } } "
        "GROUP BY ?graph ?version"
    )
    rows = _answered(reader, sparql)
    versions = {int(str(row[0]).rpartition("記事")[2][:-1]): int(row[1].value) for row in rows}  # type: ignore[union-attr]
    assert [row[2].value for row in rows] == [str(NAMES)] * len(rows)  # type: ignore[union-attr]
    assert len(versions) == len(rows)
    return versions


def _answered(reader: GraphStore, sparql: str) -> Sequence[Sequence[object]]:
    """The rows of the answer, asked again while the server that was killed is on its way back."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return reader.query(sparql).rows
        except StoreUnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture
def seed() -> int:
    number = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {number}\n")  # shown where the test fails
    return number


def test_killed_writer_leaves_whole_graphs(tmp_path: Path, seed: int) -> None:
    kill_writers(tmp_path / "store", 6, seed)


def test_killed_server_leaves_whole_graphs(tmp_path: Path, seed: int) -> None:
    kill_server(tmp_path / "store", 4, seed)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("kill", [kill_writers, kill_server])
def test_a_hundred_kills_leave_whole_graphs(tmp_path: Path, seed: int, kill: Callable[[Path, int, int], None]) -> None:
    kill(tmp_path / "store", 100, seed)
