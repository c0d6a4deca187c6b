from __future__ import annotations

import numpy as np
import pytest
from spacy.language import Language

from extractors.features import FEATURE_SIZES, TextFrame, frame_text, pair_features
from extractors.phrases import noun_phrases
from extractors.predications import read_predication

CASE, PARTICLE, PATH, SENTENCE, DISTANCE, KIND, POS, QUOTATION, FREQUENCY, RANK, FIRST, FOLLOWING = range(12)


def features(ginza: Language, text: str, anchor: str) -> dict[str, list[int]]:
    """The features of each phrase (the last one of its text) beside the first token that is the anchor."""
    doc = ginza(text)
    frame = frame_text(doc, noun_phrases(doc))
    token = next(token for token in doc if token.text == anchor)
    rows = pair_features(frame, read_predication(doc, token.i))
    return {phrase.text: row.tolist() for phrase, row in zip(frame.phrases, rows, strict=True)}


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("緑川電機は鳴海製作所を買収した。", "買収"),
        ("「鳴海製作所を買収する」と緑川電機は述べた。その後、赤城銀行が出資した。だが白川誠は批判した。", "買収"),
        ("木暮氏は山根氏から批判を浴びた。", "批判"),
        ("鳴海製作所の創業者である白川誠が死去した。", "創業者"),
        ("緑川電機、" * 40 + "鳴海製作所を買収した。", "買収"),
    ],
)
def test_pair_features_stay_below_their_sizes(ginza: Language, text: str, anchor: str) -> None:
    doc = ginza(text)
    phrases = noun_phrases(doc)
    token = next(token for token in doc if token.text == anchor)
    rows = pair_features(frame_text(doc, phrases), read_predication(doc, token.i))
    assert rows.shape == (len(phrases), len(FEATURE_SIZES))
    assert (rows >= 0).all()
    assert (rows < np.array(FEATURE_SIZES)).all()


def test_pair_features_of_no_phrases_is_an_empty_table(ginza: Language) -> None:
    doc = ginza("批判した。")
    frame = TextFrame(**{**{name: getattr(frame_text(doc, []), name) for name in TextFrame.__slots__}, "phrases": ()})
    assert pair_features(frame, read_predication(doc, 0)).shape == (0, len(FEATURE_SIZES))


def test_pair_features_tell_subject_from_object(ginza: Language) -> None:
    rows = features(ginza, "緑川電機が鳴海製作所を買収した。", "買収")
    subject, object_ = rows["緑川電機"], rows["鳴海製作所"]
    assert subject[CASE] != object_[CASE]
    assert 0 not in {subject[CASE], object_[CASE]}
    assert subject[PARTICLE] != object_[PARTICLE]
    assert subject[PATH] == object_[PATH] == 1


def test_pair_features_give_the_deep_case_whatever_the_voice(ginza: Language) -> None:
    active = features(ginza, "緑川電機が鳴海製作所を買収した。", "買収")
    passive = features(ginza, "鳴海製作所が緑川電機に買収された。", "買収")
    for name in ("緑川電機", "鳴海製作所"):
        assert active[name][CASE] == passive[name][CASE]
    assert active["緑川電機"][KIND] != passive["緑川電機"][KIND]


def test_pair_features_tell_verbs_from_nouns(ginza: Language) -> None:
    verb = features(ginza, "緑川電機が鳴海製作所を買収した。", "買収")
    noun = features(ginza, "緑川電機は鳴海製作所の買収を断念した。", "買収")
    assert verb["緑川電機"][KIND] < 4 <= noun["緑川電機"][KIND]


def test_pair_features_count_sentences_up_to_three_away(ginza: Language) -> None:
    rows = features(ginza, "赤城銀行が来た。春だ。夏だ。秋だ。緑川電機が買収した。白川誠が見た。", "買収")
    assert (rows["赤城銀行"][SENTENCE], rows["緑川電機"][SENTENCE], rows["白川誠"][SENTENCE]) == (0, 3, 4)
    assert rows["赤城銀行"][PATH] == 0


def test_pair_features_tell_before_from_after(ginza: Language) -> None:
    rows = features(ginza, "緑川電機を買収した鳴海製作所が来た。", "買収")
    assert rows["緑川電機"][DISTANCE] < 8 < rows["鳴海製作所"][DISTANCE]


def test_pair_features_rank_by_nearness_and_mark_the_first_phrase(ginza: Language) -> None:
    rows = features(ginza, "白川誠は緑川電機が鳴海製作所を買収したと語った。", "買収")
    assert rows["鳴海製作所"][RANK] < rows["緑川電機"][RANK] < rows["白川誠"][RANK]
    assert [name for name, row in rows.items() if row[FIRST]] == ["白川誠"]


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("緑川電機は鳴海製作所を批判した。", "緑川電機", 0),
        ("緑川電機は「鳴海製作所を批判した」と述べた。", "緑川電機", 2),
        ("緑川電機は「鳴海製作所を批判した」と述べた。", "鳴海製作所", 0),
        ("緑川電機は「鳴海製作所だ」とし、星野工機を批判した。", "鳴海製作所", 1),
        ("「緑川電機だ」とし、「鳴海製作所を批判した」とした。", "緑川電機", 3),
    ],
)
def test_pair_features_know_who_stands_in_which_quotation(
    ginza: Language, text: str, phrase: str, expected: int
) -> None:
    assert features(ginza, text, "批判")[phrase][QUOTATION] == expected


def test_pair_features_know_what_follows_and_how_often_a_phrase_comes(ginza: Language) -> None:
    rows = features(ginza, "山根氏と星野工機（東証）と「赤城」が来た。山根氏は緑川電機を批判した。", "批判")
    assert rows["山根"][FOLLOWING] == 1
    assert rows["星野工機"][FOLLOWING] == 2
    assert rows["赤城"][FOLLOWING] == 3
    assert rows["緑川電機"][FOLLOWING] == 0
    assert rows["山根"][FREQUENCY] == 1
    assert rows["緑川電機"][FREQUENCY] == 0
