"""``enishi serve``: SPARQL over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("serve", short_help="Answer SPARQL over HTTP.")
@store_option
@click.option("--port", type=click.IntRange(1, 65535), default=7878, show_default=True, help="On loopback.")
@click.option("--writable", is_flag=True, help="Take writes too; other commands then go through this server.")
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Stop a query after this time.",
)
def command(store: str, port: int, writable: bool, timeout_s: int) -> None:
    """Answer SPARQL over HTTP, by Oxigraph's own server with its query page, until interrupted.

    Read-only unless told otherwise, and on loopback alone. Read-only, it keeps writers out while it runs; with
    --writable, ingests and queries that name the same folder go through it.

    \b
    Examples:
      enishi serve
      enishi serve --writable --port 7900
    """
    from store.opening import is_endpoint
    from store.serving import HOST, serving

    if is_endpoint(store):
        raise click.BadParameter("It is served already; name a folder.", param_hint="--store")
    with serving(Path(store), port=port, writable=writable, timeout_s=timeout_s) as process:
        click.echo(f"http://{HOST}:{port}/ answers ({'read and write' if writable else 'read-only'}). Ctrl-C ends it.")
        if process.wait():
            raise click.exceptions.Exit(1)
