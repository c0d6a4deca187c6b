"""``enishi export``: the graph as a file."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("export", short_help="Write the graph to a file.")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@store_option
@click.option("--graph", "graph_iris", metavar="IRI", multiple=True, help="Only this named graph. May be given again.")
@click.option("--documents-only", is_flag=True, help="Only what was read from documents: neither ontology nor runs.")
@click.option(
    "--rdf-12", is_flag=True, help="Say what claims claim as triple terms (RDF 1.2), not as RDF 1.1 statements."
)
def command(file: Path, store: str, graph_iris: tuple[str, ...], documents_only: bool, rdf_12: bool) -> None:
    """Write the graph to a file: .ttl .trig .nq .nt or .jsonld, sorted, so that equal graphs give equal files.

    In it is all that the store holds: the documents' claims and entities, the ontology, the curated entities, the
    provenance of runs, and what `enishi load` brought in. Of few documents that is mostly ontology: --documents-only
    leaves everything but the documents out. .ttl and .nt hold all named graphs as one; .trig, .nq and .jsonld keep
    them apart. A file that says the same already is left untouched, and another is replaced only when the new one is
    complete.

    \b
    Examples:
      enishi export graph.ttl
      enishi export claims.ttl --documents-only
      enishi export graph.nq --store http://127.0.0.1:7878
      enishi export ontology.ttl --graph https://enishi.example/graph/ontology
    """
    from store.export import export_graph
    from store.files import whole_file
    from store.snapshot import open_snapshot

    if documents_only and graph_iris:
        raise click.UsageError("--graph names graphs and --documents-only all those of documents: give one of them.")
    with tempfile.TemporaryDirectory(prefix="enishi-export-") as folder:
        fresh = Path(folder) / file.name
        with open_snapshot(store, wait_s=10) as opened:
            wanted = list(opened.states()) if documents_only else graph_iris or None
            try:
                export_graph(opened, fresh, graph_iris=wanted, rdf_12=rdf_12)
            except ValueError as error:
                raise click.BadParameter(str(error).replace(f"{folder}/", ""), param_hint="FILE") from None
        if file.exists() and filecmp.cmp(fresh, file, shallow=False):
            click.echo(f"{file} is up to date.")
            return
        with fresh.open("rb") as source, whole_file(file) as target:
            shutil.copyfileobj(source, target)
    click.echo(f"{file} written.")
