"""``enishi backup``: a copy of the store."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("backup", short_help="Copy the store, also while ingests run.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@store_option
def command(folder: Path, store: str) -> None:
    """Copy the store, also while ingests run: the copy is made between two batches and holds each document whole.

    FOLDER must not exist yet. A store behind a URL is copied with `enishi export all.nq --store URL`.

    \b
    Examples:
      enishi backup backups/monday
    """
    from store.backups import back_up
    from store.opening import is_endpoint

    if is_endpoint(store):
        raise click.BadParameter("Name a folder; for a URL use `enishi export all.nq`.", param_hint="--store")
    size = back_up(Path(store), folder)
    click.echo(f"{folder} holds {size:,} quads.")
