"""``enishi status``: what the store holds."""

from __future__ import annotations

import click

from flows.commands.options import store_option


@click.command("status", short_help="Show what the store holds.")
@store_option
def command(store: str) -> None:
    """Show what the store holds: documents, claims by relation, entities, readings, size, and what is quarantined.

    \b
    Examples:
      enishi status
      enishi status --store http://127.0.0.1:7878
    """
    from flows.quarantine import quarantine_folder
    from flows.settings import load_settings
    from flows.terminal import print_table
    from store import open_store
    from store.graph_store import OWN_QUERY
    from store.queries import load_query
    from store.results import table

    with open_store(store, read_only=True, wait_s=10) as opened:
        header, rows = table(opened.query(load_query("statistics"), limits=OWN_QUERY))
        relations = table(opened.query(load_query("claims-by-relation"), limits=OWN_QUERY))
        readings = table(opened.query(load_query("fingerprints"), limits=OWN_QUERY))
        size = opened.size()
    counts = dict(zip(header, rows[0], strict=True)) if rows else {}
    quarantine = quarantine_folder(load_settings().quarantine, store)
    reports = len(list(quarantine.glob("*.txt")))
    facts = [
        ("store", store),
        ("quads", f"{size:,}"),
        *((name, value) for name, value in counts.items() if value),
        ("quarantined", f"{reports}" + (f" (reports in {quarantine})" if reports else "")),
    ]
    print_table("", ("what", "value"), facts)
    print_table("Claims", relations[0], relations[1], right=["claims"])
    print_table("Readings: documents by the fingerprint of code, model and ontology", *readings, right=["documents"])
