import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.chunking import best_cut, sentences

MARKED = [
    "青葉電機が提訴した。|港南商事は争う。|",
    "「許せない。断固戦う。」と社長は述べた。|港南商事は黙る。|",
    "「反対だ。」|山田氏はそう語った。|",
    "彼は「はい！」「いいえ。」と言った。|",
    "『「止めろ。」』と叫んだ。|終わり。|",
    "一九九八年（平成十年。諸説ある。）に設立。|次。|",
    "「これは\n|開いたままだ。|次の文。|\n|",
    "見出し\n\n|　本文だ。|　続き。|",
    "Yahoo!ニュースは3.5倍。|ハロー！プロジェクトも。|",
    "本当か？！」|そうだ！|違う?|そう!|",
    "時価は２．５倍である．|次である．|",
    "Mr. Aoba met Inc. staff. |He left. |終わり|",
    "止めよう……。|次|",
    "彼（当時の社長。|\n|会社は続いた。|",
]
HOSTILE = {
    "nested brackets": "「" * 10_000 + "あ。" * 5 + "」" * 10_000,
    "a megabyte without a sentence end": "あ" * 400_000,
    "stops": "。" * 500_000,
    "newlines": "\n" * 500_000,
    "blank lines": " \n" * 250_000,
    "opened only": "「。" * 200_000,
    "closed only": "」" * 500_000,
    "closed before opened": "」「。" * 150_000,
    "one combining sequence": "e" + "\u0301" * 500_000,
    "joiners": "\u200d" * 300_000,
    "lone surrogates": "\ud83d" * 300_000,
    "characters that grow": "㍿" * 100_000 + "\ufdfa" * 20_000,
    "full stops": ". " * 200_000,
}
PIECES = st.lists(
    st.sampled_from([*"「」（）。！？!?.\n　 あ漢ア1a㍿", "か\u3099", "👩\u200d🔬", "\ud83d", "\r\n"]), max_size=300
)


@pytest.mark.parametrize("marked", MARKED)
def test_sentences_end_where_a_reader_would_end_them(marked: str) -> None:
    text = marked.replace("|", "")
    found = "".join(text[start:end] + "|" for start, end in sentences(text))
    # The blank space after a stop belongs to the sentence before.
    assert found == merge_blanks(marked)


def merge_blanks(marked: str) -> str:
    merged: list[str] = []
    for piece in marked.rstrip("|").split("|"):
        body = piece.lstrip("\n 　")
        if merged:
            merged[-1] += piece[: len(piece) - len(body)]
        if body or not merged:
            merged.append(body if merged else piece)
    return "".join(piece + "|" for piece in merged)


def test_sentences_inside_an_unreasonably_long_quotation_end_at_its_stops() -> None:
    text = "「" + "長い発言が続くのである。" * 40 + "」と述べた。"
    spans = list(sentences(text))
    assert len(spans) > 30
    short = "「" + "短い発言。" * 5 + "」と述べた。"
    assert list(sentences(short)) == [(0, len(short))]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_sentences_of_hostile_text_are_fast_and_cover_it(text: str) -> None:
    started = time.process_time()
    spans = list(sentences(text))
    assert time.process_time() - started < 4
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    assert all(one[1] == following[0] for one, following in pairwise(spans))


def test_sentences_take_time_linear_in_the_text() -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        for _ in sentences(text):
            pass
        return time.process_time() - started

    unit = "「青葉は提訴した。」と述べた。（注" * 2000
    assert seconds(unit * 8) < 8 * 4 * max(seconds(unit), 0.005)


@given(PIECES)
def test_sentences_cover_any_text_without_a_gap(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert "".join(text[start:end] for start, end in sentences(text)) == text


def test_best_cut_is_after_a_comma_if_there_is_one() -> None:
    text = "青葉電機は" + "、" + "港南商事は" * 20
    assert best_cut(text, 0, 60) == len("青葉電機は、")


@pytest.mark.parametrize("unit", ["か\u3099", "👩\u200d🔬", "👍\U0001f3fd", "葛\U000e0100", "ﾊﾟ"])
def test_best_cut_never_parts_a_combining_sequence(unit: str) -> None:
    text = unit * 500
    assert all(best_cut(text, 0, limit) % len(unit) == 0 for limit in range(100, 110))
