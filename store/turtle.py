"""Turtle and TriG for people: sorted, grouped by subject, one predicate a line, blank nodes where they are used.

W3C RDF 1.1 Turtle and TriG (2014). Names are shortened only where the grammar allows them without escapes; all other
IRIs and every literal keep pyoxigraph's N-Triples form, which Turtle contains.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ontology.namespaces import RDF, XSD

Subject = NamedNode | BlankNode | Triple
Object = NamedNode | BlankNode | Literal | Triple

_TYPE = RDF + "type"
_FIRST, _REST, _NIL = NamedNode(RDF + "first"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")
_STRING = XSD + "string"
_ORDER = {RDF + name: index for index, name in enumerate(("type", "subject", "predicate", "object"))}
"""Predicates that stand first, in this order; the others follow by IRI."""

_INDENT = "    "
_DEEPEST = 32
"""Blank nodes and lists nest no deeper; a node below has a label and a block of its own.

Each level takes frames of Python's stack, here and in rdflib's reader, which fails at some 120 levels, and more indent.
"""

_NAME_CHARACTER = (
    r"A-Za-z0-9_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u3001-\ud7ff\uf900-\ufdcf"
)
_LOCAL_NAME = re.compile(rf"[{_NAME_CHARACTER}](?:[{_NAME_CHARACTER}.-]*[{_NAME_CHARACTER}-])?")
"""A part of PN_LOCAL (Turtle, 6.5) that needs no escapes."""

_BARE = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "boolean": re.compile(r"true|false"),
}
"""Literals that Turtle writes without quotes (2.5.2 and 2.5.3)."""


class TurtleWriter:
    """Writes triples as text; the same triples give the same text, whatever their order."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        """Shorten IRIs with these prefixes, the longest namespace first."""
        self._prefixes = prefixes
        self._by_length = sorted(prefixes.items(), key=lambda item: (-len(item[1]), item[0]))
        self._names: dict[str, str] = {}

    def header(self, graphs: Iterable[Iterable[Triple]], names: Iterable[str] = ()) -> str:
        """The declarations of the prefixes that these triples and graph names use, in the order of the prefixes."""
        used: set[str] = set()
        for text in self._iris(graphs, names):
            shortened = self.name(text)
            if not shortened.startswith("<"):
                used.add(shortened.partition(":")[0])
        lines = [f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in self._prefixes.items() if prefix in used]
        return "".join(lines)

    def graph(self, triples: Iterable[Triple], indent: str = "") -> Iterator[str]:
        """The triples as blocks of text, one for each subject that is not written inside another."""
        by_subject: dict[Subject, dict[NamedNode, list[Object]]] = defaultdict(lambda: defaultdict(list))
        uses: dict[BlankNode, int] = defaultdict(int)
        for triple in triples:
            by_subject[triple.subject][triple.predicate].append(triple.object)
            for node in _blank_nodes(triple):
                uses[node] += 1
        nested = _nested(by_subject, uses)
        for subject in sorted(by_subject, key=_sort_key):
            if subject in nested:
                continue
            opening = "[]" if isinstance(subject, BlankNode) and not uses[subject] else self.term(subject)
            lines = self._predicates(by_subject[subject], by_subject, nested, indent + _INDENT)
            yield f"{indent}{opening}\n{lines} .\n"

    def term(self, term: Object) -> str:
        """One term."""
        if isinstance(term, NamedNode):
            return self.name(term.value)
        if isinstance(term, Triple):
            return f"<<( {self.term(term.subject)} {self.name(term.predicate.value)} {self.term(term.object)} )>>"
        if isinstance(term, Literal) and not term.language:
            bare = _BARE.get(term.datatype.value)
            if bare is not None and bare.fullmatch(term.value):
                return term.value
            if term.datatype.value != _STRING:
                return f"{str(term).rpartition('^^<')[0]}^^{self.name(term.datatype.value)}"
        return str(term)

    def name(self, iri: str) -> str:
        """``prefix:name`` where a prefix fits, else ``<iri>``."""
        known = self._names.get(iri)
        if known is None:
            known = self._names[iri] = self._shortened(iri)
        return known

    def _shortened(self, iri: str) -> str:
        for prefix, namespace in self._by_length:
            if iri.startswith(namespace) and _LOCAL_NAME.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def _predicates(
        self,
        predicates: Mapping[NamedNode, Sequence[Object]],
        by_subject: Mapping[Subject, Mapping[NamedNode, Sequence[Object]]],
        nested: set[Subject],
        indent: str,
    ) -> str:
        def written(term: Object) -> str:
            if isinstance(term, BlankNode) and term in nested:
                members = _list_members(term, by_subject, nested)
                if members is not None:
                    return f"( {' '.join(map(written, members))} )"
                inner = self._predicates(by_subject[term], by_subject, nested, indent + _INDENT)
                return f"[\n{inner}\n{indent}]"
            return self.term(term)

        lines = []
        for predicate in sorted(predicates, key=_predicate_key):
            verb = "a" if predicate.value == _TYPE else self.name(predicate.value)
            targets = " , ".join(written(target) for target in sorted(predicates[predicate], key=_sort_key))
            lines.append(f"{indent}{verb} {targets}")
        return " ;\n".join(lines)

    def _iris(self, graphs: Iterable[Iterable[Triple]], names: Iterable[str]) -> Iterator[str]:
        yield from names
        for triples in graphs:
            for triple in triples:
                yield from _term_iris(triple.subject)
                if triple.predicate.value != _TYPE:  # written `a`
                    yield triple.predicate.value
                yield from _term_iris(triple.object)


def _term_iris(term: Object) -> Iterator[str]:
    if isinstance(term, NamedNode):
        yield term.value
    elif isinstance(term, Triple):
        for part in (term.subject, term.predicate, term.object):
            yield from _term_iris(part)
    elif isinstance(term, Literal):
        yield term.datatype.value


def _blank_nodes(triple: Triple) -> Iterator[BlankNode]:
    """The blank nodes that a triple uses where no subject's block can stand: as its object, or inside a term."""
    for part in (triple.subject, triple.object):
        if isinstance(part, Triple):
            yield from _all_blank_nodes(part)
            yield from _all_blank_nodes(part)  # twice: a node of a triple term is written by its label
    if isinstance(triple.object, BlankNode):
        yield triple.object


def _all_blank_nodes(term: Object) -> Iterator[BlankNode]:
    if isinstance(term, BlankNode):
        yield term
    elif isinstance(term, Triple):
        for part in (term.subject, term.object):
            yield from _all_blank_nodes(part)


def _nested(
    by_subject: Mapping[Subject, Mapping[NamedNode, Sequence[Object]]], uses: Mapping[BlankNode, int]
) -> set[Subject]:
    """The blank nodes used once, as an object, that hang from a subject written by itself, at most _DEEPEST levels up.

    All cells of a list are on one level, and its members on the next.
    """
    candidates = {node for node, count in uses.items() if count == 1 and node in by_subject}
    rests = _list_rests(by_subject, candidates)
    nested: set[Subject] = set()
    waiting: list[tuple[Subject, int]] = [(subject, 0) for subject in by_subject if subject not in candidates]
    while waiting:
        subject, depth = waiting.pop()
        for target in chain.from_iterable(by_subject[subject].values()):
            if not isinstance(target, BlankNode) or target not in candidates:
                continue
            level = depth if depth and rests.get(subject) == target else depth + 1
            if level > _DEEPEST:
                level = 0
            else:
                nested.add(target)
            waiting.append((target, level))
    return nested


def _list_rests(
    by_subject: Mapping[Subject, Mapping[NamedNode, Sequence[Object]]], candidates: Set[BlankNode]
) -> dict[Subject, Object]:
    """The rest of each cell from which candidates alone lead to rdf:nil."""
    cells = {node: rest for node in candidates if (rest := _cell_rest(by_subject[node])) is not None}
    before = {rest: node for node, rest in cells.items()}
    rests: dict[Subject, Object] = {}
    for last in (node for node, rest in cells.items() if rest == _NIL):
        node: BlankNode | None = last
        while node is not None:
            rests[node] = cells[node]
            node = before.get(node)
    return rests


def _cell_rest(predicates: Mapping[NamedNode, Sequence[Object]]) -> Object | None:
    """What follows a well-formed list cell, or None where it is none."""
    first, rest = predicates.get(_FIRST, []), predicates.get(_REST, [])
    return rest[0] if len(predicates) == 2 and len(first) == 1 and len(rest) == 1 else None


def _list_members(
    node: Object, by_subject: Mapping[Subject, Mapping[NamedNode, Sequence[Object]]], nested: set[Subject]
) -> list[Object] | None:
    """The members of the well-formed list that starts at the node, or None where it is none."""
    members = []
    while node != _NIL:
        if not isinstance(node, BlankNode) or node not in nested:
            return None
        rest = _cell_rest(by_subject[node])
        if rest is None:
            return None
        members.append(by_subject[node][_FIRST][0])
        node = rest
    return members


def _predicate_key(predicate: NamedNode) -> tuple[int, str]:
    return _ORDER.get(predicate.value, len(_ORDER)), predicate.value


def _sort_key(term: Object) -> tuple[int, str]:
    kind = 0 if isinstance(term, NamedNode) else 1 if isinstance(term, BlankNode) else 2
    return kind, term.value if isinstance(term, NamedNode) else str(term)
