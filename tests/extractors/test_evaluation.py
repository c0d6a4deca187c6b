from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extractors.evaluation import Mode, Passage, Score, evaluate, normalize_label, same_entity

SHARED_GOLD = Path(__file__).parents[2].parent / "shared" / "gold"


def claim(relation: str, subject: str, object_: str, *, status: str = "asserted", named: bool = True) -> dict[str, Any]:
    return {
        "relation": relation,
        "subject": {"labels": [subject], "named": named},
        "object": {"labels": [object_], "named": True},
        "status": status,
    }


@pytest.mark.parametrize(
    ("label", "normal"),
    [
        ("田中社長", "田中"),
        ("ＡＢＣ・ホールディングス", "abcホールディングス"),
        ("「ひばり」など", "ひばり"),
        ("林氏", "林氏"),
        ("山本 花子さんら", "山本花子"),
    ],
)
def test_normalize_label_drops_honorifics_and_punctuation(label: str, normal: str) -> None:
    assert normalize_label(label) == normal


@pytest.mark.parametrize(
    ("labels", "others", "same"),
    [
        (["大空電機"], ["大空電機株式会社"], True),
        (["大空"], ["大空電機"], True),
        (["大空"], ["大空電機製作所"], False),
        (["花子"], ["山田花子"], True),
        (["花"], ["花子"], False),
        ([], ["花子"], False),
        (["()"], ["()"], False),
    ],
)
def test_same_entity_takes_substantial_parts(labels: list[str], others: list[str], same: bool) -> None:
    assert same_entity(labels, others) is same


def test_evaluate_counts_right_wrong_and_missed() -> None:
    passage = Passage("1", "本文", (claim("sued", "青木商店", "白石建設"), claim("founded", "青木一郎", "青木商店")))
    found = [claim("sued", "青木商店", "白石建設"), claim("sued", "白石建設", "青木商店")]
    evaluation = evaluate([passage], {"1": found}, mode=Mode.NAMED, relations=["invested"])
    assert evaluation.by_relation == {"invested": Score(), "founded": Score(0, 0, 1), "sued": Score(1, 1, 0)}
    assert (evaluation.micro.precision, evaluation.micro.recall, evaluation.micro.f1) == (0.5, 0.5, 0.5)
    (errors,) = evaluation.errors
    assert errors.wrong == (found[1],)
    assert errors.missed == (passage.claims[1],)


def test_evaluate_by_name_neither_rewards_nor_punishes_nominal_claims() -> None:
    passage = Passage("1", "本文", (claim("sued", "元社員", "白石建設", named=False),))
    found = {"1": [claim("sued", "元社員", "白石建設")]}
    assert evaluate([passage], found, mode=Mode.NAMED).micro == Score()
    assert evaluate([passage], found, mode=Mode.ALL).micro == Score(1, 0, 0)


def test_evaluate_blind_ignores_the_status() -> None:
    passage = Passage("1", "本文", (claim("sued", "青木商店", "白石建設", status="hypothetical"),))
    found = {"1": [claim("sued", "青木商店", "白石建設")]}
    assert evaluate([passage], found, mode=Mode.NAMED).micro == Score(0, 1, 0)
    assert evaluate([passage], found, mode=Mode.BLIND).micro == Score(1, 0, 0)


def test_evaluate_takes_a_symmetric_relation_in_either_order() -> None:
    passage = Passage("1", "本文", (claim("allied", "青木商店", "白石建設"),))
    found = {"1": [claim("allied", "白石建設", "青木商店"), claim("allied", "青木商店", "白石建設")]}
    symmetric = frozenset({"allied"})
    assert evaluate([passage], found, mode=Mode.NAMED, symmetric=symmetric).micro == Score(1, 0, 0)
    reversed_only = {"1": found["1"][:1]}
    assert evaluate([passage], reversed_only, mode=Mode.NAMED).micro == Score(0, 1, 1)


@pytest.mark.skipif(not (SHARED_GOLD / "score.py").exists(), reason="../shared/gold/score.py is not here")
@pytest.mark.parametrize("seed", range(6))
def test_evaluate_agrees_with_the_scorer_of_the_gold(seed: int, tmp_path: Path) -> None:
    gold = json.loads((SHARED_GOLD / "dev.json").read_text(encoding="utf-8"))
    predictions = disturbed(gold, random.Random(seed))
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps({"id": key, "claims": claims}) + "\n" for key, claims in predictions.items()))
    command = [sys.executable, str(SHARED_GOLD / "score.py"), str(SHARED_GOLD / "dev.json"), str(path), "--errors"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    passages = [Passage(item["id"], item["text"], tuple(item["claims"])) for item in gold]
    relations = ["founded", "sued", "invested", "criticized"]
    ours = []
    for mode in Mode:
        evaluation = evaluate(passages, predictions, mode=mode, relations=relations)
        ours += [(score.right, score.wrong, score.missed) for score in evaluation.by_relation.values()]
        micro = evaluation.micro
        figures = (
            f"P {micro.precision:.3f}  R {micro.recall:.3f}  F1 {micro.f1:.3f}   macro-F1 {evaluation.macro_f1:.3f}"
        )
        assert figures in printed
        if mode is Mode.NAMED:
            assert sum(len(errors.wrong) for errors in evaluation.errors) == len(
                re.findall(r"^   \+ ", printed, re.MULTILINE)
            )
            assert sum(len(errors.missed) for errors in evaluation.errors) == len(
                re.findall(r"^   - ", printed, re.MULTILINE)
            )
    theirs = [tuple(map(int, counts)) for counts in re.findall(r"tp (\d+) fp (\d+) fn (\d+)", printed)]
    assert ours == theirs


def disturbed(gold: list[dict[str, Any]], chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Gold claims with some left out, doubled, turned around, renamed, of another status or relation."""
    predictions: dict[str, list[dict[str, Any]]] = {}
    for item in gold:
        claims = []
        for original in item["claims"]:
            for _ in range(chance.choice([0, 1, 1, 1, 2])):
                changed = json.loads(json.dumps(original))
                match chance.randrange(7):
                    case 0:
                        changed["subject"], changed["object"] = changed["object"], changed["subject"]
                    case 1:
                        changed["status"] = chance.choice(["asserted", "negated", "hypothetical"])
                    case 2:
                        changed["relation"] = chance.choice(["founded", "sued", "invested", "criticized"])
                    case 3:
                        changed["subject"]["labels"] = [label[:-1] for label in changed["subject"]["labels"]]
                    case 4:
                        changed["object"]["labels"] = [label + "氏ら" for label in changed["object"]["labels"]]
                claims.append(changed)
        predictions[item["id"]] = claims
    return predictions
