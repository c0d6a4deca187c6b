"""Keeping the graphs up to date that no document is the source of."""

from __future__ import annotations

from typing import Any

from flows import version
from flows.resources import Resources
from ontology.namespaces import ENTITIES_GRAPH, ONTOLOGY_GRAPH, RUN, RUNS_GRAPH
from ontology.provenance import run_quads
from store import GraphStore
from store.canonical import canonical_hash


def prepare_store(store: GraphStore, resources: Resources) -> None:
    """Before the documents of a reading: put its ontology, the entities not curated yet, and its run in place.

    The ontology's graph is that of the latest reading, also where an earlier one comes back. An entity that the curated
    graph speaks of already is left as its curators have it. What stands already is not written; the run is written
    last, so that a killed preparation is done again.
    """
    graphs = resources.curated_graphs
    if not _are_equal(list(store.dump(ONTOLOGY_GRAPH)), graphs[ONTOLOGY_GRAPH]):
        store.replace_graph(ONTOLOGY_GRAPH, graphs[ONTOLOGY_GRAPH])
    if any(str(quad.subject) == f"<{resources.run_iri}>" for quad in store.dump(RUNS_GRAPH)):
        return
    there = {quad.subject for quad in store.dump(ENTITIES_GRAPH)}
    store.add_quads(quad for quad in graphs[ENTITIES_GRAPH] if quad.subject not in there)
    store.add_quads(run_quads(resources.run_iri, fingerprint=resources.fingerprint, version=version()))


def _are_equal(quads: list[Any], others: list[Any]) -> bool:
    # Endpoints name blank nodes anew, and then only canonical names tell, at a hundred times the cost.
    return set(quads) == set(others) or (len(quads) == len(others) and canonical_hash(quads) == canonical_hash(others))


def forget_unused_runs(store: GraphStore, resources: Resources) -> None:
    """Remove from the runs' graph the readings that no document is from any more."""
    used = {f"<{RUN}{state.fingerprint[:16]}>" for state in store.states().values()} | {f"<{resources.run_iri}>"}
    quads = list(store.dump(RUNS_GRAPH))
    kept = [quad for quad in quads if str(quad.subject) in used]
    if len(kept) < len(quads):
        store.replace_graph(RUNS_GRAPH, kept)
