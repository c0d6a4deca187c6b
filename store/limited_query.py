"""Queries that can be stopped: on a snapshot of the store, in a process that is killed when its time is up."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import QueryFailedError, QueryTimeoutError
from store.graph_store import QueryLimits

SNAPSHOT_PREFIX = "enishi-snapshot-"
_WORKER = Path(__file__).with_name("query_worker.py")


@dataclass(slots=True)
class _Snapshot:
    folder: Path
    readers: int = 0
    outdated: bool = False


class Snapshots:
    """The store as it is now, as a folder of hard links; made when asked for and kept until the next write."""

    def __init__(self, folder: Path, backup: Callable[[Path], None]) -> None:
        """Keep snapshots in ``folder``; ``backup`` writes the store to a folder that does not exist yet."""
        self._folder = folder
        self._backup = backup
        self._lock = threading.Lock()
        self._current: _Snapshot | None = None

    @contextlib.contextmanager
    def use(self) -> Iterator[Path]:
        """A folder that can be opened read-only, and stays until the last reader has left."""
        with self._lock:
            if self._current is None:
                self._current = _Snapshot(Path(tempfile.mkdtemp(prefix=SNAPSHOT_PREFIX, dir=self._folder)))
                try:
                    self._backup(self._current.folder / "store")
                except BaseException:
                    shutil.rmtree(self._current.folder, ignore_errors=True)
                    self._current = None
                    raise
            snapshot = self._current
            snapshot.readers += 1
        try:
            yield snapshot.folder / "store"
        finally:
            with self._lock:
                snapshot.readers -= 1
                _remove_unused(snapshot)

    def outdate(self) -> None:
        """Say that the store has changed: the next reader gets a new snapshot."""
        with self._lock:
            if self._current is not None:
                self._current.outdated = True
                _remove_unused(self._current)
                self._current = None


def discard_snapshots(folder: Path) -> None:
    """Remove what killed processes left behind, but not what a living reader has locked."""
    for path in folder.glob(f"{SNAPSHOT_PREFIX}*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def answer_in_process(folder: Path, request: dict[str, Any], limits: QueryLimits) -> dict[str, Any]:
    """Answer a request to ``store.query_worker`` on a folder that nobody writes to.

    Raises QueryTimeoutError, and QueryFailedError where the process died or the store could not answer.
    """
    request = request | {"folder": str(folder), "timeout_s": limits.timeout_s, "memory_mb": limits.memory_mb}
    try:
        finished = subprocess.run(
            [sys.executable, "-P", str(_WORKER)],
            input=pickle.dumps(request),
            capture_output=True,
            timeout=limits.timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        assert limits.timeout_s is not None
        raise QueryTimeoutError(limits.timeout_s) from None
    if finished.returncode != 0:
        raise _death(finished.returncode, finished.stderr.decode("utf-8", "replace"), limits)
    outcome: dict[str, Any] = pickle.loads(finished.stdout)  # noqa: S301 (from our own worker)
    if "error" in outcome:
        if "MemoryError" in outcome["error"]:
            raise _out_of_memory(limits)
        raise QueryFailedError(f"The query broke off: {outcome['error']}", "Correct it, or report it.")
    return outcome


def _death(return_code: int, messages: str, limits: QueryLimits) -> QueryFailedError:
    if limits.memory_mb is not None and ("memory allocation" in messages or "MemoryError" in messages):
        return _out_of_memory(limits)
    last_line = messages.strip().rpartition("\n")[2][:300]
    cause = f"its process ended with {return_code}" + (f" ({last_line})" if last_line else "")
    return QueryFailedError(f"The query broke off: {cause}.", "Narrow it; report it if that does not help.")


def _out_of_memory(limits: QueryLimits) -> QueryFailedError:
    return QueryFailedError(
        f"The query needed more than {limits.memory_mb} MiB of memory and was stopped.",
        "Narrow its patterns, add a LIMIT, or allow it more memory.",
    )


def _remove_unused(snapshot: _Snapshot) -> None:
    if snapshot.outdated and snapshot.readers == 0:
        shutil.rmtree(snapshot.folder, ignore_errors=True)
