"""Gold files and prediction files of ``enishi evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extractors.evaluation import ClaimDict, Passage


class GoldError(ValueError):
    """A gold or prediction file that cannot be used: ``path``, ``place`` in it, ``reason`` and ``remedy``."""

    def __init__(self, path: Path, place: str, reason: str, remedy: str) -> None:
        super().__init__(f"{path}, {place}: {reason}. {remedy}")
        self.path = path
        self.place = place
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[GoldError], tuple[Path, str, str, str]]:
        return type(self), (self.path, self.place, self.reason, self.remedy)


def read_gold(path: Path) -> list[Passage]:
    """The passages of a JSON list, or of JSON Lines where the name ends in ``.jsonl``, each with an id of its own.

    Raises GoldError and OSError.
    """
    text = _read(path)
    remedy = 'Write [{"id", "text", "claims": [{"relation", "subject", "object", "status"}]}].'
    if path.suffix == ".jsonl":
        items = [_loads(path, f"line {number}", line) for number, line in _lines(text)]
    else:
        items = _loads(path, "its JSON", text)
        if not isinstance(items, list):
            raise GoldError(path, "its JSON", "it is no list", remedy)
    passages: dict[str, Passage] = {}
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or not isinstance(item.get("text"), str) or "id" not in item:
            raise GoldError(path, f"item {number}", "it has no id and text", remedy)
        passage_id = str(item["id"])
        if passage_id in passages:
            raise GoldError(
                path, f"item {number}", f"its id {passage_id!r} is another's", "Give each an id of its own."
            )
        claims = _checked(path, f"item {number}", item.get("claims"), status_needed=True)
        passages[passage_id] = Passage(passage_id, item["text"], claims)
    return list(passages.values())


def read_predictions(path: Path) -> dict[str, list[ClaimDict]]:
    """Claims by document id, from the output of ``enishi extract``. Raises GoldError, OSError."""
    predictions: dict[str, list[ClaimDict]] = {}
    for number, line in _lines(_read(path)):
        place = f"line {number}"
        item = _loads(path, place, line)
        if not isinstance(item, dict) or "id" not in item:
            raise GoldError(path, place, "it has no id", 'Write {"id", "claims"} a line, as `enishi extract` does.')
        claims = _checked(path, place, item.get("claims"), status_needed=False)
        for claim in claims:
            if not _is_share(claim.get("confidence", 1.0)):
                reason = f"a claim's confidence is no number from 0 to 1: {json.dumps(claim['confidence'])[:80]}"
                raise GoldError(path, place, reason, "Write one, or leave it out.")
        predictions.setdefault(str(item["id"]), []).extend(claims)
    return predictions


def _checked(path: Path, place: str, claims: Any, *, status_needed: bool) -> tuple[ClaimDict, ...]:
    if not isinstance(claims, list):
        raise GoldError(path, place, "it has no list of claims", "An empty list says that there are none.")
    for claim in claims:
        try:
            sides = [claim["subject"]["labels"], claim["object"]["labels"]]
            complete = isinstance(claim["relation"], str) and ("status" in claim or not status_needed)
        except (KeyError, TypeError):
            sides, complete = [], False
        labelled = all(isinstance(labels, list) and all(isinstance(label, str) for label in labels) for labels in sides)
        if not (complete and labelled):
            remedy = 'A claim has "relation", "subject": {"labels": […]}, "object": {"labels": […]} and "status".'
            raise GoldError(path, place, f"a claim is incomplete: {str(claim)[:80]}", remedy)
    return tuple(claims)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise GoldError(path, "its bytes", "they are not UTF-8", "Convert the file to UTF-8.") from None


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _loads(path: Path, place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise GoldError(path, place, f"it is no JSON ({error})", "Mend it there.") from None
