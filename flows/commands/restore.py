"""``enishi restore``: a backup as a store again."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("restore", short_help="Put a backup where there is no store.")
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@store_option
def command(folder: Path, store: str) -> None:
    """Put a backup where there is no store: the place must be empty, and the backup stays as it is.

    \b
    Examples:
      enishi restore backups/monday --store var/store
    """
    from flows.locking import writing
    from flows.settings import load_settings
    from store.backups import restore
    from store.opening import is_endpoint

    if is_endpoint(store):
        raise click.BadParameter("A backup is restored to a folder.", param_hint="--store")
    with writing(store, load_settings().home, purpose="restore"):
        size = restore(folder, Path(store))
    click.echo(f"{store} holds {size:,} quads.")
