"""RSS and Atom to entries."""

from __future__ import annotations

import hashlib
import io
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from extractors.reading.dates import is_bare_number, iso_date
from extractors.reading.failures import UnreadableError
from extractors.reading.pages import Extracted, fragment_text

CONTENT_TYPE = "application/xml; charset=utf-8"
JAPAN_TIME = re.compile(r"\sJST\Z")
WITHOUT_ZONE = re.compile(r"(?<![+-]\d\d):\d\d(?:\s+\d{4})?\Z")  # a time, or that and a year, as in C's asctime


def extract_feed(source: str) -> list[Extracted]:
    """The entries of a feed in its order: the content, or else the summary, as text, with the title before it.

    An entry's link is that of its article, made absolute by ``xml:base`` or else by the feed's own link; its date is
    the day or the moment that it states as published, or else as updated, a moment in UTC where it states a zone.
    Entities that the document defines are never expanded and nothing outside it is fetched.

    Raises:
        UnreadableError: it is no feed.
    """
    # A string would be taken for a URL or a file name, and bytes are searched for their charset; both are settled.
    feed = feedparser.parse(
        io.BytesIO(source.encode("utf-8", errors="replace")),
        response_headers={"content-type": CONTENT_TYPE},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not feed.entries and not feed.version:
        problem = feed.get("bozo_exception") or "no rss, feed or RDF element"
        raise UnreadableError(f"it is no feed ({problem})", "check what it holds, or name it .html or .txt")
    return [_entry(entry, feed.feed.get("link", "")) for entry in feed.entries]


def _entry(entry: Any, feed_link: str) -> Extracted:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    body = max([*contents, entry.get("summary", "")], key=len)
    text, title = fragment_text(body), join_title(entry.get("title", ""))
    if title and not text.startswith(title):
        text = f"{title}\n{text}".strip()
    own_id = entry.get("id") or entry.get("link") or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    return Extracted(text, title or None, _date(entry), str(own_id), _link(entry, feed_link))


def join_title(title: str) -> str:
    """A title as one line of text."""
    return " ".join(fragment_text(title).split("\n"))


def _link(entry: Any, feed_link: str) -> str | None:
    written = [str(link.get("href") or "") for link in entry.get("links", ()) if link.get("rel") == "alternate"]
    try:
        if link := next(filter(None, written), ""):
            return urljoin(feed_link, link)
    except ValueError:
        return None
    # Without one, feedparser offers the guid, which is a link only where it looks like one.
    guid = str(entry.get("link") or "")
    return guid if guid.startswith(("http://", "https://")) else None


def _date(entry: Any) -> str | None:
    stated = str(entry.get("published") or entry.get("updated") or "").strip()
    if is_bare_number(stated):
        return None
    date = iso_date(stated)
    # feedparser knows the zones of America alone, takes a time without one for UTC, and 2024/5/1 for a day in November.
    try:
        moment = datetime.fromisoformat(date) if date else parsedate_to_datetime(JAPAN_TIME.sub(" +0900", stated))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if not date and WITHOUT_ZONE.search(stated):
            return moment.isoformat()
    except (ValueError, OverflowError):
        pass
    if date:
        return date
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if isinstance(parsed, time.struct_time) else None
