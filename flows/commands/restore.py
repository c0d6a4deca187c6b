"""``enishi restore``: a backup as a store again."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("restore", short_help="Make a new store from a backup.")
@click.argument("file", metavar="FILE.nq.gz", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
def command(file: Path, store: str) -> None:
    """Make a new store from a backup. Its folder must be missing or empty, and holds all of the backup or nothing.

    \b
    Examples:
      enishi restore backups/monday.nq.gz --store var/store
    """
    from flows.locking import writing
    from flows.settings import load_settings
    from store.backup import restore_store
    from store.opening import is_endpoint

    if is_endpoint(store):
        raise click.BadParameter("A backup is restored to a folder.", param_hint="--store")
    with writing(store, load_settings().home, purpose="restore"):
        count = restore_store(file, Path(store))
    click.echo(f"{store}: {count:,} statements.")
