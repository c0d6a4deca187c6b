"""README against what there is: commands, make targets, folders, links, and its SPARQL."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from flows.cli import COMMANDS
from store import open_store
from store.results import QueryForm

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
QUERIES = [text for language, text in FENCES if language == "sparql"]


def test_readme_names_the_commands_that_help_lists() -> None:
    named = re.findall(r"^\| `enishi (\w+)", README, re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)
    shell = "\n".join(text for language, text in FENCES if language in ("sh", "console"))
    used = set(re.findall(r"\benishi (\w+)", shell))
    assert used <= set(COMMANDS)


def test_readme_names_the_make_targets_that_help_lists() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^make (\S+)", listed, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", README)) | set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    assert named <= targets
    assert {"setup", "run", "test", "lint", "eval", "bench", "help"} <= named


def test_readme_shows_every_folder() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.partition("/")[0] for line in listed.splitlines() if "/" in line and not line.startswith(".")}
    named = set(re.findall(r"^\| `(\w+)/`", README, re.MULTILINE))
    assert named == folders


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_readme_links_to_what_exists(target: str) -> None:
    assert (ROOT / target).exists()


def test_readme_has_three_queries() -> None:
    assert len(QUERIES) >= 3


@pytest.mark.parametrize("query", QUERIES)
def test_readme_queries_have_answers(query: str, articles_store: str) -> None:
    with open_store(articles_store, read_only=True) as store:
        result = store.query(query)
    assert result.form is QueryForm.SELECT
    assert len(result.rows) > 0
