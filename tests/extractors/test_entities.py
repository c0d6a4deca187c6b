from __future__ import annotations

import unicodedata

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from extractors.entities import Gazetteer, to_whole_words
from extractors.records import EntityType, KnownEntity, Mention

TEXT = "白浜電機は米国の若草商事を訴えた。"


def mention(start: int, end: int) -> Mention:
    return Mention(start, end, TEXT[start:end], EntityType.ORGANIZATION)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [([(0, 3)], ["白浜電機"]), ([(0, 2)], ["白浜"]), ([(8, 11)], ["若草商事"]), ([(0, 3), (3, 4)], ["白浜電", "機"])],
)
def test_to_whole_words_ends_mentions_where_tokens_end(
    ginza: Language, cut: list[tuple[int, int]], whole: list[str]
) -> None:
    found = to_whole_words([mention(*span) for span in cut], ginza(TEXT))
    assert [each.text for each in found] == whole
    assert all(TEXT[each.start : each.end] == each.text for each in found)


def test_to_whole_words_does_not_widen_over_brackets(ginza: Language) -> None:
    words = ["弁護士", "（", "アオバ）", "は"]
    doc = Doc(ginza.vocab, words=words, spaces=[False] * 4, pos=["NOUN", "PUNCT", "PROPN", "ADP"])
    (found,) = to_whole_words([Mention(4, 7, "アオバ", EntityType.ORGANIZATION)], doc)
    assert (found.end, found.text) == (7, "アオバ")


def known(iri: str, name: str, *aliases: str) -> KnownEntity:
    return KnownEntity(iri, name, aliases, EntityType.ORGANIZATION)


GAZETTEER = Gazetteer(
    [
        known("a", "Aoba", "アオバ", "Group", "ガーネット"),
        known("b", "ボルガ電機", "ボルガ", "Ｇｒｏｕｐ", "ﾎﾞﾙｶﾞ"),
        known("c", "若草商事", "Aoba"),
    ]
)


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("Ａｏｂａ", "a"),
        ("ｱｵﾊﾞ", "a"),
        (unicodedata.normalize("NFD", "ボルガ"), "b"),
        ("Group", None),
        ("Ｇｒｏｕｐ", None),
        ("Aoba", "a"),
        ("あおば", None),
    ],
)
def test_gazetteer_compares_names_whatever_their_width_and_drops_shared_aliases(name: str, iri: str | None) -> None:
    entity = GAZETTEER.lookup(name)
    assert (entity.iri if entity else None) == iri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("㈱白浜は Ａｏｂａ を訴えた。", ["Ａｏｂａ"]),
        ("今月…ﾎﾞﾙｶﾞは", ["ﾎﾞﾙｶﾞ"]),
        (
            unicodedata.normalize("NFD", "ガスとボルガ電機とアオバ"),
            [unicodedata.normalize("NFD", "ボルガ電機"), unicodedata.normalize("NFD", "アオバ")],
        ),
        ("ＸＡｏｂａ", []),
        ("Aobaと若草商事", ["Aoba", "若草商事"]),
        ("\ud800\x00", []),
    ],
)
def test_gazetteer_finds_names_in_any_form_at_their_offsets(text: str, expected: list[str]) -> None:
    found = GAZETTEER.mentions(text)
    assert [each.text for each in found] == expected
    assert all(text[each.start : each.end] == each.text for each in found)
