"""Exports are stable, readable, and say the same as the store in every format."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ontology.namespaces import PREFIXES
from store import GraphStore, open_store
from store.canonical import canonical_hash
from store.errors import StoreError
from store.export import export_graph
from store.turtle import TurtleWriter

Build = Callable[..., tuple[str, list[Quad]]]
SUFFIXES = [".ttl", ".trig", ".nq", ".nt", ".jsonld"]
CLAIM = """
PREFIX oa: <http://www.w3.org/ns/oa#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX enishi: <https://enishi.example/ontology#> PREFIX entity: <https://enishi.example/entity/>
entity:山田花子 enishi:founded entity:さくら水産 .
<https://enishi.example/claim/1> a enishi:Claim ; enishi:confidence 0.9 ; enishi:eventTime "2019"^^xsd:gYear ;
  rdf:subject entity:山田花子 ; rdf:predicate enishi:founded ; rdf:object entity:さくら水産 ;
  oa:hasSelector [ a oa:TextPositionSelector ; oa:start 3 ; oa:end 21 ] ,
    [ a oa:TextQuoteSelector ; oa:exact "山田花子が「さくら水産」を設立した。"@ja ] .
enishi:Agent <http://www.w3.org/2002/07/owl#unionOf> ( enishi:Person enishi:Organization ) .
"""


@pytest.fixture
def filled_store(tmp_path: Path, document_graph: Build) -> GraphStore:
    graph = NamedNode("https://enishi.example/document/設立の記事")
    claim = [Quad(q.subject, q.predicate, q.object, graph) for q in parse(CLAIM, RdfFormat.TURTLE)]
    store = open_store(tmp_path / "store")
    store.replace_graphs({graph.value: claim, **dict(document_graph(number, "会社", "商店") for number in range(5))})
    return store


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_graph_gives_the_same_bytes_from_a_store_filled_otherwise(
    filled_store: GraphStore, tmp_path: Path, suffix: str
) -> None:
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    count = export_graph(filled_store, first)
    assert count == filled_store.size()
    quads = list(filled_store.dump())
    renamed = {
        node: BlankNode() for quad in quads for node in (quad.subject, quad.object) if isinstance(node, BlankNode)
    }
    random.Random(1).shuffle(quads)
    with open_store(tmp_path / "other") as other:
        other.add_quads(
            Quad(renamed.get(q.subject, q.subject), q.predicate, renamed.get(q.object, q.object), q.graph_name)
            for q in quads
        )
        export_graph(other, second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_graph_says_what_the_store_says(filled_store: GraphStore, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"graph{suffix}"
    export_graph(filled_store, path)
    text = path.read_text(encoding="utf-8")
    assert "さくら水産" in text
    assert "%E3" not in text
    if suffix in (".ttl", ".nt"):
        union = [Quad(quad.subject, quad.predicate, quad.object) for quad in filled_store.dump()]
        assert canonical_hash(parse(path=path)) == canonical_hash(union)
    else:
        assert canonical_hash(parse(path=path)) == canonical_hash(filled_store.dump())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_graph_is_read_by_rdflib(filled_store: GraphStore, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"graph{suffix}"
    export_graph(filled_store, path)
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(path)
    founder = rdflib.URIRef("https://enishi.example/entity/山田花子")
    founded = rdflib.URIRef("https://enishi.example/ontology#founded")
    assert len(set(dataset.objects(founder, founded))) == 11


def test_export_graph_writes_turtle_for_people(filled_store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    export_graph(filled_store, path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("@prefix enishi: <https://enishi.example/ontology#> .\n")
    assert "@prefix sh:" not in text
    assert (
        """
claim:1
    a enishi:Claim ;
    rdf:subject entity:山田花子 ;
    rdf:predicate enishi:founded ;
    rdf:object entity:さくら水産 ;
    oa:hasSelector [
        a oa:TextPositionSelector ;
        oa:end 21 ;
        oa:start 3
    ] , [
        a oa:TextQuoteSelector ;
        oa:exact "山田花子が「さくら水産」を設立した。"@ja
    ] ;
    enishi:confidence 0.9 ;
    enishi:eventTime "2019"^^xsd:gYear .
"""
        in text
    )
    assert "\n    owl:unionOf ( enishi:Person enishi:Organization ) .\n" in text


def test_export_graph_of_one_graph_holds_no_other(filled_store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "one.trig"
    export_graph(filled_store, path, graph_iris=["https://enishi.example/document/記事3"])
    assert {quad.graph_name.value for quad in parse(path=path)} == {"https://enishi.example/document/記事3"}


def test_export_graph_with_rdf_12_reifies_claims(filled_store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    export_graph(filled_store, path, rdf_12=True)
    claimed = [quad.object for quad in parse(path=path) if quad.predicate.value.endswith("#reifies")]
    entity = "https://enishi.example/entity/"
    founded = NamedNode("https://enishi.example/ontology#founded")
    assert claimed == [Triple(NamedNode(entity + "山田花子"), founded, NamedNode(entity + "さくら水産"))]
    assert "rdf:subject" not in path.read_text(encoding="utf-8")


def test_export_graph_of_an_iri_with_a_prefix_for_its_scheme(tmp_path: Path) -> None:
    graph = NamedNode("https://enishi.example/document/一")
    quads = [Quad(NamedNode("run:fast"), NamedNode("skos:fake"), NamedNode("http://www.w3.org/ns/prov#Run"), graph)]
    with open_store(tmp_path / "store") as store:
        store.replace_graph(graph.value, quads)
        for suffix in (".jsonld", ".trig"):
            export_graph(store, tmp_path / f"graph{suffix}")
            assert list(parse(path=tmp_path / f"graph{suffix}")) == quads


@pytest.mark.parametrize("name", ["graph.rdf12", "graph", "graph.TXT"])
def test_export_graph_names_the_formats_it_knows(filled_store: GraphStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"\.ttl, \.trig"):
        export_graph(filled_store, tmp_path / name)


def test_export_graph_keeps_the_old_file_where_it_cannot_write(filled_store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "folder.ttl").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        export_graph(filled_store, tmp_path / "folder.ttl")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".folder")] == []


@pytest.mark.parametrize(
    "statement",
    [
        "rdf:type <a:p> <a:o>",
        "<a:s> <a:p> rdf:type",
        "<a:s> a rdf:type",
        "<a:s> <a:p> <<( <a:s> a <a:o> )>>",
        "<a:s> <a:p> <<( <a:s> <a:p> <<( rdf:type <a:p> <a:o> )>> )>>",
        "<a:s> <a:p> ( rdf:type )",
    ],
)
def test_turtle_writer_declares_the_prefix_of_a_type_written_out(statement: str) -> None:
    quads = list(parse(f"PREFIX rdf: <{PREFIXES['rdf']}> {statement} .", RdfFormat.TURTLE))
    triples = [quad.triple for quad in quads]
    writer = TurtleWriter(PREFIXES)
    text = writer.header([triples]) + "".join(writer.graph(triples))
    assert canonical_hash(parse(text, RdfFormat.TURTLE)) == canonical_hash(quads)


def test_turtle_writer_declares_no_prefix_for_a_type_written_as_a() -> None:
    triple = Triple(NamedNode("a:s"), NamedNode(PREFIXES["rdf"] + "type"), NamedNode("a:o"))
    writer = TurtleWriter(PREFIXES)
    assert writer.header([[triple]]) + "".join(writer.graph([triple])) == "<a:s>\n    a <a:o> .\n"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LOCAL_NAMES = st.lists(st.sampled_from([*"abcマスク・ー.-_0:/'()~", "%20", "%E3"]), max_size=8).map("".join)
IRIS = st.builds(
    lambda namespace, name: NamedNode(namespace + name),
    st.sampled_from(["https://enishi.example/entity/", "https://enishi.example/ontology#", "urn:x:"]),
    LOCAL_NAMES,
)
DATATYPES = st.sampled_from(["integer", "decimal", "boolean", "date", "string"]).map(
    lambda name: NamedNode("http://www.w3.org/2001/XMLSchema#" + name)
)
LITERALS = st.one_of(
    st.builds(lambda text: Literal(text), TEXTS),
    st.builds(lambda text: Literal(text, language="ja"), TEXTS),
    st.builds(
        lambda text, datatype: Literal(text, datatype=datatype),
        st.one_of(TEXTS, st.sampled_from(["1", "+01", "-0.50", ".5", "5.", "true", "TRUE", 'a"^^<b'])),
        DATATYPES,
    ),
)
NODES = st.sampled_from([BlankNode(name) for name in "abcd"])
TRIPLES = st.builds(Triple, st.one_of(IRIS, NODES), IRIS, st.one_of(IRIS, NODES, LITERALS))


@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
@settings(max_examples=150, deadline=None)
@given(st.lists(TRIPLES, max_size=14))
def test_turtle_writer_says_any_graph(triples: list[Triple]) -> None:
    writer = TurtleWriter(PREFIXES)
    text = writer.header([triples]) + "".join(writer.graph(triples))
    expected = canonical_hash(Quad(*triple) for triple in triples)
    assert canonical_hash(parse(text, RdfFormat.TURTLE)) == expected
    rdflib.Graph().parse(data=text, format="turtle")
