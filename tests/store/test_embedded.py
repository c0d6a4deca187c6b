"""The embedded store: one owner, limits that hold, and what a crash leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from store import OWN_QUERY, GraphStore, QueryLimits, open_store
from store.embedded import EmbeddedStore
from store.errors import (
    QueryFailedError,
    QuerySyntaxError,
    QueryTimeoutError,
    StoreDamagedError,
    StoreLocationError,
    StoreLockedError,
)

Build = Callable[..., tuple[str, list[Quad]]]
ROOT = Path(__file__).resolve().parents[2]
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u }"
HOLDER = """
import sys, time
from store import open_store
store = open_store(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def filled(tmp_path: Path, document_graph: Build) -> Path:
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(dict(document_graph(number, "会社", "商店") for number in range(30)))
    return tmp_path / "store"


def hold(folder: Path, mode: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), mode], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


def test_open_store_twice_in_one_process_says_who_holds_it(filled: Path) -> None:
    with open_store(filled), pytest.raises(StoreLockedError, match=f"process {os.getpid()} ") as caught:
        open_store(filled)
    assert caught.value.location == str(filled)


@pytest.mark.parametrize(("first", "second"), [("write", "write"), ("write", "read"), ("read", "write")])
def test_open_store_beside_another_process_says_who_holds_it(filled: Path, first: str, second: str) -> None:
    process = hold(filled, first)
    try:
        with pytest.raises(StoreLockedError, match=f"process {process.pid} "):
            open_store(filled, read_only=second == "read")
    finally:
        end(process)
    open_store(filled, read_only=second == "read").close()


def test_open_store_for_reading_shares_the_folder(filled: Path) -> None:
    process = hold(filled, "read")
    try:
        with open_store(filled, read_only=True) as store:
            assert len(store.states()) == 30
    finally:
        end(process)


def test_open_store_beside_oxigraph_itself_says_who_holds_it(
    filled: Path, start_oxigraph: Callable[..., tuple[str, subprocess.Popen[bytes]]]
) -> None:
    _, process = start_oxigraph(filled)
    with pytest.raises(StoreLockedError, match=f"process {process.pid} .*serve"):
        open_store(filled)


def test_open_store_waits_for_the_owner_to_end(filled: Path) -> None:
    process = hold(filled, "write")
    timer = threading.Timer(1.0, end, [process])
    timer.start()
    started = time.monotonic()
    with open_store(filled, wait_s=30) as store:
        assert len(store.states()) == 30
    assert 0.5 < time.monotonic() - started < 60
    timer.join()


def test_open_store_refuses_what_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("これは店ではない", encoding="utf-8")
    for location in (tmp_path / "file", tmp_path):
        with pytest.raises(StoreLocationError, match="--store"):
            open_store(location)
    with pytest.raises(StoreLocationError, match=r"no store in .*enishi ingest"):
        open_store(tmp_path / "missing", read_only=True)
    assert not (tmp_path / "missing").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def zero_the_manifest(folder: Path) -> None:
    (manifest,) = folder.glob("MANIFEST-*")
    content = manifest.read_bytes()
    manifest.write_bytes(content[:20] + bytes(20) + content[40:])


def point_to_no_manifest(folder: Path) -> None:
    (folder / "CURRENT").write_text("MANIFEST-999999\n", encoding="ascii")


def remove_the_largest_table(folder: Path) -> None:
    tables(folder)[-1].unlink()


def cut_the_largest_table(folder: Path) -> None:
    os.truncate(tables(folder)[-1], 100)


def tables(folder: Path) -> list[Path]:
    """RocksDB's files of data, the largest last."""
    return sorted(folder.glob("*.sst"), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "damage", [zero_the_manifest, point_to_no_manifest, remove_the_largest_table, cut_the_largest_table]
)
def test_open_store_of_a_damaged_store_says_so(filled: Path, damage: Callable[[Path], None], read_only: bool) -> None:
    damage(filled)
    with pytest.raises(StoreDamagedError, match=r"is damaged: .*`enishi restore`") as caught:
        open_store(filled, read_only=read_only)
    assert caught.value.location == str(filled)
    with pytest.raises(StoreDamagedError):  # the failure has left no lock behind
        open_store(filled, read_only=read_only)


@pytest.fixture
def with_bad_blocks(tmp_path: Path) -> Path:
    """A store that opens, but whose statements the disk gives back otherwise than they were written."""
    folder = tmp_path / "bad"
    graph = NamedNode("https://enishi.example/document/記事")
    with EmbeddedStore(folder) as store:
        subjects = [NamedNode(f"https://enishi.example/entity/会社{number}") for number in range(5_000)]
        store.replace_graph(
            graph.value, [Quad(subject, NamedNode("a:p"), Literal(subject.value), graph) for subject in subjects]
        )
    for table in tables(folder):
        content = bytearray(table.read_bytes())
        middle = slice(len(content) // 3, len(content) // 3 + 200)
        content[middle] = bytes(byte ^ 0xFF for byte in content[middle])
        if len(content) > 10_000:
            table.write_bytes(content)
    return folder


@pytest.mark.parametrize("read_only", [False, True])
def test_damage_that_reading_meets_is_said(with_bad_blocks: Path, read_only: bool) -> None:
    by_name = "SELECT ?s { ?s ?p ?name FILTER(STRSTARTS(?name, 'x')) }"
    readings: list[Callable[[GraphStore], object]] = [
        lambda store: list(store.dump()),
        lambda store: store.size(),
        lambda store: store.query(by_name, limits=OWN_QUERY),
        lambda store: store.query(by_name),
    ]
    with open_store(with_bad_blocks, read_only=read_only) as store:
        for read in readings:
            with pytest.raises(StoreDamagedError, match=r"is damaged: .*`enishi restore`"):
                read(store)
        with pytest.raises(QuerySyntaxError):
            store.query("SELECT")


def test_damage_that_writing_meets_is_said_and_the_folder_freed(with_bad_blocks: Path) -> None:
    store = EmbeddedStore(with_bad_blocks)
    with pytest.raises(StoreDamagedError, match=r"is damaged: .*`enishi restore`"):
        store.remove_graphs(store.graph_iris())
    store.close()
    open_store(with_bad_blocks).close()


@pytest.mark.parametrize("read_only", [False, True])
def test_query_is_killed_when_its_time_is_up(filled: Path, read_only: bool) -> None:
    with open_store(filled, read_only=read_only) as store:
        started = time.monotonic()
        with pytest.raises(QueryTimeoutError, match=r"after 0\.5 s"):
            store.query(ENDLESS, limits=QueryLimits(timeout_s=0.5))
        assert time.monotonic() - started < 30
        assert store.query("ASK { ?s enishi:founded ?o }").boolean


def test_query_of_a_killed_process_ends_by_itself(filled: Path) -> None:
    script = (
        "import sys; from store import QueryLimits, open_store\n"
        "store = open_store(sys.argv[1]); print('open', flush=True)\n"
        "store.query(sys.argv[2], limits=QueryLimits(timeout_s=1.0))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(filled), ENDLESS], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_for(lambda: bool(children.read_text(encoding="ascii").split()))
    worker = int(children.read_text(encoding="ascii").split()[0])
    end(process)
    wait_for(lambda: not is_running(worker))


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_query_is_stopped_when_it_needs_too_much_memory(filled: Path) -> None:
    greedy = "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?c ?f ?i"
    with open_store(filled) as store:
        with pytest.raises(QueryFailedError, match="more than 300 MiB"):
            store.query(greedy, limits=QueryLimits(timeout_s=180, memory_mb=300))
        assert store.size() > 0


def test_query_sees_each_write_at_once(filled: Path, document_graph: Build) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?graph enishi:contentHash ?hash }"
    with open_store(filled) as store:
        for number in range(30, 33):
            assert store.query(count).rows[0][0] == Literal(number)
            store.replace_graph(*document_graph(number, "新会社"))
        assert store.query(count).rows[0][0] == Literal(33)


def test_queries_in_threads_beside_a_writer(filled: Path, document_graph: Build) -> None:
    """Every answer shows whole graphs: each document has both its companies, or neither."""
    sparql = "SELECT ?graph (COUNT(?name) AS ?n) { GRAPH ?graph { ?c skos:prefLabel ?name } } GROUP BY ?graph"
    torn: list[object] = []

    def read() -> None:
        for _ in range(5):
            torn.extend(row for row in store.query(sparql).rows if row[1] != Literal(2))

    with open_store(filled) as store:
        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        for version in range(2, 60):
            store.replace_graph(*document_graph(version % 30, f"会社{version}", f"商店{version}", version=version))
        for thread in threads:
            thread.join(60)
    assert torn == []


def test_writer_and_reader_never_wait_for_each_other(filled: Path) -> None:
    """A query that finds a write at work waits for its end with the snapshots' lock in hand."""
    at_work, may_end = threading.Event(), threading.Event()
    store = EmbeddedStore(filled)

    def write() -> None:
        with store._writing():
            at_work.set()
            may_end.wait(30)

    writer = threading.Thread(target=write, daemon=True)
    reader = threading.Thread(target=store.query, args=("ASK { ?s ?p ?o }",), daemon=True)
    writer.start()
    assert at_work.wait(30)
    reader.start()
    time.sleep(0.5)
    may_end.set()
    for thread in (writer, reader):
        thread.join(30)
    assert not (writer.is_alive() or reader.is_alive())
    store.close()


def test_close_leaves_no_snapshot_behind(filled: Path) -> None:
    with open_store(filled) as store:
        store.query("ASK { ?s ?p ?o }")
        assert list(filled.glob("enishi-snapshot-*"))
    assert not list(filled.glob("enishi-snapshot-*"))


def test_opening_discards_the_snapshots_of_a_killed_process(filled: Path) -> None:
    (filled / "enishi-snapshot-abc" / "store").mkdir(parents=True)
    open_store(filled).close()
    assert not list(filled.glob("enishi-snapshot-*"))


def test_bulk_load_adds_to_what_is_there(filled: Path) -> None:
    graph = NamedNode("https://enishi.example/document/大量")
    with EmbeddedStore(filled) as store:
        before = store.size()
        store.bulk_load(Quad(NamedNode(f"a:{n}"), NamedNode("a:p"), Literal(str(n)), graph) for n in range(5_000))
        assert store.size() == before + 5_000
