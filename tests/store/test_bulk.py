"""Loading by the fast path: whole graphs, whatever kills it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from store import bulk, open_store
from store.embedded import EmbeddedStore, acquire_whole

ROOT = Path(__file__).resolve().parents[2]
Graphs = dict[str, list[Quad]]


def graphs(count: int, *, each: int, first: int = 0, text: str = "値") -> Graphs:
    found: Graphs = {}
    for number in range(first, first + count):
        graph = NamedNode(f"https://enishi.example/document/記事{number}")
        found[graph.value] = [
            Quad(NamedNode(f"a:会社{number}-{n}"), NamedNode("a:名"), Literal(f"{text}{n}"), graph) for n in range(each)
        ]
    return found


def content(folder: Path, *, read_only: bool = True) -> dict[str, int]:
    """How many quads each graph of the store has."""
    counts: dict[str, int] = {}
    with open_store(folder, read_only=read_only) as store:
        for quad in store.dump():
            assert isinstance(quad.graph_name, NamedNode)
            counts[quad.graph_name.value] = counts.get(quad.graph_name.value, 0) + 1
    return counts


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how many graphs each load by the fast path began with."""
    begun: list[int] = []
    plain = bulk.begin

    def begin(folder: Path, graph_iris: Mapping[str, object]) -> None:
        begun.append(len(graph_iris))
        plain(folder, graph_iris)

    monkeypatch.setattr(bulk, "begin", begin)
    return begun


def test_large_batch_of_new_graphs_takes_the_fast_path(tmp_path: Path, fast: list[int]) -> None:
    given = graphs(20, each=bulk.LEAST_QUADS // 20)
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(given)
        assert set(store.dump()) == {quad for quads in given.values() for quad in quads}
        assert store.graph_iris() == sorted(given)
    assert fast == [20]
    assert not bulk.is_recorded(tmp_path / "store")
    assert content(tmp_path / "store") == {graph: len(quads) for graph, quads in given.items()}


def test_graphs_that_exist_are_replaced(tmp_path: Path, fast: list[int]) -> None:
    given = graphs(20, each=bulk.LEAST_QUADS // 20)
    newer = graphs(21, each=bulk.LEAST_QUADS // 20, text="新しい値")
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(given)
        store.replace_graphs(newer)
        assert set(store.dump()) == {quad for quads in newer.values() for quad in quads}
    assert fast == [20]


def test_small_batch_takes_the_plain_path(tmp_path: Path, fast: list[int]) -> None:
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(graphs(3, each=10))
        assert store.size() == 30
    assert fast == []


def test_fast_path_refuses_quads_of_another_graph(tmp_path: Path) -> None:
    given = graphs(2, each=bulk.LEAST_QUADS)
    first, second = given
    with open_store(tmp_path / "store") as store, pytest.raises(ValueError, match="cannot be written"):
        store.replace_graphs({first: given[second], second: given[second]})
    assert content(tmp_path / "store") == {}


@pytest.mark.parametrize("read_only", [True, False])
def test_what_a_killed_load_left_is_taken_back_by_whoever_opens_next(tmp_path: Path, read_only: bool) -> None:
    whole, half = graphs(2, each=5), graphs(2, each=5, first=2)
    folder = tmp_path / "store"
    with open_store(folder) as store:
        store.replace_graphs(whole)
        bulk.begin(folder, half)
        store.add_quads(quads[0] for quads in half.values())
    assert content(folder, read_only=read_only) == dict.fromkeys(whole, 5)
    assert not bulk.is_recorded(folder)


def test_record_that_was_not_finished_takes_nothing_back(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with open_store(folder) as store:
        store.replace_graphs(graphs(1, each=5))
        (folder / bulk.RECORD_FILE).write_text('["https://enishi.example/docu', encoding="utf-8")
    assert list(content(folder).values()) == [5]
    assert not bulk.is_recorded(folder)


LOADER = """
import sys
from pathlib import Path
from store import bulk, open_store
from tests.store.test_bulk import graphs

with open_store(Path(sys.argv[1])) as store:
    for round in range(int(sys.argv[2]), 1000):
        store.replace_graphs(graphs(40, each=bulk.LEAST_QUADS // 20, first=40 * round))
"""


@pytest.mark.slow
def test_killed_loads_leave_whole_graphs_only(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    chance = random.Random(6)
    interrupted = begun = 0
    for _ in range(12):
        loader = subprocess.Popen([sys.executable, "-c", LOADER, str(folder), str(begun)], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not bulk.is_recorded(folder) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.15)
        loader.kill()
        loader.wait()
        interrupted += bulk.is_recorded(folder)
        found = content(folder)
        assert set(found.values()) <= {bulk.LEAST_QUADS // 20}
        assert len(found) % 40 == 0
        begun = len(found) // 40
    assert interrupted > 0


BROKEN_OFF = """
import sys, time
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from store import bulk, open_store

folder = Path(sys.argv[1])
graph = NamedNode("https://enishi.example/document/半分")
store = open_store(folder)
print("open", flush=True)
sys.stdin.readline()
bulk.begin(folder, [graph.value, graph.value + "2"])
store.bulk_load([Quad(graph, NamedNode("a:名"), Literal("値"), graph)])
print("loaded", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("readers", [1, 3])
def test_a_reader_that_waited_for_a_killed_load_finds_none_of_it(tmp_path: Path, readers: int) -> None:
    folder = tmp_path / "store"
    given = graphs(2, each=3)
    with open_store(folder) as store:
        store.replace_graphs(given)
    command = [sys.executable, "-c", BROKEN_OFF, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with ThreadPoolExecutor(readers) as pool:
            waiting = [pool.submit(read_graphs, folder) for _ in range(readers)]
            time.sleep(0.5)  # for them to wait already when the load begins
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"loaded\n"
            process.kill()
            assert [reader.result(60) for reader in waiting] == [sorted(given)] * readers
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert not bulk.is_recorded(folder)


def test_acquire_whole_takes_a_killed_load_back(tmp_path: Path) -> None:
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(graphs(2, each=3))
    bulk.begin(tmp_path / "store", list(graphs(1, each=0)))
    acquire_whole(tmp_path / "store").release()
    assert not bulk.is_recorded(tmp_path / "store")
    assert list(content(tmp_path / "store")) == list(graphs(1, each=0, first=1))


def read_graphs(folder: Path) -> list[str]:
    with EmbeddedStore(folder, read_only=True, wait_s=50) as store:
        return store.graph_iris()
