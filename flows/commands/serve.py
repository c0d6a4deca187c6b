"""``enishi serve``: SPARQL over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option, wait_option


@click.command("serve", short_help="Answer SPARQL over HTTP.")
@store_option
@click.option(
    "--bind",
    metavar="HOST:PORT",
    default="127.0.0.1:7878",
    show_default=True,
    help="Where to answer. Other hosts than this one's loopback need credentials.",
)
@click.option("--writable", is_flag=True, help="Let others write too, with credentials.")
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=30,
    show_default=True,
    help="Stop a query after this time.",
)
@wait_option
def command(store: str, bind: str, writable: bool, timeout_s: float, wait_s: float) -> None:
    """Answer SPARQL over HTTP, by Oxigraph's own server with its query page, until interrupted.

    Others may read only, unless told otherwise; SERVICE and LOAD are off. Ingests and queries that name the same folder
    go through the server while it runs, and readers see each document's change at once. Credentials are taken from
    ENISHI_STORE_USER and ENISHI_STORE_PASSWORD, or ENISHI_STORE_TOKEN.

    \b
    Examples:
      enishi serve
      enishi serve --bind 127.0.0.1:7900 --timeout 5
      ENISHI_STORE_TOKEN=secret enishi serve --bind 0.0.0.0:7878
    """
    from store.endpoints import find_credentials
    from store.gate import GateSettings
    from store.opening import is_endpoint
    from store.serving import Server

    if is_endpoint(store):
        raise click.BadParameter("It is served already; name a folder.", param_hint="--store")
    host, port = _address(bind)
    settings = GateSettings(
        host=host, port=port, timeout_s=timeout_s, writable=writable, credentials=find_credentials()
    )
    with Server(Path(store), settings, wait_s=wait_s) as server:
        click.echo(f"{server.address} answers ({'read and write' if writable else 'read-only'}). Ctrl-C ends it.")
        server.run()


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise click.BadParameter(
            f"{bind!r} is no address. Write HOST:PORT, such as 127.0.0.1:7878.", param_hint="--bind"
        )
    return host.strip("[]"), int(port)
