"""How well names are found: a mention counts as right where its span and its type are those of the gold mention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractors.evaluation import Score
from extractors.heads import ENTITY_TYPES
from extractors.records import EntityType, Mention


def score_entities(pairs: Iterable[tuple[Sequence[Mention], Sequence[Mention]]]) -> dict[EntityType, Score]:
    """Counts by type over pairs of gold and found mentions of a text each."""
    scores = dict.fromkeys(ENTITY_TYPES, Score())
    for gold, found in pairs:
        wanted = {(each.start, each.end, each.type) for each in gold}
        got = {(each.start, each.end, each.type) for each in found}
        for kind in ENTITY_TYPES:
            want = {each for each in wanted if each[2] is kind}
            have = {each for each in got if each[2] is kind}
            scores[kind] += Score(len(want & have), len(have - want), len(want - have))
    return scores


def entity_figures(scores: dict[EntityType, Score]) -> dict[str, float]:
    """F1 of each type and of all together (``micro``)."""
    figures = {kind.value: round(score.f1, 4) for kind, score in scores.items()}
    return {"micro": round(sum(scores.values(), Score()).f1, 4), **figures}
