"""Text for a terminal: tables, messages and a progress bar, with whatever could act on the terminal made visible."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
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
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()
) -> None:
    """Print rows as a table on standard output; columns named in ``right`` are set flush right.

    Where standard output is no terminal the table is as wide as its content asks, up to 200 columns.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    flush_right = set(right)
    for column in columns:
        table.add_column(Text(printable(column)), justify="right" if column in flush_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def console(*, stderr: bool = False) -> Console:
    """A rich console that neither highlights nor reads markup, 200 columns wide where it is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else 200)


def _visible(character: str) -> str:
    if character.isascii():
        plain = character.isprintable()
    else:
        plain = unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    if plain:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
