"""The sizes that DESIGN's rooms keep to: modules of at most 400 lines, functions of fewer than 60."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "extractors", "ontology", "store")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
FUNCTION_LIMIT = 60
MODULE_LIMIT = 400
MEDIAN_LIMIT = 120


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_module_and_functions_are_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LIMIT
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            assert lines < FUNCTION_LIMIT, f"{node.name} at line {node.lineno} has {lines} lines"


def test_modules_are_short_as_a_rule() -> None:
    lengths = [path.read_text(encoding="utf-8").count("\n") for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(lengths) <= MEDIAN_LIMIT


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_module_is_named_after_its_contents(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
