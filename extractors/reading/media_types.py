"""What kind of content bytes are: by declaration, by suffix, by their first bytes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from extractors.reading.failures import UnreadableError

PLAIN, MARKDOWN, HTML = "text/plain", "text/markdown", "text/html"
JSON_LINES, FEED = "application/jsonl", "application/feed+xml"
SNIFFED_BYTES = 4096

BY_SUFFIX = {
    ".txt": PLAIN,
    ".text": PLAIN,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".rss": FEED,
    ".atom": FEED,
    ".rdf": FEED,
}
BY_DECLARATION = {
    "text/markdown": MARKDOWN,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "application/jsonl": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
    "application/ndjson": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    "application/rss+xml": FEED,
    "application/atom+xml": FEED,
    "application/rdf+xml": FEED,
}
DATA_SUFFIXES = frozenset((".json", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".ini", ".lock", ".log", ".sql"))
DATA_SUFFIXES |= {".ttl", ".trig", ".nt", ".nq", ".jsonld", ".py", ".js", ".ts", ".css", ".sh", ".c", ".h", ".java"}
# A text may begin with some of these names (ID3は決定木…, GIF89aは…), but not go on as such files do.
MAGIC = (
    (rb"%PDF-", "a PDF", "take its text out first (pdftotext)"),
    (rb"PK\x03\x04", "a ZIP archive or an Office or EPUB file", "unpack it, or save it as text or HTML"),
    (rb"PK\x05\x06", "an empty ZIP archive", "leave it out"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file", "save it as text or HTML"),
    (rb"\{\\rtf", "an RTF file", "save it as text or HTML"),
    (rb"%!PS", "PostScript", "take its text out first (ps2ascii)"),
    (rb"\x89PNG\r\n\x1a\n", "a PNG image", "leave it out"),
    (rb"\xff\xd8\xff", "a JPEG image", "leave it out"),
    (rb"GIF8[79]a[^\x00]{0,6}\x00", "a GIF image", "leave it out"),
    (rb"II\*\x00", "a TIFF image", "leave it out"),
    (rb"MM\x00\*", "a TIFF image", "leave it out"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "a bzip2 archive", "unpack it (bunzip2)"),
    (rb"\xfd7zXZ\x00", "an xz archive", "unpack it (unxz)"),
    (rb"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it (unzstd)"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (rb"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (rb"\x1f\x8b", "gzip inside gzip", "unpack it (gunzip)"),
    (rb"\x7fELF", "a program", "leave it out"),
    (rb"SQLite format 3\x00", "an SQLite database", "export its text as JSON Lines"),
    (rb"PAR1[^\x00]{0,60}\x00", "a Parquet file", "export its text as JSON Lines"),
    (rb"OggS\x00", "an Ogg recording", "leave it out"),
    (rb"ID3[\x02-\x04]", "an MP3 recording", "leave it out"),
    (rb"fLaC[\x00\x80]", "a FLAC recording", "leave it out"),
    (rb"wOF[F2](?:\x00\x01\x00\x00|OTTO|true|ttcf)", "a font", "leave it out"),
)
FEED_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
HTML_ROOT = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
JSON_LIST = re.compile(r'\[\s*\{\s*"[^"\n]{0,200}"\s*:')
XML_PREAMBLE = re.compile(r"(?:\s|<\?[^>]{0,1000}>|<!--.{0,2000}?-->|<!DOCTYPE\s[^>]{0,4000}>)*", re.DOTALL)


def refuse_binary(data: bytes) -> None:
    """Look at the first bytes.

    Raises:
        UnreadableError: they are those of a known format that is no text; says which, and what to do.
    """
    for magic, kind, remedy in MAGIC:
        if re.match(magic, data):
            raise UnreadableError(f"it is {kind}, not text", remedy)
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        raise UnreadableError("it is an image or a recording, not text", "leave it out")
    if data[4:8] == b"ftyp":
        raise UnreadableError("it is a film or a recording, not text", "leave it out")
    if data[257:262] == b"ustar":
        raise UnreadableError("it is a tar archive, not text", "unpack it (tar -xf)")


def declared_type(name: str, content_type: str | None = None) -> str | None:
    """The media type that a Content-Type header or else the suffix of ``name`` (a path; ``.gz`` aside) states.

    None where neither says, and the content has to.

    Raises:
        UnreadableError: it is stated to be data or a program, or a type of content that is not text.
    """
    essence = (content_type or "").partition(";")[0].strip().lower()
    if essence in BY_DECLARATION:
        return BY_DECLARATION[essence]
    if essence.startswith(("image/", "audio/", "video/", "font/")) or essence in ("application/pdf", "application/zip"):
        raise UnreadableError(f"the server says it is {essence}, not text", "leave it out, or take its text out first")
    path = PurePosixPath(name.lower())
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if essence in ("text/xml", "application/xml") or essence.endswith("markdown"):
        return None
    if suffix in DATA_SUFFIXES or (essence == "application/json" and BY_SUFFIX.get(suffix) != JSON_LINES):
        hint = 'one {"id": …, "text": …} to a line, in a file named .jsonl'
        raise UnreadableError(
            f"{suffix or essence} files hold data or programs, not prose", f"write its texts as JSON Lines: {hint}"
        )
    if essence not in ("", "text/plain", "application/octet-stream", "application/gzip", "application/json"):
        return None
    return BY_SUFFIX.get(suffix) or (PLAIN if essence == "text/plain" else None)


def sniffed_type(text: str) -> str:
    """The media type that the beginning of ``text`` shows.

    Raises:
        UnreadableError: it is XML that is neither a feed nor HTML, or a list of JSON objects.
    """
    head = text[: 2 * SNIFFED_BYTES].lstrip("\ufeff \t\r\n")
    if head.startswith("<"):
        preamble = XML_PREAMBLE.match(head)
        start = preamble.end() if preamble else 0
        if FEED_ROOT.match(head, start):
            return FEED
        if HTML_ROOT.match(head, start) or HTML_ROOT.match(head):
            return HTML
        if head.startswith("<?xml"):
            raise UnreadableError("it is XML, but neither a feed nor XHTML", "convert it to text or JSON Lines")
    if JSON_LIST.match(head):
        raise UnreadableError("it is a list of JSON objects, not prose", "write one object to a line (jq -c '.[]')")
    return PLAIN
