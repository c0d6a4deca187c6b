"""Files that appear only when they are whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from store.errors import StoreError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MODE = 0o666
"""Of new files, less what the umask takes from it."""


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which takes the place of ``path`` at the end of the block and vanishes if that fails.

    It keeps the mode of the file whose place it takes; a new one gets what the umask leaves. Folders are made. Raises
    StoreError where the disk is full or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        former_mode = _mode(path)
        temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
        descriptor = os.open(temporary, _NEW, _MODE if former_mode is None else former_mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if former_mode is not None:
                temporary.chmod(former_mode)  # the umask may have taken from it
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = f"The file {path} cannot be written: {error.strerror or error}."
        raise StoreError(reason, "Name another file, or make room on the disk.") from error


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode) & 0o777
    except FileNotFoundError:
        return None
