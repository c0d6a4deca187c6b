"""JSON Lines: one object to a line, of which ``text``, ``id``, ``title`` and ``date`` are read (``parse_record``)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from extractors.reading.cleaning import clean
from extractors.reading.contents import read_line, read_piece, too_large
from extractors.reading.encodings import BYTE_ORDER_MARKS, Decoded, decode
from extractors.reading.failures import UnreadableError
from extractors.reading.settings import MIB, ReadSettings

MAX_BLANK_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """One line's document, as the line has it."""

    id: str | None
    text: str
    title: str | None
    date: str | None
    encoding: str


def lines(stream: BinaryIO, settings: ReadSettings) -> Iterator[tuple[int, bytes | UnreadableError]]:
    """Each line that is not blank, with its number from 1, without its newline; or what is wrong with it.

    A line that is too long is passed over and the next one goes on, unless it is twice too long. UTF-16 is turned into
    UTF-8 first, since its newlines are no single bytes.

    Raises:
        UnreadableError: the whole is larger than ``max_stream_bytes`` or mostly blank, or the stream breaks off.
    """
    number, total, blank = 0, 0, 0
    while line := read_line(stream, settings.max_bytes + 1):
        number += 1
        if number == 1 and line.startswith(tuple(mark for mark, name in BYTE_ORDER_MARKS if name != "utf-8")):
            yield from _wide_lines(line, stream, settings)
            return
        total += len(line)
        too_long = len(line) > settings.max_bytes and not line.endswith(b"\n")
        if too_long:
            total += _pass_over(stream, settings.max_bytes)
        if total > settings.max_stream_bytes:
            raise too_large(settings.max_stream_bytes)
        if too_long:
            yield number, too_large(settings.max_bytes)
        elif line.isspace():
            blank += 1
            if blank > MAX_BLANK_LINES:
                raise UnreadableError(f"it has over {MAX_BLANK_LINES:,} blank lines", "check that it is JSON Lines")
        else:
            yield number, line.rstrip(b"\r\n")


def _pass_over(stream: BinaryIO, max_bytes: int) -> int:
    """The rest of a line that is too long, at most as much again; how many bytes that is."""
    passed = 0
    while line := read_line(stream, MIB):
        passed += len(line)
        if line.endswith(b"\n"):
            break
        if passed > max_bytes:  # a bomb: unfolding it to its end could take hours
            raise too_large(max_bytes)
    return passed


def parse_record(line: bytes, *, encoding: str | None = None) -> Record:
    """The record of one line; ``encoding`` is the charset that the carrier states.

    Of its keys ``text``, a string, must be there. ``id``, a string or a whole number, names the document within its
    source. ``title`` and ``date``, as ``iso_date`` understands it, are strings or whole numbers; one that is
    none is left out. Other keys are not looked at.

    Raises:
        UnreadableError: it is no JSON object with a ``text``, or its ``id`` is none; says which keys it has instead.
    """
    decoded = _decoded(line, encoding)
    try:
        fields = json.loads(decoded.text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the line is no JSON ({error})", "mend the line") from error
    if not isinstance(fields, dict):
        raise UnreadableError("the line is JSON, but no object", 'write {"id": …, "text": …}')
    text = fields.get("text")
    if not isinstance(text, str):
        raise UnreadableError('the line has no "text" that is a string', _text_remedy(fields))
    name = fields.get("id")
    if name is not None and _name(name) is None and name != "":
        raise UnreadableError('the line has an "id" that is no string or whole number', "mend it, or leave it out")
    return Record(_name(name), text, _name(fields.get("title")), _name(fields.get("date")), decoded.encoding)


def _text_remedy(fields: dict[str, object]) -> str:
    remedy = 'write {"id": …, "text": …}'
    if "text" in fields or not fields:
        return remedy
    keys = ", ".join(json.dumps(clean(key[:40]), ensure_ascii=False) for key in itertools.islice(fields, 8))
    return f'{remedy}; it has {keys}: name the one that holds the text "text"'


def _decoded(line: bytes, encoding: str | None) -> Decoded:
    if b"\x1b" not in line:  # UTF-8 as it should be; an escape character would be ISO-2022-JP
        try:
            return Decoded(line.decode("utf-8-sig"), "utf-8")
        except UnicodeDecodeError:
            pass
    return decode(line, declared=encoding)


def _name(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**100:
        return str(value)
    return None


def _wide_lines(
    first: bytes, stream: BinaryIO, settings: ReadSettings
) -> Iterator[tuple[int, bytes | UnreadableError]]:
    pieces, size = [first], len(first)
    while piece := read_piece(stream, MIB):
        pieces.append(piece)
        size += len(piece)
        if size > settings.max_bytes:
            raise too_large(settings.max_bytes)
    text = decode(b"".join(pieces)).text
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r").encode("utf-8", errors="surrogatepass")
