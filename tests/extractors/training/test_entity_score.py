from __future__ import annotations

from extractors.evaluation import Score
from extractors.records import EntityType, Mention
from extractors.training.entity_score import entity_figures, score_entities

PERSON, PLACE = EntityType.PERSON, EntityType.PLACE


def test_score_entities_asks_for_span_and_type() -> None:
    gold = [Mention(0, 2, "水野", PERSON), Mention(3, 5, "浜松", PLACE), Mention(6, 8, "大島", PLACE)]
    found = [Mention(0, 2, "水野", PERSON), Mention(3, 6, "浜松市", PLACE), Mention(6, 8, "大島", PERSON)]
    scores = score_entities([(gold, found), ([], [])])
    assert scores[PERSON] == Score(right=1, wrong=1)
    assert scores[PLACE] == Score(wrong=1, missed=2)
    figures = entity_figures(scores)
    assert figures["micro"] == round(2 / 6, 4)
    assert figures["Person"] == round(2 / 3, 4)
    assert figures["Event"] == 0.0
