from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spacy.language import Language

from extractors.encoder import MAX_PIECES, PieceTokenizer
from extractors.features import FEATURE_SIZES
from extractors.phrases import Phrase, noun_phrases
from extractors.readings import ROLE_CASES
from extractors.records import EntityType, Mention
from extractors.training.examples import IGNORED, Locality, RoleText, align, deep_case, role_text, tagged_text
from extractors.training.wac import BasePhrase, WacText

GA, WO = 0, 1


@pytest.fixture
def example(lawsuit: WacText, ginza: Language, tokenize: PieceTokenizer) -> RoleText:
    made = role_text(lawsuit, ginza(lawsuit.text), tokenize)
    assert made is not None
    return made


def phrases_of(text: RoleText) -> list[str]:
    offsets = text.tagged.pieces.offsets
    return [text.tagged.text[offsets[first][0] : offsets[last][1]] for first, last in text.phrases]


def test_tagged_text_begins_and_continues_each_mention(tokenize: PieceTokenizer) -> None:
    text = "水野花子と青葉電機"
    mentions = [Mention(0, 4, "水野花子", EntityType.PERSON), Mention(5, 9, "青葉電機", EntityType.ORGANIZATION)]
    tagged = tagged_text("1", text, mentions, tokenize)
    assert tagged is not None
    tag_at = tagged.tags[tagged.pieces.piece_at]
    assert tag_at[0] == 1
    assert tag_at[3] in {1, 2}
    assert tag_at[4] == 0
    assert tag_at[5] == 3
    assert tag_at[8] in {3, 4}
    assert tagged.tags.shape == (len(tagged.pieces.ids),)


def test_tagged_text_ignores_things_without_a_type(tokenize: PieceTokenizer) -> None:
    tagged = tagged_text("1", "名作を読む", [Mention(0, 2, "名作", EntityType.THING)], tokenize)
    assert tagged is not None
    first, last = tagged.pieces.covering(0, 2)
    assert set(tagged.tags[first : last + 1]) == {IGNORED}


def test_tagged_text_refuses_what_the_encoder_cannot_take(tokenize: PieceTokenizer) -> None:
    assert tagged_text("1", "青葉電機。" * MAX_PIECES, [], tokenize) is None


@pytest.mark.parametrize(
    ("surface", "passive", "agentive", "deep"),
    [
        ("ガ", False, True, "ガ"),
        ("ガ", True, False, "ヲ"),
        ("ニ", True, True, "ガ"),
        ("ニ", True, False, "ニ"),
        ("ニヨッテ", True, False, "ガ"),
        ("ニヨッテ", False, False, "デ"),
        ("ニタイシテ", False, False, "ニ"),
        ("ノ？", False, False, "ノ"),
        ("トシテ", False, False, "トシテ"),
    ],
)
def test_deep_case_undoes_the_passive(surface: str, passive: bool, agentive: bool, deep: str) -> None:
    assert deep_case(surface, passive=passive, agentive=agentive) == deep


def test_align_takes_the_longest_candidate_that_ends_with_the_base_phrase(ginza: Language) -> None:
    doc = ginza("東京青葉電機の社長が語る。")
    candidates = [
        Phrase(0, 6, 2, "東京青葉電機", True),
        Phrase(2, 6, 2, "青葉電機", True),
        Phrase(0, 9, 4, "東京青葉電機の社長", False),
        Phrase(7, 9, 4, "社長", False),
    ]
    ends = [BasePhrase(2, 6, 0, None), BasePhrase(2, 4, 0, None), BasePhrase(10, 12, 0, None)]
    assert align(ends, candidates, doc) == [0, 1, None]


def test_role_text_labels_every_name_of_an_argument(example: RoleText) -> None:
    names = phrases_of(example)
    sued, _ = example.predicates
    plaintiff, defendant, same = (names.index(each) for each in ("青葉電機", "港南商事", "同社"))
    assert sued.labels[plaintiff, GA] == 1
    assert sued.labels[defendant, WO] == 1
    assert sued.labels[same, WO] == IGNORED
    assert sued.labels.shape == (len(names), len(ROLE_CASES))
    assert np.count_nonzero(sued.labels) == 3
    assert [each.locality for each in sued.gold] == [Locality.OVERT, Locality.OVERT]


def test_role_text_tells_where_phrases_and_arguments_stand(example: RoleText) -> None:
    names = phrases_of(example)
    sued, fights = example.predicates
    assert [(each.role, each.locality) for each in fights.gold] == [(GA, Locality.OVERT), (WO, Locality.TEXT)]
    assert sued.localities[names.index("同社")] == Locality.TEXT
    assert fights.localities[names.index("同社")] == Locality.OVERT
    assert fights.localities[names.index("青葉電機")] == Locality.TEXT


def test_role_text_marks_the_predicate_and_keeps_features_in_bounds(example: RoleText) -> None:
    offsets = example.tagged.pieces.offsets
    spans = [(offsets[each.span[0]][0], offsets[each.span[1]][1]) for each in example.predicates]
    marked = [example.tagged.text[start:end] for start, end in spans]
    assert marked[0].startswith("提訴")
    assert "争" in marked[1]
    for predicate in example.predicates:
        assert (predicate.features >= 0).all()
        assert (predicate.features < np.array(FEATURE_SIZES)).all()


def test_role_text_is_none_without_phrases(lawsuit: WacText, ginza: Language, tokenize: PieceTokenizer) -> None:
    bare = replace(
        lawsuit, text="争う。", base_phrases=(BasePhrase(0, 2, 0, None),), predicates=(), coreferent=(), entities=()
    )
    assert not noun_phrases(ginza(bare.text))
    assert role_text(bare, ginza(bare.text), tokenize) is None
