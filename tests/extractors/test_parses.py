from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from extractors.parses import ParseCache, parse_sentences

ROOT = Path(__file__).parents[2]
SENTENCES = [
    "青葉電機の創業者である山田花子氏は、港南商事を相手取って訴訟を起こした。",
    "「許せない。」と社長は述べた。\n",
    "　２００３年４月１日、㈱大空に約1,200万円を出資。 ",
    "Aoba Inc. sued Minato Ltd. in 2003 😀👩‍🔬。",
    "e\u0301か\u3099\u200b\u202e",
    "\x00\ufeff=|\t",
    " ",
    "",
]
FILE = "parses.sqlite3"


def attributes_of(doc: Doc) -> list[list[int]]:
    values: list[list[int]] = doc.to_array(list(Doc._get_array_attrs())).tolist()
    return values


def small_doc(vocab: Vocab, number: int) -> Doc:
    return Doc(vocab, words=["第", str(number), "文", "。"], spaces=[False] * 4)


def cache_in(folder: Path, *, version: str = "1", limit_bytes: int = 1 << 24) -> ParseCache:
    return ParseCache(folder, version=version, limit_bytes=limit_bytes)


def test_parses_from_the_cache_equal_ginzas(ginza: Language, tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    fresh = parse_sentences(ginza, SENTENCES, cache=cache)
    assert [doc.text for doc in fresh] == SENTENCES
    assert (cache.hits, cache.misses) == (0, len(SENTENCES))
    cached = cache_in(tmp_path).fetch(SENTENCES, ginza.vocab)
    for sentence, doc in zip(SENTENCES, fresh, strict=True):
        assert attributes_of(cached[sentence]) == attributes_of(doc)
        assert [span.start for span in cached[sentence].sents] == [span.start for span in doc.sents]
    whole, again = (Doc.from_docs(docs, ensure_whitespace=False) for docs in (fresh, [*map(cached.get, SENTENCES)]))
    assert whole is not None and again is not None
    assert attributes_of(whole) == attributes_of(again)


def test_parses_from_the_cache_serve_another_vocabulary(ginza: Language, tmp_path: Path) -> None:
    (fresh,) = parse_sentences(ginza, SENTENCES[:1], cache=cache_in(tmp_path))
    doc = cache_in(tmp_path).fetch(SENTENCES[:1], Vocab())[SENTENCES[0]]
    for token, expected in zip(doc, fresh, strict=True):
        assert (token.lemma_, token.norm_, token.tag_, token.dep_, str(token.morph), token.head.i) == (
            expected.lemma_, expected.norm_, expected.tag_, expected.dep_, str(expected.morph), expected.head.i,
        )  # fmt: skip


def test_parse_sentences_parses_only_what_is_new(ginza: Language, tmp_path: Path) -> None:
    parse_sentences(ginza, SENTENCES[:2], cache=cache_in(tmp_path))
    unparsing = spacy.blank("ja", vocab=ginza.vocab)
    cache = cache_in(tmp_path)
    known, new = parse_sentences(unparsing, [SENTENCES[0], SENTENCES[2]], cache=cache)
    assert known.has_annotation("DEP") and not new.has_annotation("DEP")
    assert (cache.hits, cache.misses) == (1, 1)


def test_parse_sentences_does_not_depend_on_company_or_order(ginza: Language) -> None:
    alone = [attributes_of(parse_sentences(ginza, [sentence])[0]) for sentence in SENTENCES]
    together = parse_sentences(ginza, SENTENCES[::-1] * 2)
    assert list(map(attributes_of, together)) == alone[::-1] * 2


def test_cache_of_another_version_is_not_used(tmp_path: Path) -> None:
    vocab = Vocab()
    cache_in(tmp_path, version="1").keep({"第1文。": small_doc(vocab, 1)})
    assert cache_in(tmp_path, version="1").fetch(["第1文。"], vocab)
    assert not cache_in(tmp_path, version="2").fetch(["第1文。"], vocab)


DAMAGES = ["zeroblob(200)", "x''", "'text'", "substr(parse, 1, length(parse) - 1)"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entry_is_ignored_and_replaced(damage: str, tmp_path: Path) -> None:
    vocab = Vocab()
    cache = cache_in(tmp_path)
    cache.keep({"第1文。": small_doc(vocab, 1)})
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(f"UPDATE parses SET parse = {damage}")
    connection.close()
    assert cache.fetch(["第1文。"], vocab) == {}
    cache.keep({"第1文。": small_doc(vocab, 1)})
    assert cache.fetch(["第1文。"], vocab)["第1文。"].text == "第1文。"


def test_entry_of_another_sentence_is_not_believed(tmp_path: Path) -> None:
    vocab = Vocab()
    cache = cache_in(tmp_path)
    cache.keep({"第1文。": small_doc(vocab, 2)})
    assert cache.fetch(["第1文。"], vocab) == {}


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0" + bytes(5000)])
def test_file_that_is_no_database_is_made_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    vocab = Vocab()
    cache = cache_in(tmp_path)
    assert cache.fetch(["第1文。"], vocab) == {}
    cache.keep({"第1文。": small_doc(vocab, 1)})
    assert list(cache_in(tmp_path).fetch(["第1文。"], vocab)) == ["第1文。"]


def test_file_damaged_in_the_middle_costs_no_result(tmp_path: Path) -> None:
    vocab = Vocab()
    parses = {f"第{number}文。": small_doc(vocab, number) for number in range(800)}
    cache = cache_in(tmp_path)
    cache.keep(parses)
    cache.close()
    content = bytearray((tmp_path / FILE).read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 12288)
    (tmp_path / FILE).write_bytes(content)
    cache = cache_in(tmp_path)
    found = cache.fetch(parses, vocab)
    assert all(doc.text == sentence for sentence, doc in found.items())
    cache.keep(parses)
    cache.keep(parses)
    assert len(cache.fetch(parses, vocab)) == len(parses)


def test_unusable_folder_is_said_once_and_costs_no_result(
    ginza: Language, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = cache_in(tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert parse_sentences(ginza, SENTENCES[:1], cache=cache)[0].has_annotation("DEP")
    assert len(caplog.records) == 1 and "cache" in caplog.text


def test_cache_keeps_to_its_size(tmp_path: Path) -> None:
    vocab = Vocab()
    limit_bytes = 200_000
    cache = cache_in(tmp_path, limit_bytes=limit_bytes)
    for start in range(0, 8_000, 512):
        cache.keep({f"第{number}文。": small_doc(vocab, number) for number in range(start, start + 512)})
        assert (tmp_path / FILE).stat().st_size < 1.5 * limit_bytes
    kept = cache.fetch((f"第{number}文。" for number in range(8_192)), vocab)
    assert 300 < len(kept) < 6_000
    numbers = np.array([int(sentence[1:-2]) for sentence in kept])
    assert (numbers < 7_000).any() and (numbers >= 7_000).any()


def test_cache_serves_several_processes_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.extractors.test_parses import *\n"
        "cache, vocab = cache_in(Path(sys.argv[1]), limit_bytes=1 << 30), Vocab()\n"
        "for number in range(int(sys.argv[2]), 600, 2):\n"
        "    cache.fetch([f'第{other}文。' for other in range(number - 5, number)], vocab)\n"
        "    cache.keep({f'第{number}文。': small_doc(vocab, number)})\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path)]
    writers = [subprocess.Popen([*command, start], cwd=ROOT, stderr=subprocess.PIPE, text=True) for start in "01"]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    sentences = [f"第{number}文。" for number in range(600)]
    assert (
        list(cache_in(tmp_path).fetch(sentences, Vocab())) and len(cache_in(tmp_path).fetch(sentences, Vocab())) == 600
    )


def test_cache_serves_several_threads_at_once(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)

    def write(start: int) -> None:
        vocab = Vocab()
        for number in range(start, start + 50):
            cache.keep({f"第{number}文。": small_doc(vocab, number)})

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 200, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(cache.fetch((f"第{number}文。" for number in range(200)), Vocab())) == 200
