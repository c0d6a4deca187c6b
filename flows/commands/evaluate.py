"""``enishi evaluate``: how good the claims are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.commands.options import as_paths, min_confidence_option, ontology_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractors.evaluation import ClaimDict, Evaluation, Passage
    from flows.resources import Resources


@click.command("evaluate", short_help="Score extracted claims against gold ones.")
@click.argument("gold", metavar="GOLD.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--predictions",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score this output of `enishi extract` instead of extracting now.",
)
@click.option(
    "--relation",
    "asked",
    metavar="NAME",
    multiple=True,
    help="Score this relation, too, where the gold has no claim of it. May be given again.",
)
@click.option("--errors", is_flag=True, help="List what is wrong (+) and what is missed (-), passage by passage.")
@ontology_option
@min_confidence_option
def command(
    gold: Path,
    predictions: Path | None,
    asked: tuple[str, ...],
    errors: bool,
    ontology: tuple[str, ...],
    min_confidence: float | None,
) -> None:
    """Score extracted claims against gold ones: precision, recall and F1, by relation and over all.

    GOLD.json is a list of {"id", "text", "claims"}; see data/README.md. Three tables are printed: "named" counts
    asserted claims whose arguments are both named, "all" those with descriptions for arguments too, and "blind" the
    named ones with the status ignored. `enishi extract` prints the named ones alone, so of its output "all" misses
    those with descriptions, which are extracted here where there are no --predictions.

    Scored are the relations that GOLD.json has claims of, and those of --relation. What is found of others, such as one
    of --ontology that the gold was not annotated for, is neither right nor wrong, and is counted below the tables.
    Of --predictions every claim is scored unless --min-confidence says otherwise.

    \b
    Examples:
      enishi evaluate data/gold/articles.json
      enishi evaluate gold.json --relation acquired --ontology acquired.ttl
      enishi evaluate gold.json --min-confidence 0.7
      enishi evaluate gold.json --predictions claims.jsonl --errors
    """
    from extractors.evaluation import Mode, evaluate
    from flows.gold import read_gold, read_predictions
    from flows.resources import load_resources

    passages = read_gold(gold)
    found: Mapping[str, Sequence[ClaimDict]]
    resources = load_resources(as_paths(ontology), least_confidence=min_confidence, named_only=False)
    relations = [relation.name for relation in resources.vocabulary.relations]
    _check_names(asked, relations)
    if predictions:
        found = _sure(read_predictions(predictions), least=min_confidence or 0.0)
    else:
        found = _extract(passages, resources)
    scored = {claim["relation"] for passage in passages for claim in passage.claims} | set(asked)
    found, others = _parted(found, scored)
    evaluations = [
        evaluate(
            passages,
            found if predictions or mode is Mode.ALL else _named(found),
            mode=mode,
            relations=[name for name in relations if name in scored],
            symmetric=frozenset(relation.name for relation in resources.vocabulary.relations if relation.symmetric),
        )
        for mode in Mode
    ]
    for evaluation in evaluations:
        _print_scores(evaluation)
    if others:
        _print_others(others)
    if errors:
        _print_errors(evaluations[0])


def _check_names(asked: Sequence[str], relations: Sequence[str]) -> None:
    for name in asked:
        if name not in relations:
            raise click.BadParameter(
                f"{name!r} is no known relation: {', '.join(relations)}. The Turtle file of another is given with "
                "--ontology, or in ENISHI_ONTOLOGY.",
                param_hint="'--relation'",
            )


def _parted(
    found: Mapping[str, Sequence[ClaimDict]], scored: set[str]
) -> tuple[dict[str, list[ClaimDict]], dict[str, int]]:
    """The claims of the relations that are scored, and how many there are of each other relation."""
    others: dict[str, int] = {}
    for claims in found.values():
        for claim in claims:
            if claim["relation"] not in scored:
                others[claim["relation"]] = others.get(claim["relation"], 0) + 1
    return {key: [claim for claim in claims if claim["relation"] in scored] for key, claims in found.items()}, others


def _print_others(others: Mapping[str, int]) -> None:
    from flows.terminal import printable

    listed = ", ".join(f"{name} ({count})" for name, count in sorted(others.items()))
    click.echo(printable(f"Not scored, for the gold has no claim of them (--relation scores them): {listed}"))


def _named(found: Mapping[str, Sequence[ClaimDict]]) -> dict[str, list[ClaimDict]]:
    """The claims that `enishi extract` prints: those about things that are both called by a name."""
    return {
        key: [claim for claim in claims if claim["subject"]["named"] and claim["object"]["named"]]
        for key, claims in found.items()
    }


def _sure(found: Mapping[str, Sequence[ClaimDict]], *, least: float) -> Mapping[str, Sequence[ClaimDict]]:
    return {name: [each for each in claims if each.get("confidence", 1.0) >= least] for name, claims in found.items()}


def _extract(passages: Sequence[Passage], resources: Resources) -> dict[str, list[ClaimDict]]:
    """The claims of each passage by its id, those about things without a name too."""
    import hashlib

    from extractors.records import Document
    from flows.claim_json import claim_fields
    from flows.ingestion import extract_batch
    from flows.terminal import print_error

    documents = [
        Document(
            id=passage.id,
            text=passage.text,
            source=passage.id,
            content_hash=hashlib.sha256(passage.text.encode("utf-8", "surrogatepass")).hexdigest(),
        )
        for passage in passages
    ]
    extracted = extract_batch(resources.reader, documents)
    for problem in extracted.failures:
        print_error(f"Not extracted: {problem}")
    predictions: dict[str, list[ClaimDict]] = {}
    for document, claims in extracted.documents:
        predictions.setdefault(document.id, []).extend(claim_fields(claim, document.id) for claim in claims)
    return predictions


def _print_scores(evaluation: Evaluation) -> None:
    from flows.terminal import print_table

    scores = [*evaluation.by_relation.items(), ("all together", evaluation.micro)]
    rows = [
        [
            name,
            *(f"{value:.3f}" for value in (score.precision, score.recall, score.f1)),
            *(str(count) for count in (score.right, score.wrong, score.missed)),
        ]
        for name, score in scores
    ]
    columns = ("relation", "P", "R", "F1", "right", "wrong", "missed")
    print_table(f"[{evaluation.mode}]  macro-F1 {evaluation.macro_f1:.3f}", columns, rows, right=columns[1:])


def _print_errors(evaluation: Evaluation) -> None:
    from flows.terminal import printable

    for errors in evaluation.errors:
        lines = [f"{errors.passage.id} {errors.passage.text}"]
        for sign, claims in (("+", errors.wrong), ("-", errors.missed)):
            lines += [
                f"   {sign} {claim['relation']}({_name(claim['subject'])}, {_name(claim['object'])})"
                f"{' hard' if claim.get('hard') else ''}"
                for claim in claims
            ]
        sys.stdout.write("\n" + "\n".join(map(printable, lines)) + "\n")


def _name(argument: ClaimDict) -> str:
    return "/".join(argument["labels"][:2]) or "?"
