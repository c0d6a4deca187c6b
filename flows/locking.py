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
from urllib.parse import urlsplit, urlunsplit

from store.endpoints import is_loopback
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

    def __reduce__(self) -> tuple[type[StoreBusyError], tuple[str, str]]:
        return type(self), (self.store, self.holder)


class LockFileError(RuntimeError):
    """The lock file of a store cannot be made or written, for want of rights or of room; nothing was done."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        self.error = error
        self.remedy = "Make room on its disk, or get the right to write there, and run it again."
        super().__init__(f"The lock file {path} cannot be written: {error.strerror}. {self.remedy}")

    def __reduce__(self) -> tuple[type[LockFileError], tuple[Path, OSError]]:
        return type(self), (self.path, self.error)


def store_name(store: str) -> str:
    """One name for all spellings of a store: its absolute folder, or its address with every loopback host as 127.0.0.1.

    A folder and the address at which it is served have two names.
    """
    if not is_endpoint(store):
        return str(Path(store).resolve())
    try:
        parts = urlsplit(store)
        host = "127.0.0.1" if is_loopback(store) else parts.hostname or ""
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except ValueError:
        return store  # no address: whoever opens it will say so
    return urlunsplit((parts.scheme, f"{host}:{port}", parts.path.rstrip("/"), parts.query, ""))


def lock_path(store: str, home: Path) -> Path:
    """The lock file of a store: beside an embedded one, under ``home`` for one behind a URL."""
    name = store_name(store)
    if is_endpoint(store):
        return home / "locks" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
    folder = Path(name)
    return folder.with_name(folder.name + ".lock")


@contextlib.contextmanager
def writing(store: str, home: Path, *, purpose: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the store's lock for the block. ``purpose`` is what others are told.

    Raises StoreBusyError where another process holds it still after ``wait_s`` seconds, and LockFileError. Behind a
    URL the lock covers the runs of one machine and one ``home`` that name the store by an address, and not those that
    name the folder which is served there: the server itself takes writers one after another.
    """
    path = lock_path(store, home)
    with contextlib.ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(path.open("ab", buffering=0))  # what fails to be written is not tried at its end
            _acquire(file.fileno(), store, path, wait_s)
            file.truncate(0)
            started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
            file.write(f"process {os.getpid()}, {purpose}, since {started}".encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise LockFileError(path, error) from error
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
