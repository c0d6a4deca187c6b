"""Backups, taken while others write, restored whole or not at all; and graphs from elsewhere."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from ontology.namespaces import ENTITIES_GRAPH, RUNS_GRAPH
from store import GraphStore, open_store
from store.backup import LOADED_GRAPHS, backup_store, load_file, restore_store
from store.canonical import canonical_hash
from store.embedded import EmbeddedStore
from store.errors import StoreError, StoreLocationError
from store.gate import GateSettings
from store.serving import Server
from store.snapshot import open_snapshot

Build = Callable[..., tuple[str, list[Quad]]]
ENTITIES = "<!ENTITY a 'ああああ'><!ENTITY b '&a;&a;&a;'>"
RDF_XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="a:">'
    "<rdf:Description><a:p>&lt;!ENTITY &amp;b; 値</a:p></rdf:Description></rdf:RDF>"
)


def fill(store: GraphStore, document_graph: Build, count: int = 20) -> None:
    store.replace_graphs(dict(document_graph(number, "会社\n「引用」", "商店\\") for number in range(count)))
    graph = NamedNode("https://enishi.example/graph/runs")
    node = BlankNode()
    store.add_quads([Quad(graph, NamedNode("a:p"), node, graph), Quad(node, NamedNode("a:q"), Literal("値"), graph)])


def test_backup_and_restore_give_the_same_store(any_store: GraphStore, document_graph: Build, tmp_path: Path) -> None:
    fill(any_store, document_graph)
    count = backup_store(any_store, tmp_path / "backups" / "one.nq.gz")
    (tmp_path / "restored").mkdir()
    assert restore_store(tmp_path / "backups" / "one.nq.gz", tmp_path / "restored") == count == any_store.size()
    with open_store(tmp_path / "restored") as restored:
        assert canonical_hash(restored.dump()) == canonical_hash(any_store.dump())
        assert restored.states() == any_store.states()


@pytest.mark.parametrize("served", [True, False])
def test_backup_while_an_ingest_runs_holds_whole_graphs(document_graph: Build, tmp_path: Path, served: bool) -> None:
    """Each document has one version in all its statements, and one name a statement of its version."""
    stop, wrote, failures = threading.Event(), threading.Event(), []

    def ingest() -> None:
        version = 2
        try:
            while not stop.is_set():
                with open_store(tmp_path / "store", wait_s=30) as writer:  # as ingests do, batch by batch
                    number = version % 20
                    writer.replace_graph(*document_graph(number, *[f"版{version}"] * 5, version=version))
                    version += 1
                wrote.set()
                time.sleep(0.05)
        except StoreError as error:
            failures.append(error)

    with open_store(tmp_path / "store") as store:
        store.replace_graphs(dict(document_graph(number, *["版1"] * 5) for number in range(20)))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(tmp_path / "store", GateSettings(port=0))) if served else None
        thread = threading.Thread(target=ingest)
        thread.start()
        try:
            for attempt in range(3):
                wrote.clear()
                assert wrote.wait(60), failures
                with open_snapshot(server.address if server else tmp_path / "store", wait_s=60) as reader:
                    backup_store(reader, tmp_path / f"{attempt}.nq.gz")
                restore_store(tmp_path / f"{attempt}.nq.gz", tmp_path / f"restored-{attempt}")
        finally:
            stop.set()
            thread.join(60)
    assert not failures
    versions = set()
    for attempt in range(3):
        with open_store(tmp_path / f"restored-{attempt}") as restored:
            states = restored.states()
            assert len(states) == 20
            for graph_iri, state in states.items():
                names = {q.object.value for q in restored.dump(graph_iri) if q.predicate.value.endswith("prefLabel")}
                assert names == {f"版{int(state.content_hash.split('-')[1])}"}
                versions.update(names)
    assert len(versions) > 1


def test_backup_overwrites_nothing(any_store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "old.nq.gz").write_bytes(b"old")
    with pytest.raises(StoreError, match="exists already"):
        backup_store(any_store, tmp_path / "old.nq.gz")
    with pytest.raises(ValueError, match=r"\.nq\.gz"):
        backup_store(any_store, tmp_path / "backup.zip")
    assert (tmp_path / "old.nq.gz").read_bytes() == b"old"


@pytest.mark.parametrize("damage", ["cut", "cut-at-a-line", "flipped", "no-backup", "empty"])
def test_restore_takes_no_damaged_backup(document_graph: Build, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "one.nq.gz"
    with open_store(tmp_path / "store") as store:
        fill(store, document_graph)
        backup_store(store, path)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "cut-at-a-line": gzip.compress(b"".join(gzip.decompress(content).splitlines(keepends=True)[:-3])),
            "flipped": content[:200] + bytes([content[200] ^ 0xFF]) + content[201:],
            "no-backup": "記事ではない".encode(),
            "empty": b"",
        }[damage]
    )
    with pytest.raises(StoreError, match="backup"):
        restore_store(path, tmp_path / "restored")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["one.nq.gz", "store"]


def test_restore_overwrites_no_store(document_graph: Build, tmp_path: Path) -> None:
    with open_store(tmp_path / "store") as store:
        fill(store, document_graph)
        backup_store(store, tmp_path / "one.nq.gz")
    with pytest.raises(StoreLocationError, match="not empty"):
        restore_store(tmp_path / "one.nq.gz", tmp_path / "store")


def test_load_file_takes_the_place_of_what_was_loaded_before(any_store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "会社 一覧.ttl"
    path.write_text("<甲> <a:p> [ <a:q> '一' ] . <甲> <a:p> <乙> .", encoding="utf-8")
    first = load_file(any_store, path)
    graph_iri = LOADED_GRAPHS + "会社%20一覧.ttl"
    assert (first.graph_iris, first.quads) == ((graph_iri,), 3)
    before = canonical_hash(any_store.dump())
    load_file(any_store, path)
    assert canonical_hash(any_store.dump()) == before
    assert {quad.object.value for quad in any_store.dump() if isinstance(quad.object, NamedNode)} == {
        LOADED_GRAPHS + "乙"
    }


def test_load_file_keeps_the_graphs_of_a_dataset(any_store: GraphStore, document_graph: Build, tmp_path: Path) -> None:
    any_store.replace_graphs(dict(document_graph(number, "会社") for number in range(3)))
    path = tmp_path / "two.nq.gz"
    graph_iri, quads = document_graph(1, "別の名", version=5)
    path.write_bytes(gzip.compress("".join(f"{quad} .\n" for quad in quads).encode() + b"<a:s> <a:p> <a:o> .\n"))
    loaded = load_file(any_store, path, graph_iri="https://enishi.example/graph/残り")
    assert set(loaded.graph_iris) == {graph_iri, "https://enishi.example/graph/残り"}
    assert set(any_store.dump(graph_iri)) == set(quads)
    assert len(any_store.states()) == 3


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("a.ttl", "<a:s> <a:p> .", StoreError, "not what its suffix says"),
        ("a.nq", f"<a:s> <a:p> <a:o> <{ENTITIES_GRAPH}> .", StoreError, "Enishi's own graph"),
        ("a.nq", f"<a:s> <a:p> <a:o> <{RUNS_GRAPH}> .", StoreError, "Enishi's own graph"),
        ("a.trig", "_:g { <a:s> <a:p> <a:o> }", StoreError, "without a name"),
        ("a.nt.gz", "<a:s> <a:p> <a:o> .", StoreError, "cannot be read"),
        ("a.docx", "", ValueError, "No format"),
        ("a.rdf", f"<!DOCTYPE r [ {ENTITIES} ]>{RDF_XML}", StoreError, r"a\.rdf has a DOCTYPE with declarations"),
        ("a.rdf", f"<!-- 注 --> <!DOCTYPE r [%x; {ENTITIES}]>{RDF_XML}", StoreError, "has a DOCTYPE"),
        ("a.rdf", f"<!DOCTYPE r [ {ENTITIES} ", StoreError, "has a DOCTYPE"),
        ("a.rdf", RDF_XML.replace("値", f"<!DOCTYPE r [ {ENTITIES} ]>"), StoreError, "not what its suffix says"),
        ("a.rdf", "記事", StoreError, "not what its suffix says"),
    ],
)
def test_load_file_of_bad_input_loads_nothing(
    tmp_path: Path, name: str, content: str, error: type[Exception], message: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with open_store(tmp_path / "store") as store:
        with pytest.raises(error, match=message):
            load_file(store, tmp_path / name)
        with pytest.raises(StoreError, match="cannot be read"):
            load_file(store, tmp_path / "missing.ttl")
        assert store.size() == 0


def test_load_file_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.backup._ATOMIC_QUADS", 50)
    monkeypatch.setattr("store.backup._CHUNK_QUADS", 30)
    path = tmp_path / "many.nt"
    path.write_text("".join(f'<a:{number}> <a:p> "{number}" .\n' for number in range(100)), encoding="utf-8")
    with open_store(tmp_path / "store") as store:
        for _ in range(2):
            assert load_file(store, path).quads == 100
            assert store.size() == 100


@pytest.mark.parametrize("prolog", ["", "<?xml version='1.0' encoding='UTF-8'?>", "<!DOCTYPE r SYSTEM 'r.dtd'>"])
def test_load_file_takes_xml_without_entities(tmp_path: Path, prolog: str) -> None:
    (tmp_path / "a.rdf").write_text(prolog + "<!-- <!ENTITY a 'b'> -->" + RDF_XML, encoding="utf-8")
    with open_store(tmp_path / "store") as store:
        load_file(store, tmp_path / "a.rdf")
        assert [quad.object for quad in store.dump()] == [Literal("<!ENTITY &b; 値")]


def test_load_file_unfolds_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f'<a:{number}> <a:p> "値" .\n' for number in range(1_000)).encode()
    (tmp_path / "a.nt.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "a.nt").write_bytes(lines)
    with open_store(tmp_path / "store") as store:
        monkeypatch.setattr("store.backup._UNFOLDED_BYTES", len(lines) - 1)
        with pytest.raises(StoreError, match=r"a\.nt\.gz unfolds to more than"):
            load_file(store, tmp_path / "a.nt.gz")
        assert store.size() == 0
        load_file(store, tmp_path / "a.nt")
        monkeypatch.setattr("store.backup._UNFOLDED_BYTES", len(lines))
        assert load_file(store, tmp_path / "a.nt.gz").quads == 1_000


def test_load_file_in_steps_keeps_nodes_without_a_name_whole(
    any_store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.backup._ATOMIC_QUADS", 50)
    monkeypatch.setattr("store.backup._CHUNK_QUADS", 30)
    path = tmp_path / "many.nq"
    path.write_text("".join(f'_:甲 <a:p> "{number}" <a:{number % 2}> .\n' for number in range(100)), encoding="utf-8")
    for _ in range(2):
        load_file(any_store, path)
        quads = list(any_store.dump())
        assert len(quads) == 100
        assert len({quad.subject for quad in quads}) == 1
        assert isinstance(quads[0].subject, BlankNode) == isinstance(any_store, EmbeddedStore)


def test_load_file_keeps_a_node_that_two_graphs_share(any_store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "two.trig"
    path.write_text("<a:1> { _:甲 <a:p> '一' } <a:2> { _:甲 <a:p> '二' . _:乙 <a:p> '三' }", encoding="utf-8")
    assert load_file(any_store, path).quads == 3
    assert len({quad.subject for quad in any_store.dump()}) == 2
