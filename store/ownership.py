"""Who may open a store's folder: one writer, or any number of readers, and the name of whoever stands in the way.

The lock is ``flock(2)`` on ``enishi-owner.json`` in the folder, so the system frees it when its holder dies, however
it dies. The file's content only names the writer. RocksDB has a lock of its own, which other programs of Oxigraph
respect; this one adds readers, a message and a way to wait.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import shlex
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from store.errors import StoreLockedError

OWNER_FILE = "enishi-owner.json"
SERVER_LOG_FILE = "enishi-server.log"
"""What the server that holds the folder has written, Oxigraph's own messages."""
_ROCKSDB_LOCK = "LOCK"
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that may write.

    ``started`` is an ISO 8601 instant, ``endpoint`` where it answers HTTP, if it does.
    """

    process_id: int
    command: str
    started: str
    endpoint: str | None = None


class Ownership:
    """A lock on a store's folder, held until ``release()`` or the end of the process."""

    def __init__(self, folder: Path, descriptor: int | None, *, shared: bool) -> None:
        self._folder = folder
        self._descriptor = descriptor
        self.shared = shared

    @property
    def descriptor(self) -> int | None:
        """The open file that holds the lock: a child that inherits it holds the lock too."""
        return self._descriptor

    def record(self, owner: Owner) -> None:
        """Write down who holds the folder."""
        if self._descriptor is None or self.shared:
            return
        content = json.dumps(asdict(owner), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        """Give the folder free; safe to call twice."""
        if self._descriptor is None:
            return
        if not self.shared:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = None


def acquire(folder: Path, *, shared: bool = False, wait_s: float = 0.0) -> Ownership:
    """Take the folder for writing, or with ``shared`` for reading beside other readers.

    Tries for ``wait_s`` seconds, then raises StoreLockedError naming the holder. A folder that cannot be written to
    and holds no lock file is read without a lock: nobody can write to it either. A lock file that may not even be
    read (a served store's is its owner's alone) raises PermissionError.
    """
    path = folder / OWNER_FILE
    descriptor = _open_lock(path, shared=shared)
    if descriptor is None:
        return Ownership(folder, None, shared=shared)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise StoreLockedError(str(folder), describe_holder(folder)) from None
            time.sleep(_POLL_S)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            ownership = Ownership(folder, descriptor, shared=shared)
            ownership.record(this_process())
            return ownership


def serving_endpoint(folder: Path) -> str | None:
    """Where the server that holds the folder answers; None where nobody holds it, or its holder is no server."""
    owner = read_owner(folder)
    if owner is None or owner.endpoint is None:
        return None
    descriptor = _open_lock(folder / OWNER_FILE, shared=True)
    if descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return owner.endpoint
    finally:
        os.close(descriptor)
    return None


def this_process() -> Owner:
    """This process as an owner that answers nowhere."""
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Owner(os.getpid(), shlex.join([Path(sys.argv[0]).name or "python", *sys.argv[1:]]), started)


def read_owner(folder: Path) -> Owner | None:
    """The writer that last wrote itself down and still lives, or None."""
    try:
        owner = Owner(**json.loads((folder / OWNER_FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    try:
        os.kill(owner.process_id, 0)
    except PermissionError:  # it lives, as another user's process
        return owner
    except OSError:
        return None
    return owner


def with_endpoint(owner: Owner, *, process_id: int, endpoint: str) -> Owner:
    """The owner once a server of its own, with this process id, answers for it."""
    return replace(owner, process_id=process_id, endpoint=endpoint)


def describe_holder(folder: Path) -> str:
    """Who holds the folder, as far as its owner file and the system's list of locks tell."""
    owner = read_owner(folder)
    if owner is not None:
        reached = f", answering at {owner.endpoint}" if owner.endpoint else ""
        return f"process {owner.process_id} (`{owner.command}`, since {owner.started}{reached})"
    return _named(_lock_holders(folder / OWNER_FILE))


def describe_database_holder(folder: Path) -> str:
    """Who holds the database itself, without this module's lock: some other program of Oxigraph."""
    return _named(_lock_holders(folder / _ROCKSDB_LOCK))


def _open_lock(path: Path, *, shared: bool) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        if not shared:
            raise
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _lock_holders(path: Path) -> list[int]:
    """The processes that hold a lock on the file, from /proc/locks; none where the system has no such list."""
    try:
        status = path.stat()
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    inode = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    fields = (line.split() for line in lines)
    return [int(field[-4]) for field in fields if len(field) >= 8 and field[-3] == inode and int(field[-4]) > 0]


def _named(process_ids: list[int]) -> str:
    named = [f"process {process_id} (`{_command_line(process_id)}`)" for process_id in dict.fromkeys(process_ids)]
    return " and ".join(named) or "another process"


def _command_line(process_id: int) -> str:
    try:
        content = Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return "unknown"
    return shlex.join(content.rstrip(b"\0").decode("utf-8", "replace").split("\0"))
