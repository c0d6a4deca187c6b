"""The graphs that no document is the source of: the ontology, the curated entities, and what the runs were."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from ontology.namespaces import DCTERMS, ENTITIES_GRAPH, ONTOLOGY, ONTOLOGY_GRAPH, PROV, RDF, RDFS, RUNS_GRAPH
from ontology.turtle import HERE, read_turtle
from ontology.vocabulary import Vocabulary

REIFICATION_FILE = HERE / "reification.ttl"


def ontology_quads(vocabulary: Vocabulary) -> list[ox.Quad]:
    """The ontology graph: every statement of the vocabulary's files that is not about a known entity."""
    known = {entity.iri for entity in vocabulary.known_entities}
    graph = ox.NamedNode(ONTOLOGY_GRAPH)
    return [
        ox.Quad(triple.subject, triple.predicate, triple.object, graph)
        for path in (*vocabulary.paths, REIFICATION_FILE)
        for triple in read_turtle(path).triples
        if not (isinstance(triple.subject, ox.NamedNode) and triple.subject.value in known)
    ]


def new_entity_quads(vocabulary: Vocabulary, curated: Iterable[ox.Quad]) -> list[ox.Quad]:
    """What the vocabulary's files say of known entities that the ``curated`` graph says nothing of yet.

    An entity that stands there is left as its curators have it.
    """
    there = {quad.subject for quad in curated}
    known = {entity.iri for entity in vocabulary.known_entities}
    graph = ox.NamedNode(ENTITIES_GRAPH)
    return [
        ox.Quad(triple.subject, triple.predicate, triple.object, graph)
        for path in vocabulary.paths
        for triple in read_turtle(path).triples
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value in known and triple.subject not in there
    ]


def run_quads(run_iri: str, *, fingerprint: str, version: str) -> list[ox.Quad]:
    """What is known of a reading: that it is a PROV activity, by which version and with which fingerprint.

    It holds no time, so that the same documents read the same way give the same graph whenever it is done.
    """
    run, graph = ox.NamedNode(run_iri), ox.NamedNode(RUNS_GRAPH)
    statements = (
        (RDF + "type", ox.NamedNode(PROV + "Activity")),
        (RDFS + "label", ox.Literal(f"Enishi {version}")),
        (DCTERMS + "hasVersion", ox.Literal(version)),
        (ONTOLOGY + "fingerprint", ox.Literal(fingerprint)),
    )
    return [ox.Quad(run, ox.NamedNode(predicate), target, graph) for predicate, target in statements]
