"""Markdown (CommonMark with tables) to text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from extractors.reading.dates import iso_date
from extractors.reading.pages import Extracted, fragment_text, join_lines

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FIELD = re.compile(r"^(title|date)[ \t]*:[ \t]*(.{1,500}?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
SENTENCE_ENDS = "。！？」』）"


def extract_markdown(source: str) -> Extracted:
    """The prose of ``source``: one paragraph, heading, list item or table row to a line.

    Code blocks, images, comments, link targets and what is struck out are left out. The title is the front matter's
    or the first heading of level 1. A soft line break is no space between Japanese characters, and ends the line after
    a sentence.
    """
    fields: dict[str, str] = {}
    front = FRONT_MATTER.match(source)
    if front:
        fields = {name.lower(): value.strip("\"'") for name, value in FIELD.findall(front.group(1))}
        source = source[front.end() :]
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)
    lines = [line for line in _lines(tokens) if line]
    return Extracted("\n".join(lines), fields.get("title") or _first_heading(tokens), iso_date(fields.get("date")))


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield "\t".join(cells)
            cells = None
        elif token.type == "html_block":
            yield fragment_text(token.content)
        elif token.type == "inline":
            text = _inline_text(token.children or ())
            if cells is None:
                yield text
            else:
                cells.append(text)


def _inline_text(children: Sequence[Token]) -> str:
    text = ""
    pieces: list[str] = []
    struck_out = 0
    for child in children:
        struck_out += (child.type == "s_open") - (child.type == "s_close")
        if struck_out:
            continue
        if child.type in ("text", "code_inline", "text_special"):
            pieces.append(child.content)
        elif child.type == "hardbreak":
            pieces.append("\v")
        elif child.type == "softbreak":
            ends_sentence = bool(pieces) and pieces[-1].endswith(tuple(SENTENCE_ENDS))
            pieces.append("\v" if ends_sentence else "\n")
    text = "".join(pieces)
    return "\n".join(join_lines(line).strip() for line in text.split("\v"))


def _first_heading(tokens: Sequence[Token]) -> str | None:
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h1":
            return _inline_text(inline.children or ()) or None
    return None
