"""``enishi clear``: a store without documents."""

from __future__ import annotations

import click

from flows.commands.options import store_option, wait_option


@click.command("clear", short_help="Remove every document's graph from the store.")
@store_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@wait_option
def command(store: str, yes: bool, wait_s: float) -> None:
    """Remove every document's graph from the store. The ontology and the curated entities stay.

    The reports about quarantined documents of this store go, too.

    \b
    Examples:
      enishi clear
      enishi clear --yes --store http://127.0.0.1:7878
    """
    from flows.locking import writing
    from flows.quarantine import clear_quarantine, quarantine_folder
    from flows.settings import load_settings
    from store import open_store

    settings = load_settings()
    with writing(store, settings.home, purpose="clear", wait_s=wait_s), open_store(store, wait_s=10) as opened:
        graph_iris = list(opened.states())
        if graph_iris and not yes:
            click.confirm(f"Remove {len(graph_iris)} documents from {store}?", abort=True)
        opened.remove_graphs(graph_iris)
        clear_quarantine(quarantine_folder(settings.quarantine, store))
    click.echo(f"{len(graph_iris)} documents removed.")
