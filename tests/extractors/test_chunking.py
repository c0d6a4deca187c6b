import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sudachipy import Dictionary, Tokenizer

from extractors.chunking import SUDACHI_MAX_BYTES, CharacterCosts, chunk, sentences

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


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Dictionary(dict="core").create()


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


def test_chunk_holds_whole_sentences_up_to_the_limit() -> None:
    text = "青葉電機は港南商事を提訴した。" * 3000
    chunks = list(chunk(text, max_bytes=1000))
    length = len("青葉電機は港南商事を提訴した。")
    assert all((one.start % length, one.end % length) == (0, 0) for one in chunks)
    assert all(900 < len(text[one.start : one.end].encode()) <= 1000 for one in chunks[:-1])


def test_chunk_cuts_an_endless_sentence_after_a_comma_if_it_can() -> None:
    text = ("青葉電機は" + "、" + "港南商事は") * 200
    assert all(text[one.end - 1] == "、" for one in list(chunk(text, max_bytes=300))[:-1])


@pytest.mark.parametrize("unit", ["か\u3099", "👩\u200d🔬", "👍\U0001f3fd", "葛\U000e0100", "ﾊﾟ"])
def test_chunk_never_parts_a_combining_sequence(unit: str) -> None:
    text = unit * 500
    assert all(one.start % len(unit) == 0 for one in chunk(text, max_bytes=100))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_chunk_of_hostile_text_is_fast_covers_it_and_suits_sudachi(text: str, tokenizer: Tokenizer) -> None:
    started = time.process_time()
    chunks = list(chunk(text))
    assert time.process_time() - started < 4
    assert chunks[0].start == 0 and chunks[-1].end == len(text)
    assert all(one.end == next_one.start for one, next_one in pairwise(chunks))
    fed = text[chunks[0].start : chunks[0].end].replace("\ud83d", "\ufffd")
    assert len(fed.encode()) <= SUDACHI_MAX_BYTES
    if unicodedata.category(fed[-1]) not in ("Mn", "Cf"):  # SudachiPy itself is slow on those
        assert tokenizer.tokenize(fed)


def test_chunk_takes_time_linear_in_the_text() -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        for _ in chunk(text):
            pass
        return time.process_time() - started

    unit = "「青葉は提訴した。」と述べた。（注" * 2000
    assert seconds(unit * 8) < 8 * 4 * max(seconds(unit), 0.005)


@given(PIECES, st.integers(64, 400))
def test_sentences_and_chunks_cover_any_text_without_a_gap(pieces: list[str], max_bytes: int) -> None:
    text = "".join(pieces)
    assert "".join(text[start:end] for start, end in sentences(text)) == text
    chunks = list(chunk(text, max_bytes=max_bytes))
    assert "".join(text[one.start : one.end] for one in chunks) == text
    costs = CharacterCosts()
    for one in chunks:
        piece = text[one.start : one.end]
        assert 0 < sum(costs[character] for character in piece) <= max_bytes
        normalised = unicodedata.normalize("NFKC", piece.lower()).encode("utf-8", "surrogatepass")
        assert len(normalised) <= max_bytes


def test_chunk_refuses_a_limit_that_a_character_may_exceed() -> None:
    with pytest.raises(ValueError, match="at least 64"):
        list(chunk("あ", max_bytes=10))
    assert list(chunk("")) == []
