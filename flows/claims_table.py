"""The claims of a store as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from flows.terminal import print_table
from ontology.namespaces import DOCUMENT
from store import open_store
from store.graph_store import OWN_QUERY
from store.queries import load_query
from store.results import table

NAME_WIDTH = 16
"""Columns of text that a subject or an object has at most, so that most are left for the sentence."""
WIDTH = 100
"""Columns of text that the whole table has at most where it is printed to no terminal."""


def print_claims(location: str) -> None:
    """Print every claim with its confidence and the sentence it was read from, in the order of the documents.

    Beneath the sentence stands its document where there are several.
    """
    with open_store(location, read_only=True, wait_s=10) as store:
        header, rows = table(store.query(load_query("claims"), limits=OWN_QUERY))
    claims = [dict(zip(header, row, strict=True)) for row in rows]
    several = len({claim["document"] for claim in claims}) > 1
    columns = ("relation, status", "subject", "object", "sentence, document" if several else "sentence")
    print_table(
        "Claims, with their confidence",
        columns,
        _rows(claims, several=several),
        widest={"subject": NAME_WIDTH, "object": NAME_WIDTH},
        width=WIDTH,
    )


def _rows(claims: Sequence[dict[str, str]], *, several: bool) -> Iterator[list[str | tuple[str, ...]]]:
    for claim in claims:
        confidence = f"{float(claim['confidence']):.2f}"
        sentence, document = claim["sentence"], unquote(claim["document"].removeprefix(DOCUMENT))
        yield [
            (claim["relation"], f"{claim['status']} {confidence}"),
            claim["subject"],
            claim["object"],
            (sentence, document) if several else sentence,
        ]
