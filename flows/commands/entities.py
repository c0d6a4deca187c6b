"""``enishi entities``: who and what the graph is about."""

from __future__ import annotations

import click

from flows.commands.options import store_option


@click.command("entities", short_help="List the entities that most claims speak of.")
@store_option
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="How many.")
def command(store: str, limit: int) -> None:
    """List the entities that most claims speak of, with the number of their claims and documents.

    \b
    Examples:
      enishi entities
      enishi entities --limit 10
    """
    from flows.terminal import print_error, print_table
    from store import open_store
    from store.graph_store import QueryLimits
    from store.queries import load_query
    from store.results import table

    limits = QueryLimits(timeout_s=None, row_limit=limit, memory_mb=None)
    with open_store(store, read_only=True, wait_s=10) as opened:
        result = opened.query(load_query("entities"), limits=limits)
    print_table("", *table(result), right=["claims", "documents"])
    notice = result.notice()
    if notice:
        print_error(notice.replace("Raise the row limit", "Raise --limit"))
