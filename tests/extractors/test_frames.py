from __future__ import annotations

from dataclasses import replace

import pytest
from spacy.language import Language

from extractors.frames import FrameError, Pattern, compile_frames, find_frames, index_patterns
from extractors.predications import Case
from extractors.records import Relation, Wording


def relation(name: str, *sentences: str) -> Relation:
    return Relation(name, tuple(Wording(name, sentence) for sentence in sentences))


ACQUIRED = relation("acquired", "甲が乙を買収する", "甲が乙を傘下に収める", "甲による乙の買収")
SUED = relation("sued", "甲が乙を提訴する", "甲が乙を相手取って訴訟を起こす")
INVESTED = relation("invested", "甲が乙に出資する", "甲による乙への出資")
CRITICIZED = relation("criticized", "甲が乙を批判する", "甲が乙を批判する声明を出す")
FOUNDED = relation("founded", "甲が乙を設立する", "乙の創業者である甲")


def by_anchor(patterns: tuple[Pattern, ...]) -> dict[str, Pattern]:
    return {pattern.anchor: pattern for pattern in patterns}


def test_compile_frames_reads_anchor_and_cases(ginza: Language) -> None:
    patterns = compile_frames(ginza, [ACQUIRED, SUED, INVESTED, FOUNDED])
    cases = {(each.relation, each.anchor): (each.subject_case, each.object_case) for each in patterns}
    assert cases[("acquired", "買収")] == (Case.GA, Case.WO)
    assert cases[("sued", "提訴")] == (Case.GA, Case.WO)
    assert cases[("invested", "出資")] == (Case.GA, Case.NI)
    assert cases[("founded", "創業者")] == (Case.GA, Case.NO)


@pytest.mark.parametrize(
    ("sentence", "case"),
    [
        ("甲が乙と同盟を結ぶ", Case.TO),
        ("甲が乙から独立を勝ち取る", Case.KARA),
        ("甲が乙と夫婦になる", Case.TO),
        ("甲が乙から生まれた子会社である", Case.KARA),
        ("甲が乙より人口で勝る", Case.YORI),
        ("甲が乙より格上となる", Case.YORI),
        ("甲が乙に出資する", Case.NI),
        ("甲が乙へ侵攻する", Case.NI),
        ("甲が乙を買収する", Case.WO),
    ],
)
def test_compile_frames_takes_the_objects_case_from_its_particle(ginza: Language, sentence: str, case: Case) -> None:
    (pattern,) = {(each.subject_case, each.object_case) for each in compile_frames(ginza, [relation("r", sentence)])}
    assert pattern == (Case.GA, case)


def test_compile_frames_knows_anchors_and_companions_in_all_their_spellings(ginza: Language) -> None:
    patterns = by_anchor(compile_frames(ginza, [relation("r", "甲が乙を立ち上げる", "甲が乙への訴訟を起こす")]))
    assert patterns["立上げる"] == replace(patterns["立ち上げる"], anchor="立上げる")
    assert {frozenset({"起こす"}), frozenset({"起す"})} <= set(patterns["訴訟"].companions)


def test_compile_frames_joins_two_wordings_that_meet_in_one_spelling(ginza: Language) -> None:
    patterns = compile_frames(ginza, [relation("r", "甲が乙に噛みつく", "甲が乙にかみつく")])
    anchors = [each.anchor for each in patterns]
    assert len(set(anchors)) == len(anchors)
    assert by_anchor(patterns)["かみつく"].sentences == ("甲が乙にかみつく",)
    assert by_anchor(patterns)["噛み付く"].sentences == ("甲が乙に噛みつく",)


def test_compile_frames_makes_one_pattern_of_all_sentences_with_one_anchor(ginza: Language) -> None:
    patterns = [each for each in compile_frames(ginza, [ACQUIRED]) if each.anchor == "買収"]
    assert len(patterns) == 1
    assert patterns[0].sentences == ("甲が乙を買収する", "甲による乙の買収")


def test_compile_frames_asks_for_the_words_beside_the_anchor(ginza: Language) -> None:
    multiword = [each for each in compile_frames(ginza, [ACQUIRED]) if each.anchor != "買収"]
    assert len(multiword) == 1
    words = {multiword[0].anchor, *multiword[0].companions[0]}
    assert words == {"傘下", "収める"}


def test_compile_frames_drops_a_wording_that_only_adds_words_to_another(ginza: Language) -> None:
    assert {each.anchor for each in compile_frames(ginza, [CRITICIZED])} == {"批判"}


def test_compile_frames_turns_a_wording_around_that_names_the_sides_the_other_way_round(ginza: Language) -> None:
    acquired = relation("acquired", "甲が乙を傘下に収める", "甲が乙を傘下に置く", "乙が甲の傘下に入る")
    straight, turned = compile_frames(ginza, [acquired])
    assert (straight.subject_case, straight.object_case, turned.object_case) == (Case.GA, Case.WO, Case.GA)
    doc = ginza("鳴海製作所は緑川電機の傘下に入った。")
    assert [match.pattern for match in find_frames(doc, index_patterns([straight, turned]))] == [turned]


def test_compile_frames_keeps_the_cases_of_a_noun_that_stands_alone_too(ginza: Language) -> None:
    """In both the one who invests is the 甲 of 出資 itself."""
    (pattern,) = compile_frames(ginza, [relation("invested", "甲が乙に出資する", "乙が甲から出資を受ける")])
    assert (pattern.subject_case, pattern.object_case) == (Case.GA, Case.NI)


@pytest.mark.parametrize(
    ("sentence", "wording"),
    [
        ("緑川電機は鳴海製作所を傘下に置いた。", "甲が乙を傘下に置く"),
        ("緑川電機が傘下に収めた鳴海製作所。", "甲が乙を傘下に収める"),
        ("鳴海製作所は緑川電機の傘下に置かれた。", "甲が乙を傘下に置く"),
    ],
)
def test_find_frames_names_the_wording_that_matched(ginza: Language, sentence: str, wording: str) -> None:
    patterns = compile_frames(ginza, [relation("acquired", "甲が乙を傘下に収める", "甲が乙を傘下に置く")])
    assert [match.sentence for match in find_frames(ginza(sentence), index_patterns(patterns))] == [wording]


def test_compile_frames_keeps_relations_apart(ginza: Language) -> None:
    patterns = compile_frames(ginza, [ACQUIRED, relation("bought", "甲が乙を買収する")])
    assert sorted(each.relation for each in patterns if each.anchor == "買収") == ["acquired", "bought"]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("甲が買収する", "does not name both"),
        ("乙を買収する", "does not name both"),
        ("甲が乙である", "no word beside"),
    ],
)
def test_compile_frames_refuses_a_useless_wording_and_says_what_to_write(
    ginza: Language, sentence: str, reason: str
) -> None:
    with pytest.raises(FrameError, match=reason) as raised:
        compile_frames(ginza, [relation("acquired", sentence)])
    assert raised.value.sentence == sentence
    assert raised.value.relation == "acquired"
    assert "甲が乙を買収する" in str(raised.value)


def test_compile_frames_of_no_relations_is_empty(ginza: Language) -> None:
    assert compile_frames(ginza, []) == ()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("緑川電機は鳴海製作所を買収した。", [("acquired", "買収")]),
        ("鳴海製作所は緑川電機に買収された。", [("acquired", "買収")]),
        ("緑川電機に買収された鳴海製作所が批判した。", [("acquired", "買収"), ("criticized", "批判")]),
        ("緑川電機による鳴海製作所への出資が決まった。", [("invested", "出資")]),
        ("鳴海製作所は星野工機を相手取って訴訟を起こした。", [("sued", "訴訟")]),
        ("鳴海製作所は訴訟の行方を見守る。", []),
        ("白川誠は鳴海製作所の創業者だ。", [("founded", "創業者")]),
        ("緑川電機は新型を出した。", []),
        ("", []),
    ],
)
def test_find_frames_finds_anchors_with_their_companions(
    ginza: Language, sentence: str, expected: list[tuple[str, str]]
) -> None:
    patterns = compile_frames(ginza, [ACQUIRED, SUED, INVESTED, CRITICIZED, FOUNDED])
    doc = ginza(sentence)
    found = [(match.pattern.relation, doc[match.anchor].text) for match in find_frames(doc, index_patterns(patterns))]
    assert found == expected


def test_find_frames_wants_companions_in_the_anchors_own_sentence(ginza: Language) -> None:
    patterns = compile_frames(ginza, [SUED])
    doc = ginza("訴訟は長い。星野工機を相手取る人が行動を起こした。")
    assert not find_frames(doc, index_patterns(patterns))


def test_index_patterns_lists_patterns_of_one_anchor_together(ginza: Language) -> None:
    patterns = compile_frames(ginza, [ACQUIRED, relation("bought", "甲が乙を買収する")])
    index = index_patterns(patterns)
    assert [each.relation for each in index["買収"]] == ["acquired", "bought"]
    assert sum(len(each) for each in index.values()) == len(patterns)
