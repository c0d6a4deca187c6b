from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.phrases import noun_phrases
from extractors.records import EntityType, Mention


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("山根幸子さんらが来た。", ["山根幸子"]),
        ("宮本さくらが若草寺本殿を訪れた。", ["宮本さくら", "若草寺本殿"]),
        ("レナード・ホフマン氏が提訴した。", ["レナード・ホフマン"]),
        ("東京地方裁判所に提訴した。", ["東京地方裁判所"]),
        ("A&B社と鳴海・星野連合が競う。", ["A&B社", "鳴海・星野連合"]),
        ("緑川電機株を買い、星野株式会社を訴えた。", ["緑川電機", "星野株式会社"]),
        ("1998年4月に設立された。", []),
        ("来年度に5億円を出す。", ["5億円"]),
        ("元従業員の男性が訴えた。", ["元従業員", "男性"]),
        ("", []),
        ("。、「」", []),
    ],
)
def test_noun_phrases_are_maximal_runs_without_honorifics_and_times(
    ginza: Language, sentence: str, expected: list[str]
) -> None:
    assert [phrase.text for phrase in noun_phrases(ginza(sentence))] == expected


def test_noun_phrases_keep_their_particle_bearing_head(ginza: Language) -> None:
    doc = ginza("山根氏が緑川電機を訪れた。")
    assert [(phrase.text, doc[phrase.head].text) for phrase in noun_phrases(doc)] == [
        ("山根", "氏"),
        ("緑川電機", "電機"),
    ]


def test_noun_phrases_take_a_name_in_brackets_whole_and_in_parts(ginza: Language) -> None:
    texts = [phrase.text for phrase in noun_phrases(ginza("新会社「星の舟」を立ち上げた。"))]
    assert texts == ["新会社", "星", "星の舟", "舟"]


def test_noun_phrases_leave_whole_sentences_in_brackets(ginza: Language) -> None:
    texts = [phrase.text for phrase in noun_phrases(ginza("「今は話せない。また来る」と述べた。"))]
    assert not any("。" in text for text in texts)


def test_noun_phrases_add_what_the_recogniser_found_and_keep_the_longer_phrase(ginza: Language) -> None:
    mention = Mention(4, 8, "星野工機", EntityType.ORGANIZATION)
    phrases = noun_phrases(ginza("早川氏が星野工機社長を責めた。"), [mention])
    assert [(phrase.text, phrase.named) for phrase in phrases] == [
        ("早川", False),
        ("星野工機", True),
        ("星野工機社長", False),
    ]


def test_noun_phrases_take_names_side_by_side_apart(ginza: Language) -> None:
    text = "緑川銀行・星野工機が出資した。"
    mentions = [Mention(start, start + 4, text[start : start + 4], EntityType.ORGANIZATION) for start in (0, 5)]
    assert [phrase.text for phrase in noun_phrases(ginza(text), mentions)] == ["緑川銀行", "星野工機"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [("この会社は伸びた。", ["この会社"]), ("この本を読んだ。", ["本"]), ("同社は伸びた。", ["同社"])],
)
def test_noun_phrases_keep_the_pointer_of_an_anaphor(ginza: Language, sentence: str, expected: list[str]) -> None:
    assert [phrase.text for phrase in noun_phrases(ginza(sentence))] == expected


def test_noun_phrases_name_a_span_once(ginza: Language) -> None:
    mention = Mention(0, 4, "緑川電機", EntityType.ORGANIZATION)
    phrases = noun_phrases(ginza("緑川電機が来た。"), [mention, mention])
    assert [(phrase.text, phrase.named) for phrase in phrases] == [("緑川電機", True)]


def test_noun_phrases_give_offsets_into_the_text(ginza: Language) -> None:
    text = "早川氏は、赤城銀行と「青い鳥」を訴えた。"
    for phrase in noun_phrases(ginza(text)):
        assert text[phrase.start : phrase.end] == phrase.text


def test_noun_phrases_leave_honorifics_out_and_titles_in(ginza: Language) -> None:
    assert [phrase.text for phrase in noun_phrases(ginza("鈴木社長が早川氏と来た。"))] == ["鈴木社長", "早川"]
