"""The graph as a file: Turtle, TriG, N-Triples, N-Quads or JSON-LD, the same bytes for the same graph.

Japanese IRIs stay readable, prefixes are declared, blank nodes are canonical. Turtle and N-Triples know no named
graphs and hold the union. RDF 1.1 unless RDF 1.2 is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, serialize

from ontology.namespaces import ONTOLOGY, PREFIXES, RDF
from store.canonical import canonical_quads
from store.files import whole_file
from store.graph_store import GraphStore, check_graph_iri
from store.turtle import TurtleWriter

_REIFIES = NamedNode(RDF + "reifies")
_REIFIED = tuple(NamedNode(RDF + name) for name in ("subject", "predicate", "object"))
_CLAIM = NamedNode(ONTOLOGY + "Claim")
_TYPE = NamedNode(RDF + "type")


def export_graph(
    store: GraphStore, path: Path, *, graph_iris: Sequence[str] | None = None, rdf_12: bool = False
) -> int:
    """Write the store, or some of its graphs, to a file in the format of its suffix; gives the number of quads.

    The file is replaced in one step, and only when it is whole. With ``rdf_12`` each claim says what it claims as one
    triple term (rdf:reifies, RDF 1.2) in place of rdf:subject, rdf:predicate and rdf:object; not for JSON-LD. Raises
    ValueError for a suffix that no format has, StoreError where the file cannot be written or a name is no IRI.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ValueError(f"No format has the suffix {path.suffix!r} of {path}: use one of {', '.join(_WRITERS)}.")
    if rdf_12 and path.suffix.lower() == ".jsonld":
        raise ValueError("JSON-LD 1.1 has no triple terms: export RDF 1.2 to .ttl, .trig, .nt or .nq.")
    for iri in graph_iris or ():
        check_graph_iri(iri)
    quads = [quad for iri in graph_iris for quad in store.dump(iri)] if graph_iris is not None else list(store.dump())
    if rdf_12:
        quads = list(_with_triple_terms(quads))
    if path.suffix.lower() in (".ttl", ".nt"):
        quads = [Quad(quad.subject, quad.predicate, quad.object) for quad in quads]
    quads = canonical_quads(quads)
    with whole_file(path) as file:
        file.writelines(chunk.encode() for chunk in write(quads))
    return len(quads)


def _lines(quads: Sequence[Quad]) -> Iterator[str]:
    """N-Triples or N-Quads: one statement a line."""
    for quad in quads:
        yield f"{quad} .\n"


def _turtle(quads: Sequence[Quad]) -> Iterator[str]:
    writer = TurtleWriter(PREFIXES)
    triples = [quad.triple for quad in quads]
    yield writer.header([triples])
    for block in writer.graph(triples):
        yield "\n" + block


def _trig(quads: Sequence[Quad]) -> Iterator[str]:
    writer = TurtleWriter(PREFIXES)
    graphs = {
        name: [quad.triple for quad in group]
        for name, group in groupby(sorted(quads, key=_graph_key), key=lambda quad: quad.graph_name)
    }
    names = [name.value for name in graphs if isinstance(name, NamedNode)]
    yield writer.header(graphs.values(), names)
    for name, triples in graphs.items():
        if isinstance(name, DefaultGraph):
            yield from ("\n" + block for block in writer.graph(triples))
        else:
            yield f"\n{writer.term(name)} {{\n"
            yield "\n".join(writer.graph(triples, indent="    "))
            yield "}\n"


def _json_ld(quads: Sequence[Quad]) -> Iterator[str]:
    """JSON-LD 1.1, indented, with the prefixes for a context, but for those that some IRI has for its scheme."""
    content = serialize(quads, format=RdfFormat.JSON_LD)
    assert content is not None
    expanded = json.loads(content)
    schemes = set(re.findall(r'"([a-z]+):(?!//)', content.decode()))
    prefixes = {prefix: namespace for prefix, namespace in PREFIXES.items() if prefix not in schemes}
    writer = TurtleWriter(prefixes)
    document = {"@context": prefixes, "@graph": [_compacted(node, writer) for node in expanded]}
    yield json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _compacted(value: Any, writer: TurtleWriter) -> Any:
    """The expanded JSON-LD with keys, identifiers and types shortened; a bare object in place of a list of one."""
    if isinstance(value, list):
        items = [_compacted(item, writer) for item in value]
        return items[0] if len(items) == 1 else items
    if not isinstance(value, dict):
        return value
    if set(value) == {"@value"}:
        return value["@value"] if isinstance(value["@value"], str) else value
    entries = {
        "@type" if key == _TYPE.value and all(set(part) == {"@id"} for part in item) else key: item
        for key, item in value.items()
    }
    return {_compact_iri(key, writer): _compacted_entry(key, item, writer) for key, item in entries.items()}


def _compacted_entry(key: str, item: Any, writer: TurtleWriter) -> Any:
    if key in ("@id", "@type"):
        listed = [item] if isinstance(item, str) else item
        iris = [_compact_iri(iri if isinstance(iri, str) else iri["@id"], writer) for iri in listed]
        return iris[0] if len(iris) == 1 else iris
    if key.startswith("@") and key not in ("@graph", "@list"):
        return item
    return [_compacted(part, writer) for part in item] if key in ("@graph", "@list") else _compacted(item, writer)


def _compact_iri(iri: str, writer: TurtleWriter) -> str:
    if iri.startswith(("@", "_:")):
        return iri
    name = writer.name(iri)
    return iri if name.startswith("<") else name


def _with_triple_terms(quads: Iterable[Quad]) -> Iterator[Quad]:
    listed = list(quads)
    claims = {(quad.subject, quad.graph_name) for quad in listed if quad.predicate == _TYPE and quad.object == _CLAIM}
    parts: dict[tuple[Any, Any], dict[NamedNode, Any]] = {key: {} for key in claims}
    for quad in listed:
        if quad.predicate in _REIFIED and (quad.subject, quad.graph_name) in claims:
            parts[quad.subject, quad.graph_name][quad.predicate] = quad.object
        else:
            yield quad
    for (claim, graph_name), found in parts.items():
        if len(found) == len(_REIFIED):
            yield Quad(claim, _REIFIES, Triple(*(found[name] for name in _REIFIED)), graph_name)
        else:
            yield from (Quad(claim, predicate, target, graph_name) for predicate, target in found.items())


def _graph_key(quad: Quad) -> tuple[bool, str]:
    return not isinstance(quad.graph_name, DefaultGraph), str(quad.graph_name)


_WRITERS: dict[str, Callable[[Sequence[Quad]], Iterator[str]]] = {
    ".ttl": _turtle,
    ".trig": _trig,
    ".nq": _lines,
    ".nt": _lines,
    ".jsonld": _json_ld,
}
