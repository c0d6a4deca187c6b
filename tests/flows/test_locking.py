from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.locking import LockFileError, StoreBusyError, lock_path, writing


def hold(store: str, home: Path) -> None:
    with writing(store, home, purpose="ingest 記事"):
        time.sleep(120)


@pytest.fixture
def holder(tmp_path: Path) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(str(tmp_path / "store"), tmp_path))
    process.start()
    deadline = time.monotonic() + 60  # a spawned process imports this module first, on a busy machine slowly
    path = lock_path(str(tmp_path / "store"), tmp_path)
    while not (path.exists() and path.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def test_writing_is_refused_at_once_and_says_who_holds_the_store(
    tmp_path: Path, holder: multiprocessing.process.BaseProcess
) -> None:
    try:
        started = time.monotonic()
        said = rf"process {holder.pid}, ingest 記事, since \d{{4}}-"
        with (
            pytest.raises(StoreBusyError, match=said) as caught,
            writing(str(tmp_path / "store"), tmp_path, purpose="second"),
        ):
            pass
        assert time.monotonic() - started < 20  # and not until the holder ends
        assert "--wait" in str(caught.value)
    finally:
        holder.kill()
        holder.join(10)


def test_writing_goes_on_as_soon_as_the_holder_is_killed(
    tmp_path: Path, holder: multiprocessing.process.BaseProcess
) -> None:
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    with writing(str(tmp_path / "store"), tmp_path, purpose="second", wait_s=10):
        assert f"process {os.getpid()}, second" in lock_path(str(tmp_path / "store"), tmp_path).read_text()
    holder.join(10)


def test_writing_names_the_lock_file_that_a_full_disk_does_not_take(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from flows.cli import main; main()", "clear", "--yes"]
    done = subprocess.run(
        [*command, "--store", str(tmp_path / "store")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)),
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: The lock file {tmp_path / 'store.lock'} cannot be written: ")
    assert "Make room" in done.stderr


def test_writing_names_the_lock_file_whose_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "store.lock"
    with (
        pytest.raises(LockFileError, match=str(path)) as caught,
        writing(str(tmp_path / "file" / "store"), tmp_path, purpose="ingest"),
    ):
        pass
    assert caught.value.path == path
    assert caught.value.remedy in str(caught.value)


def test_writing_leaves_an_error_of_its_block_as_it_is(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match="記事"),
        writing(str(tmp_path / "store"), tmp_path, purpose="ingest"),
    ):
        raise FileNotFoundError("記事")


def test_writing_may_follow_itself(tmp_path: Path) -> None:
    for _ in range(2):
        with writing(str(tmp_path / "store"), tmp_path, purpose="ingest"):
            pass


def test_lock_path_is_one_for_all_spellings_of_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lock_path("store", tmp_path) == lock_path(str(tmp_path / "x" / ".." / "store"), tmp_path)
    for spelling in ("http://127.0.0.1:1/", "HTTP://LOCALHOST:1", "http://[::1]:1/", "http://127.0.0.2:1"):
        assert lock_path(spelling, tmp_path) == lock_path("http://127.0.0.1:1", tmp_path)
    assert lock_path("http://store.example/", tmp_path) == lock_path("http://Store.Example:80", tmp_path)
    assert lock_path("http://store.example:x", tmp_path) != lock_path("http://store.example", tmp_path)
    assert lock_path("http://127.0.0.1:1", tmp_path) != lock_path("http://127.0.0.1:2", tmp_path)
