from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.apposition import name_within
from extractors.phrases import noun_phrases
from extractors.records import EntityType, Mention

PERSON, ORGANIZATION, PLACE = EntityType.PERSON, EntityType.ORGANIZATION, EntityType.PLACE


def described(ginza: Language, phrase: str, name: str, kind: EntityType) -> str | None:
    """The name within the phrase that a recogniser finds who knows that name alone."""
    start = phrase.index(name)
    doc = ginza(phrase + "が青葉電機を訴えた。")
    phrases = noun_phrases(doc, [Mention(start, start + len(name), name, kind)])
    types = [kind if each.named else None for each in phrases]
    whole = next(index for index, each in enumerate(phrases) if each.text == phrase)
    found = name_within(doc, phrases, types, whole)
    return None if found is None else phrases[found].text


@pytest.mark.parametrize(
    ("phrase", "name", "kind"),
    [
        ("画家水野花子", "水野花子", PERSON),
        ("元会長ヨハン・ベッカー", "ヨハン・ベッカー", PERSON),
        ("若草銀行頭取・水野花子", "水野花子", PERSON),
        ("通信会社ノルディカ", "ノルディカ", ORGANIZATION),
        ("資産管理会社・水野産業", "水野産業", ORGANIZATION),
        ("部品メーカー・水野精機", "水野精機", ORGANIZATION),
        ("化粧品メーカー・NORDICA", "NORDICA", ORGANIZATION),
        ("水野花子財務省事務次官", "水野花子", PERSON),
        ("水野花子文化振興課長", "水野花子", PERSON),
        ("水野花子市議", "水野花子", PERSON),
        ("ヨハン・ベッカー・国連事務総長", "ヨハン・ベッカー", PERSON),
    ],
)
def test_name_within_is_told_from_what_its_bearer_is(ginza: Language, phrase: str, name: str, kind: EntityType) -> None:
    assert described(ginza, phrase, name, kind) == name


@pytest.mark.parametrize(
    ("phrase", "name", "kind"),
    [
        ("新日本製鉄", "日本製鉄", ORGANIZATION),
        ("日本マイクロソフト", "マイクロソフト", ORGANIZATION),
        ("スタジオ・ノルディカ", "ノルディカ", ORGANIZATION),
        ("中央水野監査法人", "水野監査法人", ORGANIZATION),
        ("反ノルディカ同盟", "ノルディカ同盟", ORGANIZATION),
        ("水野花子記念館", "水野花子", PERSON),
        ("水野花子文庫", "水野花子", PERSON),
        ("水野花子記念館長", "水野花子", PERSON),
        ("水野花子記念財団理事", "水野花子", PERSON),
        ("水野花子後援会長", "水野花子", PERSON),
        ("水野花子事務所代表", "水野花子", PERSON),
        ("水野首相補佐官", "水野", PERSON),
        ("水野花子奨学会理事長", "水野", PERSON),
        ("ヨハン・ベッカー記念館館長", "ヨハン・ベッカー記念館", PERSON),
        ("ヨハン・ベッカー社長", "ヨハン", PERSON),
        ("若草県長野市", "長野市", PLACE),
    ],
)
def test_name_within_leaves_names_whole(ginza: Language, phrase: str, name: str, kind: EntityType) -> None:
    assert described(ginza, phrase, name, kind) is None


def test_name_within_leaves_what_the_recogniser_took_whole(ginza: Language) -> None:
    doc = ginza("画家水野花子が来た。")
    phrases = noun_phrases(doc, [Mention(0, 6, "画家水野花子", PERSON), Mention(2, 6, "水野花子", PERSON)])
    assert [name_within(doc, phrases, [PERSON] * len(phrases), index) for index in range(len(phrases))] == [None, None]
