"""What is known of a query before a store sees it."""

from __future__ import annotations

import pytest

from store.query_text import dataset_clause, syntax_error


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


@pytest.mark.parametrize(
    ("sparql", "message", "column", "said"),
    [
        ("SELECT * { _:b ?p ?o . ?s ?p }", "error at 1:31: expected <unreported>", 31, "<unreported>"),
        ("SELECT * { ?s ?p {} . ?s 無:a ?b }", "error at 1:20: expected OPTIONAL", 20, "OPTIONAL"),
        ("SELECT * { ?s <http://x y> ?o }", "error at 1:27: expected IRI parsing failed", 27, "IRI parsing"),
        ("SELECT * { ?s ?p '文 無:名 }", 'error at 1:25: expected one of "\'"', 25, "expected one of"),
        ("SELECT * { ?s 無:p ?o }", "error at 1:18: expected Prefix not found", 15, "`無:` is not declared"),
        ("SELECT * { ?s ?p ?o FILTER(無:f(?o)) }", "error at 1:38: expected GROUP_CONCAT", 28, "`無:` is not"),
        ("SELECT * { ?s 無:p ?o }", "Unknown namespace prefix : 無", 15, "`無:` is not declared"),
    ],
)
def test_syntax_error_names_a_prefix_only_where_the_store_came_to_it(
    sparql: str, message: str, column: int, said: str
) -> None:
    error = syntax_error(message, sparql)
    assert (error.line, error.column) == (1, column)
    assert said in error.message


def test_syntax_error_counts_from_the_query_as_it_was_written() -> None:
    error = syntax_error("error at 1:109: expected OPTIONAL", "SELECT * { ?s ?p }", first_line_shift=100)
    assert (error.line, error.column) == (1, 9)


def test_syntax_error_marks_the_column_under_wide_characters() -> None:
    error = syntax_error("error at 1:5: expected x", "会社名=\u3000]")
    assert error.excerpt.splitlines()[1] == " " * 7 + "^"
