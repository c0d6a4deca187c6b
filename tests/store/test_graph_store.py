"""What both kinds of store promise, each against the real thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from store import OWN_QUERY, DocumentState, GraphStore, QueryLimits, open_store
from store.errors import (
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    StoreClosedError,
    StoreReadOnlyError,
)
from store.results import QueryForm

Build = Callable[..., tuple[str, list[Quad]]]
AWKWARD_TEXTS = [
    "改行\nと\r復帰とタブ\t",
    '引用符"\'\'\'"""',
    "逆斜線\\ \\u0041 \\u0022 . \\\\u005C",
    "逆斜線\\\\u0022 \\U00000022 \\\\\\u000A\\",
    "NUL\u0000と制御\u0001\u007f\u0085 \u0001abcd\\\u0002",
    "行区切り\u2028\u2029",
    "双方向\u202e\u2066 ゼロ幅\u200b\ufeff",
    "{| |} <<( )>> <http://x> ';DROP ALL",
    "絵文字😀と𠮷野家",
    "} } ; DROP ALL ; INSERT DATA { <a:a> <a:b> <a:c> }",
]


def test_replace_graph_leaves_nothing_of_the_old_graph(any_store: GraphStore, document_graph: Build) -> None:
    graph_iri, old = document_graph(1, "旧社名", "もう一社")
    _, new = document_graph(1, "新社名", version=2)
    other_iri, other = document_graph(2, "別の会社")
    any_store.replace_graphs({graph_iri: old, other_iri: other})
    any_store.replace_graph(graph_iri, new)
    assert set(any_store.dump(graph_iri)) == set(new)
    assert set(any_store.dump(other_iri)) == set(other)
    assert any_store.size() == len(new) + len(other)


def test_replace_graph_refuses_quads_of_another_graph(any_store: GraphStore, document_graph: Build) -> None:
    graph_iri, quads = document_graph(1, "甲社")
    stray = document_graph(2, "乙社")[1]
    any_store.replace_graph(graph_iri, quads)
    with pytest.raises(ValueError, match="cannot be written to"):
        any_store.replace_graph(graph_iri, quads + stray)
    assert set(any_store.dump()) == set(quads)


def test_remove_graph_takes_the_whole_graph_and_no_other(any_store: GraphStore, document_graph: Build) -> None:
    graphs = dict(document_graph(number, "会社") for number in range(3))
    any_store.replace_graphs(graphs)
    removed = list(graphs)[1]
    any_store.remove_graphs([removed])
    any_store.remove_graphs(["https://enishi.example/document/ない"])
    assert any_store.graph_iris() == sorted(set(graphs) - {removed})
    any_store.remove_graphs(list(graphs))
    assert any_store.size() == 0


def test_replace_graph_with_nothing_removes_it(any_store: GraphStore, document_graph: Build) -> None:
    graph_iri, quads = document_graph(1, "甲社")
    any_store.replace_graph(graph_iri, quads)
    any_store.replace_graph(graph_iri, [])
    assert any_store.graph_iris() == []


def test_states_gives_what_each_document_was_made_from(any_store: GraphStore, document_graph: Build) -> None:
    assert any_store.states() == {}
    any_store.replace_graphs(dict(document_graph(number, "会社", version=number) for number in (1, 2)))
    curated = NamedNode("https://enishi.example/graph/entities")
    any_store.add_quads([Quad(NamedNode("https://enishi.example/entity/甲"), NamedNode("a:b"), Literal("丙"), curated)])
    assert any_store.states() == {
        "https://enishi.example/document/記事1": DocumentState("0001-1", "指紋1"),
        "https://enishi.example/document/記事2": DocumentState("0002-2", "指紋2"),
    }


def test_add_quads_keeps_what_is_there(any_store: GraphStore) -> None:
    runs, gathered = NamedNode("https://enishi.example/graph/runs"), []
    for number in range(3):
        quad = Quad(NamedNode(f"https://enishi.example/run/{number}"), NamedNode("a:b"), Literal(str(number)), runs)
        any_store.add_quads([quad])
        gathered.append(quad)
    two_graphs = [Quad(NamedNode("a:s"), NamedNode("a:p"), NamedNode("a:o"), NamedNode(f"a:g{n}")) for n in (1, 2)]
    any_store.add_quads(two_graphs)
    assert set(any_store.dump()) == {*gathered, *two_graphs}


@pytest.mark.parametrize("text", AWKWARD_TEXTS)
def test_awkward_text_comes_back_as_it_went_in(any_store: GraphStore, text: str) -> None:
    graphs = [NamedNode("https://enishi.example/document/一"), NamedNode("https://enishi.example/document/二")]
    quads = {g.value: [Quad(g, NamedNode("a:p"), Literal(text, language="ja"), g)] for g in graphs}
    any_store.replace_graph(graphs[0].value, quads[graphs[0].value])
    any_store.replace_graphs(quads)
    assert set(any_store.dump()) == {quad for listed in quads.values() for quad in listed}
    rows = any_store.query("SELECT DISTINCT ?text { ?s <a:p> ?text }").rows
    assert rows == ((Literal(text, language="ja"),),)


def test_blank_nodes_keep_their_shape(any_store: GraphStore) -> None:
    graph, node = NamedNode("https://enishi.example/graph/ontology"), BlankNode("b")
    any_store.replace_graph(
        graph.value, [Quad(graph, NamedNode("a:p"), node, graph), Quad(node, NamedNode("a:q"), Literal("値"), graph)]
    )
    assert any_store.query(f"ASK {{ {graph} <a:p> ?node . ?node <a:q> '値' }}").boolean


def test_query_sees_the_union_of_graphs_and_knows_the_prefixes(any_store: GraphStore, document_graph: Build) -> None:
    any_store.replace_graphs(dict(document_graph(number, f"会社{number}") for number in range(3)))
    result = any_store.query(
        "SELECT ?name { entity:山田花子 enishi:founded ?c . ?c skos:prefLabel ?name } ORDER BY ?name"
    )
    assert (result.form, result.variables) == (QueryForm.SELECT, ("name",))
    assert [row[0] for row in result.rows] == [Literal(f"会社{number}") for number in range(3)]
    assert not result.truncated


@pytest.mark.parametrize("limits", [QueryLimits(), OWN_QUERY])
def test_query_from_sees_the_named_graph_alone(
    any_store: GraphStore, document_graph: Build, limits: QueryLimits
) -> None:
    any_store.replace_graphs(dict(document_graph(number, f"会社{number}") for number in range(3)))
    for clause in ("FROM <https://enishi.example/document/記事1>", "FROM d:記事1"):
        sparql = f"PREFIX d: <https://enishi.example/document/> SELECT ?name {clause} {{ ?c skos:prefLabel ?name }}"
        assert any_store.query(sparql, limits=limits).rows == ((Literal("会社1"),),)
        template = f"CONSTRUCT {{ ?c <a:name> ?name }} {clause} WHERE {{ ?c skos:prefLabel ?name }}"
        built = any_store.query(f"PREFIX d: <https://enishi.example/document/> {template}", limits=limits).triples
        assert [triple.object for triple in built] == [Literal("会社1")]


@pytest.mark.parametrize("limits", [QueryLimits(), OWN_QUERY])
def test_query_answers_ask_and_construct(any_store: GraphStore, document_graph: Build, limits: QueryLimits) -> None:
    any_store.replace_graphs(dict([document_graph(1, "甲社")]))
    assert any_store.query("ASK { ?s enishi:founded ?o }", limits=limits).boolean is True
    assert any_store.query("ASK { ?s enishi:sued ?o }", limits=limits).boolean is False
    built = any_store.query("CONSTRUCT { ?o <a:founder> ?s } WHERE { ?s enishi:founded ?o }", limits=limits)
    assert built.form is QueryForm.CONSTRUCT
    assert [triple.predicate.value for triple in built.triples] == ["a:founder"]


@pytest.mark.parametrize("query_form", ["SELECT * WHERE", "CONSTRUCT WHERE"])
def test_query_says_where_it_was_cut(any_store: GraphStore, document_graph: Build, query_form: str) -> None:
    any_store.replace_graphs(dict(document_graph(number, "会社") for number in range(5)))
    result = any_store.query(query_form + " { ?s enishi:founded ?o }", limits=QueryLimits(row_limit=3))
    assert (len(result), result.truncated) == (3, True)
    assert "first 3" in (result.notice() or "")
    whole = any_store.query(query_form + " { ?s enishi:founded ?o }", limits=QueryLimits(row_limit=5))
    assert (len(whole), whole.truncated, whole.notice()) == (5, False, None)


@pytest.mark.parametrize(
    ("sparql", "line", "column"),
    [
        ("SELECT ?s WHERE {\n  ?s ?p }", 2, 8),
        ("SELECT ?s { ?s nowhere:p ?o }", 1, 16),
        ("SELECT ?s\n{ ?s enishi:founded ?o } LIMIT ?x", 2, 31),
    ],
)
@pytest.mark.parametrize("limits", [QueryLimits(), OWN_QUERY])
def test_query_syntax_error_says_where(
    any_store: GraphStore, sparql: str, line: int, column: int, limits: QueryLimits
) -> None:
    any_store.replace_graph("a:g", [Quad(NamedNode("a:s"), NamedNode("a:p"), Literal("x"), NamedNode("a:g"))])
    with pytest.raises(QuerySyntaxError) as caught:
        any_store.query(sparql, limits=limits)
    assert caught.value.line == line
    assert caught.value.column is not None
    assert abs(caught.value.column - column) <= 5
    assert sparql.split("\n")[line - 1] in str(caught.value)


def test_query_syntax_error_names_an_undeclared_prefix(any_store: GraphStore) -> None:
    with pytest.raises(QuerySyntaxError, match="the prefix `nowhere:` is not declared"):
        any_store.query("PREFIX here: <a:> SELECT ?s { ?s here:p 'x:y' . # z:w\n ?s nowhere:p ?o }")


def test_query_refuses_service(any_store: GraphStore) -> None:
    with pytest.raises(QueryRefusedError, match="SERVICE"):
        any_store.query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")


def test_query_that_is_an_update_changes_nothing(any_store: GraphStore, document_graph: Build) -> None:
    graph_iri, quads = document_graph(1, "甲社")
    any_store.replace_graph(graph_iri, quads)
    with pytest.raises((QuerySyntaxError, QueryFailedError)):
        any_store.query("DROP ALL")
    assert any_store.size() == len(quads)


def test_closed_store_says_so(any_store: GraphStore) -> None:
    any_store.close()
    any_store.close()
    with pytest.raises(StoreClosedError):
        any_store.states()


def test_read_only_store_refuses_every_write(any_store: GraphStore, document_graph: Build, tmp_path: Path) -> None:
    graph_iri, quads = document_graph(1, "甲社")
    any_store.replace_graph(graph_iri, quads)
    location = any_store.location
    any_store.close()
    with open_store(location, read_only=True) as store:
        assert store.read_only
        for write in (
            lambda: store.replace_graph(graph_iri, []),
            lambda: store.replace_graphs({graph_iri: quads, "a:g": []}),
            lambda: store.add_quads(quads),
            lambda: store.remove_graphs([graph_iri]),
        ):
            with pytest.raises(StoreReadOnlyError):
                write()
        assert set(store.dump()) == set(quads)
        assert store.query("ASK { ?s enishi:founded ?o }").boolean
