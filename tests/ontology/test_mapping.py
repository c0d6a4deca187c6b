from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from ontology import iris
from ontology.mapping import document_iri, literal_text, map_document
from ontology.namespaces import ENTITY, ONTOLOGY, PREFIXES, SKOS
from ontology.validation import Validator
from ontology.vocabulary import Vocabulary, load_vocabulary

RUN = "https://enishi.example/run/test"
hostile = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.characters(categories=["Cs", "Cf", "Cc", "Mn", "Zs"]),
        st.sampled_from("\"'<>{}|\\^`%~/?#[]@:.;, \r\n\t\x00\x7f\x85\u200b\u202e\u2028\ufeff\ufffe"),
    ),
    min_size=1,
    max_size=20,
)


def mapped(document: Document, claims: list[Claim], vocabulary: Vocabulary) -> list[ox.Quad]:
    return map_document(document, claims, vocabulary=vocabulary, run_iri=RUN, fingerprint="f1")


def values(quads: list[ox.Quad], predicate: str, subject: str | None = None) -> list[str]:
    return [
        quad.object.value
        for quad in quads
        if quad.predicate.value == predicate and subject in (None, quad.subject.value)
    ]


def test_map_document_writes_one_graph_with_the_documents_state(document: Document, vocabulary: Vocabulary) -> None:
    quads = mapped(document, [], vocabulary)
    assert {quad.graph_name.value for quad in quads} == {document_iri(document)}
    assert values(quads, ONTOLOGY + "contentHash", document_iri(document)) == [document.content_hash]
    assert values(quads, ONTOLOGY + "fingerprint", document_iri(document)) == ["f1"]


def test_map_document_writes_a_claim_with_all_that_is_known(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    claim = make_claim(held_by="黒田理事", event_time="2024-09", amount="3億円")
    store = ox.Store()
    store.extend(mapped(document, [claim], vocabulary))
    query = """
        PREFIX enishi: <https://enishi.example/ontology#>
        PREFIX oa: <http://www.w3.org/ns/oa#>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?subject ?object ?holder ?time ?amount ?confidence ?start ?end ?quotation ?document ?run ?frame WHERE {
            GRAPH ?document {
                ?claim a enishi:Claim ; enishi:status enishi:Asserted ; enishi:eventTime ?time ; enishi:amount ?amount ;
                    rdf:subject/skos:prefLabel ?subject ; rdf:object/skos:prefLabel ?object ;
                    rdf:predicate enishi:sued ;
                    enishi:heldBy/skos:prefLabel ?holder ; enishi:confidence ?confidence ; enishi:frame ?frame ;
                    prov:wasDerivedFrom ?document ; prov:wasGeneratedBy ?run ; oa:hasSelector ?position , ?quote .
                ?position a oa:TextPositionSelector ; oa:start ?start ; oa:end ?end .
                ?quote a oa:TextQuoteSelector ; oa:exact ?quotation .
                ?claim rdf:subject ?plaintiff ; rdf:object ?defendant .
                ?plaintiff enishi:sued ?defendant .
            }
        }
    """
    (row,) = store.query(query)
    assert (row["subject"].value, row["object"].value, row["holder"].value) == ("南風工機", "北斗電子", "黒田理事")
    assert str(row["time"]) == '"2024-09"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    assert (row["amount"].value, row["confidence"].value, row["frame"].value) == ("3億円", "0.875", claim.frame)
    assert document.text[int(row["start"].value) : int(row["end"].value)] == row["quotation"].value
    assert (row["document"].value, row["run"].value) == (document_iri(document), RUN)


@pytest.mark.parametrize("status", [Status.NEGATED, Status.HYPOTHETICAL])
def test_map_document_keeps_the_plain_triple_for_what_is_asserted(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim], status: Status
) -> None:
    quads = mapped(document, [make_claim(status=status)], vocabulary)
    assert values(quads, ONTOLOGY + "status") == [ONTOLOGY + status.value.capitalize()]
    assert values(quads, vocabulary.property_iri("sued")) == []


def test_map_document_writes_the_plain_triple_of_a_symmetric_relation_in_both_directions(
    document: Document, make_claim: Callable[..., Claim]
) -> None:
    vocabulary = load_vocabulary([Path(__file__).parents[2] / "ontology" / "examples" / "allied.ttl"])
    quads = mapped(document, [make_claim(relation="allied")], vocabulary)
    allied = vocabulary.property_iri("allied")
    pairs = [(each.subject, each.object) for each in quads if each.predicate.value == allied]
    assert len(pairs) == 2
    assert pairs[0] == pairs[1][::-1]
    assert len(values(quads, ONTOLOGY + "status")) == 1


def test_map_document_gives_the_same_quads_whatever_the_order(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    full = Argument(("南風工機株式会社", "南風工機"), EntityType.ORGANIZATION, 5, 9)
    claims = [
        make_claim(),
        make_claim(full, "黒田理事"),
        make_claim(target="黒田理事", status=Status.NEGATED, held_by="南風工機"),
        make_claim(confidence=0.5),
    ]
    results = {tuple(mapped(document, list(order), vocabulary)) for order in itertools.permutations(claims)}
    assert len(results) == 1


def test_map_document_keeps_the_surer_of_two_readings_of_one_claim(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    quads = mapped(document, [make_claim(confidence=0.25), make_claim(confidence=0.75)], vocabulary)
    assert values(quads, ONTOLOGY + "confidence") == ["0.75"]


def test_map_document_leaves_out_what_founded_itself(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    itself = make_claim("南風工機", "南風工機", relation="founded")
    criticism = make_claim("北斗電子", "北斗電子", relation="criticized")
    quads = mapped(document, [itself, criticism], vocabulary)
    assert values(quads, vocabulary.property_iri("founded")) == []
    assert values(quads, vocabulary.property_iri("criticized")) == [ENTITY + "北斗電子"]
    assert ENTITY + "南風工機" not in {quad.subject.value for quad in quads}


def test_map_document_describes_an_entity_once_with_its_commonest_telling_type(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    types = [EntityType.THING, EntityType.THING, EntityType.THING, EntityType.PRODUCT, EntityType.ORGANIZATION]
    types.append(EntityType.ORGANIZATION)
    claims = [
        make_claim(
            Argument(("南風工機", "南風"), entity_type, 5, 9),
            evidence=Evidence(number, number + 1, document.text[number]),
        )
        for number, entity_type in enumerate(types)
    ]
    quads = mapped(document, claims, vocabulary)
    node = iris.entity_iri("南風工機")
    assert values(quads, PREFIXES["rdf"] + "type", node) == [ONTOLOGY + "Organization"]
    assert values(quads, SKOS + "prefLabel", node) == ["南風工機"]
    assert values(quads, SKOS + "altLabel", node) == ["南風"]


def test_map_document_takes_name_and_type_of_a_known_entity_from_the_gazetteer(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    known = vocabulary.entity_named("任天堂")
    assert known is not None
    reading = Argument(("ニンテンドー社", "任天堂"), EntityType.PRODUCT, 0, 3, iri=known.iri)
    quads = mapped(document, [make_claim(reading, held_by="トヨタ")], vocabulary)
    assert values(quads, PREFIXES["rdf"] + "type", known.iri) == [ONTOLOGY + "Organization"]
    assert values(quads, SKOS + "prefLabel", known.iri) == ["任天堂"]
    assert values(quads, SKOS + "altLabel", known.iri) == ["ニンテンドー社"]
    assert values(quads, ONTOLOGY + "heldBy") == [ENTITY + "トヨタ自動車"]


def test_map_document_takes_a_holder_for_the_entity_of_that_name_in_the_document(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    speaker = Argument(("黒田ひとみ", "黒田"), EntityType.PERSON, 41, 43)
    later = make_claim(speaker, "北斗電子", relation="criticized", evidence=Evidence(37, 57, document.text[37:57]))
    quads = mapped(document, [make_claim(held_by="黒田"), later], vocabulary)
    assert values(quads, ONTOLOGY + "heldBy") == [ENTITY + "黒田ひとみ"]


def test_map_document_takes_a_holder_without_a_name_for_somebody_of_the_document(
    document: Document, vocabulary: Vocabulary, validator: Validator, make_claim: Callable[..., Claim]
) -> None:
    bereaved = Argument(("遺族",), EntityType.PERSON, 0, 2, named=False)
    claims = [make_claim(held_by="遺族", holder_named=False), make_claim(bereaved, relation="criticized")]
    quads = mapped(document, claims, vocabulary)
    assert validator.check(quads) == []
    (holder,) = values(quads, ONTOLOGY + "heldBy")
    assert holder == iris.description_iri("遺族", document_iri(document))
    assert values(quads, ONTOLOGY + "named", holder) == ["false"]
    assert values(quads, PREFIXES["rdf"] + "type", holder) == [ONTOLOGY + "Person"]
    assert ENTITY + "遺族" not in {quad.subject.value for quad in quads}
    (alone,) = values(mapped(document, claims[:1], vocabulary), ONTOLOGY + "named")
    assert alone == "false"


def test_map_document_keeps_descriptions_to_their_document(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    claim = make_claim(Argument(("元従業員",), EntityType.PERSON, 0, 4, named=False))
    other = dataclasses.replace(document, id="articles/other.txt")
    first, second = mapped(document, [claim], vocabulary), mapped(other, [claim], vocabulary)
    (node,) = [quad.subject.value for quad in first if quad.predicate.value == ONTOLOGY + "named"]
    assert node not in {quad.subject.value for quad in second}


@pytest.mark.parametrize(
    ("published", "datatype"),
    [
        ("2024", "gYear"),
        ("2024-09", "gYearMonth"),
        ("2024-02-29", "date"),
        ("2024-02-29T01:02:03+09:00", "dateTime"),
        ("2023-02-29", "string"),
        ("２０２４", "string"),
        ("先週", "string"),
    ],
)
def test_map_document_types_times_as_they_are_written(
    document: Document, vocabulary: Vocabulary, published: str, datatype: str
) -> None:
    quads = mapped(dataclasses.replace(document, published=published), [], vocabulary)
    (issued,) = [quad.object for quad in quads if quad.predicate.value.endswith("issued")]
    assert issued == ox.Literal(published, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#" + datatype))


def test_map_document_refuses_a_relation_that_the_vocabulary_lacks(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    with pytest.raises(KeyError, match="no relation 'adored'; the ontology has: founded, sued"):
        mapped(document, [make_claim(relation="adored")], vocabulary)


@settings(max_examples=80)
@given(
    name=hostile,
    alias=hostile,
    target=hostile,
    holder=hostile,
    quotation=hostile,
    document_id=hostile,
    named=st.booleans(),
)
def test_map_document_reparses_from_turtle_and_nquads_in_rdflib_and_pyoxigraph(
    vocabulary: Vocabulary,
    validator: Validator,
    name: str,
    alias: str,
    target: str,
    holder: str,
    quotation: str,
    document_id: str,
    named: bool,
) -> None:
    document = Document(document_id, quotation, document_id, "0f" * 32, title=alias, published=holder)
    claim = Claim(
        relation="criticized",
        subject=Argument((name, alias), EntityType.PERSON, 0, 1),
        object=Argument((target,), EntityType.THING, 0, 1, named=named),
        status=Status.ASSERTED,
        evidence=Evidence(0, len(quotation), quotation),
        frame="甲が乙を批判する",
        confidence=0.5,
        held_by=holder,
        amount=alias,
    )
    quads = mapped(document, [claim], vocabulary)
    assert validator.check(quads) == [] or not all(iris.name_key(text) for text in (name, target, holder))
    graph = ox.NamedNode(document_iri(document))
    triples = {quad.triple for quad in quads}
    nquads = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    turtle = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)
    assert set(ox.parse(nquads, format=ox.RdfFormat.N_QUADS)) == set(quads)
    assert {quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)} == triples
    dataset = rdflib.Dataset().parse(data=nquads.decode(), format="nquads")
    for read in (
        rdflib.Graph().parse(data=turtle.decode(), format="turtle"),
        dataset.graph(rdflib.URIRef(graph.value)),
    ):
        assert len(read) == len(triples)
        quotations = {str(value) for value in read.objects(None, rdflib.URIRef(PREFIXES["oa"] + "exact"))}
        assert quotations == {literal_text(quotation)}


def test_literal_text_replaces_lone_surrogates_and_keeps_offsets() -> None:
    assert literal_text("訴\ud800え\udfff") == "訴\ufffdえ\ufffd"
