from __future__ import annotations

import json
from pathlib import Path

import pytest
from spacy.language import Language

from extractors.frames import Pattern, compile_frames, find_frames, index_patterns
from extractors.predications import Case
from extractors.triage import frame_anchors
from extractors.triggers import Triggers, compile_triggers, stem
from extractors.windows import bounded_sentences
from ontology.vocabulary import load_vocabulary

PASSAGES = Path(__file__).parents[2] / "data" / "written.jsonl"


@pytest.fixture(scope="module")
def shipped(ginza: Language) -> tuple[Triggers, dict[str, list[Pattern]]]:
    """The scan and the index of the wordings that Enishi ships."""
    patterns = compile_frames(ginza, load_vocabulary().relations)
    return compile_triggers(patterns), index_patterns(patterns)


def pattern(anchor: str, *companions: str) -> Pattern:
    return Pattern(
        "sued", anchor, (frozenset(companions),), Case.GA, Case.WO, ("甲が乙を訴える",), ((frozenset(companions),),)
    )


@pytest.mark.parametrize(
    ("lemma", "expected"),
    [
        ("訴える", "訴え"),
        ("興す", "興"),
        ("批判", "批判"),
        ("手厳しい", "手厳し"),
        ("する", ""),
        ("起こす", "起こ"),
        ("呈する", "呈"),
        ("論ずる", "論"),
    ],
)
def test_stem_is_what_inflection_keeps(lemma: str, expected: str) -> None:
    assert stem(lemma) == expected


@pytest.mark.parametrize(
    ("sentence", "fires"),
    [
        ("遺族が会社を訴えた。", True),
        ("遺族に訴えられた会社は争う。", True),
        ("株主は会社の株式を三割まで買い増した。", True),
        ("株式の話はそこで終わった。", False),
        ("緑川電機はＴＯＢを実施した。", True),
        ("楽団はﾊﾞﾝﾄﾞに改めた。", True),
        ("春の海はおだやかだった。", False),
        ("", False),
    ],
)
def test_triggers_fire_on_inflected_anchors_with_their_companions(sentence: str, fires: bool) -> None:
    anchors = pattern("訴える"), pattern("株式", "買い増す"), pattern("TOB", "実施"), pattern("バンド")
    triggers = compile_triggers(anchors)
    assert triggers.fire(sentence) is fires


def test_triggers_without_patterns_never_fire() -> None:
    assert not compile_triggers([]).fire("訴えた。")


def test_triggers_find_an_anchor_inside_a_longer_word_of_another() -> None:
    triggers = compile_triggers([pattern("株式会社", "興す"), pattern("株", "買う")])
    assert triggers.fire("株式会社の株を買った。")


@pytest.mark.parametrize(
    ("sentence", "anchor"),
    [
        ("緑川電機は新会社を立上げた。", "立上げ"),
        ("住民が会社を相手に申立てた仮処分は退けられた。", "仮処分"),
        ("遺族は会社を相手に訴えを起した。", "訴え"),
        ("遺族が会社に訴訟をおこさず和解した。", "訴訟"),
        ("遺族が会社をうったえた。", "うったえ"),
        ("早川氏は市長に噛み付いた。", "噛み付い"),
        ("早川氏は市長に噛付いた。", "噛付い"),
        ("早川氏は新作をこきおろした。", "こきおろし"),
        ("早川氏は新作を扱き下ろしている。", "扱き下ろし"),
        ("早川氏は市長に苦言を呈した。", "苦言"),
    ],
)
def test_every_look_knows_the_words_in_other_spellings(
    ginza: Language, shipped: tuple[Triggers, dict[str, list[Pattern]]], sentence: str, anchor: str
) -> None:
    triggers, index = shipped
    doc = ginza(sentence)
    assert triggers.fire(sentence)
    assert anchor in {doc[each].text for each in frame_anchors(ginza.make_doc(sentence), index)}
    assert anchor in {doc[each.anchor].text for each in find_frames(doc, index)}


def test_triggers_fire_wherever_the_frames_words_stand(
    ginza: Language, shipped: tuple[Triggers, dict[str, list[Pattern]]]
) -> None:
    triggers, index = shipped
    texts = [json.loads(line)["text"] for line in PASSAGES.read_text(encoding="utf-8").splitlines()]
    sentences = [text[start:end] for text in texts for start, end in bounded_sentences(text)]
    let_go = [sentence for sentence in sentences if not triggers.fire(sentence)]
    assert 0 < len(let_go) < len(sentences)
    assert [sentence for sentence in let_go if frame_anchors(ginza.make_doc(sentence), index)] == []
