"""``enishi query``: SPARQL on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from flows.commands.options import store_option


@click.command("query", short_help="Run a SPARQL query.")
@click.argument("sparql", metavar="SPARQL|FILE.rq|-")
@store_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json", "csv", "tsv"]),
    default="table",
    show_default=True,
    help="A table for people, or one of the W3C's formats.",
)
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0.001),
    default=30,
    show_default=True,
    help="Stop the query after this time.",
)
@click.option(
    "--limit",
    "row_limit",
    metavar="ROWS",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Show at most so many rows.",
)
def command(sparql: str, store: str, format_name: str, timeout_s: float, row_limit: int) -> None:
    """Run a SPARQL query over all graphs together, or over those that FROM names.

    The prefixes enishi: entity: document: claim: run: rdf: rdfs: owl: xsd: skos: prov: oa: dcterms: schema: wd: foaf:
    org: sh: need no declaration. Triples (CONSTRUCT, DESCRIBE) are printed as Turtle, or as rows in the other formats.
    What could steer the terminal is written as \\uXXXX: in Turtle and tables always, else where they are shown on one.

    \b
    Examples:
      enishi query 'SELECT ?who ?whom WHERE { ?who enishi:sued ?whom }'
      enishi query --format csv claims.rq > claims.csv
      enishi query 'ASK { ?who enishi:founded ?what }'
      enishi query 'DESCRIBE <https://enishi.example/entity/OpenAI>'
    """
    from flows.terminal import print_error, print_table
    from store import open_store
    from store.graph_store import QueryLimits
    from store.results import QueryForm, render, render_triples, table, terminal_text

    query = _query_text(sparql)
    with open_store(store, read_only=True, wait_s=10) as opened:
        result = opened.query(query, limits=QueryLimits(timeout_s=timeout_s, row_limit=row_limit))
    if format_name != "table":
        text = render(result, format_name)
        sys.stdout.write(terminal_text(text, format_name) if sys.stdout.isatty() else text)
    elif result.form is QueryForm.CONSTRUCT:
        sys.stdout.write(render_triples(result))
    else:
        header, rows = table(result)
        print_table("", header, rows)
    notice = result.notice()
    if notice:
        print_error(notice)


def _query_text(argument: str) -> str:
    if argument == "-":
        content = sys.stdin.buffer.read()
    elif argument.endswith(".rq") and "{" not in argument:
        content = Path(argument).read_bytes()
    else:
        content = os.fsencode(argument)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        name = {"-": "Standard input"}.get(argument, argument if argument.endswith(".rq") else "The query")
        raise click.BadParameter(
            f"{name} is not in UTF-8 ({error.reason} at byte {error.start}). Convert it, for instance with iconv.",
            param_hint="SPARQL|FILE.rq|-",
        ) from None
