"""Whether a graph is consistent under OWL 2 RL: closed by ``reasonable``, then searched for contradictions.

``reasonable`` derives but does not report, so the profile's rules that conclude "false" are a SPARQL query over what it
derived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import rdflib
import reasonable

from ontology.rdflib_terms import to_rdflib
from ontology.turtle import HERE, read_turtle

ONTOLOGY_FILES = (HERE / "enishi.ttl", HERE / "reification.ttl")
_QUERY_FILE = Path(__file__).with_name("inconsistencies.rq")


def find_inconsistencies(statements: Iterable[ox.Triple | ox.Quad]) -> list[Inconsistency]:
    """The contradictions in the statements, the ontology taken together with them.

    Graph names are ignored: what all graphs say together must be consistent.
    """
    graph = rdflib.Graph()
    own = [triple for path in ONTOLOGY_FILES for triple in read_turtle(path).triples]
    for statement in (*own, *statements):
        graph.add((to_rdflib(statement.subject), to_rdflib(statement.predicate), to_rdflib(statement.object)))
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(graph)
    closure = ox.Store()
    for subject, predicate, target in (*graph, *reasoner.reason()):
        source, relation = _from_rdflib(subject), _from_rdflib(predicate)
        # Some rules conclude things about literals, which no RDF graph can hold.
        if not isinstance(source, ox.Literal) and isinstance(relation, ox.NamedNode):
            closure.add(ox.Quad(source, relation, _from_rdflib(target)))
    solutions = closure.query(_QUERY_FILE.read_text(encoding="utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    return [
        Inconsistency(
            rule=_text(solution["rule"]),
            node=_text(solution["node"]),
            between=tuple(_text(term) for term in (solution["first"], solution["second"]) if term is not None),
        )
        for solution in solutions
    ]


def _from_rdflib(term: rdflib.term.Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """The same term in pyoxigraph. Raises TypeError for a variable, graph or other thing that RDF lacks."""
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return ox.BlankNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language is not None:
            return ox.Literal(str(term), language=term.language)
        return ox.Literal(str(term), datatype=None if term.datatype is None else ox.NamedNode(str(term.datatype)))
    raise TypeError(f"not an RDF term: {term!r}")


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal) else str(term)


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """A contradiction: the rule of OWL 2 RL that finds it (``cax-dw``), the node, and what contradicts each other."""

    rule: str
    node: str
    between: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.node}" + (f" ({', '.join(self.between)})" if self.between else "")
