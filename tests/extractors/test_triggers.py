from __future__ import annotations

import pytest

from extractors.frames import Pattern
from extractors.predications import Case
from extractors.triggers import compile_triggers, stem


def pattern(anchor: str, *companions: str) -> Pattern:
    return Pattern("sued", anchor, (frozenset(companions),), Case.GA, Case.WO, ("甲が乙を訴える",))


@pytest.mark.parametrize(
    ("lemma", "expected"),
    [("訴える", "訴え"), ("興す", "興"), ("批判", "批判"), ("手厳しい", "手厳し"), ("する", ""), ("起こす", "起こ")],
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
        ("春の海はおだやかだった。", False),
        ("", False),
    ],
)
def test_triggers_fire_on_inflected_anchors_with_their_companions(sentence: str, fires: bool) -> None:
    triggers = compile_triggers([pattern("訴える"), pattern("株式", "買い増す")])
    assert triggers.fire(sentence) is fires


def test_triggers_without_patterns_never_fire() -> None:
    assert not compile_triggers([]).fire("訴えた。")


def test_triggers_find_an_anchor_inside_a_longer_word_of_another() -> None:
    triggers = compile_triggers([pattern("株式会社", "興す"), pattern("株", "買う")])
    assert triggers.fire("株式会社の株を買った。")
