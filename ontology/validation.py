"""Checking documents' graphs against ``shapes.ttl``, many documents in one run.

pySHACL has a fixed cost of some 60 ms a run, so documents are checked together, as the disjoint union of their
graphs: an entity that several of them describe gets a name of its own in each, and what one document says can
neither mend nor spoil another. The shapes' SPARQL constraints go to Oxigraph, which answers them a hundred times faster
than rdflib; all else goes to pySHACL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib.namespace import RDF, SH

from ontology.namespaces import OWL, PREFIXES, SHACL
from ontology.namespaces import RDF as RDF_NAMESPACE
from ontology.rdflib_terms import Term, to_rdflib
from ontology.turtle import HERE, read_turtle
from ontology.vocabulary import Vocabulary

SHAPES_FILE = HERE / "shapes.ttl"
_QUADS_AT_ONCE = 10_000
"""What pySHACL is given in one run at most, but for a single larger graph: its time for each grows with the whole."""
COPY_NAMESPACE = "https://enishi.example/copy/"

_TYPE = ox.NamedNode(RDF_NAMESPACE + "type")
_OBJECT_PROPERTY = ox.NamedNode(OWL + "ObjectProperty")
_SYMMETRIC_PROPERTY = ox.NamedNode(OWL + "SymmetricProperty")
_SPARQL = ox.NamedNode(SHACL + "sparql")
_SELECT = ox.NamedNode(SHACL + "select")
_MESSAGE = ox.NamedNode(SHACL + "message")
_DECLARE = ox.NamedNode(SHACL + "declare")
_PREFIX = ox.NamedNode(SHACL + "prefix")
_NAMESPACE = ox.NamedNode(SHACL + "namespace")

Node = ox.NamedNode | ox.BlankNode
Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Statement = tuple[Node, ox.NamedNode, Object]


def load_validator(vocabulary: Vocabulary) -> Validator:
    """Load the shapes, for graphs whose claims use the vocabulary's relations."""
    triples = read_turtle(SHAPES_FILE).triples
    queries = tuple(_queries(triples))
    anchored = {triple.subject for triple in triples if triple.predicate == _SPARQL}
    shapes = rdflib.Graph()
    for triple in triples:
        if triple.subject not in anchored:
            shapes.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    return Validator(shapes=shapes, queries=queries, relation_types=tuple(_relation_types(vocabulary)))


def _relation_types(vocabulary: Vocabulary) -> Iterator[Statement]:
    """What the shapes ask of the relations themselves, which no document's graph says."""
    for relation in vocabulary.relations:
        node = ox.NamedNode(vocabulary.property_iri(relation.name))
        yield node, _TYPE, _OBJECT_PROPERTY
        if relation.symmetric:
            yield node, _TYPE, _SYMMETRIC_PROPERTY


def _queries(triples: Sequence[ox.Triple]) -> Iterator[_Query]:
    """The SPARQL constraints of the shapes (SHACL, section 5), each of which looks at the whole graph."""
    values: dict[tuple[object, ox.NamedNode], str] = {}
    for triple in triples:
        if isinstance(triple.object, ox.Literal):
            values[triple.subject, triple.predicate] = triple.object.value
    prefixes = "".join(
        f"PREFIX {values[triple.object, _PREFIX]}: <{values[triple.object, _NAMESPACE]}>\n"
        for triple in triples
        if triple.predicate == _DECLARE
    )
    for triple in triples:
        if triple.predicate == _SELECT:
            select = values[triple.subject, _SELECT]
            yield _Query(message=values[triple.subject, _MESSAGE], select=prefixes + select)


def shorten(iri: str) -> str:
    """The IRI with its prefix, where the graph has one for it; unprintable characters are escaped."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return _printable(f"{prefix}:{iri[len(namespace) :]}")
    return _printable(f"<{iri}>")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise that a document's graph breaks: in which ``graph``, at which ``node``, and what ought to hold.

    ``path`` is the property at fault and ``value`` the value found, both None where there is none.
    """

    graph: str
    node: str
    message: str
    path: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        at = shorten(self.node) if self.path is None else f"{shorten(self.node)} {shorten(self.path)}"
        found = "" if self.value is None else f" Found: {_printable(self.value)[:200]}."
        return f"{at}: {self.message}{found}"


@dataclass(frozen=True, slots=True)
class _Query:
    """A SPARQL constraint: each ``?value`` that the SELECT finds breaks the promise of the message."""

    message: str
    select: str


@dataclass(frozen=True, slots=True)
class _Union:
    """The disjoint union of documents' graphs; ``origins`` has each described node's graph and its name there."""

    graphs: tuple[str, ...]
    triples: list[Statement]
    origins: dict[str, tuple[str, str]]

    def origin(self, node: str) -> tuple[str, str]:
        """The graph to blame for the node, and the node's name there.

        Raises LookupError where none of several graphs describes it, as each that mentions it may be at fault.
        """
        if node not in self.origins and len(self.graphs) == 1:
            return self.graphs[0], node
        return self.origins[node]


@dataclass(frozen=True, slots=True)
class Validator:
    """The loaded shapes. Get one from load_validator; it holds rdflib graphs and stays in its process."""

    shapes: rdflib.Graph
    queries: tuple[_Query, ...]
    relation_types: tuple[Statement, ...]

    def check(self, quads: Iterable[ox.Quad]) -> list[Violation]:
        """What is wrong with the named graphs of the quads; empty where all promises are kept.

        Each graph is judged alone, and every violation names one of them. The order is that of the graphs, then of
        nodes, paths and messages.
        """
        graphs: dict[str, list[ox.Quad]] = {}
        for quad in quads:
            name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
            graphs.setdefault(name, []).append(quad)
        position = {graph: number for number, graph in enumerate(graphs)}
        found = set().union(*map(self._broken, _in_parts(graphs)))
        return sorted(
            found,
            key=lambda each: (
                *(position[each.graph], each.node),
                *(each.path or "", each.message, each.value or ""),
            ),
        )

    def _broken(self, graphs: Mapping[str, Sequence[ox.Quad]]) -> set[Violation]:
        """What is wrong; where the checker fails or cannot tell whose fault it is, each graph is checked alone."""
        union = _disjoint_union(graphs)
        union.triples.extend(self.relation_types)
        try:
            return {*self._broken_shapes(union), *self._broken_queries(union)}
        except Exception as error:  # rdflib and pySHACL raise whatever ill-formed values raise in Python
            if len(graphs) == 1:
                (graph,) = graphs
                return {
                    Violation(graph, graph, "Every value can be checked.", value=f"{type(error).__name__}: {error}")
                }
            return set().union(*(self._broken({name: quads}) for name, quads in graphs.items()))

    def _broken_shapes(self, union: _Union) -> Iterator[Violation]:
        graph = rdflib.Graph()
        terms: dict[Object, Term] = {}
        for triple in union.triples:
            for term in triple:
                if term not in terms:
                    terms[term] = to_rdflib(term)
            graph.add((terms[triple[0]], terms[triple[1]], terms[triple[2]]))
        _, results, _ = pyshacl.validate(graph, shacl_graph=self.shapes, inplace=True, inference="none")
        if not isinstance(results, rdflib.Graph):
            raise results if isinstance(results, Exception) else RuntimeError(f"pySHACL failed: {results!r}")
        for result in results.subjects(RDF.type, SH.ValidationResult):
            focus = results.value(result, SH.focusNode)
            if isinstance(focus, rdflib.Literal):
                continue  # A literal belongs to no graph; the claim that has it for an argument is at fault as well.
            name, node = union.origin(str(focus))
            path = results.value(result, SH.resultPath)
            value = results.value(result, SH.value)
            yield Violation(
                graph=name,
                node=node,
                message=str(results.value(result, SH.resultMessage)),
                path=str(path) if isinstance(path, rdflib.URIRef) else None,
                value=None if value is None else union.origins.get(str(value), ("", str(value)))[1],
            )

    def _broken_queries(self, union: _Union) -> Iterator[Violation]:
        store = ox.Store()
        store.bulk_extend(ox.Quad(*triple) for triple in union.triples)
        for query in self.queries:
            solutions = store.query(query.select)
            assert isinstance(solutions, ox.QuerySolutions)
            for solution in solutions:
                found = solution["value"]
                assert isinstance(found, Node)
                name, node = union.origin(found.value)
                yield Violation(graph=name, node=node, message=query.message)


def _in_parts(graphs: Mapping[str, list[ox.Quad]]) -> Iterator[dict[str, list[ox.Quad]]]:
    part: dict[str, list[ox.Quad]] = {}
    size = 0
    for name, quads in graphs.items():
        if part and size + len(quads) > _QUADS_AT_ONCE:
            yield part
            part, size = {}, 0
        part[name] = quads
        size += len(quads)
    if part:
        yield part


def _disjoint_union(graphs: Mapping[str, Sequence[ox.Quad]]) -> _Union:
    """The union in which a node that one graph describes and others mention is a node of its own in each of them."""
    described = {quad.subject for quads in graphs.values() for quad in quads}
    first: dict[Object, str] = {}
    shared: set[Object] = set()
    for name, quads in graphs.items():
        for node in {term for quad in quads for term in (quad.subject, quad.object)} & described:
            if first.setdefault(node, name) != name:
                shared.add(node)
    union = _Union(tuple(graphs), [], {})
    for position, (name, quads) in enumerate(graphs.items()):
        copies: dict[Object, ox.NamedNode] = {}

        def own(node: Node, position: int = position, copies: dict[Object, ox.NamedNode] = copies) -> Node:
            if node not in shared:
                return node
            return copies.setdefault(node, ox.NamedNode(f"{COPY_NAMESPACE}{position}/{len(copies)}"))

        for quad in quads:
            assert isinstance(quad.subject, Node)
            subject = own(quad.subject)
            union.origins[subject.value] = (name, quad.subject.value)
            target = own(quad.object) if isinstance(quad.object, Node) else quad.object
            union.triples.append((subject, quad.predicate, target))
        union.origins.update(
            {copy.value: (name, node.value) for node, copy in copies.items() if isinstance(node, Node)}
        )
    return union
