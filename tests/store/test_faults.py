"""Full disks and folders that cannot be written to: a clear error, and a store that is sound afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Quad

from store import open_store
from store.backup import backup_store
from store.errors import StoreError, StoreLocationError, StoreReadOnlyError
from store.export import export_graph

Build = Callable[..., tuple[str, list[Quad]]]
ROOT = Path(__file__).resolve().parents[2]

FILLS_THE_DISK = """
import resource, sys
from pyoxigraph import Literal, NamedNode, Quad
from store import open_store
from store.errors import StoreWriteError

def graph_of(number):
    graph = NamedNode(f"https://enishi.example/document/記事{number}")
    text = f"{number}".zfill(6) * 2_000
    return graph.value, [Quad(NamedNode(f"a:{n}"), NamedNode("a:p"), Literal(f"{n} {text}"), graph) for n in range(10)]

store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))  # no file may grow beyond 2 MiB
written = 0
try:
    for number in range(200):
        store.replace_graph(*graph_of(number))
        written = number + 1
except StoreWriteError as error:
    print(f"{written} {error}")
"""


def test_full_disk_is_said_clearly_and_leaves_whole_graphs(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(tmp_path / "store")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    written, _, message = finished.stdout.partition(" ")
    assert "is full" in message, finished.stderr
    with open_store(tmp_path / "store") as store:
        graph_iris = store.graph_iris()
        assert int(written) <= len(graph_iris) <= int(written) + 1
        assert all(len(list(store.dump(graph_iri))) == 10 for graph_iri in graph_iris)
        store.replace_graph(graph_iris[0], [])
        assert len(store.graph_iris()) == len(graph_iris) - 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_to(tmp_path: Path, document_graph: Build) -> None:
    folder = tmp_path / "store"
    with open_store(folder) as store:
        store.replace_graph(*document_graph(1, "甲社"))
    for path in (folder, tmp_path):
        path.chmod(0o555)
    try:
        with pytest.raises(StoreLocationError, match="folder can be written to"):
            open_store(tmp_path / "new")
        with pytest.raises(StoreError, match="folder can be written to"):
            open_store(folder)
        with open_store(folder, read_only=True) as store:
            assert len(store.states()) == 1
            assert store.query("ASK { ?s ?p ?o }").boolean
            with pytest.raises(StoreReadOnlyError):
                store.remove_graph("a:g")
            with pytest.raises(StoreError, match="cannot be written"):
                export_graph(store, tmp_path / "graph.ttl")
            with pytest.raises(StoreError, match="cannot be written"):
                backup_store(store, tmp_path / "one.nq.gz")
    finally:
        for path in (tmp_path, folder):
            path.chmod(0o755)


def test_location_below_a_file_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreLocationError, match="folder"):
        open_store(tmp_path / "file" / "store")
