"""Blank nodes with names that depend on the graph alone, and a hash by which two graphs can be told apart.

W3C RDF Dataset Canonicalization, RDFC-1.0 (2024), as pyoxigraph implements it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, Store, Triple


def canonical_quads(quads: Iterable[Quad]) -> list[Quad]:
    """The quads with canonical blank nodes, without duplicates, sorted by their N-Quads form in code point order."""
    listed = list(quads)
    if any(_has_blank_node(quad) for quad in listed):
        dataset = Dataset(listed)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        listed = list(dataset)
    by_line = {str(quad): quad for quad in listed}
    return [by_line[line] for line in sorted(by_line)]


def canonical_hash(quads: Iterable[Quad]) -> str:
    """The SHA-256, in hex, of the canonical N-Quads: equal for two datasets where they are isomorphic.

    Numbers and times count by value, "1.0" as "1": Oxigraph keeps the value and not the spelling, other stores and
    files keep the spelling, and which of them held a graph must make no difference.
    """
    digest = hashlib.sha256()
    for quad in canonical_quads(_as_stored(quads)):
        digest.update(f"{quad} .\n".encode())
    return digest.hexdigest()


def _as_stored(quads: Iterable[Quad]) -> Iterable[Quad]:
    store = Store()
    store.bulk_extend(quads)
    return store


def _has_blank_node(quad: Quad) -> bool:
    return any(_is_blank(term) for term in (quad.subject, quad.object, quad.graph_name))


def _is_blank(term: object) -> bool:
    if isinstance(term, Triple):
        return _is_blank(term.subject) or _is_blank(term.object)
    return isinstance(term, BlankNode)
