"""docs/operations.md says what the code says: its messages are the code's, and no class of errors is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
ERRORS = PAGE.partition("## Errors and their remedies")[2]
SOURCES = [
    path
    for room in ("store", "flows", "ontology", "extractors/reading", "extractors/parallel.py", "extractors/frames.py")
    for path in ([PROJECT / room] if room.endswith(".py") else sorted((PROJECT / room).rglob("*.py")))
]
CODE = re.compile(r"``(.+?)``|`(.+?)`")


def trees() -> Iterator[ast.Module]:
    for path in SOURCES:
        yield ast.parse(path.read_text(encoding="utf-8"))


def literals() -> set[str]:
    """Every string of the code, with … in the place of what is filled in."""
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                found.add("".join(map(str, parts)))
    return found


def quoted_messages() -> list[str]:
    """What the tables quote: the second column where there are three, else the first, or behind an HTTP status."""
    messages = []
    for line in ERRORS.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) < 2 or set(cells[0]) == {"-"}:
            continue
        cell = cells[0] if len(cells) == 2 and not cells[0][0].isdigit() else cells[1]
        messages += [(double or single).strip() for double, single in CODE.findall(cell)]
    return messages


def error_classes() -> set[str]:
    bases: dict[str, set[str]] = {}
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}

    def is_error(name: str) -> bool:
        return name in ("Exception", "ValueError", "RuntimeError") or any(map(is_error, bases.get(name, ())))

    return {name for name in bases if is_error(name) and not name.startswith("_")} | {"ReadFailure"}


def test_the_page_quotes_enough_to_be_worth_checking() -> None:
    assert len(quoted_messages()) > 80
    assert len(error_classes()) > 20


@pytest.mark.parametrize("message", quoted_messages())
def test_a_quoted_message_stands_in_the_code(message: str) -> None:
    parts = [part for part in (part.strip(" :.") for part in message.split("…")) if part]
    pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    assert any(pattern.search(literal) for literal in LITERALS), f"no message of the code reads like {message!r}"


@pytest.mark.parametrize("name", sorted(error_classes() - {"DeadlinePassedError"}))
def test_every_class_of_errors_is_explained(name: str) -> None:
    assert f"`{name}`" in ERRORS


LITERALS = literals()
