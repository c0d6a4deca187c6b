from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spacy.language import Language

from extractors.encoder import PieceTokenizer
from extractors.evaluation import Passage
from extractors.frames import Pattern, compile_frames, index_patterns
from extractors.parses import ParseCache
from extractors.readings import ROLE_CASES
from extractors.records import EntityType, Mention, Relation, Wording
from extractors.training.claim_examples import STATUSES, ClaimText, claim_text, full_names, parse_passages
from extractors.training.examples import IGNORED
from extractors.triggers import compile_triggers
from extractors.windows import Window, bounded_sentences, find_windows

TEXT = "青葉電機は港南商事を提訴した。水野花子氏は昨年も提訴されていた。"
WHOLE = Window(tuple(bounded_sentences(TEXT)), context=0)
SUBJECT, OBJECT = 0, 1
FREQUENCY, FIRST_PHRASE = 8, 10
"""Columns of the features."""


@pytest.fixture(scope="module")
def index(ginza: Language) -> dict[str, list[Pattern]]:
    return index_patterns(compile_frames(ginza, [Relation("sued", (Wording("sued", "甲が乙を提訴する"),))]))


def claim(evidence: str, *, status: str = "asserted", subject: str = "青葉電機") -> dict[str, Any]:
    return {
        "relation": "sued",
        "subject": {"labels": [subject], "named": True},
        "object": {"labels": ["港南商事"], "named": False},
        "status": status,
        "evidence": evidence,
    }


def make(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer, *claims: dict[str, Any]
) -> ClaimText:
    (doc,) = parse_passages(ginza, [TEXT])
    mentions = [
        Mention(0, 4, "青葉電機", EntityType.ORGANIZATION),
        Mention(5, 9, "港南商事", EntityType.ORGANIZATION),
    ]
    made = claim_text(Passage("1", TEXT, claims), WHOLE, doc, mentions, index, tokenize)
    assert made is not None
    return made


def named(text: ClaimText, name: str) -> int:
    span = text.pieces.covering(TEXT.index(name), TEXT.index(name) + len(name))
    return [tuple(each) for each in text.phrases.tolist()].index(span)


def test_claim_text_labels_the_predicate_of_the_evidence(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer
) -> None:
    text = make(ginza, index, tokenize, claim("港南商事を提訴した", status="hypothetical"))
    first, second = text.predicates
    subject, object_ = named(text, "青葉電機"), named(text, "港南商事")
    assert (first.valid, STATUSES[first.status]) == (1, "hypothetical")
    assert first.labels[subject].tolist() == [1, 0]
    assert first.labels[object_].tolist() == [0, 1]
    assert first.named == {subject: True, object_: False}
    assert [ROLE_CASES[role] for role in first.roles] == ["ガ", "ヲ"]
    assert (second.valid, second.status, second.named) == (IGNORED, IGNORED, {})
    assert second.labels[subject].tolist() == [IGNORED, 0]
    assert text.states_claims


def test_claim_text_without_claims_teaches_that_nothing_is_stated(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer
) -> None:
    text = make(ginza, index, tokenize)
    assert [each.valid for each in text.predicates] == [0, 0]
    assert not any(each.labels.any() for each in text.predicates)
    assert not text.states_claims


def test_claim_text_numbers_the_things_without_gaps(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer
) -> None:
    text = make(ginza, index, tokenize)
    assert set(text.groups.tolist()) == set(range(int(text.groups.max()) + 1))
    assert text.groups[named(text, "青葉電機")] != text.groups[named(text, "港南商事")]
    assert len(text.groups) == len(text.phrases)


def test_claim_text_is_none_where_no_frame_could_match(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer
) -> None:
    passage = Passage("1", "青葉電機は港南商事と会った。", ())
    (doc,) = parse_passages(ginza, [passage.text])
    window = Window(((0, len(passage.text)),), context=0)
    assert claim_text(passage, window, doc, [], index, tokenize) is None


NAMES = ("青葉電機", "港南商事")
FAR_APART = (
    "青葉電機は港南商事を提訴した。",
    "港の町では朝から雨が降り続き、市場は静かだったが、昼を過ぎると人の姿も戻り、店々は遅い荷を開け、" * 6
    + "夜になった。",
    "青葉電機は落ち着いていた。",
    "青葉電機が若草銀行を提訴したのだ。",
)
LAST = "".join(FAR_APART[2:])


@pytest.fixture(scope="module")
def windows(ginza: Language, tokenize: PieceTokenizer) -> list[ClaimText]:
    """The two windows of a passage whose two claims stand far apart."""
    passage = Passage("1", "".join(FAR_APART), (
        claim(FAR_APART[0]), claim(FAR_APART[3]) | {"object": {"labels": ["若草銀行"], "named": True}},
    ))  # fmt: skip
    patterns = compile_frames(ginza, [Relation("sued", (Wording("sued", "甲が乙を提訴する"),))])
    made = []
    for window in find_windows(passage.text, compile_triggers(patterns)):
        text = passage.text[window.start : window.end]
        (doc,) = parse_passages(ginza, [text])
        mentions = [
            Mention(place.start(), place.end(), place.group(), EntityType.ORGANIZATION)
            for place in re.finditer("青葉電機|港南商事|若草銀行", text)
        ]
        made.append(claim_text(passage, window, doc, mentions, index_patterns(patterns), tokenize))
    return [each for each in made if each is not None]


def phrase_at(example: ClaimText, row: int, text: str) -> str:
    first, last = example.phrases[row]
    return text[example.pieces.offsets[first][0] : example.pieces.offsets[last][1]]


def test_claim_text_of_a_window_has_its_own_pieces_and_claims(
    windows: list[ClaimText], tokenize: PieceTokenizer
) -> None:
    assert [each.pieces.ids for each in windows] == [tokenize(FAR_APART[0]).ids, tokenize(LAST).ids]
    for example, text, object_ in zip(windows, (FAR_APART[0], LAST), ("港南商事", "若草銀行"), strict=True):
        (predicate,) = example.predicates
        assert predicate.valid == 1
        found = [
            {phrase_at(example, row, text) for row in np.flatnonzero(labels == 1)} for labels in predicate.labels.T
        ]
        assert found == [{"青葉電機"}, {object_}]
        ((subjects, objects),) = predicate.stated_elsewhere
        assert (len(subjects), len(objects)) == (1, 0)


def test_claim_text_of_a_window_counts_within_the_window(windows: list[ClaimText]) -> None:
    alone, together = (each.predicates[0].features for each in windows)
    assert set(alone[:, FREQUENCY]) == {0}
    assert together[:, FREQUENCY].max() == 1
    assert [int(each[0, FIRST_PHRASE]) for each in (alone, together)] == [1, 1]


def test_claim_text_reads_predicates_of_the_core_alone(
    ginza: Language, index: dict[str, list[Pattern]], tokenize: PieceTokenizer
) -> None:
    (doc,) = parse_passages(ginza, [TEXT])
    passage = Passage("1", TEXT, (claim("港南商事を提訴した"),))
    text = claim_text(passage, replace(WHOLE, context=1), doc, [], index, tokenize)
    assert text is not None
    assert [each.valid for each in text.predicates] == [IGNORED]


@pytest.mark.parametrize(
    ("text", "subjects", "objects"),
    [
        ("青葉電機と港南商事が提携した。", {"青葉電機", "港南商事"}, set()),
        ("青葉電機は港南商事と提携した。", {"青葉電機"}, {"港南商事"}),
    ],
)
def test_claim_text_of_a_symmetric_relation_holds_in_both_orders(
    ginza: Language, tokenize: PieceTokenizer, text: str, subjects: set[str], objects: set[str]
) -> None:
    relation = Relation("allied", (Wording("allied", "甲が乙と提携する"),), symmetric=True)
    gold = claim(text) | {"relation": "allied", "object": {"labels": ["港南商事"], "named": True}}
    (doc,) = parse_passages(ginza, [text])
    mentions = [Mention(text.index(name), text.index(name) + 4, name, EntityType.ORGANIZATION) for name in NAMES]
    made = claim_text(
        Passage("1", text, (gold,)), Window(((0, len(text)),), context=0), doc, mentions,
        index_patterns(compile_frames(ginza, [relation])), tokenize, symmetric=frozenset({"allied"}),
    )  # fmt: skip
    assert made is not None
    (predicate,) = made.predicates
    rows = {name: row for row in range(len(made.phrases)) if (name := phrase_at(made, row, text)) in NAMES}
    assert {name for name, row in rows.items() if predicate.labels[row, SUBJECT] == 1} == subjects
    assert {name for name, row in rows.items() if predicate.labels[row, OBJECT] == 1} == objects
    assert not any((predicate.labels[row] == 0).any() for row in rows.values())
    (one, other), (second, first) = predicate.stated
    assert (one, other) == (first, second)
    assert one != other


def test_parse_passages_takes_parses_kept_before_and_new_ones_together(ginza: Language, tmp_path: Path) -> None:
    cache = ParseCache(tmp_path, version="1", limit_bytes=1 << 20)
    kept, fresh = FAR_APART[0], FAR_APART[3]
    list(parse_passages(ginza, [kept], cache=cache))
    (doc,) = parse_passages(ginza, [kept + fresh], cache=cache)
    assert [token.dep_ for token in doc] == [token.dep_ for token in next(parse_passages(ginza, [kept + fresh]))]
    assert cache.hits == 1


def test_parse_passages_keeps_the_texts(ginza: Language) -> None:
    texts = [TEXT, "一文だけ", "空白　と\n改行。\n\n次。"]
    assert [doc.text for doc in parse_passages(ginza, texts)] == texts


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["青葉電機", "青葉"], ["青葉電機"]),
        (["青葉電機", "港南商事"], ["青葉電機"]),
        (["港南商事の対応が"], []),  # more than a name
        (["電"], []),
        (["訴し"], []),  # cuts a piece in two
    ],
)
def test_full_names_are_the_first_labels_of_named_sides(
    tokenize: PieceTokenizer, labels: list[str], found: list[str]
) -> None:
    made = claim("提訴した") | {"subject": {"labels": labels, "named": True}}
    pieces = tokenize(TEXT)
    places = full_names(TEXT, [made], pieces)
    assert [TEXT[pieces.offsets[first][0] : pieces.offsets[last][1]] for first, last in places] == found


def test_full_names_are_found_wherever_they_stand_and_never_nested(tokenize: PieceTokenizer) -> None:
    text = "青葉電機は、青葉電機労働組合を提訴した。"
    made = claim("提訴した") | {"object": {"labels": ["青葉電機労働組合"], "named": True}}
    pieces = tokenize(text)
    places = full_names(text, [made], pieces)
    assert [(pieces.offsets[first][0], pieces.offsets[last][1]) for first, last in places] == [(0, 4), (6, 14)]
