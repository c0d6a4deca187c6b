"""An embedded store as it was at one moment, for what reads for long: writers get the folder meanwhile."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from store import bulk, ownership
from store.embedded import EmbeddedStore
from store.graph_store import GraphStore
from store.limited_query import SNAPSHOT_PREFIX
from store.opening import open_store

_UNCHANGING = (".sst", ".blob")
_NOT_OF_THE_DATABASE = (ownership.OWNER_FILE, ownership.SERVER_LOG_FILE, bulk.RECORD_FILE, "LOCK", "LOG")


def open_snapshot(location: str | Path, *, wait_s: float = 0.0) -> GraphStore:
    """The store at a folder or an address for reading, as ``open_store`` gives it, but without holding the folder.

    The folder is held for as long as it takes to link its files; where its disk takes no links, it is held until
    ``close()``. An endpoint has no snapshots: there a change between two requests may show.
    """
    store = open_store(location, read_only=True, wait_s=wait_s)
    if not isinstance(store, EmbeddedStore):
        return store
    try:
        snapshot = SnapshotStore(Path(location))
    except OSError:
        return store
    except BaseException:
        store.close()
        raise
    store.close()
    return snapshot


class SnapshotStore(EmbeddedStore):
    """Reads a copy of an embedded store, made of hard links beside its files, until ``close()``."""

    def __init__(self, origin: Path) -> None:
        """Take the copy, while the caller holds the folder. Raises OSError where the folder can hold none."""
        self._origin = origin
        self._copy = Path(tempfile.mkdtemp(prefix=SNAPSHOT_PREFIX, dir=origin))
        self._descriptor: int | None = os.open(self._copy, os.O_RDONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # so that no writer takes it for a dead process's
            _link(origin, self._copy)
            super().__init__(self._copy, read_only=True)
        except BaseException:
            self._discard()
            raise

    @property
    def location(self) -> str:
        """The folder that the copy was taken from."""
        return str(self._origin)

    def close(self) -> None:
        """See GraphStore."""
        super().close()
        self._discard()

    def _discard(self) -> None:
        if self._descriptor is not None:
            shutil.rmtree(self._copy, ignore_errors=True)
            os.close(self._descriptor)
            self._descriptor = None


def _link(origin: Path, copy: Path) -> None:
    """Link the files that RocksDB never changes, and copy the small ones that it does, the log of writes among them."""
    for path in origin.iterdir():
        if path.is_dir() or path.name in _NOT_OF_THE_DATABASE:
            continue
        if path.suffix in _UNCHANGING:
            os.link(path, copy / path.name)
        else:
            shutil.copyfile(path, copy / path.name)
