from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spacy.language import Language

from extractors.claims import Judged, ReadText, holder_of, is_named, state_claims, status_of
from extractors.components import Equipment, fill_all
from extractors.encoder import load_encoder
from extractors.entities import Gazetteer
from extractors.frames import compile_frames, find_frames, index_patterns
from extractors.heads import load_heads
from extractors.judgement import EVIDENCE_NAMES, Judge
from extractors.phrases import noun_phrases
from extractors.readings import read_frames
from extractors.records import EntityType, Mention, Relation, Status, Wording
from extractors.reference import group_names

NAMES = {
    "青葉電機": EntityType.ORGANIZATION,
    "白浜工業": EntityType.ORGANIZATION,
    "鈴木一郎": EntityType.PERSON,
    "鈴木": EntityType.PERSON,
    "河北日日新聞": EntityType.ORGANIZATION,
    "環境団体": EntityType.ORGANIZATION,
    "ノルディカ": EntityType.ORGANIZATION,
}
SURE = Judge(tuple(1.0 if name in ("weakest", "pair") else 0.0 for name in EVIDENCE_NAMES), 0.0, 0.5)
"""Takes what the heads say together at its word."""


def read(ginza: Language, text: str) -> ReadText:
    """The text as the components leave it whose recogniser knows the names above and whose weights say nothing."""
    doc = ginza(text)
    mentions = [
        Mention(start, start + len(name), name, kind)
        for name, kind in NAMES.items()
        for start in range(len(text))
        if text.startswith(name, start) and not (name == "鈴木" and text.startswith("鈴木一郎", start))
    ]
    types = {(mention.start, mention.end): mention.type for mention in mentions}
    phrases = tuple(noun_phrases(doc, mentions))
    kinds = tuple(types.get((phrase.start, phrase.end)) for phrase in phrases)
    spans = [(phrase.start, phrase.end, kind) for phrase, kind in zip(phrases, kinds, strict=True)]
    return ReadText(doc, phrases, tuple(group_names(text, spans)), kinds, (-1.0,) * len(phrases), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("青葉電機によると、白浜工業は特許庁を提訴した。", ("青葉電機", True)),
        ("青葉電機は決算を公表した。同社によると、白浜工業は特許庁を提訴した。", ("青葉電機", True)),
        ("鈴木一郎氏が会見した。鈴木氏によると、白浜工業は特許庁を提訴した。", ("鈴木一郎", True)),
        ("河北日日新聞の報道によると、白浜工業は特許庁を提訴した。", ("河北日日新聞", True)),
        ("遺族によると、白浜工業は特許庁を提訴した。", ("遺族", False)),
        ("弁護人鈴木一郎によると、白浜工業は特許庁を提訴した。", ("鈴木一郎", True)),
        ("同社によると、白浜工業は特許庁を提訴した。", None),
        ("白浜工業は特許庁を提訴した。", None),
    ],
)
def test_holder_of_is_a_resolved_name_or_a_description(
    ginza: Language, text: str, expected: tuple[str, bool] | None
) -> None:
    read_text = read(ginza, text)
    (anchor,) = (token.i for token in read_text.doc if token.text == "提訴")
    assert holder_of(read_text, anchor) == expected


@pytest.fixture
def equipment(ginza: Language) -> Equipment:
    relations = {
        "sued": Relation("sued", (Wording("sued", "甲が乙を提訴する"),)),
        "allied": Relation("allied", (Wording("allied", "甲が乙と提携する"),), symmetric=True),
    }
    patterns = compile_frames(ginza, list(relations.values()))
    return Equipment(relations, patterns, Gazetteer(()), load_encoder(), load_heads(), SURE)


def judged(equipment: Equipment, ginza: Language, text: str) -> tuple[ReadText, list[Judged]]:
    """The text, its names known, with every way to fill the roles of its frames."""
    read_text = read(ginza, text)
    matches = find_frames(read_text.doc, index_patterns(equipment.patterns))
    encoder, heads = equipment.encoder, equipment.heads
    return read_text, fill_all(
        read_text, read_frames(read_text.doc, read_text.phrases, matches, encoder=encoder, heads=heads), equipment
    )


def stated(equipment: Equipment, ginza: Language, text: str) -> list[tuple[str, str, str, str]]:
    read_text, found = judged(equipment, ginza, text)
    claims = state_claims(
        read_text, found, judge=equipment.judge, relations=equipment.relations, gazetteer=equipment.gazetteer,
        least_confidence=0.5,
    )  # fmt: skip
    return [(each.relation, each.subject.labels[0], each.object.labels[0], each.status.value) for each in claims]


def test_claims_of_a_relation_that_the_judge_does_not_know_are_stated_from_a_confidence_of_their_own(
    equipment: Equipment, ginza: Language
) -> None:
    read_text, found = judged(equipment, ginza, "青葉電機は白浜工業を提訴した。鈴木一郎は白浜工業と提携した。")

    def relations(judge: Judge, least_confidence: float | None = None) -> set[str]:
        claims = state_claims(
            read_text, found, judge=judge, relations=equipment.relations, gazetteer=equipment.gazetteer,
            least_confidence=least_confidence,
        )  # fmt: skip
        return {claim.relation for claim in claims}

    judge = replace(SURE, relations=frozenset({"sued"}), threshold=1.0, other_threshold=0.5)
    assert relations(judge) == {"allied"}
    assert relations(replace(judge, threshold=0.5, other_threshold=1.0)) == {"sued"}
    assert relations(judge, 0.5) == {"sued", "allied"}


@pytest.mark.parametrize(
    ("text", "logits", "expected"),
    [
        ("青葉電機は白浜工業を提訴した。", (3.0, 2.5, 0.0), Status.ASSERTED),
        ("青葉電機は白浜工業を提訴した。", (3.0, 2.6, 0.0), Status.HYPOTHETICAL),
        ("青葉電機は白浜工業を提訴した。", (3.0, 0.0, 2.6), Status.HYPOTHETICAL),
        ("青葉電機は白浜工業を提訴しなかった。", (9.0, 0.0, 0.0), Status.NEGATED),
    ],
)
def test_status_of_a_predicate_is_a_fact_only_where_its_lead_over_both_others_is_wide(
    equipment: Equipment, ginza: Language, text: str, logits: tuple[float, float, float], expected: Status
) -> None:
    read_text, (each, *_) = judged(equipment, ginza, text)
    assert status_of(replace(each.reading, status_logits=logits), read_text.doc, least_fact_lead=0.5) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("発明家鈴木一郎は白浜工業を提訴した。", ("鈴木一郎", "白浜工業")),
        ("鈴木一郎経理課長は白浜工業を提訴した。", ("鈴木一郎", "白浜工業")),
        ("部品メーカー・白浜工業は発明家鈴木一郎を提訴した。", ("白浜工業", "鈴木一郎")),
    ],
)
def test_claim_calls_things_by_their_names_without_what_is_said_of_them(
    equipment: Equipment, ginza: Language, text: str, expected: tuple[str, str]
) -> None:
    assert ("sued", *expected, "asserted") in stated(equipment, ginza, text)


def test_claim_of_a_described_thing_is_not_stated_of_the_description_too(equipment: Equipment, ginza: Language) -> None:
    assert stated(equipment, ginza, "環境団体ノルディカは白浜工業を提訴した。") == [
        ("sued", "ノルディカ", "白浜工業", "asserted")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("同工房は白浜工業を提訴した。", False),
        ("両陣営は白浜工業を提訴した。", False),
        ("各店舗は白浜工業を提訴した。", False),
        ("両チームは白浜工業を提訴した。", False),
        ("両備ホールディングスは白浜工業を提訴した。", True),
        ("青葉工房は白浜工業を提訴した。", True),
        ("同志社は白浜工業を提訴した。", True),
    ],
)
def test_phrase_that_only_points_to_what_was_named_is_no_name(ginza: Language, text: str, *, expected: bool) -> None:
    read_text = replace(read(ginza, text), named_logits=(1.0,) * len(read(ginza, text).phrases))
    assert is_named(read_text, read_text.groups[0]) is expected


def test_claim_of_what_was_planned_and_of_its_coming_true_both_stand(equipment: Equipment, ginza: Language) -> None:
    text = "青葉電機は白浜工業を提訴する方針を固めた。青葉電機は翌月、白浜工業を提訴した。"
    pair = ("sued", "青葉電機", "白浜工業")
    assert sorted(stated(equipment, ginza, text)) == [(*pair, "asserted"), (*pair, "hypothetical")]


def test_claim_of_a_plan_stands_although_a_surer_reading_of_it_shares_a_sentence_with_a_fact(
    equipment: Equipment, ginza: Language
) -> None:
    text = (
        "青葉電機は白浜工業を提訴する方針だったが、青葉電機は白浜工業を提訴した。"
        "青葉電機は白浜工業を再び提訴する方針だ。"
    )
    read_text, found = judged(equipment, ginza, text)
    names = [read_text.doc.text[phrase.start : phrase.end] for phrase in read_text.phrases]
    plan, fact, later = (each for each in found if names[each.subject.phrase] == "青葉電機")
    rated = [
        replace(each, evidence=np.array([logit if name == "pair" else 0.0 for name in EVIDENCE_NAMES]))
        for each, logit in ((plan, 2.0), (fact, 3.0), (later, 1.0))
    ]
    claims = state_claims(
        read_text, rated, judge=SURE, relations=equipment.relations, gazetteer=equipment.gazetteer
    )  # fmt: skip
    assert [each.status for each in claims] == [Status.ASSERTED, Status.HYPOTHETICAL]


@pytest.mark.parametrize(
    "text",
    [
        "青葉電機と白浜工業は提携した。",
        "青葉電機と白浜工業が提携した。",
        "青葉電機は白浜工業と提携した。",
        "大手の青葉電機と中堅の白浜工業が提携した。",
        "青葉電機（本社・港町（東区））と白浜工業が提携した。",
        "青葉電機は白浜工業と提携した。白浜工業は青葉電機と技術でも提携した。",
    ],
)
def test_symmetric_relation_is_claimed_once_whichever_side_stands_first(
    equipment: Equipment, ginza: Language, text: str
) -> None:
    ((relation, *sides, status),) = stated(equipment, ginza, text)
    assert (relation, sorted(sides), status) == ("allied", ["白浜工業", "青葉電機"], "asserted")


def test_listed_subjects_are_the_sides_of_symmetric_relations_alone(equipment: Equipment, ginza: Language) -> None:
    def objects_are_objects(text: str) -> bool:
        _, found = judged(equipment, ginza, text)
        return all(each.object.logit == each.reading.object_logits[each.object.phrase] for each in found)

    assert objects_are_objects("青葉電機と白浜工業は提訴した。")
    assert not objects_are_objects("青葉電機と白浜工業は提携した。")


@pytest.mark.parametrize("shop", ["菓子店「白浜工業」", "菓子メーカー・白浜工業"])
def test_apposition_is_one_thing(equipment: Equipment, ginza: Language, shop: str) -> None:
    ((_, subject, sued, _),) = stated(equipment, ginza, f"鈴木一郎は{shop}を提訴した。")
    assert (subject, "白浜工業" in sued) == ("鈴木一郎", True)
