"""SIGKILL of ``enishi ingest`` itself, real reader and real store, at any instant of its run.

The default run kills a few times; the whole hundred is marked soak: ``pytest -m soak tests/flows/test_kill.py``.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.running import read_states
from store import open_store
from store.canonical import canonical_hash
from store.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = 24
TEXTS = {
    1: "浜風製菓は四月、包装の意匠をまねられたとして小倉菓子店{n}を東京地裁に提訴した。第一版{n}。",
    2: "柏木澄江は1987年に浜風製菓{n}を設立した。第二版{n}。今日は晴れた。",
}


class Archive:
    """A folder of documents in one of two versions, and a store that is to follow it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.news = folder / "news"
        self.news.mkdir(parents=True)

    @property
    def store(self) -> Path:
        return self.folder / "var" / "store"

    def write(self, version: int) -> None:
        for number in range(DOCUMENTS):
            (self.news / f"{number:02}.txt").write_text(TEXTS[version].format(n=number), encoding="utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "ENISHI_HOME": str(self.folder / "var"), "ENISHI_BATCH_DOCUMENTS": "2", "PYTHONPATH": str(ROOT)
        }  # fmt: skip
        command = [sys.executable, "-c", "from flows.cli import main; main()", "ingest", "news", "--wait", "60"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen([*command, "--quiet"], cwd=self.folder, env=environment, stdout=quiet, stderr=quiet)

    def ingest(self) -> float:
        started = time.monotonic()
        assert self.start().wait(900) == 0
        return time.monotonic() - started

    def graphs(self) -> dict[str, str]:
        """The canonical hash of every document's graph."""
        with open_store(self.store, read_only=True, wait_s=60) as store:
            return {iri: canonical_hash(store.dump(iri)) for iri in store.states()}

    def hash(self) -> str:
        with open_store(self.store, read_only=True, wait_s=60) as store:
            return canonical_hash(store.dump())


def kill_ingests(folder: Path, kills: int, seed: int) -> None:
    moments = random.Random(seed)
    graphs: dict[int, dict[str, str]] = {}
    hashes: dict[int, str] = {}
    for version in TEXTS:
        undisturbed = Archive(folder / f"undisturbed-{version}")
        undisturbed.write(version)
        took_s = undisturbed.ingest()
        graphs[version], hashes[version] = undisturbed.graphs(), undisturbed.hash()
    archive = Archive(folder / "killed")
    shutil.copytree(folder / "undisturbed-1" / "var", archive.folder / "var")
    new, met_half_way = 2, 0
    archive.write(new)
    for _ in range(kills):
        process = archive.start()
        time.sleep(moments.random() * took_s)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        now = archive.graphs()
        assert now.keys() == graphs[new].keys()
        assert all(found in (graphs[1][iri], graphs[2][iri]) for iri, found in now.items())
        met_half_way += now not in (graphs[1], graphs[2])
        if now == graphs[new]:
            archive.ingest()
            assert archive.hash() == hashes[new]
            new = 3 - new
            archive.write(new)
    archive.ingest()
    assert archive.hash() == hashes[new]
    assert kills < 20 or met_half_way


@contextlib.contextmanager
def serving(archive: Archive, port: int) -> Iterator[str]:
    """``enishi serve`` on the store of an archive, as a process; gives its address."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", "serve", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, "--store", str(archive.store)],
        cwd=archive.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert "answers (read-only)" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()


@pytest.mark.slow
def test_an_ingest_into_a_served_store_is_killed_and_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "killed")
    archive.write(1)
    archive.ingest()
    old = archive.graphs()
    undisturbed = Archive(tmp_path / "undisturbed")
    shutil.copytree(archive.folder / "var", undisturbed.folder / "var")
    undisturbed.write(2)
    undisturbed.ingest()
    new = undisturbed.graphs()
    archive.write(2)
    with serving(archive, free_port()) as address:
        before = read_states(address)
        process = archive.start()
        deadline = time.monotonic() + 60
        while read_states(address) == before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        with open_store(address) as store:
            now = {iri: canonical_hash(store.dump(iri)) for iri in store.states()}
        assert all(found in (old[iri], new[iri]) for iri, found in now.items())
        assert now != old
        archive.ingest()
        with open_store(address) as store:
            assert canonical_hash(store.dump()) == undisturbed.hash()
    assert archive.hash() == undisturbed.hash()


@pytest.fixture
def seed() -> int:
    number = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {number}\n")  # shown where the test fails
    return number


@pytest.mark.slow
def test_a_killed_ingest_leaves_old_graphs_and_new_ones_and_none_between(tmp_path: Path, seed: int) -> None:
    kill_ingests(tmp_path, 3, seed)


@pytest.mark.soak
@pytest.mark.slow
def test_a_hundred_killed_ingests_end_as_an_undisturbed_one(tmp_path: Path, seed: int) -> None:
    kill_ingests(tmp_path, 100, seed)
