"""Writes as text: SPARQL 1.1 updates that replace or remove whole graphs in one request, and N-Triples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

_ESCAPE = re.compile(r"\\(?:\\(?P<letter>[uU])|u(?P<digits>[0-9A-Fa-f]{4})|.)", re.DOTALL)


def graph_quads(graph_iri: str, quads: Iterable[Quad]) -> list[Quad]:
    """The quads as a list. Raises ValueError where one belongs to another graph."""
    graph = NamedNode(graph_iri)
    listed = list(quads)
    for quad in listed:
        if quad.graph_name != graph:
            raise ValueError(f"A quad of the graph {quad.graph_name} cannot be written to {graph}: {quad}")
    return listed


def replacement(graphs: Mapping[str, Iterable[Quad]]) -> str:
    """An update that makes each graph hold its quads and no others (SPARQL 1.1 Update, 3.1.1 and 3.2.2).

    All are inserted by one operation: a blank node may stand in several graphs, but not in several operations (19.6).
    """
    inserted = [quad for graph_iri, quads in graphs.items() for quad in graph_quads(graph_iri, quads)]
    drops = removal(graphs)
    return f"{drops} ;\n{insertion(inserted)}" if inserted else drops


def removal(graph_iris: Iterable[str]) -> str:
    """An update that drops the graphs."""
    return " ;\n".join(f"DROP SILENT GRAPH {NamedNode(graph_iri)}" for graph_iri in graph_iris)


def insertion(quads: Iterable[Quad]) -> str:
    """An update that adds the quads; blank nodes become new ones, each label one node."""
    by_graph: dict[NamedNode | DefaultGraph, list[str]] = {}
    for quad in quads:
        if not isinstance(quad.graph_name, NamedNode | DefaultGraph):
            raise ValueError(f"A graph needs an IRI for its name: {quad}")
        by_graph.setdefault(quad.graph_name, []).append(_statement(quad.triple))
    blocks = []
    for graph_name, lines in by_graph.items():
        triples = "\n".join(lines)
        blocks.append(f"GRAPH {graph_name} {{\n{triples}\n}}" if isinstance(graph_name, NamedNode) else triples)
    return "INSERT DATA {\n" + "\n".join(blocks) + "\n}"


def _statement(triple: Triple) -> str:
    """A triple in SPARQL, such that no server takes a backslash of the data for an escape.

    SPARQL lets ``\\uXXXX`` stand anywhere (19.2), so some servers, rdflib among them, replace it before they look at
    strings, also where the backslash before it is itself escaped, and may take eight digits after it. There the ``u``
    is written as an escape, and escapes are written with eight digits.
    """
    text = f"{triple} ."
    if "\\u" not in text and "\\U" not in text:
        return text
    return _ESCAPE.sub(_long_escape, text)


def _long_escape(match: re.Match[str]) -> str:
    if match["letter"]:
        return f"\\\\\\U{ord(match['letter']):08X}"
    return f"\\U0000{match['digits']}" if match["digits"] else match[0]


def n_triples(quads: Iterable[Quad]) -> bytes:
    """The quads as N-Triples, without their graph."""
    return "".join(f"{quad.triple} .\n" for quad in quads).encode()
