"""What is known of a query before a store sees it."""

from __future__ import annotations

import pytest

from store.errors import QueryRefusedError
from store.query_text import dataset_clause, refuse_service, syntax_error

ELSEWHERE = "<http://elsewhere.example/>"
REACHING_OUT = [
    f"SELECT * {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"select * {{ service silent {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE # {{ hidden\n {ELSEWHERE} # more\n {{ ?s ?p ?o }} }}",
    "SELECT * { ?s ?p ?x . SERVICE ?x { ?s ?p ?o } }",
    "PREFIX e: <http://elsewhere.example/> SELECT * { SERVICE e:sparql { ?s ?p ?o } }",
    "PREFIX : <http://elsewhere.example/> SELECT * { SERVICE :sparql{ ?s ?p ?o } }",
    "PREFIX e: <http://elsewhere.example/> SELECT * { SERVICE e:a\\#b { ?s ?p ?o } }",
    f"SELECT * {{ FILTER(?a<?b&&'>'=?c) SERVICE {ELSEWHERE} {{ ?s ?p ?o }} FILTER('x'!='') }}",
    f"SELECT * {{ ?s ?p '#' . SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ {{}}SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
]
HARMLESS = [
    "SELECT ?service { ?service a enishi:Organization }",
    "SELECT * { ?s skos:prefLabel 'Customer Service' }",
    "SELECT * { ?s enishi:service ?o }",
    "SELECT * { <http://x.example/SERVICE> ?p ?o }",
    "SELECT * { ?s ?p ?o } # SERVICE is off",
    "SELECT * { $SERVICE ?p ?o . { ?o ?q ?z } }",
]


@pytest.mark.parametrize("sparql", REACHING_OUT)
def test_refuse_service_lets_nothing_reach_out(sparql: str) -> None:
    with pytest.raises(QueryRefusedError):
        refuse_service(sparql)


@pytest.mark.parametrize("sparql", HARMLESS)
def test_refuse_service_lets_the_word_stand(sparql: str) -> None:
    refuse_service(sparql)


@pytest.mark.parametrize(
    ("sparql", "default_graphs", "named_graphs"),
    [
        ("SELECT * { ?s ?p ?o }", (), ()),
        ("SELECT * FROM <a:g> { ?s ?p ?o }", ("a:g",), ()),
        ("SELECT * FROM <a:g> FROM <a:h> FROM NAMED <a:i> WHERE { ?s ?p ?o }", ("a:g", "a:h"), ("a:i",)),
        ("PREFIX d: <https://d.example/> SELECT * from d:記事1 { ?s ?p ?o }", ("https://d.example/記事1",), ()),
        ("SELECT * FROM graph:runs { ?s ?p ?o }", (None,), ()),
        ("SELECT * FROM document:x { ?s ?p ?o }", ("https://enishi.example/document/x",), ()),
        ("SELECT * # FROM <a:g>\n { ?s ?p 'FROM <a:g>' }", (), ()),
        ("PREFIX from: <a:> ASK { ?s from:x ?o }", (), ()),
        ("DESCRIBE <a:x> FROM <a:g>", ("a:g",), ()),
    ],
)
def test_dataset_clause(sparql: str, default_graphs: tuple[str | None, ...], named_graphs: tuple[str, ...]) -> None:
    clause = dataset_clause(sparql)
    assert (clause.default_graphs, clause.named_graphs) == (default_graphs, named_graphs)
    assert bool(clause) == bool(default_graphs or named_graphs)


@pytest.mark.parametrize(
    ("message", "line", "column"),
    [
        ("error at 2:9: expected one of LATERAL", 2, 9),
        ("Parse error: Encountered '}' at line 2, column 9.", 2, 9),
        ("Expected SelectQuery, found 'x'  (at char 20), (line:2, col:9)", 2, 9),
        ("nonsense", None, None),
    ],
)
def test_syntax_error_reads_positions_of_several_servers(message: str, line: int | None, column: int | None) -> None:
    error = syntax_error(message, "SELECT * {\n  ?s ?p }")
    assert (error.line, error.column) == (line, column)
    if line is not None:
        assert error.excerpt == "  ?s ?p }\n        ^"


def test_syntax_error_counts_from_the_query_as_it_was_written() -> None:
    error = syntax_error("error at 1:109: expected OPTIONAL", "SELECT * { ?s ?p }", first_line_shift=100)
    assert (error.line, error.column) == (1, 9)


def test_syntax_error_marks_the_column_under_wide_characters() -> None:
    error = syntax_error("error at 1:5: expected x", "会社名=\u3000]")
    assert error.excerpt.splitlines()[1] == " " * 7 + "^"
