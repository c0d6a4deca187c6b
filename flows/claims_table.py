"""The claims of a store as a table for people."""

from __future__ import annotations

from flows.terminal import print_table
from store import open_store
from store.graph_store import OWN_QUERY
from store.queries import load_query
from store.results import table

COLUMNS = ("relation", "subject", "object", "status", "sentence")


def print_claims(location: str) -> None:
    """Print every claim with the sentence it was read from, in the order of the documents."""
    with open_store(location, read_only=True, wait_s=10) as store:
        header, rows = table(store.query(load_query("claims"), limits=OWN_QUERY))
    places = [header.index(column) for column in COLUMNS]
    print_table("Claims", COLUMNS, ([row[place] for place in places] for row in rows))
