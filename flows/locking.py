"""One writer a store: an advisory lock that is refused at once and freed at once, even by ``kill -9``."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from store.opening import is_endpoint

POLL_S = 0.2


class StoreBusyError(RuntimeError):
    """Another run writes to the store; ``holder`` says which, as it wrote into the lock file."""

    def __init__(self, store: str, holder: str) -> None:
        super().__init__(
            f"{store} is being written to by {holder or 'another run'}. "
            "Wait for it to end (--wait SECONDS does so), or stop it."
        )
        self.store = store
        self.holder = holder


def lock_path(store: str, home: Path) -> Path:
    """The lock file of a store: beside an embedded one, under ``home`` for one behind a URL."""
    if is_endpoint(store):
        name = hashlib.sha256(store.rstrip("/").encode()).hexdigest()[:16]
        return home / "locks" / f"{name}.lock"
    folder = Path(store).resolve()
    return folder.with_name(folder.name + ".lock")


@contextlib.contextmanager
def writing(store: str, home: Path, *, purpose: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the store's lock for the block. ``purpose`` is what others are told.

    Raises StoreBusyError where another process holds it still after ``wait_s`` seconds. Behind a URL the lock
    covers the runs of one machine and one ``home``: the server itself takes writers one after another.
    """
    path = lock_path(store, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file.fileno(), store, path, wait_s)
        file.truncate(0)
        started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        file.write(f"process {os.getpid()}, {purpose}, since {started}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _acquire(descriptor: int, store: str, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreBusyError(store, path.read_text(encoding="utf-8", errors="replace").strip()) from None
            time.sleep(POLL_S)
