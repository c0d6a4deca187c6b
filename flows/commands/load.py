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
    """Load graphs from an RDF file: .ttl .nt .nq .trig .jsonld or .rdf.

    Each graph replaces the one of its name; statements about curated entities (graph
    https://enishi.example/graph/entities) are added. A file that cannot be read to its end changes nothing.

    \b
    Examples:
      enishi load companies.ttl --graph https://example.org/companies
      enishi load export.nq
    """
    from flows.locking import writing
    from flows.settings import load_settings
    from flows.terminal import printable
    from store import open_store
    from store.loading import load_file

    with writing(store, load_settings().home, purpose="load", wait_s=wait_s), open_store(store, wait_s=10) as opened:
        counts = load_file(opened, file, graph_iri=graph_iri)
    for name, count in counts.items():
        click.echo(printable(f"{name}: {count:,} quads"))
