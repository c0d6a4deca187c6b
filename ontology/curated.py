"""The graphs that no document makes and no run overwrites: the ontology and the curated entities."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from ontology.namespaces import ENTITIES_GRAPH, ONTOLOGY_GRAPH, RDF, SKOS
from ontology.turtle import HERE, read_turtle
from ontology.vocabulary import Vocabulary

_TYPE = ox.NamedNode(RDF + "type")
_ENTITY_TYPES = (ox.NamedNode(SKOS + "Concept"), ox.NamedNode(SKOS + "ConceptScheme"))


def curated_graphs(vocabulary: Vocabulary) -> dict[str, list[ox.Quad]]:
    """The quads of the ontology's and of the entities' graph, by graph IRI, extra files included.

    Statements about known entities and concept schemes make the second, all others the first. Blank nodes are named
    canonically (RDFC-1.0), so that equal files give equal quads.
    """
    triples = list(_triples(vocabulary))
    entities = {triple.subject for triple in triples if triple.predicate == _TYPE and triple.object in _ENTITY_TYPES}
    entities |= {ox.NamedNode(entity.iri) for entity in vocabulary.known_entities}
    dataset = ox.Dataset(
        ox.Quad(subject, predicate, target, ox.NamedNode(ENTITIES_GRAPH if subject in entities else ONTOLOGY_GRAPH))
        for subject, predicate, target in triples
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    graphs: dict[str, list[ox.Quad]] = {ONTOLOGY_GRAPH: [], ENTITIES_GRAPH: []}
    for quad in sorted(dataset, key=str):
        assert isinstance(quad.graph_name, ox.NamedNode)
        graphs[quad.graph_name.value].append(quad)
    return graphs


def _triples(vocabulary: Vocabulary) -> Iterator[ox.Triple]:
    for path in (*vocabulary.paths, HERE / "reification.ttl"):
        yield from read_turtle(path).triples
