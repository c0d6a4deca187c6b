from __future__ import annotations

import itertools

import pytest

from extractors.frames import Pattern
from extractors.predications import Case
from extractors.triggers import compile_triggers
from extractors.windows import SENTENCE_CHARACTERS, WINDOW_CHARACTERS, bounded_sentences, find_windows

TRIGGERS = compile_triggers(
    [Pattern("sued", "提訴", (frozenset(),), Case.GA, Case.WO, ("甲が乙を提訴する",), ((frozenset(),),))]
)
PLAIN = "港町の朝は静かで、漁船が戻ると市場に人が集まる。"
TRIGGER = "白浜興業は青葉商会を提訴した。"


def test_windows_leave_out_text_without_triggers() -> None:
    assert list(find_windows(PLAIN * 20, TRIGGERS)) == []


def test_windows_hold_every_trigger_sentence_in_one_core() -> None:
    text = (PLAIN * 30 + TRIGGER) * 4
    cores = [
        text[start:end] for window in find_windows(text, TRIGGERS) for start, end in window.spans[window.context :]
    ]
    assert cores.count(TRIGGER) == 4


def test_windows_give_a_trigger_the_sentences_before_it() -> None:
    text = PLAIN * 3 + TRIGGER
    (window,) = find_windows(text, TRIGGERS)
    assert (window.start, window.end) == (0, len(text))
    assert window.context == 3


def test_windows_end_with_their_last_trigger_sentence() -> None:
    text = TRIGGER + PLAIN + TRIGGER + PLAIN
    (window,) = find_windows(text, TRIGGERS)
    assert text[window.start : window.end] == TRIGGER + PLAIN + TRIGGER


def test_windows_stay_within_their_size() -> None:
    text = "あ" * 5000 + TRIGGER + "い" * 5000
    for window in find_windows(text, TRIGGERS):
        assert window.end - window.start <= max(WINDOW_CHARACTERS, SENTENCE_CHARACTERS)


def test_bounded_sentences_cover_the_text_without_a_gap() -> None:
    text = "一文目。" + "長" * 1000 + "。\n終わり"
    spans = list(bounded_sentences(text))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(left[1] == right[0] for left, right in itertools.pairwise(spans))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("あ" * 390 + "、白浜興業は青葉商会を提訴し、" + "い" * 300 + "。", [391, 315]),
        ("あ" * 399 + "、" + "い" * 10 + "。", [400, 11]),
        ("あ" * 400 + "、" + "い" * 10 + "。", [400, 12]),
        ("あ" * 390 + "」白浜興業は青葉商会を提訴した。", [391, 15]),
        ("あ" * 399 + "か\u3099" + "い" * 10, [399, 12]),
        ("あ" * 1000, [400, 400, 200]),
        ("あ" * 399 + "。", [400]),
    ],
)
def test_bounded_sentences_cut_long_ones_between_words_where_they_can(text: str, pieces: list[int]) -> None:
    lengths = [end - start for start, end in bounded_sentences(text)]
    assert lengths == pieces
    assert max(lengths) <= SENTENCE_CHARACTERS
