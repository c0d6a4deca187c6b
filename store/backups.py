"""Copies of an embedded store, and the way back."""

from __future__ import annotations

import shutil
from pathlib import Path

from store.embedded import EmbeddedStore
from store.errors import StoreError, StoreLocationError

_DATABASE_FILE = "CURRENT"


def back_up(folder: Path, destination: Path, *, wait_s: float = 60.0) -> int:
    """Copy the store to a folder that does not exist yet, between two writes; gives the number of quads.

    The copy is a checkpoint: it takes milliseconds and, on the same file system, hardly any room. Waits up to
    ``wait_s`` seconds for a writer. Raises StoreLockedError, StoreLocationError where there is no store, and
    StoreError where the destination exists or cannot be written.
    """
    if not (folder / _DATABASE_FILE).exists():
        raise StoreLocationError(f"There is no store in {folder}.", "Name another with --store.")
    if destination.exists():
        raise StoreError(f"{destination} exists already.", "Name a new folder for the backup.")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with EmbeddedStore(folder, wait_s=wait_s) as store:
        store.backup(destination)
    with EmbeddedStore(destination, read_only=True) as copy:
        return copy.size()


def restore(backup: Path, folder: Path) -> int:
    """Put a copy of the backup where there is no store yet; gives the number of quads.

    The copy is opened before it takes its place, so that a damaged backup leaves nothing behind. Raises
    StoreLocationError where ``backup`` is no store or ``folder`` is not empty, StoreError where it cannot be copied.
    """
    if not (backup / _DATABASE_FILE).exists():
        raise StoreLocationError(f"{backup} holds no backup.", "Name a folder that `enishi backup` wrote.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreLocationError(
            f"{folder} is not empty.", "Move it away first, or restore to another folder with --store."
        )
    beside = folder.with_name(f".{folder.name}.restoring")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(backup, beside)
        with EmbeddedStore(beside, read_only=True) as copy:
            size = copy.size()
        if folder.exists():
            folder.rmdir()
        beside.replace(folder)
    except OSError as error:
        reason = f"{backup} could not be copied to {folder}: {error.strerror or error}."
        raise StoreError(reason, "Check the disk's room and the folders' permissions.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return size
