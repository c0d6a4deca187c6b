"""Which entity types a class of the ontology stands for, through subclasses, equivalents and unions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from extractors.records import EntityType
from ontology.namespaces import ONTOLOGY, OWL, RDF, RDFS
from ontology.turtle import TurtleFile

Node = ox.NamedNode | ox.BlankNode

_SUBCLASS_OF = ox.NamedNode(RDFS + "subClassOf")
_EQUIVALENT = ox.NamedNode(OWL + "equivalentClass")
_UNION_OF = ox.NamedNode(OWL + "unionOf")
_FIRST = ox.NamedNode(RDF + "first")
_REST = ox.NamedNode(RDF + "rest")
_OWL_THING = ox.NamedNode(OWL + "Thing")
_CLASS_OF_TYPE = {entity_type: ox.NamedNode(ONTOLOGY + entity_type.value) for entity_type in EntityType}


@dataclass(frozen=True, slots=True)
class ClassTree:
    """The subclass order of classes: each class and everything that it is a subclass of, itself included."""

    broader: Mapping[Node, frozenset[Node]]

    @classmethod
    def of(cls, files: Iterable[TurtleFile]) -> ClassTree:
        """Read the class axioms of the given files."""
        parents: defaultdict[Node, set[Node]] = defaultdict(set)
        heads: dict[Node, Node] = {}
        first: dict[Node, Node] = {}
        rest: dict[Node, Node] = {}
        for file in files:
            for subject, predicate, target in file.triples:
                if not isinstance(subject, Node) or not isinstance(target, Node):
                    continue
                if predicate in (_SUBCLASS_OF, _EQUIVALENT):
                    parents[subject].add(target)
                    if predicate == _EQUIVALENT:
                        parents[target].add(subject)
                elif predicate == _UNION_OF:
                    heads[subject] = target
                elif predicate == _FIRST:
                    first[subject] = target
                elif predicate == _REST:
                    rest[subject] = target
        for union, head in heads.items():
            for member in _members(head, first, rest):
                parents[member].add(union)
        return cls(broader={node: _closure(node, parents) for node in tuple(parents)})

    def entity_types(self, node: object) -> frozenset[EntityType]:
        """The entity types whose members may belong to the class; empty for a class that is none of ours.

        A class narrower than every type, such as one of an extra file, stands for the type that it belongs to.
        """
        if node == _OWL_THING:
            return frozenset(EntityType)
        below = {kind for kind, own in _CLASS_OF_TYPE.items() if node in self._broader(own)}
        types = set(below)
        for narrower in (other for other, broader in self.broader.items() if node in broader):
            if not any(narrower in self._broader(_CLASS_OF_TYPE[kind]) for kind in below):
                types |= self.narrowest(narrower)
        return frozenset(types)

    def narrowest(self, node: object) -> frozenset[EntityType]:
        """The most special entity types that the class is a subclass of (Facility rather than Place and Thing)."""
        if not isinstance(node, Node):
            return frozenset()
        above = {kind for kind, own in _CLASS_OF_TYPE.items() if own in self._broader(node)}
        overruled = {
            kind
            for kind in above
            for other in above
            if other != kind and _CLASS_OF_TYPE[kind] in self._broader(_CLASS_OF_TYPE[other])
        }
        return frozenset(above - overruled)

    def _broader(self, node: Node) -> frozenset[Node]:
        return self.broader.get(node, frozenset((node,)))


def _members(head: Node, first: Mapping[Node, Node], rest: Mapping[Node, Node]) -> tuple[Node, ...]:
    members: list[Node] = []
    seen: set[Node] = set()
    while head in first and head not in seen:
        seen.add(head)
        members.append(first[head])
        head = rest[head]
    return tuple(members)


def _closure(node: Node, parents: Mapping[Node, set[Node]]) -> frozenset[Node]:
    reached = {node}
    waiting = [node]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return frozenset(reached)
