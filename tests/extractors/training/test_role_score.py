from __future__ import annotations

import numpy as np
import pytest
from spacy.language import Language

from extractors.encoder import PieceTokenizer, load_encoder
from extractors.evaluation import Score
from extractors.heads import load_heads
from extractors.predications import Case
from extractors.readings import ROLE_CASES
from extractors.training.examples import Locality, RoleText, role_text
from extractors.training.role_score import (
    Choices,
    choose_by_logits,
    choose_by_tree,
    role_chooser,
    role_figures,
    score_roles,
)
from extractors.training.wac import WacText

GA, WO = 0, 1
NOTHING: Choices = [[] for _ in ROLE_CASES]


@pytest.fixture
def example(lawsuit: WacText, ginza: Language, tokenize: PieceTokenizer) -> RoleText:
    made = role_text(lawsuit, ginza(lawsuit.text), tokenize)
    assert made is not None
    return made


def place_of(example: RoleText, name: str) -> int:
    start = example.tagged.text.index(name)
    span = example.tagged.pieces.covering(start, start + len(name))
    return [tuple(each) for each in example.phrases.tolist()].index(span)


def choose(**roles: int) -> Choices:
    return [[roles[case.name]] if case.name in roles else [] for case in ROLE_CASES]


def test_score_roles_counts_what_is_missed_where_it_stands(example: RoleText) -> None:
    scores = score_roles([example], lambda text: [NOTHING for _ in text.predicates])
    assert scores == {
        (Case.GA, Locality.OVERT): Score(missed=2),
        (Case.WO, Locality.OVERT): Score(missed=1),
        (Case.WO, Locality.TEXT): Score(missed=1),
    }


def test_score_roles_takes_any_name_of_the_argument_and_places_wrong_choices(example: RoleText) -> None:
    plaintiff, same = place_of(example, "青葉電機"), place_of(example, "同社")
    choices = [choose(GA=plaintiff, WO=same), choose(GA=plaintiff, NI=same)]
    scores = score_roles([example], lambda _: choices)
    assert scores == {
        (Case.GA, Locality.OVERT): Score(right=1, missed=1),
        (Case.GA, Locality.TEXT): Score(wrong=1),
        (Case.WO, Locality.OVERT): Score(right=1),
        (Case.WO, Locality.TEXT): Score(missed=1),
        (Case.NI, Locality.OVERT): Score(wrong=1),
    }
    figures = role_figures(scores)
    assert figures["ガヲニ"] == 2 * 2 / (2 * 2 + 2 + 2)
    assert figures["overt"] == round(2 * 2 / (2 * 2 + 1 + 1), 4)
    assert figures["text"] == 0.0


def test_choose_by_tree_reads_what_the_dependency_tree_says(example: RoleText) -> None:
    sued, fights = choose_by_tree(example)
    assert sued[GA] == [place_of(example, "青葉電機")]
    assert sued[WO] == [place_of(example, "港南商事")]
    assert fights[GA] == [place_of(example, "同社")]
    assert fights[WO] == []


def test_choose_by_logits_asks_for_the_threshold() -> None:
    logits = np.full((3, len(ROLE_CASES)), -5.0, dtype=np.float32)
    logits[2, GA] = 1.0
    logits[0, WO] = -0.3
    assert choose_by_logits(logits, threshold=0.4)[:2] == [[2], [0]]
    assert choose_by_logits(logits, threshold=0.5)[:2] == [[2], []]


def test_role_chooser_reads_with_the_shipped_weights(example: RoleText) -> None:
    choices = role_chooser(load_encoder(), load_heads(), threshold=0.4)(example)
    assert len(choices) == len(example.predicates)
    assert choices[0][GA] == [place_of(example, "青葉電機")]
