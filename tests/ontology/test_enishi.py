"""The ontology's own promises: documented in two languages, declared throughout, within OWL 2 DL's vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import OWL, RDF, RDFS

from extractors.records import EntityType, Status
from ontology.namespaces import ONTOLOGY, XSD
from ontology.turtle import HERE

RELATIONS = {"founded": "foundedBy", "sued": "suedBy", "invested": "investedBy", "criticized": "criticizedBy"}
KINDS = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.NamedIndividual}
RESERVED = tuple(str(namespace) for namespace in (RDF, RDFS, XSD, OWL))


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    return rdflib.Graph().parse(HERE / "enishi.ttl")


def own(term: rdflib.term.Node) -> bool:
    return isinstance(term, rdflib.URIRef) and term.startswith(ONTOLOGY)


def test_enishi_declares_a_class_for_every_entity_type_and_an_individual_for_every_status(
    ontology: rdflib.Graph,
) -> None:
    for entity_type in EntityType:
        assert (rdflib.URIRef(ONTOLOGY + entity_type.value), RDF.type, OWL.Class) in ontology
    for status in Status:
        individual = rdflib.URIRef(ONTOLOGY + status.value.capitalize())
        assert (individual, RDF.type, rdflib.URIRef(ONTOLOGY + "Status")) in ontology


@pytest.mark.parametrize(("name", "inverse"), RELATIONS.items())
def test_enishi_gives_each_relation_a_domain_a_range_and_an_inverse(
    ontology: rdflib.Graph, name: str, inverse: str
) -> None:
    relation = rdflib.URIRef(ONTOLOGY + name)
    assert (relation, RDF.type, OWL.ObjectProperty) in ontology
    assert (relation, RDFS.domain, None) in ontology
    assert (relation, RDFS.range, None) in ontology
    assert (relation, OWL.inverseOf, rdflib.URIRef(ONTOLOGY + inverse)) in ontology


def test_enishi_labels_and_explains_every_term_in_japanese_and_english(ontology: rdflib.Graph) -> None:
    terms = {term for term in ontology.subjects() if own(term)}
    assert len(terms) > 30
    for term in terms:
        for predicate in (RDFS.label, RDFS.comment):
            languages = sorted(str(value.language) for value in ontology.objects(term, predicate))
            assert languages == ["en", "ja"], (term, predicate)


def test_enishi_declares_each_term_as_one_kind_of_thing(ontology: rdflib.Graph) -> None:
    for term in {term for term in ontology.subjects() if isinstance(term, rdflib.URIRef)} - {
        rdflib.URIRef("https://enishi.example/ontology")
    }:
        assert len(KINDS & set(ontology.objects(term, RDF.type))) == 1, term


def test_enishi_uses_no_undeclared_property_or_class(ontology: rdflib.Graph) -> None:
    def declared(term: rdflib.term.Node) -> bool:
        return str(term).startswith(RESERVED) or bool(KINDS & set(ontology.objects(term, RDF.type)))

    assert [predicate for predicate in set(ontology.predicates()) if not declared(predicate)] == []
    for predicate in (RDFS.subClassOf, RDFS.domain, RDFS.range, RDFS.subPropertyOf, OWL.inverseOf, RDF.first, RDF.type):
        used = {term for term in ontology.objects(None, predicate) if isinstance(term, rdflib.URIRef)}
        assert [term for term in used if not declared(term)] == [], predicate


def test_enishi_keeps_out_of_the_vocabulary_that_owl_2_dl_reserves(ontology: rdflib.Graph) -> None:
    reserved = (RDF.Statement, RDF.subject, RDF.predicate, RDF.object, RDFS.Resource, RDFS.Class)
    axioms = [(s, p, o) for s, p, o in ontology if p != RDFS.seeAlso]
    assert [axiom for axiom in axioms if set(axiom) & set(reserved)] == []


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.ttl")), ids=lambda path: path.stem)
def test_every_turtle_file_uses_declared_terms_of_enishi_alone(ontology: rdflib.Graph, path: Path) -> None:
    graph = rdflib.Graph().parse(path)
    used = {term for triple in graph for term in triple if own(term)}
    known = {term for term in (*ontology.subjects(), *graph.subjects(RDF.type)) if own(term)}
    assert used
    assert used <= known


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.ttl")), ids=lambda path: path.stem)
def test_every_turtle_file_keeps_its_lines_and_prefixes_in_order(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line != line.rstrip() or "\t" in line] == []
    declared = {line.split()[1] for line in lines if line.startswith("@prefix")}
    body = "\n".join(line for line in lines if not line.startswith("@prefix"))
    assert [prefix for prefix in declared if prefix not in body] == []
