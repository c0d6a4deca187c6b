"""``enishi extract``: text in, claims out, no store."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from flows.commands.options import as_paths, min_confidence_option, ontology_option, workers_option


@click.command("extract", short_help="Print the claims of JSON Lines or plain text as JSON Lines.")
@click.argument("source", metavar="[FILE|-]", default="-")
@ontology_option
@min_confidence_option
@workers_option
@click.option("--allow-private", is_flag=True, help="Let a URL lead to private and loopback addresses.")
def command(
    source: str, ontology: tuple[str, ...], min_confidence: float | None, workers: int | None, allow_private: bool
) -> None:
    """Print the claims of JSON Lines or plain text as JSON Lines.

    In: {"id", "text"} a line, or any file, folder, glob or URL that `enishi ingest` reads; - is standard input. Out: a
    line for every document, {"id", "claims"}, in the same order; of a folder or a glob the id begins with the file's
    address (news/a.jsonl#1), since two files may have records of one id. A claim has "relation", "subject", "object",
    "status" (asserted, negated, hypothetical), "held_by", "holder_named" (false where "held_by" describes somebody and
    names nobody), "event_time", "amount", "evidence", "frame" and "confidence"; "start" and "end" count characters of
    the text from 0. Nothing is stored.

    Exit status: 0 all was read, 1 something was reported on standard error, 2 wrong usage.

    \b
    Examples:
      enishi extract passages.jsonl > claims.jsonl
      echo '{"id": "1", "text": "山田花子は大空電機を設立した。"}' | enishi extract
      enishi extract --workers 4 archive/ > claims.jsonl
      enishi extract --min-confidence 0.7 archive/ > sure.jsonl
      enishi extract --ontology acquisitions.ttl article.html
    """
    from extractors.reading import ReadFailure, ReadSettings, names_one_source, own_id, read_sources
    from extractors.records import Document
    from flows.claim_json import to_json_line
    from flows.extraction import Extraction
    from flows.report import Problem, read_problem
    from flows.resources import load_resources
    from flows.terminal import print_error

    failed, alone = False, names_one_source(source)

    def documents() -> Iterator[Document]:
        nonlocal failed
        for found in read_sources([source], settings=ReadSettings(allow_private_addresses=allow_private)):
            if isinstance(found, ReadFailure):
                failed = True
                print_error(f"Not read: {read_problem(found)}")
            else:
                yield found

    resources = load_resources(as_paths(ontology), least_confidence=min_confidence)
    _ = resources.vocabulary  # whatever is wrong with it is said before anything is read
    with Extraction(resources, workers=workers) as extraction:
        for result in extraction.extract(documents()):
            if isinstance(result, Problem):
                failed = True
                print_error(f"Not extracted: {result}")
            else:
                document, claims = result
                name = own_id(document) if alone else document.id
                sys.stdout.write(to_json_line(name, document.id, claims) + "\n")
                sys.stdout.flush()
    if failed:
        raise click.exceptions.Exit(1)
