"""Snapshots of embedded stores: whole, unchanging, and in nobody's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, Quad

from store import open_store
from store.embedded import EmbeddedStore
from store.errors import StoreReadOnlyError
from store.snapshot import SnapshotStore, open_snapshot

ROOT = Path(__file__).resolve().parents[2]
Build = Callable[..., tuple[str, list[Quad]]]


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.glob("enishi-snapshot-*")}


def test_snapshot_stays_as_it_was_while_others_write(document_graph: Build, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with open_store(folder) as store:
        store.replace_graphs(dict(document_graph(number, "会社") for number in range(10)))
        before = set(store.dump())
    with open_snapshot(folder) as snapshot:
        assert isinstance(snapshot, SnapshotStore)
        assert snapshot.location == str(folder)
        for number in range(20):
            with open_store(folder) as writer:
                writer.replace_graph(*document_graph(number, *["新会社"] * 50, version=2))
                assert isinstance(writer, EmbeddedStore)
                writer._live().optimize()  # compaction removes the files that the snapshot reads
        assert set(snapshot.dump()) == before
        assert snapshot.query("SELECT (COUNT(?hash) AS ?n) { ?d enishi:contentHash ?hash }").rows == ((Literal(10),),)
        with pytest.raises(StoreReadOnlyError):
            snapshot.remove_graphs(["a:g"])
    assert not names(folder)


def test_snapshot_holds_what_a_killed_writer_acknowledged(document_graph: Build, tmp_path: Path) -> None:
    """It is in the log of writes alone."""
    folder = tmp_path / "store"
    script = (
        "import os, sys; from pathlib import Path; from pyoxigraph import *; from store import open_store\n"
        "store = open_store(Path(sys.argv[1]))\n"
        "g = NamedNode('a:g'); store.replace_graph('a:g', [Quad(g, g, Literal(n), g) for n in range(50)])\n"
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=ROOT, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    with open_snapshot(folder) as snapshot:
        assert snapshot.size() == 50


def test_writers_remove_the_snapshots_of_the_dead_alone(document_graph: Build, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with open_store(folder) as store:
        store.replace_graph(*document_graph(1, "会社"))
    (folder / "enishi-snapshot-dead").mkdir()
    with open_snapshot(folder):
        mine = names(folder) - {"enishi-snapshot-dead"}
        open_store(folder).close()
        assert names(folder) == mine
    assert not names(folder)


def test_snapshot_is_the_store_itself_where_the_disk_takes_no_links(
    document_graph: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path / "store") as store:
        store.replace_graph(*document_graph(1, "会社"))

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with open_snapshot(tmp_path / "store") as reader:
        assert not isinstance(reader, SnapshotStore)
        assert reader.size() == 4
    assert not names(tmp_path / "store")
