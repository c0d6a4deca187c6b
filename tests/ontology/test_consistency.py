from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pyoxigraph as ox
import pytest

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from ontology.curated import curated_graphs
from ontology.mapping import map_document
from ontology.turtle import HERE
from ontology.vocabulary import Vocabulary, load_vocabulary
from tests.ontology.consistency import find_inconsistencies

PREFIXES = """
    @prefix enishi: <https://enishi.example/ontology#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
    @prefix : <https://a.example/> .
"""


def test_ontology_gazetteer_and_examples_are_consistent() -> None:
    graphs = curated_graphs(load_vocabulary(sorted((HERE / "examples").glob("*.ttl"))))
    assert find_inconsistencies([quad for quads in graphs.values() for quad in quads]) == []


def test_claims_of_every_relation_between_all_types_are_consistent(
    document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    statements: list[ox.Quad] = []
    for number, subject_type in enumerate(EntityType):
        claims = [
            make_claim(
                Argument(("南風工機",), subject_type, 5, 9),
                Argument(("北斗電子",), object_type, 13, 17),
                relation=relation.name,
                status=status,
                held_by="黒田理事",
                evidence=Evidence(start, start + 1, document.text[start]),
            )
            for start, object_type in enumerate(EntityType)
            for relation in vocabulary.relations
            for status in Status
        ]
        this = dataclasses.replace(document, id=f"{number}.txt")
        statements += map_document(
            this, claims, vocabulary=vocabulary, run_iri="https://enishi.example/run/1", fingerprint="f"
        )
    assert len(statements) > 5_000
    assert find_inconsistencies(statements) == []


@pytest.mark.parametrize(
    ("rule", "node", "statements"),
    [
        ("cax-adc", "x", ":x a enishi:Person , enishi:Claim ."),
        ("cax-adc", "y", ":x enishi:sued :y . :y a enishi:Document ."),
        ("cax-adc", "x", ":x enishi:foundedBy :y ; enishi:status enishi:Asserted ."),
        ("cax-adc", "x", ":x enishi:status :y . :y enishi:heldBy :x . :x a enishi:Run ."),
        ("prp-irp", "x", ":x enishi:founded :x ."),
        ("prp-irp", "x", ":x enishi:founded :y . :y owl:sameAs :x ."),
        ("eq-diff2", None, ":x enishi:status enishi:Asserted , enishi:Negated ."),
        ("prp-fp", "x", ":x enishi:confidence 0.5 , 0.75 ."),
        ("prp-fp", "x", ':x enishi:contentHash "a" , "b" .'),
        ("eq-diff1", "x", ":x owl:differentFrom :y ; owl:sameAs :y ."),
        ("cls-nothing2", "x", ":x a owl:Nothing ."),
        ("cax-dw", "x", ":A owl:disjointWith :B . :x a :A , :B ."),
        ("cls-com", "x", ":A owl:complementOf :B . :x a :A , :B ."),
        ("prp-asyp", "x", ":p a owl:AsymmetricProperty . :x :p :y . :y :p :x ."),
        ("prp-pdw", "x", ":p owl:propertyDisjointWith :q . :x :p :y ; :q :y ."),
        ("prp-adp", "x", "[] a owl:AllDisjointProperties ; owl:members ( :p :q ) . :x :p :y ; :q :y ."),
        (
            "prp-npa",
            "x",
            "[] owl:sourceIndividual :x ; owl:assertionProperty :p ; owl:targetIndividual :y . :x :p :y .",
        ),
    ],
)
def test_find_inconsistencies_catches_each_contradiction(rule: str, node: str | None, statements: str) -> None:
    triples = ox.parse((PREFIXES + statements).encode(), format=ox.RdfFormat.TURTLE)
    found = find_inconsistencies(triples)
    assert rule in {inconsistency.rule for inconsistency in found}
    if node is not None:
        assert f"https://a.example/{node}" in {inconsistency.node for inconsistency in found}


@pytest.mark.parametrize(
    "statements",
    [
        ":x enishi:founded :y . :y enishi:founded :x .",
        ":x enishi:criticized :x .",
        ":x a enishi:Person , enishi:Organization ; enishi:sued :y . :y a enishi:Product .",
        ":x enishi:confidence 0.5 , 0.50 .",
        ":x enishi:status enishi:Asserted .",
    ],
)
def test_find_inconsistencies_accepts_what_may_be_so(statements: str) -> None:
    assert find_inconsistencies(ox.parse((PREFIXES + statements).encode(), format=ox.RdfFormat.TURTLE)) == []


def test_inconsistency_says_which_rule_and_what_contradicts() -> None:
    triples = ox.parse((PREFIXES + ":x enishi:founded :x .").encode(), format=ox.RdfFormat.TURTLE)
    (inconsistency,) = find_inconsistencies(triples)
    assert str(inconsistency) == "prp-irp: https://a.example/x (https://enishi.example/ontology#founded)"
