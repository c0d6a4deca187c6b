"""``enishi backup``: a copy of the graph."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("backup", short_help="Copy all that the store holds, also while ingests run.")
@click.argument("file", metavar="FILE.nq.gz", type=click.Path(dir_okay=False, path_type=Path))
@store_option
def command(file: Path, store: str) -> None:
    """Copy all that the store holds, also while ingests run, into a file that any version and any store can read.

    Each document is in it as it was before or after a write, never half. An existing file is not overwritten.

    \b
    Examples:
      enishi backup backups/monday.nq.gz
      enishi backup monday.nq.gz --store http://127.0.0.1:7878
    """
    from store.backup import backup_store
    from store.snapshot import open_snapshot

    with open_snapshot(store, wait_s=60) as opened:
        try:
            count = backup_store(opened, file)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="FILE") from None
    click.echo(f"{file}: {count:,} statements.")
