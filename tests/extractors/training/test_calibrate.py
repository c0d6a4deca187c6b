from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from extractors.components import Equipment
from extractors.encoder import model_folder
from extractors.evaluation import ClaimDict, Passage
from extractors.frames import compile_frames
from extractors.judgement import EVIDENCE_NAMES, Judge, load_judge
from extractors.records import Argument, Claim, EntityType, Evidence, Relation, Status, Wording
from extractors.training.calibrate import (
    THRESHOLDS,
    best_threshold,
    calibration_error,
    collect_evidence,
    false_fact_rate,
    fit_judge,
    score,
    stated,
    write_judge,
)
from extractors.training.figures import equipment_of

TEXT = "青葉電機は港南商事を提訴した。"
SUED = Relation("sued", (Wording("sued", "甲が乙を提訴する"),))
RIGHT = ("青葉電機", "港南商事")
WRONG = ("港南商事", "青葉電機")


def gold(status: str = "asserted", arguments: tuple[str, str] = RIGHT) -> ClaimDict:
    subject, object_ = ({"labels": [each], "named": True} for each in arguments)
    return {"relation": "sued", "subject": subject, "object": object_, "status": status, "evidence": TEXT}


def found(confidence: float, arguments: tuple[str, str] = RIGHT, status: Status = Status.ASSERTED) -> Claim:
    subject, object_ = (Argument((each,), EntityType.ORGANIZATION, 0, len(each)) for each in arguments)
    return Claim("sued", subject, object_, status, Evidence(0, len(TEXT), TEXT), "甲が乙を提訴する", confidence)


PASSAGES = [Passage("1", TEXT, (gold(),)), Passage("2", TEXT, (gold(),))]


def test_score_counts_the_claims_that_reach_the_threshold() -> None:
    claims = {"1": [found(0.9), found(0.4, WRONG)]}
    low, high = (score(PASSAGES, claims, threshold=each).micro for each in (0.3, 0.6))
    assert (low.right, low.wrong, low.missed) == (1, 1, 1)
    assert (high.right, high.wrong, high.missed) == (1, 0, 1)


def test_best_threshold_is_the_lowest_that_parts_right_from_wrong() -> None:
    claims = {"1": [found(0.9), found(0.42, WRONG)], "2": [found(0.71)]}
    assert best_threshold(PASSAGES, claims) == pytest.approx(0.45)


def test_best_threshold_goes_below_the_best_as_far_as_chance_explains() -> None:
    passages = [Passage(str(number), TEXT, (gold(),)) for number in range(100)]
    claims = {str(number): [found(0.95)] + [found(0.95, WRONG)] * (number % 4 == 0) for number in range(100)}
    claims["1"].append(found(0.86, WRONG))
    assert best_threshold(passages, claims) == pytest.approx(THRESHOLDS[0])
    for number in range(2, 100, 4):
        claims[str(number)].append(found(0.86, WRONG))
    assert best_threshold(passages, claims) == pytest.approx(0.9)


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    assert calibration_error(PASSAGES, {"1": [found(0.75)], "2": [found(0.75, WRONG)]}) == pytest.approx(0.25)
    assert calibration_error(PASSAGES, {"1": [found(1.0)], "2": [found(0.0, WRONG)]}) == 0.0
    assert calibration_error(PASSAGES, {}) == 0.0


def test_false_fact_rate_is_of_the_denied_and_possible_claims() -> None:
    passages = [
        Passage("1", TEXT, (gold("negated"),)),
        Passage("2", TEXT, (gold("hypothetical"),)),
        Passage("3", TEXT, (gold(),)),
    ]
    claims = {"1": [found(0.9)], "2": [found(0.9, status=Status.HYPOTHETICAL)], "3": [found(0.9)]}
    assert false_fact_rate(passages, claims, threshold=0.5) == 0.5
    assert false_fact_rate(passages, claims, threshold=0.95) == 0.0
    assert false_fact_rate(passages[2:], claims, threshold=0.5) == 0.0


def test_write_judge_is_read_by_the_runtime(tmp_path: Path) -> None:
    weights = tuple(float(each) for each in range(len(EVIDENCE_NAMES)))
    judge = Judge(weights, -1.5, 0.35, frozenset({"founded", "sued"}), 0.2, 0.5)
    write_judge(judge, tmp_path / "judge.json")
    assert json.loads((tmp_path / "judge.json").read_text())["relations"] == ["founded", "sued"]
    load_judge.cache_clear()
    assert load_judge(tmp_path) == judge
    load_judge.cache_clear()


@pytest.fixture(scope="module")
def equipment(ginza: Language) -> Equipment:
    return equipment_of(model_folder(), [SUED], (), compile_frames(ginza, [SUED]))


def test_collect_evidence_and_stated_use_the_runtime(ginza: Language, equipment: Equipment) -> None:
    passages = [PASSAGES[0], Passage("none", "今日は晴れた。", ())]
    (read,) = collect_evidence(ginza, passages, equipment)
    assert read.passage is PASSAGES[0]
    assert read.judged
    assert all(each.evidence.shape == (len(EVIDENCE_NAMES),) for each in read.judged)
    sure = Judge((0.0,) * len(EVIDENCE_NAMES), 5.0, 0.5)
    claims = stated([read], sure, equipment)["1"]
    assert RIGHT in {(claim.subject.labels[0], claim.object.labels[0]) for claim in claims}


def test_fit_judge_learns_which_evidence_tells(ginza: Language, equipment: Equipment) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is installed for training only")
    (read,) = collect_evidence(ginza, PASSAGES[:1], equipment)
    right = next(each for each in read.judged if read.text.phrases[each.subject.phrase].text == RIGHT[0])
    strong, weak = np.ones(len(EVIDENCE_NAMES)), np.zeros(len(EVIDENCE_NAMES))
    wrong = replace(right, subject=right.object, object=right.subject, evidence=weak)
    told = replace(read, judged=(replace(right, evidence=strong), wrong) * 20)
    judge = fit_judge([told], inverse_regularisation=0.3, least_fact_lead=0.5)
    assert judge.confidence(strong) > 0.8
    assert judge.confidence(weak) < 0.2
    assert judge.least_fact_lead == 0.5


def test_fit_judge_asks_for_right_and_wrong_ones() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is installed for training only")
    with pytest.raises(ValueError, match="Hold out more passages"):
        fit_judge([], inverse_regularisation=0.3, least_fact_lead=0.5)
