"""Where the graph lives: Oxigraph on a folder or any SPARQL 1.1 endpoint, behind one interface."""

from store.graph_store import OWN_QUERY, USER_QUERY, DocumentState, GraphStore, QueryLimits
from store.opening import open_store

__all__ = ["OWN_QUERY", "USER_QUERY", "DocumentState", "GraphStore", "QueryLimits", "open_store"]
