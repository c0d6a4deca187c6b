from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from ontology.curated import curated_graphs
from ontology.namespaces import ENTITIES_GRAPH, ENTITY, ONTOLOGY, ONTOLOGY_GRAPH, RDF, RDFS, SKOS
from ontology.vocabulary import Vocabulary, load_vocabulary


def test_curated_graphs_part_ontology_and_entities(vocabulary: Vocabulary) -> None:
    graphs = curated_graphs(vocabulary)
    store = ox.Store()
    for quads in graphs.values():
        store.extend(quads)
    sued, claim = ox.NamedNode(ONTOLOGY + "sued"), ox.NamedNode(ONTOLOGY + "Claim")
    nintendo = ox.NamedNode(ENTITY + "任天堂")
    statement = ox.Quad(
        claim, ox.NamedNode(RDFS + "subClassOf"), ox.NamedNode(RDF + "Statement"), ox.NamedNode(ONTOLOGY_GRAPH)
    )
    assert statement in store
    assert {quad.graph_name.value for quad in store.quads_for_pattern(sued, None, None)} == {ONTOLOGY_GRAPH}
    assert {quad.graph_name.value for quad in store.quads_for_pattern(nintendo, None, None)} == {ENTITIES_GRAPH}
    assert any(store.quads_for_pattern(nintendo, ox.NamedNode(SKOS + "exactMatch"), None))


def test_curated_graphs_are_the_same_every_time(vocabulary: Vocabulary) -> None:
    assert curated_graphs(vocabulary) == curated_graphs(load_vocabulary())


def test_curated_graphs_take_in_extra_files(write_turtle: Callable[..., Path]) -> None:
    path = write_turtle("""
        enishi:met a owl:ObjectProperty ; enishi:expressedBy "甲が乙と会う"@ja .
        <https://a.example/k> a skos:Concept , enishi:Person ; skos:prefLabel "尾花一郎"@ja .
    """)
    graphs = curated_graphs(load_vocabulary([path]))
    assert ONTOLOGY + "met" in {quad.subject.value for quad in graphs[ONTOLOGY_GRAPH]}
    assert "https://a.example/k" in {quad.subject.value for quad in graphs[ENTITIES_GRAPH]}
