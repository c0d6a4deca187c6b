"""Opening a source and taking its bytes in, never more than the limits allow."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from extractors.reading.failures import UnreadableError
from extractors.reading.settings import MIB, ReadSettings
from extractors.reading.sources import NOT_A_FILE, Source, SourceKind, as_unreadable

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Opened:
    """A source's bytes, decompressed as they are read, with what its carrier says of them."""

    stream: BinaryIO
    name: str
    """The path to take a suffix from."""
    content_type: str | None = None
    charset: str | None = None


@contextmanager
def opened(source: Source, settings: ReadSettings) -> Iterator[Opened]:
    """Open ``source`` and close it afterwards; gzip is undone, whatever the name says.

    Raises:
        UnreadableError: it is not there, not permitted, no regular file, or its server refuses it.
    """
    if source.kind is SourceKind.URL:
        # Not at the top: httpx takes longer to import than most folders of text take to read.
        from extractors.reading.fetching import fetch

        page = fetch(source.location, settings)
        with _ungzipped(io.BytesIO(page.data)) as stream:
            yield Opened(stream, page.path, page.content_type, page.charset)
    elif source.kind is SourceKind.STANDARD_INPUT:
        with _ungzipped(cast(BinaryIO, sys.stdin.buffer)) as stream:
            yield Opened(stream, "")
    else:
        try:
            # O_NONBLOCK: a FIFO that has taken the file's place since it was listed must not hold us up.
            descriptor = os.open(source.location, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise as_unreadable(error) from error
        except ValueError as error:
            raise UnreadableError(f"its path is not one ({error})", "correct the path") from error
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError("it is no regular file", NOT_A_FILE)
            with _ungzipped(file) as stream:
                yield Opened(stream, source.location)


def read_all(stream: BinaryIO, max_bytes: int) -> bytes:
    """Everything in ``stream``.

    Raises:
        UnreadableError: it is more than ``max_bytes``, or broken.
    """
    pieces, left = [], max_bytes + 1
    while left > 0:
        piece = read_piece(stream, min(left, MIB))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise too_large(max_bytes)
    return b"".join(pieces)


def read_piece(stream: BinaryIO, size: int) -> bytes:
    """At most ``size`` bytes of ``stream``; empty at its end. Raises UnreadableError where it is broken."""
    try:
        return stream.read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise broken_gzip(error) from error
    except OSError as error:
        raise as_unreadable(error) from error


def peek(stream: BinaryIO, size: int) -> bytes:
    """The first bytes of ``stream``, at most ``size`` and sometimes fewer, left in place to be read.

    Raises:
        UnreadableError: it is broken.
    """
    try:
        return cast(io.BufferedReader, stream).peek(size)[:size]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise broken_gzip(error) from error
    except OSError as error:
        raise as_unreadable(error) from error


def read_line(stream: BinaryIO, size: int) -> bytes:
    """One line of ``stream``, or its first ``size`` bytes; empty at its end. UnreadableError where it is broken."""
    try:
        return stream.readline(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise broken_gzip(error) from error
    except OSError as error:
        raise as_unreadable(error) from error


def too_large(max_bytes: int) -> UnreadableError:
    """What to say of a source that exceeds ``max_bytes``."""
    return UnreadableError(f"it is larger than {max_bytes / MIB:,.3g} MiB", "split it, or raise max_bytes")


def broken_gzip(error: Exception) -> UnreadableError:
    """What to say of gzip that cannot be undone."""
    return UnreadableError(f"its gzip compression is broken ({error})", "fetch or compress it again")


@contextmanager
def _ungzipped(stream: BinaryIO) -> Iterator[BinaryIO]:
    # peek() does not use up what it shows, so it serves for standard input too.
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
    try:
        compressed = buffered.peek(2)[:2] == GZIP_MAGIC
    except OSError as error:
        raise as_unreadable(error) from error
    if compressed:
        with gzip.GzipFile(fileobj=buffered) as unpacked:
            yield cast(BinaryIO, unpacked)
    else:
        yield cast(BinaryIO, buffered)
