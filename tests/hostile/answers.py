"""Hostile names on their way out: SPARQL with a name in it, its answers in every format, Markdown and its HTML."""

from __future__ import annotations

import csv
import io
import json
import re

import pyoxigraph as ox
from markdown_it import MarkdownIt

from flows.report import Problem, Report, to_markdown
from flows.terminal import printable
from store import OWN_QUERY
from store.embedded import EmbeddedStore
from store.results import render, table

ALLOWED_TAGS = {
    "h1",
    "h2",
    "h3",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "ul",
    "li",
    "blockquote",
    "em",
    "br",
}
LABELS = "SELECT DISTINCT ?entity ?label WHERE { ?entity skos:prefLabel|skos:altLabel ?label } ORDER BY ?entity ?label"


def check_answers(store: EmbeddedStore, *, names: int = 300) -> int:
    """Whether labels come back as they are; gives the number of labels that were looked at."""
    result = store.query(LABELS, limits=OWN_QUERY)
    labels = [row[1].value for row in result.rows]  # type: ignore[union-attr]
    told = json.loads(render(result, "json"))["results"]["bindings"]
    assert [row["label"]["value"] for row in told] == labels
    rows = list(csv.reader(io.StringIO(render(result, "csv"), newline="")))[1:]
    assert [lines(row[1]) for row in rows] == [lines(label) for label in labels]
    assert render(result, "tsv").count("\n") == len(labels) + 1
    for row in table(result)[1]:
        assert all(printable(cell) == cell for cell in row), row
    for label in labels[:: max(1, len(labels) // names)]:
        found = store.query(
            f"SELECT ?entity WHERE {{ ?entity ?p {ox.Literal(label, language='ja')} }} LIMIT 1", limits=OWN_QUERY
        )
        assert len(found.rows) == 1, f"{label!r} is not found by its name"
    check_markdown(labels[:: max(1, len(labels) // names)])
    return len(labels)


def check_markdown(labels: list[str]) -> None:
    """A summary full of hostile names has no tag, no link and no row that its own text does not have."""
    problems = [Problem(label, label, label) for label in labels[:50]]
    text = to_markdown(Report(failed=problems, removed=labels[:50], notes=labels[:5]), title=" ".join(labels[:5]))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    tags = set(re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", html))
    assert tags <= ALLOWED_TAGS, f"tags in the summary: {tags - ALLOWED_TAGS}"
    assert len(re.findall("<tr>", html.partition("Failed")[2])) == len(problems) + 1


def lines(text: str) -> str:
    """The text with one kind of line break, since CSV has no say in which."""
    return re.sub("\r\n|\r", "\n", text)
