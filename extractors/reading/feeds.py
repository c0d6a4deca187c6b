"""RSS and Atom to entries."""

from __future__ import annotations

import hashlib
import io
import time
from typing import Any

import feedparser

from extractors.reading.failures import UnreadableError
from extractors.reading.pages import Extracted, fragment_text

CONTENT_TYPE = "application/xml; charset=utf-8"


def extract_feed(source: str) -> list[Extracted]:
    """The entries of a feed in its order: the content, or else the summary, as text, with the title before it.

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
    return [_entry(entry) for entry in feed.entries]


def _entry(entry: Any) -> Extracted:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    body = max([*contents, entry.get("summary", "")], key=len)
    text, title = fragment_text(body), join_title(entry.get("title", ""))
    if title and not text.startswith(title):
        text = f"{title}\n{text}".strip()
    own_id = entry.get("id") or entry.get("link") or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    return Extracted(text, title or None, _date(entry), str(own_id))


def join_title(title: str) -> str:
    """A title as one line of text."""
    return " ".join(fragment_text(title).split("\n"))


def _date(entry: Any) -> str | None:
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    if not isinstance(moment, time.struct_time):
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
