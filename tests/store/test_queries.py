"""The project's own queries over graphs as the ontology room maps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from ontology.mapping import document_iri, map_document
from ontology.namespaces import RDF, RUN, RUNS_GRAPH
from ontology.vocabulary import load_vocabulary
from store import OWN_QUERY, DocumentState, GraphStore, open_store
from store.queries import load_query, query_of_graphs
from store.results import table

QUERIES = Path(__file__).parents[2] / "store" / "queries"
TEXT = "山田花子はさくら水産を設立した。同社は青空銀行を訴えていないと佐藤一郎は述べた。"


def argument(name: str, entity_type: EntityType) -> Argument:
    start = TEXT.find(name)
    return Argument((name,), entity_type, start, start + len(name))


def claims() -> list[Claim]:
    first, second = (part + "。" for part in TEXT.split("。")[:2])
    person, company, bank = (
        argument(name, entity_type)
        for name, entity_type in (
            ("山田花子", EntityType.PERSON),
            ("さくら水産", EntityType.ORGANIZATION),
            ("青空銀行", EntityType.ORGANIZATION),
        )
    )
    return [
        Claim("founded", person, company, Status.ASSERTED, Evidence(0, len(first), first), "甲が乙を設立する", 0.9),
        Claim(
            *("sued", company, bank, Status.NEGATED, Evidence(len(first), len(TEXT), second), "甲が乙を訴える", 0.75),
            held_by="佐藤一郎",
            event_time="2021-04",
            amount="3億円",
        ),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    vocabulary = load_vocabulary()
    with open_store(tmp_path / "store") as store:
        for number in (1, 2):
            document = Document(f"記事/{number}.txt", TEXT, f"記事/{number}.txt", f"{number:064}")
            quads = map_document(
                document, claims(), vocabulary=vocabulary, run_iri=RUN + "1", fingerprint=f"版{number}"
            )
            store.replace_graph(document_iri(document), quads)
        run = NamedNode(RUN + "1")
        activity = NamedNode("http://www.w3.org/ns/prov#Activity")
        store.add_quads([Quad(run, NamedNode(RDF + "type"), activity, NamedNode(RUNS_GRAPH))])
        yield store


def answer(store: GraphStore, name: str) -> list[dict[str, str]]:
    header, rows = table(store.query(load_query(name), limits=OWN_QUERY))
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_states_are_found_in_mapped_documents(store: GraphStore) -> None:
    assert sorted(store.states().values(), key=str) == [
        DocumentState(f"{number:064}", f"版{number}") for number in (1, 2)
    ]


def test_claims_are_listed_with_their_sentences(store: GraphStore) -> None:
    listed = answer(store, "claims")
    assert len(listed) == 4
    founded, sued = listed[:2]
    assert (founded["relation"], founded["subject"], founded["object"]) == ("founded", "山田花子", "さくら水産")
    assert (founded["status"], founded["sentence"]) == ("Asserted", "山田花子はさくら水産を設立した。")
    assert (sued["relation"], sued["status"], sued["confidence"]) == ("sued", "Negated", "0.75")


def test_statistics_count_each_thing_once(store: GraphStore) -> None:
    assert answer(store, "statistics") == [{"documents": "2", "claims": "4", "entities": "3"}]


def test_claims_by_relation_are_counted_by_status(store: GraphStore) -> None:
    assert answer(store, "claims-by-relation") == [
        {"relation": "founded", "status": "Asserted", "claims": "2"},
        {"relation": "sued", "status": "Negated", "claims": "2"},
    ]


def test_fingerprints_show_which_pipeline_read_what(store: GraphStore) -> None:
    assert answer(store, "fingerprints") == [{"fingerprint": f"版{n}", "documents": "1"} for n in (1, 2)]


def test_graphs_and_size_agree_with_the_store(store: GraphStore) -> None:
    assert len(store.graph_iris()) == 3
    assert store.graph_iris() == sorted(str(row[0].value) for row in store.query(load_query("graphs")).rows)  # type: ignore[union-attr]
    assert answer(store, "size") == [{"quads": str(store.size())}]


def test_every_query_says_what_it_is_for_and_answers_an_empty_store(tmp_path: Path) -> None:
    with open_store(tmp_path / "empty") as empty:
        for name in (path.stem for path in QUERIES.glob("*.rq")):
            assert load_query(name).startswith("# "), name
            empty.query(load_query(name), limits=OWN_QUERY)
        assert answer(empty, "statistics") == [{"documents": "0", "claims": "0", "entities": "0"}]


def test_query_of_graphs_takes_names_and_nothing_that_would_end_one(store: GraphStore) -> None:
    first, second = sorted(store.states())
    sparql = query_of_graphs("quads", [first, second])
    assert f"VALUES ?graph {{ <{first}> <{second}> }}" in sparql
    assert {row[0].value for row in store.query(sparql, limits=OWN_QUERY).rows} == {first, second}  # type: ignore[union-attr]
    for name in ("a:g> } ?s ?p ?o { <a:h", "記事"):
        with pytest.raises(ValueError, match="IRI"):
            query_of_graphs("quads", [name])
