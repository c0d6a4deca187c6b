"""What the graph says of the readings that documents' graphs come from."""

from __future__ import annotations

import pyoxigraph as ox

from ontology.namespaces import DCTERMS, ONTOLOGY, PROV, RDF, RDFS, RUNS_GRAPH


def run_quads(run_iri: str, *, fingerprint: str, version: str) -> list[ox.Quad]:
    """What is known of a reading: that it is a PROV activity, by which version and with which fingerprint.

    It holds no time, so that the same documents read the same way give the same graph whenever it is done.
    """
    run, graph = ox.NamedNode(run_iri), ox.NamedNode(RUNS_GRAPH)
    statements = (
        (RDF + "type", ox.NamedNode(ONTOLOGY + "Run")),
        (RDF + "type", ox.NamedNode(PROV + "Activity")),
        (RDFS + "label", ox.Literal(f"Enishi {version}")),
        (DCTERMS + "hasVersion", ox.Literal(version)),
        (ONTOLOGY + "fingerprint", ox.Literal(fingerprint)),
    )
    return [ox.Quad(run, ox.NamedNode(predicate), target, graph) for predicate, target in statements]
