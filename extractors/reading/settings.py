"""The limits a reader keeps, whatever its input is."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """What the reader takes on before it reports a source and goes on to the next.

    All sizes count bytes after decompression, so that a small archive cannot unfold into a large text.
    """

    max_bytes: int = 64 * MIB
    """One file, one page, one feed, or one line of JSON Lines."""
    max_stream_bytes: int = 4096 * MIB
    """A whole JSON Lines file, which is read line by line and so never held at once."""
    max_broken_lines: int = 1000
    """Broken lines that are reported one by one before a JSON Lines file is given up."""
    parse_timeout_s: float = 8.0
    """Taking the text out of one HTML page, feed or Markdown file; of processor time, not by the clock."""
    max_parse_memory_bytes: int = 2048 * MIB
    """Address space of the process that does so."""
    url_timeout_s: float = 30.0
    """One URL, from resolving its name to its last byte, redirects included."""
    max_redirects: int = 5
    allow_private_addresses: bool = False
    """Whether a URL may lead to a loopback, private, link-local or otherwise not public address."""
    follow_symlinks: bool = True
    """Whether symbolic links inside folders are followed; links named as arguments always are."""
    user_agent: str = "enishi (+https://enishi.example/)"
