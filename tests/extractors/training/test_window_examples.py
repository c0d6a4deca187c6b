from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spacy.language import Language

from extractors.encoder import PieceTokenizer
from extractors.evaluation import Passage
from extractors.frames import Pattern, compile_frames, index_patterns
from extractors.records import EntityType, Mention, Relation, Wording
from extractors.training.claim_examples import ClaimText, claim_text, parse_passages
from extractors.training.window_examples import window_examples
from extractors.triggers import compile_triggers
from extractors.windows import Window, find_windows

FIRST = "青葉電機は港南商事を提訴した。"
BETWEEN = (
    "港の町では朝から雨が降り続き、市場は静かだったが、昼を過ぎると人の姿も戻り、店々は遅い荷を開け、" * 6
    + "夜になった。"
)
SECOND = "白浜工業は、青葉電機が若草銀行を提訴したことを知らなかった。"
TEXT = FIRST + BETWEEN + SECOND


@pytest.fixture(scope="module")
def patterns(ginza: Language) -> tuple[Pattern, ...]:
    return compile_frames(ginza, [Relation("sued", (Wording("sued", "甲が乙を提訴する"),))])


def claim(object_: str, evidence: str) -> dict[str, Any]:
    sides = {"subject": {"labels": ["青葉電機"], "named": True}, "object": {"labels": [object_], "named": True}}
    return {"relation": "sued", **sides, "status": "asserted", "evidence": evidence}


@pytest.fixture(scope="module")
def whole(ginza: Language, patterns: tuple[Pattern, ...], tokenize: PieceTokenizer) -> ClaimText:
    (doc,) = parse_passages(ginza, [TEXT])
    names = ("青葉電機", "港南商事", "白浜工業", "若草銀行")
    mentions = [
        Mention(start, start + len(name), name, EntityType.ORGANIZATION)
        for name in names
        for start in range(len(TEXT))
        if TEXT.startswith(name, start)
    ]
    claims = (claim("港南商事", FIRST), claim("若草銀行", SECOND))
    made = claim_text(Passage("1", TEXT, claims), doc, mentions, index_patterns(patterns), tokenize)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def parts(whole: ClaimText, patterns: tuple[Pattern, ...], tokenize: PieceTokenizer) -> list[ClaimText]:
    return list(window_examples(whole, TEXT, list(find_windows(TEXT, compile_triggers(patterns))), tokenize))


def text_of(example: ClaimText, span: tuple[int, int], window: str) -> str:
    return window[example.pieces.offsets[span[0]][0] : example.pieces.offsets[span[1]][1]]


def test_window_examples_are_the_stretches_that_the_reader_reads(
    parts: list[ClaimText], tokenize: PieceTokenizer
) -> None:
    assert [part.pieces.ids for part in parts] == [tokenize(FIRST).ids, tokenize(SECOND).ids]
    for part, window in zip(parts, (FIRST, SECOND), strict=True):
        assert part.pieces.offsets == tokenize(window).offsets
        assert part.pieces.piece_at.tolist() == tokenize(window).piece_at.tolist()


def test_window_examples_keep_what_the_claims_say(parts: list[ClaimText]) -> None:
    for part, window, object_ in zip(parts, (FIRST, SECOND), ("港南商事", "若草銀行"), strict=True):
        (predicate,) = part.predicates
        assert text_of(part, predicate.span, window) == "提訴"
        phrases = [text_of(part, (first, last), window) for first, last in part.phrases.tolist()]
        sides = [[phrases[row] for row in np.flatnonzero(predicate.labels[:, side] == 1)] for side in (0, 1)]
        assert sides == [["青葉電機"], [object_]]
        ((subjects, objects),) = predicate.stated
        assert [
            {phrases[row] for row in np.flatnonzero(np.isin(part.groups, list(side)))} for side in (subjects, objects)
        ] == [{"青葉電機"}, {object_}]
        assert {phrases[row] for row in predicate.named} == {"青葉電機", object_}
        assert {text_of(part, name, window) for name in part.names} == {"青葉電機", object_}
        assert len(predicate.features) == len(part.phrases) == len(part.groups)
        assert set(part.groups.tolist()) == set(range(int(part.groups.max()) + 1))


def test_window_examples_drop_things_that_stand_elsewhere(parts: list[ClaimText]) -> None:
    for part in parts:
        ((subjects, objects),) = part.predicates[0].stated_elsewhere
        assert (len(subjects), len(objects)) == (1, 0)


def test_window_examples_leave_out_windows_without_a_predicate(whole: ClaimText, tokenize: PieceTokenizer) -> None:
    start = len(FIRST)
    between = Window(((start, start + len(BETWEEN)),), context=0)
    assert not list(window_examples(whole, TEXT, [between], tokenize))
