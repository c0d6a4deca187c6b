"""Sources to documents; whatever is wrong with one of them is reported and costs the others nothing."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from extractors.reading.cleaning import clean
from extractors.reading.contents import Opened, opened, peek, read_all
from extractors.reading.dates import iso_date
from extractors.reading.encodings import Decoded, decode
from extractors.reading.failures import ReadFailure, UnreadableError
from extractors.reading.isolation import MARKUP
from extractors.reading.jsonlines import Record, lines, parse_record
from extractors.reading.media_types import (
    FEED,
    JSON_LINES,
    PLAIN,
    SNIFFED_BYTES,
    declared_type,
    refuse_binary,
    sniffed_type,
)
from extractors.reading.settings import ReadSettings
from extractors.reading.sources import Source, SourceKind, list_sources
from extractors.records import Document

EMPTY = ("it is empty", "leave it out, or check whether it should be")
RECORD_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"[^"\r\n]{0,200}"\s*:')


@dataclass(frozen=True, slots=True)
class Unread:
    """A document whose bytes are at hand and whose text is not taken out yet.

    Comparing ``content_hash`` with what the store knows of ``id`` tells whether ``read`` is worth its time. ``source``
    names it in messages, ``address`` is its source's; ``in_feed`` is true of a feed's entry, which leaves the feed
    after a while without being gone.
    """

    id: str
    source: str
    content_hash: str
    _read: Callable[[], Document]
    address: str
    in_feed: bool = False

    def read(self) -> Document | ReadFailure:
        """The document, or what is wrong with it."""
        try:
            return self._read()
        except UnreadableError as problem:
            return problem.as_failure(self.source, address=self.address)


def read_sources(paths: Iterable[str], *, settings: ReadSettings | None = None) -> Iterator[Document | ReadFailure]:
    """Every document that ``paths`` hold (see ``list_sources``), in order, and in place of any that fails a failure."""
    settings = settings or ReadSettings()
    for source in list_sources(paths, settings=settings):
        if isinstance(source, ReadFailure):
            yield source
        else:
            yield from read_source(source, settings=settings)


def read_source(source: Source, *, settings: ReadSettings | None = None) -> Iterator[Document | ReadFailure]:
    """The documents of one source: one, or as many as its JSON lines or its feed's entries are."""
    for item in fetch_source(source, settings=settings):
        yield item if isinstance(item, ReadFailure) else item.read()


def fetch_source(source: Source, *, settings: ReadSettings | None = None) -> Iterator[Unread | ReadFailure]:
    """The documents of one source with their ids and hashes, their texts still to be read.

    The id is the source's address, followed by ``#`` and the record's own id in a JSON Lines file (``L7`` for line 7
    where it has none) or a feed. Any other text on standard input has the first 32 digits of its hash for an own id:
    ``-`` names whatever is piped in, and the next text must not take this one's place.

    The hash is the SHA-256 of the document's bytes with compression undone; of a JSON line without its newline; of a
    feed's entry, of its own fields, so that a new entry leaves the others unchanged. The document's ``source`` is the
    source's address, without the number of a JSON line, which other lines change; of a feed's entry it is the URL of
    its article, or the id where it links to none.
    """
    settings = settings or ReadSettings()
    try:
        with opened(source, settings) as content:
            yield from _documents(source, content, settings)
    except UnreadableError as problem:
        yield problem.as_failure(source.address)


def own_id(document: Document) -> str:
    """The id that a JSON Lines record, a feed's entry or a text on standard input has by itself; else the whole id."""
    return document.id.partition("#")[2] or document.id


def _documents(source: Source, content: Opened, settings: ReadSettings) -> Iterator[Unread | ReadFailure]:
    media_type = declared_type(content.name, content.content_type)
    head = peek(content.stream, SNIFFED_BYTES)
    refuse_binary(head)
    if media_type is None and RECORD_START.match(head):
        media_type = JSON_LINES
    if media_type == JSON_LINES:
        yield from _records(source, content, settings)
        return
    data = read_all(content.stream, settings.max_bytes)
    if not data.strip():
        raise UnreadableError(*EMPTY)
    if media_type is None:
        text = decode(data, declared=content.charset).text
        if RECORD_START.match(text[:SNIFFED_BYTES].encode("utf-8", "surrogatepass")):  # in UTF-16
            yield from _records(source, replace(content, stream=io.BytesIO(data)), settings)
            return
        media_type = sniffed_type(text)
    if media_type == FEED:
        yield from _entries(source, decode(data, declared=content.charset), settings)
        return
    kind = media_type

    def read() -> Document:
        decoded = decode(data, declared=content.charset)
        return _single(document_id, source.address, decoded, kind, content_hash, settings)

    content_hash = hashlib.sha256(data).hexdigest()
    document_id = source.address
    if source.kind is SourceKind.STANDARD_INPUT:
        document_id += f"#{content_hash[:32]}"
    yield Unread(document_id, source.address, content_hash, read, source.address)


def _single(
    document_id: str, address: str, decoded: Decoded, media_type: str, content_hash: str, settings: ReadSettings
) -> Document:
    title = date = None
    text = clean(decoded.text)
    if media_type != PLAIN:
        found = MARKUP.extract(text, media_type, settings)[0]
        text, title, date = clean(found["text"]), found["title"], found["date"]
    return _document(
        id=document_id,
        text=text,
        source=address,
        content_hash=content_hash,
        title=title,
        published=date,
        encoding=decoded.encoding,
        media_type=media_type,
    )


def _records(source: Source, content: Opened, settings: ReadSettings) -> Iterator[Unread | ReadFailure]:
    seen: dict[str, int] = {}
    broken = number = 0
    for number, line in lines(content.stream, settings):
        place = f"{source.address}:{number}"
        try:
            if isinstance(line, UnreadableError):
                raise line
            record = parse_record(line, encoding=content.charset)
            name = clean(record.id or f"L{number}")
            if name in seen:
                raise UnreadableError(
                    f"its id {name!r} is that of line {seen[name]}", "give each record an id of its own"
                )
        except UnreadableError as problem:
            yield problem.as_failure(place, address=source.address)
            broken += 1
            if broken >= settings.max_broken_lines:
                reason = f"{broken} of its first {number} lines are broken; the rest is not read"
                raise UnreadableError(reason, "check that it is JSON Lines") from None
            continue
        seen[name] = number
        content_hash = hashlib.sha256(line).hexdigest()
        document_id = f"{source.address}#{name}"
        read = partial(_record_document, document_id, source.address, content_hash, record)
        yield Unread(document_id, place, content_hash, read, source.address)
    if not number:
        raise UnreadableError(*EMPTY)


def _record_document(document_id: str, address: str, content_hash: str, record: Record) -> Document:
    return _document(
        id=document_id,
        text=clean(record.text),
        source=address,
        content_hash=content_hash,
        title=clean(record.title) if record.title else None,
        published=iso_date(record.date),
        encoding=record.encoding,
        media_type=JSON_LINES,
    )


def _entries(source: Source, decoded: Decoded, settings: ReadSettings) -> Iterator[Unread | ReadFailure]:
    seen: set[str] = set()
    entries = MARKUP.extract(clean(decoded.text), FEED, settings)
    if not entries:
        raise UnreadableError("the feed has no entries", "leave it out, or try again later")
    for entry in entries:
        place = f"{source.address}#{clean(entry['id'])}"
        if place in seen:
            reason, remedy = "two entries of the feed have this id", "the first is read; report it to the feed"
            yield ReadFailure(place, reason, remedy, address=source.address)
            continue
        seen.add(place)
        fields = json.dumps(entry, ensure_ascii=True, sort_keys=True).encode("ascii")
        content_hash = hashlib.sha256(fields).hexdigest()
        article = _article_address(entry["link"], source)
        read = partial(_entry_document, place, article or place, content_hash, entry, decoded.encoding)
        yield Unread(place, place, content_hash, read, source.address, in_feed=True)


def _article_address(link: str | None, feed: Source) -> str | None:
    """The http(s) URL that a feed's entry links to; None where it links to nothing of the kind or holds a password."""
    if not link:
        return None
    try:
        address = urljoin(feed.address if feed.kind is SourceKind.URL else "", clean(link).strip())
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        return None
    return address if sound and address.isprintable() and " " not in address else None


def _entry_document(place: str, article: str, content_hash: str, entry: dict[str, Any], encoding: str) -> Document:
    return _document(
        id=place,
        text=clean(entry["text"]),
        source=article,
        content_hash=content_hash,
        title=clean(entry["title"]) if entry["title"] else None,
        published=entry["date"],
        encoding=encoding,
        media_type=FEED,
    )


def _document(**fields: Any) -> Document:
    document = Document(**fields)
    if not document.text.strip():
        raise UnreadableError(*EMPTY)
    return document
