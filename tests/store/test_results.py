"""Answers as text."""

from __future__ import annotations

import csv
import io
import json

import pytest
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from store.results import (
    QueryForm,
    QueryResult,
    cell_text,
    render,
    render_triples,
    shorten_iri,
    table,
    terminal_safe,
    terminal_text,
)

XSD = "http://www.w3.org/2001/XMLSchema#"
ROWS = (
    (NamedNode("https://enishi.example/entity/山田花子"), Literal('「引用"符」,\n改行\tと\\逆斜線', language="ja")),
    (BlankNode("b1"), Literal("2019", datatype=NamedNode(XSD + "gYear"))),
    (None, Literal("")),
    (NamedNode("a:s"), Literal("3", datatype=NamedNode(XSD + "integer"))),
)
RESULT = QueryResult(QueryForm.SELECT, variables=("who", "what"), rows=ROWS)


@pytest.mark.parametrize(("name", "parsed"), [("json", QueryResultsFormat.JSON), ("tsv", QueryResultsFormat.TSV)])
def test_render_keeps_every_term(name: str, parsed: QueryResultsFormat) -> None:
    solutions = parse_query_results(render(RESULT, name), parsed)
    assert isinstance(solutions, QuerySolutions)
    assert tuple(tuple(solution) for solution in solutions) == ROWS


def test_render_csv_gives_values_alone() -> None:
    text = render(RESULT, "csv")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["who", "what"],
        ["https://enishi.example/entity/山田花子", '「引用"符」,\n改行\tと\\逆斜線'],
        ["_:b1", "2019"],
        ["", ""],
        ["a:s", "3"],
    ]
    assert text.startswith("who,what\r\n")


def test_render_of_no_rows_names_the_columns() -> None:
    empty = QueryResult(QueryForm.SELECT, variables=("a", "b"))
    assert render(empty, "csv").strip() == "a,b"
    assert render(empty, "tsv").strip() == "?a\t?b"
    assert json.loads(render(empty, "json")) == {"head": {"vars": ["a", "b"]}, "results": {"bindings": []}}


@pytest.mark.parametrize(("name", "text"), [("csv", "boolean\r\ntrue\r\n"), ("tsv", "?boolean\ntrue\n")])
def test_render_ask(name: str, text: str) -> None:
    answer = QueryResult(QueryForm.ASK, boolean=True)
    assert render(answer, name) == text
    assert json.loads(render(answer, "json")) == {"head": {}, "boolean": True}
    assert table(answer) == (["boolean"], [["true"]])


def test_render_construct_as_columns_and_as_turtle() -> None:
    founded = NamedNode("https://enishi.example/ontology#founded")
    triple = Triple(NamedNode("https://enishi.example/entity/甲"), founded, Literal("乙"))
    built = QueryResult(QueryForm.CONSTRUCT, triples=(triple,))
    assert render(built, "tsv").splitlines()[0] == "?subject\t?predicate\t?object"
    assert table(built) == (["subject", "predicate", "object"], [["entity:甲", "enishi:founded", "乙"]])
    assert 'entity:甲 enishi:founded "乙"' in render_triples(built)


HOSTILE = "赤\x1b[31m戻\r上\u009b2J裏\u202e札\U000e0041\n次"


def test_triples_as_turtle_hold_nothing_that_steers_a_terminal() -> None:
    subject = NamedNode("https://enishi.example/entity/甲\u061c乙\u200d丙")
    triple = Triple(subject, NamedNode("https://enishi.example/ontology#founded"), Literal(HOSTILE, language="ja"))
    text = render_triples(QueryResult(QueryForm.CONSTRUCT, triples=(triple,)))
    assert all(line.isprintable() for line in text.split("\n"))
    assert [quad.triple for quad in parse(text, RdfFormat.TURTLE)] == [triple]


@pytest.mark.parametrize("name", ["json", "csv", "tsv"])
def test_terminal_text_spells_out_what_steers_a_terminal_and_keeps_the_lines(name: str) -> None:
    rows = ((Literal(HOSTILE), NamedNode("a:甲\u061c")), *ROWS)
    text = render(QueryResult(QueryForm.SELECT, variables=("who", "what"), rows=rows), name)
    shown = terminal_text(text, name)
    assert all(line.removesuffix("\r").replace("\t", "").isprintable() for line in shown.split("\n"))
    assert (shown.count("\n"), shown.count("\t")) == (text.count("\n"), text.count("\t"))
    assert "\\u202" in shown
    if name == "json":
        assert json.loads(shown) == json.loads(text)
    elif name == "tsv":
        solutions = parse_query_results(shown, QueryResultsFormat.TSV)
        assert isinstance(solutions, QuerySolutions)
        assert tuple(tuple(solution) for solution in solutions) == rows


def test_render_knows_no_other_format() -> None:
    with pytest.raises(ValueError, match="json, csv, tsv"):
        render(RESULT, "xml")


def test_table_shortens_and_leaves_unbound_cells_empty() -> None:
    header, rows = table(RESULT)
    assert header == ["who", "what"]
    assert rows == [
        ["entity:山田花子", "「引用\"符」,\\n改行\\tと\\逆斜線"],
        ["_:b1", "2019"],
        ["", ""],
        ["a:s", "3"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("https://enishi.example/ontology#sued", "enishi:sued"),
        ("https://enishi.example/entity/サム・アルトマン", "entity:サム・アルトマン"),
        ("https://enishi.example/entity/a/b", "https://enishi.example/entity/a/b"),
        ("https://enishi.example/entity/", "https://enishi.example/entity/"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
    ],
)
def test_shorten_iri(iri: str, short: str) -> None:
    assert shorten_iri(iri) == short


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("ふつうの文 ABC", "ふつうの文 ABC"),
        ("赤\x1b[31m", "赤\\u001B[31m"),
        ("表\u202e裏", "表\\u202E裏"),
        ("無\u0000", "無\\u0000"),
        ("全角\u3000空白", "全角\u3000空白"),
        ("一\n二\r三\t四", "一\\n二\\r三\\t四"),
        ("\U000e0041", "\\U000E0041"),
    ],
)
def test_terminal_safe_spells_out_what_steers_a_terminal(text: str, safe: str) -> None:
    assert terminal_safe(text) == safe
    assert cell_text(Literal(text)) == safe
