"""Graphs from elsewhere: RDF files as named graphs of the store."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from ontology.namespaces import ENTITIES_GRAPH
from store.errors import StoreError
from store.graph_store import GraphStore

_FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".jsonld": RdfFormat.JSON_LD,
    ".rdf": RdfFormat.RDF_XML,
}


class LoadError(StoreError):
    """A file that cannot be loaded: ``path``, and ``line`` (from 1) where it is known."""

    def __init__(self, path: Path, line: int | None, reason: str, remedy: str) -> None:
        self.path = path
        self.line = line
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason}", remedy)

    def __reduce__(self) -> tuple[type[LoadError], tuple[Path, int | None, str, str]]:
        return type(self), (self.path, self.line, self.reason, self.remedy)


def load_file(store: GraphStore, path: Path, *, graph_iri: str | None = None) -> dict[str, int]:
    """Put the file's graphs into the store, all in one transaction; gives the number of quads of each.

    Triples without a graph go to ``graph_iri``. A graph of that name is replaced; what is said of curated
    entities is added to their graph, in a transaction of its own.
    Raises LoadError for a file that cannot be read, and what the store raises.
    """
    graphs: dict[str, list[Quad]] = {}
    for quad in _read(path):
        name = quad.graph_name.value if isinstance(quad.graph_name, NamedNode | BlankNode) else graph_iri
        if name is None:
            raise LoadError(path, None, "It holds triples outside of any graph.", "Name one with --graph IRI.")
        try:
            graph = NamedNode(name)
        except ValueError:
            raise LoadError(path, None, f"{name!r} names no graph.", "Give an absolute IRI.") from None
        graphs.setdefault(name, []).append(Quad(quad.subject, quad.predicate, quad.object, graph))
    counts = {name: len(quads) for name, quads in graphs.items()}
    curated = graphs.pop(ENTITIES_GRAPH, [])
    store.replace_graphs(graphs)
    store.add_quads(curated)
    return counts


def _read(path: Path) -> list[Quad]:
    rdf_format = _FORMATS.get(path.suffix.lower())
    if rdf_format is None:
        raise LoadError(path, None, "Its suffix tells no format.", f"Use one of {', '.join(_FORMATS)}.")
    try:
        return list(parse(path=str(path), format=rdf_format))
    except OSError as error:
        raise LoadError(path, None, f"It cannot be read ({error.strerror or error}).", "Check the path.") from error
    except SyntaxError as error:
        raise LoadError(path, error.lineno, f"It is no valid {path.suffix}: {error.msg}.", "Mend it there.") from error
    except ValueError as error:
        raise LoadError(path, None, f"It is no valid {path.suffix}: {error}.", "Mend it.") from error
