"""Text for a terminal: tables, messages and a progress bar, with whatever could act on the terminal made visible."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def printable(text: str) -> str:
    """``text`` with control, format (bidi, zero-width), surrogate and private-use characters written as ``\\uXXXX``."""
    return "".join(_visible(character) for character in text)


def print_error(message: str) -> None:
    """Say on standard error what is wrong."""
    sys.stderr.write(f"{printable_lines(message)}\n")


def printable_lines(text: str) -> str:
    """As ``printable``, with line breaks kept."""
    return "\n".join(map(printable, text.split("\n")))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | tuple[str, ...]]],
    *,
    right: Iterable[str] = (),
    widest: Mapping[str, int] | None = None,
    width: int = 200,
) -> None:
    """Print rows as a table on standard output, as wide as its content asks and the terminal, or COLUMNS, allows.

    Where neither says, ``width`` columns of text are the most. Columns named in ``right`` are set flush right, those in
    ``widest`` are at most that wide; a cell that is a tuple has a line for each of its strings.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    flush_right, limits = set(right), widest or {}
    for column in columns:
        table.add_column(
            Text(printable(column)),
            justify="right" if column in flush_right else "left",
            overflow="fold",
            max_width=limits.get(column),
        )
    for row in rows:
        lines = (cell if isinstance(cell, tuple) else (cell,) for cell in row)
        table.add_row(*(Text("\n".join(map(printable, each))) for each in lines))
    console(width=width).print(table)


def console(*, stderr: bool = False, width: int = 200) -> Console:
    """A rich console that neither highlights nor reads markup, ``width`` columns wide where nothing says how wide."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    fixed: int | None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and not int(columns):  # says nothing, but rich would take it at its word and print nothing
        fixed = (os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0) or width
    else:
        fixed = None if stream.isatty() or columns.isdecimal() else width
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=fixed)


def _visible(character: str) -> str:
    if character.isascii():
        plain = character.isprintable()
    else:
        plain = unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    if plain:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
