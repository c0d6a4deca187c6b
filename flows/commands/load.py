"""``enishi load``: graphs from elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import store_option, wait_option


@click.command("load", short_help="Load graphs from an RDF file.")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@store_option
@click.option("--graph", "graph_iri", metavar="IRI", help="The graph for triples that are in none.")
@wait_option
def command(file: Path, store: str, graph_iri: str | None, wait_s: float) -> None:
    """Load graphs from an RDF file: .ttl .nt .rdf .trig .nq .jsonld, also .gz.

    Each graph takes the place of the one of its name. Triples in no graph go to --graph, or to one that is named
    after the file. The file is read to its end before anything is written.

    \b
    Examples:
      enishi load companies.ttl --graph https://example.org/companies
      enishi load elsewhere.trig.gz
    """
    from flows.locking import writing
    from flows.settings import load_settings
    from flows.terminal import printable
    from store import open_store
    from store.backup import load_file

    with writing(store, load_settings().home, purpose="load", wait_s=wait_s), open_store(store, wait_s=10) as opened:
        try:
            loaded = load_file(opened, file, graph_iri=graph_iri)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="FILE") from None
    for name in loaded.graph_iris:
        click.echo(printable(name))
    click.echo(f"{loaded.quads:,} statements in {len(loaded.graph_iris)} graph(s).")
