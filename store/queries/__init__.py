"""The project's own queries, one ``.rq`` file each, commented at their heads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode

_GRAPHS = "VALUES ?graph { }"


@cache
def load_query(name: str) -> str:
    """The text of ``store/queries/<name>.rq``. Raises FileNotFoundError where there is none."""
    return Path(__file__).with_name(f"{name}.rq").read_text(encoding="utf-8")


def query_of_graphs(name: str, graph_iris: Iterable[str]) -> str:
    """The text of a query whose ``VALUES ?graph { }`` is to hold these graphs. Raises ValueError for what is no IRI."""
    before, slot, after = load_query(name).partition(_GRAPHS)
    assert slot, f"{name}.rq has no {_GRAPHS}"
    names = " ".join(str(NamedNode(graph_iri)) for graph_iri in graph_iris)
    return f"{before}VALUES ?graph {{ {names} }}{after}"
