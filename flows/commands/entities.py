"""``enishi entities``: text in, named entities out, no store."""

from __future__ import annotations

import sys

import click

from flows.commands.options import as_paths, ontology_option


@click.command("entities", short_help="Print the named entities of JSON Lines or plain text as JSON Lines.")
@click.argument("source", metavar="[FILE|-]", default="-")
@ontology_option
@click.option("--allow-private", is_flag=True, help="Let a URL lead to private and loopback addresses.")
def command(source: str, ontology: tuple[str, ...], allow_private: bool) -> None:
    """Print the named entities of JSON Lines or plain text as JSON Lines.

    In: what `enishi extract` reads. Out: a line for every document, {"id", "entities"} with ids as in its output, each
    entity with "start" and "end" (characters from 0, the end exclusive), "type" (Person, Organization, Place, Facility,
    Product or Event) and "text". Nothing is stored.

    Exit status: 0 all was read, 1 something was reported on standard error, 2 wrong usage.

    \b
    Examples:
      enishi entities passages.jsonl > entities.jsonl
      echo '{"id": "1", "text": "山田花子は大空電機を設立した。"}' | enishi entities
    """
    from extractors.reading import ReadFailure, ReadSettings, names_one_source, own_id, read_sources
    from flows.claim_json import json_line
    from flows.report import extraction_failure, read_problem
    from flows.resources import load_resources
    from flows.terminal import print_error

    reader = load_resources(as_paths(ontology)).reader
    failed, alone = False, names_one_source(source)
    for found in read_sources([source], settings=ReadSettings(allow_private_addresses=allow_private)):
        if isinstance(found, ReadFailure):
            failed = True
            print_error(f"Not read: {read_problem(found)}")
            continue
        try:
            mentions = reader.recognise(found.text)
        except Exception as error:
            failed = True
            print_error(f"Not read: {extraction_failure(found.id, f'{type(error).__name__}: {error}')}")
            continue
        entities = [
            {"start": each.start, "end": each.end, "type": each.type.value, "text": each.text} for each in mentions
        ]
        sys.stdout.write(json_line({"id": own_id(found) if alone else found.id, "entities": entities}) + "\n")
    if failed:
        raise click.exceptions.Exit(1)
