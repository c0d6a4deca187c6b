"""Bytes to documents: files, folders, globs, standard input and URLs; text, Markdown, HTML, JSON Lines and feeds."""

from extractors.reading.failures import ReadFailure
from extractors.reading.reader import Unread, fetch_source, own_id, read_source, read_sources
from extractors.reading.settings import ReadSettings
from extractors.reading.sources import Source, SourceKind, list_sources, names_one_source

__all__ = [
    "ReadFailure",
    "ReadSettings",
    "Source",
    "SourceKind",
    "Unread",
    "fetch_source",
    "list_sources",
    "names_one_source",
    "own_id",
    "read_source",
    "read_sources",
]
