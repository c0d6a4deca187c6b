from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from extractors.fingerprint import reader_fingerprint
from extractors.pipeline import ExtractSettings, Reader, _place, load_reader
from extractors.records import Argument, Claim, Document, EntityType, Evidence, Relation, Status, Wording

RELATIONS = (
    Relation(
        "founded",
        tuple(Wording("founded", each) for each in ("甲が乙を設立する", "甲が乙を創業する", "甲は乙の創業者である")),
    ),
    Relation("sued", tuple(Wording("sued", each) for each in ("甲が乙を提訴する", "甲が乙を相手取って訴訟を起こす"))),
    Relation("invested", tuple(Wording("invested", each) for each in ("甲が乙に出資する", "甲は乙の筆頭株主である"))),
    Relation("criticized", tuple(Wording("criticized", each) for each in ("甲が乙を批判する", "甲による乙への批判"))),
)


def document(text: str, name: str = "d") -> Document:
    return Document(name, text, name, "0" * 64)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader(RELATIONS)


def claims(reader: Reader, text: str) -> list[Claim]:
    ((_, found),) = reader.extract([document(text)])
    return found


def triples(found: Iterable[Claim]) -> set[tuple[str, str, str]]:
    return {(claim.subject.labels[0], claim.relation, claim.object.labels[0]) for claim in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("鈴木一郎は2003年に青葉電機を設立した。", ("鈴木一郎", "founded", "青葉電機")),
        ("青葉電機は2003年に鈴木一郎によって設立された。", ("鈴木一郎", "founded", "青葉電機")),
        ("鈴木一郎が設立した青葉電機は、長野県に本社を置く。", ("鈴木一郎", "founded", "青葉電機")),
        ("青葉電機は3日、特許を侵害されたとして白浜工業を東京地裁に提訴した。", ("青葉電機", "sued", "白浜工業")),
        ("白浜工業は3日、特許侵害で青葉電機に提訴された。", ("青葉電機", "sued", "白浜工業")),
        ("大和銀行は新興企業の青葉電機に10億円を出資した。", ("大和銀行", "invested", "青葉電機")),
        ("山田太郎知事は記者会見で、青葉電機の対応を厳しく批判した。", ("山田太郎", "criticized", "青葉電機")),
    ],
)
def test_reader_finds_who_did_what_to_whom(reader: Reader, text: str, expected: tuple[str, str, str]) -> None:
    assert expected in triples(claims(reader, text))


@pytest.mark.parametrize(
    "text", ["", "。", "今日は朝から雨が降っている。", "青葉電機は1998年に設立された。", "\x00\u202e「「「「" * 50]
)
def test_reader_states_nothing_where_nothing_is_said(reader: Reader, text: str) -> None:
    assert claims(reader, text) == []


def test_claim_quotes_its_sentence(reader: Reader) -> None:
    text = "前の話である。\n  鈴木一郎は2003年に青葉電機を設立した。  次の話に移る。"
    (claim,) = claims(reader, text)
    assert text[claim.evidence.start : claim.evidence.end] == claim.evidence.text
    assert claim.evidence.text == "鈴木一郎は2003年に青葉電機を設立した。"
    assert text[claim.subject.start : claim.subject.end] in claim.subject.labels


def test_claims_do_not_depend_on_text_without_triggers(reader: Reader) -> None:
    sentence = "鈴木一郎は2003年に青葉電機を設立した。"
    filler = "港町の朝は静かで、漁船が戻ると市場に人が集まる。" * 60
    alone = triples(claims(reader, sentence))
    assert alone == {("鈴木一郎", "founded", "青葉電機")}
    assert triples(claims(reader, filler + "\n" + sentence + "\n" + filler)) == alone


def test_reader_says_once_what_a_name_and_a_part_of_it_would_say(reader: Reader) -> None:
    text = "市によると、川島涼子さんは2011年、東京都内で若草電機を設立した。"
    assert [claim.object.labels[0] for claim in claims(reader, text)] == ["若草電機"]


@pytest.mark.slow
def test_reader_reads_twenty_megabytes_with_offsets_intact(reader: Reader) -> None:
    filler = "港の市場は朝から客でにぎわい、昼過ぎには魚がほとんど売り切れた。" * 40_000
    stated = [f"鈴木一郎は2003年に{name}電機を設立した。" for name in ("青葉", "白浜", "緑川", "大空", "若草")]
    text = "".join(filler + sentence for sentence in stated) + filler
    assert len(text.encode()) > 20_000_000
    found = claims(reader, text)
    assert [text[claim.evidence.start : claim.evidence.end] for claim in found] == stated
    assert [text[claim.object.start : claim.object.end] for claim in found] == [each[11:15] for each in stated]


def test_documents_come_back_in_order(reader: Reader) -> None:
    documents = [document("何もない。", str(number)) for number in range(5)]
    assert [each.id for each, _ in reader.extract(documents)] == list("01234")


def test_documents_read_together_give_what_each_gives_alone(reader: Reader) -> None:
    names = ("青葉電機", "白浜工業", "緑川銀行", "大空商会", "若草薬品")
    texts = [
        "".join(
            f"{name}は{year}年、{other}を特許侵害で提訴した。同社は{other}の社長を批判している。"
            + "港は静かだった。" * year
            for year, other in enumerate(names[:count], start=2)
            if other != name
        )
        for count, name in enumerate(names * 3, start=1)
    ]
    given = [document(text, str(number)) for number, text in enumerate(texts)]
    together = list(reader.extract(given))
    assert together == [pair for each in given for pair in reader.extract([each])]
    assert sum(bool(found) for _, found in together) > 5


def test_confidence_trades_recall_for_precision() -> None:
    text = "鈴木一郎は2003年に青葉電機を設立し、大和銀行は青葉電機に出資した。"
    few = load_reader(RELATIONS, settings=ExtractSettings(least_confidence=0.95))
    many = load_reader(RELATIONS, settings=ExtractSettings(least_confidence=0.05))
    assert len(claims(few, text)) < len(claims(many, text))
    assert all(claim.confidence >= 0.05 for claim in claims(many, text))


def test_reader_keeps_claims_about_what_has_no_name_where_asked(reader: Reader) -> None:
    text = "元従業員は青葉電機を東京地裁に提訴した。"
    assert claims(reader, text) == []
    (found,) = claims(load_reader(RELATIONS, settings=ExtractSettings(named_only=False)), text)
    assert (found.subject.labels[0], found.subject.named, found.object.named) == ("元従業員", False, True)


def test_claim_is_held_by_whom_an_anaphor_means_or_by_somebody_without_a_name(reader: Reader) -> None:
    text = (
        "白浜工業は青葉電機を提訴した。同社によると、鈴木一郎は2003年に若草電機を設立した。"
        "遺族によると、大和銀行は青葉電機に出資した。"
    )
    found = {(each.relation, each.held_by, each.holder_named) for each in claims(reader, text)}
    assert found == {("sued", None, True), ("founded", "白浜工業", True), ("invested", "遺族", False)}


def test_recognise_gives_offsets_into_the_whole_text(reader: Reader) -> None:
    text = "今日は晴れ。\n鈴木一郎は東京で青葉電機の社長と会った。"
    mentions = reader.recognise(text)
    assert all(text[each.start : each.end] == each.text for each in mentions)
    assert ("鈴木一郎", EntityType.PERSON) in {(each.text, each.type) for each in mentions}


def test_fingerprint_changes_with_the_wordings(reader: Reader) -> None:
    assert load_reader(RELATIONS).fingerprint == reader.fingerprint
    assert load_reader(RELATIONS[:2]).fingerprint != reader.fingerprint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("優勝は川島涼子（緑川銀行）だった。緑川銀行は白浜工業に出資した。", {"緑川銀行", "白浜工業"}),
        (
            "新会社の白浜工業（青葉電機、緑川銀行が出資）は長野に本社を置く。" + "町の朝は静かだ。" * 8
            + "青葉電機は若草商事を提訴した。",
            {"青葉電機", "若草商事"},
        ),
    ],
)  # fmt: skip
def test_reader_takes_no_thing_before_a_bracket_for_the_full_name(
    reader: Reader, text: str, expected: set[str]
) -> None:
    found = claims(reader, text)
    assert expected in [{*claim.subject.labels, *claim.object.labels} for claim in found]
    assert not any({"川島涼子", "緑川銀行"} <= set(claim.subject.labels) for claim in found)


def _claim(subject: Argument, object_: Argument) -> Claim:
    evidence = Evidence(0, 5, "文である。")
    return Claim("invested", subject, object_, Status.ASSERTED, evidence, "甲が乙に出資する", 0.9)


@pytest.mark.parametrize(
    ("kind", "iri", "expected"),
    [
        (EntityType.PERSON, None, ("レナード・ホフマン", "ホフマン")),
        (EntityType.ORGANIZATION, None, ("ホフマン",)),
        (EntityType.PERSON, "https://enishi.example/entity/ホフマン", ("ホフマン",)),
    ],
)
def test_place_widens_names_of_persons_that_are_not_known(
    kind: EntityType, iri: str | None, expected: tuple[str, ...]
) -> None:
    claim = _claim(Argument(("ホフマン",), kind, 0, 4, iri=iri), Argument(("白浜工業",), EntityType.ORGANIZATION, 5, 9))
    placed = _place(claim, 18, "レナード・ホフマンは農家の子だった。ホフマンは白浜工業に出資した。")
    assert (placed.subject.labels, placed.object.labels) == (expected, ("白浜工業",))
    assert (placed.subject.start, placed.object.end) == (18, 27)


def test_place_gives_no_argument_the_name_of_the_other() -> None:
    claim = _claim(
        Argument(("ナルミ",), EntityType.ORGANIZATION, 0, 3), Argument(("鳴海精機",), EntityType.ORGANIZATION, 4, 8)
    )
    placed = _place(claim, 0, "鳴海精機（以下「ナルミ」）は社名を改めた。ナルミは鳴海精機に出資した。")
    assert (placed.subject.labels, placed.object.labels) == (("ナルミ",), ("鳴海精機",))


def test_place_gives_the_holder_the_full_name_too() -> None:
    sides = (
        Argument(("青葉電機",), EntityType.ORGANIZATION, 11, 15),
        Argument(("白浜工業",), EntityType.ORGANIZATION, 16, 20),
    )
    claim = replace(_claim(*sides), held_by="ホフマン", holder_named=True)
    text = "レナード・ホフマンは農家の子だった。ホフマン氏によると、青葉電機は白浜工業に出資した。"
    assert _place(claim, 18, text).held_by == "レナード・ホフマン"
    assert _place(replace(claim, holder_named=False), 18, text).held_by == "ホフマン"


def test_reader_claims_a_symmetric_pair_once_in_a_whole_document() -> None:
    allied = Relation("allied", (Wording("allied", "甲が乙と提携する"),), symmetric=True)
    reader = load_reader([allied], settings=ExtractSettings(least_confidence=0.2))
    text = "青葉電機は白浜工業と提携した。" + "港は静かだった。" * 80 + "白浜工業は青葉電機と提携した。"
    assert [{claim.subject.labels[0], claim.object.labels[0]} for claim in claims(reader, text)] == [
        {"青葉電機", "白浜工業"}
    ]


def test_fingerprint_tells_a_symmetric_relation_from_another() -> None:
    relation = RELATIONS[0]
    assert reader_fingerprint([relation]) != reader_fingerprint([replace(relation, symmetric=True)])
