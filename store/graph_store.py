"""What every store can do, whatever holds the graph: the interface that the flows are written against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from pyoxigraph import NamedNode, Quad

from store.errors import StoreError
from store.results import QueryResult


@dataclass(frozen=True, slots=True)
class DocumentState:
    """What a document's graph was made from: the hash of its bytes, and the pipeline that read them."""

    content_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """How much a query may cost; None is without limit.

    ``timeout_s`` is in seconds of wall time, ``row_limit`` in rows or triples of the answer, ``memory_mb`` in MiB of
    the process that answers (embedded stores only, and there together with ``timeout_s``).
    """

    timeout_s: float | None = 30.0
    row_limit: int | None = 10_000
    memory_mb: int | None = 2048


USER_QUERY = QueryLimits()
"""For queries that people write."""

OWN_QUERY = QueryLimits(timeout_s=None, row_limit=None, memory_mb=None)
"""For queries that ship with the project, or whose whole answer is needed."""


def check_graph_iri(graph_iri: str) -> None:
    """Raise StoreError where this cannot be a graph's name."""
    try:
        NamedNode(graph_iri)
    except ValueError as error:
        raise StoreError(
            f"{graph_iri!r} is no IRI of a graph: {error}.", "Write it in full, such as https://example.org/companies."
        ) from None


class GraphStore(Protocol):
    """A set of named graphs that answers SPARQL.

    Writers replace whole graphs, each call in one transaction: readers see a graph as it was or as it will be.
    All methods raise ``store.errors.StoreError`` or one of its subclasses, and retry nothing.
    """

    @property
    def location(self) -> str:
        """The folder or the endpoint's address, without credentials."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether every write is refused."""
        ...

    def replace_graph(self, graph_iri: str, quads: Iterable[Quad]) -> None:
        """Make the graph hold these quads and no others. Raises ValueError for a quad of another graph."""
        ...

    def replace_graphs(self, graphs: Mapping[str, Iterable[Quad]]) -> None:
        """Replace several graphs in one transaction: all of them or none."""
        ...

    def add_quads(self, quads: Iterable[Quad]) -> None:
        """Add to what is there, in one transaction: for graphs that grow, such as the provenance of runs."""
        ...

    def remove_graphs(self, graph_iris: Iterable[str]) -> None:
        """Remove the graphs with all that they hold, in one transaction; a graph that is not there is no error."""
        ...

    def states(self) -> dict[str, DocumentState]:
        """The state of every document in the store, by the name of its graph."""
        ...

    def graph_iris(self) -> list[str]:
        """The names of all graphs, sorted."""
        ...

    def query(self, sparql: str, *, limits: QueryLimits = USER_QUERY) -> QueryResult:
        """Answer a SPARQL query over the union of all graphs, or over those that its FROM clauses name.

        The project's prefixes need no declaration. Raises QuerySyntaxError, QueryTimeoutError, QueryRefusedError
        (SERVICE) or QueryFailedError; an answer cut at the row limit says so in ``truncated``.
        """
        ...

    def dump(self, graph_iri: str | None = None) -> Iterator[Quad]:
        """The quads of one graph, or of all, in no order."""
        ...

    def size(self) -> int:
        """The number of quads."""
        ...

    def close(self) -> None:
        """Give the store up; safe to call twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
