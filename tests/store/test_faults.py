"""Full disks and folders that cannot be written to: a clear error, and a store that is sound afterwards."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import open_store
from store.errors import StoreLocationError

ROOT = Path(__file__).resolve().parents[2]
CANNOT_DROP_RIGHTS = 77

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

MEETS_CLOSED_FOLDERS = """
import json, os, sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from store import OWN_QUERY, USER_QUERY, open_store
from store.backup import backup_store, restore_store
from store.errors import StoreError
from store.export import export_graph
from store.gate import GateSettings
from store.serving import Server
from store.snapshot import open_snapshot

root, mode = Path(sys.argv[1]), int(sys.argv[2], 8)
if os.geteuid() == 0:  # whom no rights bind: go on as nobody
    try:
        os.chown(root, 65534, 65534)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
# Queries with limits run in a process of their own, where this user can start one.
limits = USER_QUERY if os.access(sys.executable, os.X_OK) else OWN_QUERY
folder, backup = root / "store", root / "one.nq.gz"

def graph_of(name):
    return [Quad(NamedNode("a:s"), NamedNode("a:p"), Literal(name), NamedNode(f"a:{name}"))]

def used(store):
    with store:
        return f"{store.size()} {store.query('ASK { ?s ?p ?o }', limits=limits).boolean}"

def changed(**options):
    with open_store(folder, **options) as store:
        store.replace_graph("a:丙社", graph_of("丙社"))
        store.remove_graphs(["a:甲社"])
        store.replace_graph("a:甲社", graph_of("甲社"))
        return used(store)

with open_store(folder) as store:
    store.replace_graph("a:甲社", graph_of("甲社"))
    backup_store(store, backup)
other = open_store(root / "other")
other.replace_graph("a:乙社", graph_of("乙社"))
folder.chmod(mode)
root.chmod(0o555)
attempts = {
    "write": changed,
    "change": lambda: changed(read_only=True),
    "read": lambda: used(open_store(folder, read_only=True)),
    "read a snapshot": lambda: used(open_snapshot(folder)),
    "serve": lambda: Server(folder, GateSettings(port=0)).close(),
    "make": lambda: open_store(root / "new").close(),
    "restore": lambda: restore_store(backup, folder / "restored"),
    "back up": lambda: backup_store(other, folder / "two.nq.gz"),
    "export": lambda: export_graph(other, folder / "graph.ttl"),
}
said = {}
for name, attempt in attempts.items():
    try:
        said[name] = str(attempt())
    except StoreError as error:
        said[name] = f"{type(error).__name__}: {error}"
root.chmod(0o755)
folder.chmod(0o755)
with open_store(folder) as store:
    store.replace_graph("a:乙社", graph_of("乙社"))
said["write afterwards"] = changed()
print(json.dumps(said))
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


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", ["555", "000", "444"])
def test_folder_without_rights_is_said_clearly_and_stays_sound(open_folder: Path, mode: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", MEETS_CLOSED_FOLDERS, str(open_folder), mode],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if finished.returncode == CANNOT_DROP_RIGHTS:
        pytest.skip(f"rights of files bind no root, and it can become no other user here: {finished.stderr}")
    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    used = "StoreLocationError: The folder .* cannot be used: Permission denied. "
    expected = {
        "write": "StoreLocationError: .*(cannot be used|cannot be opened): .*Check that the folder can be written to",
        "serve": used + "Check that the folder can be written to",
        "make": used + "Check that the folder can be written to",
        "restore": used + "Check that the folder can be written to",
        "back up": "StoreError: The file .* cannot be written: Permission denied. Name another file",
        "export": "StoreError: The file .* cannot be written: Permission denied. Name another file",
    }
    if mode == "555":
        expected |= {"change": "StoreReadOnlyError", "read": "1 True", "read a snapshot": "1 True"}
    else:
        expected |= dict.fromkeys(["change", "read", "read a snapshot"], used + "Check that the folder can be read")
    expected["write afterwards"] = "3 True"
    assert said.keys() == expected.keys()
    for name, pattern in expected.items():
        assert re.match(pattern, said[name]), (name, said[name])


def test_location_below_a_file_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreLocationError, match="folder"):
        open_store(tmp_path / "file" / "store")
