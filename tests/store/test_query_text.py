"""What is known of a query before a store sees it."""

from __future__ import annotations

import time

import pytest

from store.query_text import dataset_clause, prefix_declarations, shifted_back, syntax_error

DOCUMENT, B_EXAMPLE_Y = "https://enishi.example/document/", ("https://b.example/y",)
ENISHI, SKOS = "https://enishi.example/ontology#", "http://www.w3.org/2004/02/skos/core#"


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
        (
            "ASK FROM document:甲・乙.txt FROM NAMED document:か\u3099 {}",
            (f"{DOCUMENT}甲・乙.txt",),
            (f"{DOCUMENT}か\u3099",),
        ),
        (r"ASK FROM document:articles\/a\'\#.txt {}", (f"{DOCUMENT}articles/a'#.txt",), ()),
        ("PREFIX か\u3099・: <a:> ASK FROM か\u3099・:x {}", ("a:x",), ()),
        ("BASE <https://b.example/c/> ASK FROM <x> FROM NAMED <../y> {}", ("https://b.example/c/x",), B_EXAMPLE_Y),
        ("BASE <https://b.example/> BASE <c/> PREFIX p: <d/> ASK FROM p:x {}", ("https://b.example/c/d/x",), ()),
        (r"ASK FROM <a:\u0078\U0000306F> {}", ("a:xは",), ()),
        ("ASK FROM <x> {}", ("x",), ()),
        ("CONSTRUCT { ?s ?p ?o } FROM <a:g> FROM NAMED <a:h> WHERE { ?s ?p ?o }", ("a:g",), ("a:h",)),
        ("construct{}from<a:g>{}", ("a:g",), ()),
        ('CONSTRUCT # {\n{ ?s ?p \'}\' , <a:x> , """}""" } FROM <a:g> {}', ("a:g",), ()),
        ("CONSTRUCT { ?s ?p ?o {| a <a:T> |} . } FROM <a:g> {}", ("a:g",), ()),
        ("CONSTRUCT { ?s <a:from> 'FROM <a:g>' . # } FROM <a:g>\n} { ?s ?p ?o }", (), ()),
        ("CONSTRUCT { ?s a ?o } { ?s ?p ?o } FROM <a:g>", (), ()),
        ("CONSTRUCT FROM <a:g> WHERE { ?s ?p ?o }", ("a:g",), ()),
        ("PREFIX CONSTRUCT: <a:> SELECT * { ?s ?p ?o } FROM <a:g>", (), ()),
    ],
)
def test_dataset_clause(sparql: str, default_graphs: tuple[str | None, ...], named_graphs: tuple[str, ...]) -> None:
    clause = dataset_clause(sparql)
    assert (clause.default_graphs, clause.named_graphs) == (default_graphs, named_graphs)
    assert bool(clause) == bool(default_graphs or named_graphs)


@pytest.mark.parametrize(
    ("sparql", "declared"),
    [
        ("ASK { ?s ?p ?o }", ""),
        (
            "ASK { ?s skos:prefLabel ?o ; enishi:sued ?x , enishi:y }",
            f"PREFIX enishi: <{ENISHI}> PREFIX skos: <{SKOS}> ",
        ),
        ("SELECT * FROM document:記事1 { ?s ?p ?o }", "PREFIX document: <https://enishi.example/document/> "),
        ("prefix 無: <a:> ASK { ?s 無:sued ?o }", ""),
        ("BASE <a:> # enishi:\nASK { ?s enishi:sued 'enishi:x' }", f"PREFIX enishi: <{ENISHI}> "),
        ("PREFIX 無: <a:> ASK { ?s enishi:sued ?o }", f"PREFIX enishi: <{ENISHI}> "),
        ("ASK { ?s <a:x> 無:x }", ""),
        (r"ASK { ?s 無:O\'B ?o . ?s skos:x ?y }", f"PREFIX skos: <{SKOS}> "),
        ("ASK { ?s ?p 'x'@ja.skos:b ?q ?o }", f"PREFIX skos: <{SKOS}> "),
        ("# PREFIX enishi: <a:>\nASK { ?s enishi:sued ?o }", f"PREFIX enishi: <{ENISHI}> "),
    ],
)
def test_prefix_declarations(sparql: str, declared: str) -> None:
    assert prefix_declarations(sparql) == declared


@pytest.mark.parametrize(
    "hostile",
    [
        '"""x"\\' * 20_000,
        "'''\\" * 25_000,
        "a.1:-" * 20_000,
        "<a" * 50_000,
        "あ・1-." * 20_000,
        "FROM<\\u0061>" * 9_000,
        "CONSTRUCT{" * 10_000,
    ],
)
def test_hostile_queries_are_read_in_linear_time(hostile: str) -> None:
    started = time.monotonic()
    prefix_declarations("ASK { " + hostile)
    dataset_clause("SELECT * " + hostile)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("message", "shifted"),
    [
        ("error at 1:51: expected x", "error at 1:11: expected x"),
        ("error at 2:51: expected x", "error at 2:51: expected x"),
        ("error at 1:3: expected error at 1:90", "error at 1:1: expected error at 1:90"),
        ("nonsense", "nonsense"),
    ],
)
def test_shifted_back(message: str, shifted: str) -> None:
    assert shifted_back(message, 40) == shifted


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
        ("SELECT * { ?s ?p 'x'@ja.enishi:b ?p }", "error at 1:37: expected [_]", 37, "expected [_]"),
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
