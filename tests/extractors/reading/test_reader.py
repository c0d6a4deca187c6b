import gzip
import hashlib
import io
import json
import os
import pickle
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.reading import (
    ReadFailure,
    ReadSettings,
    Source,
    SourceKind,
    Unread,
    fetch_source,
    list_sources,
    own_id,
    read_source,
    read_sources,
)
from extractors.records import Document

ARTICLE = "青葉電機は港南商事を提訴した。\n社長が明らかにした。"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_bytes(data: bytes, name: str = "a.txt", limits: ReadSettings | None = None) -> list[Document | ReadFailure]:
    Path(name).write_bytes(data)
    return list(read_sources([name], settings=limits))


def read_one(data: bytes, name: str = "a.txt") -> Document:
    [document] = read_bytes(data, name)
    assert isinstance(document, Document)
    return document


def read_failure(data: bytes, name: str = "a.txt", limits: ReadSettings | None = None) -> ReadFailure:
    [failure] = read_bytes(data, name, limits)
    assert isinstance(failure, ReadFailure)
    assert failure.source == name
    assert failure.remedy
    return failure


def test_read_sources_gives_a_plain_text_with_the_hash_of_its_bytes() -> None:
    data = ARTICLE.replace("\n", "\r\n").encode("cp932")
    expected = Document("a.txt", ARTICLE, "a.txt", hashlib.sha256(data).hexdigest(), encoding="shift_jis")
    assert read_one(data) == expected


def test_read_sources_keeps_everything_but_newlines_nul_and_surrogates() -> None:
    text = "か\u3099 \u202e\u200b\u3000 \u2028\x0b「」\t\n\n"
    assert read_one((text + "あ\r\nい\rう").encode()).text == text + "あ\nい\nう"
    record = json.dumps({"id": "n", "text": "あ\x00い\ud800う\ud83d\ude00"})
    assert read_one(record.encode(), "a.jsonl").text == "あ\ufffdい\ufffdう😀"


def test_read_sources_goes_on_after_every_kind_of_failure() -> None:
    Path("d").mkdir()
    for name, data in {
        "1.pdf": b"%PDF-1.7 ...",
        "2.png": b"\x89PNG\r\n\x1a\n\0\0",
        "3.docx": b"PK\x03\x04\0\0",
        "4.txt": b"",
        "5.txt": bytes(range(256)) * 4,
        "6.txt": b" \n\t\n",
        "7.json": b"{}",
        "8.xml": b"<?xml version='1.0'?><invoice/>",
        "9.txt": ARTICLE.encode(),
    }.items():
        Path("d", name).write_bytes(data)
    *failures, document = read_sources(["d"])
    assert [failure.source for failure in failures] == [f"d/{Path(f.source).name}" for f in failures]
    assert len(failures) == 8 and all(isinstance(failure, ReadFailure) and failure.remedy for failure in failures)
    assert isinstance(document, Document) and document.text == ARTICLE


def test_read_source_reports_a_file_that_vanished_since_it_was_listed() -> None:
    Path("a.txt").write_text(ARTICLE, encoding="utf-8")
    [source] = list_sources(["a.txt"])
    Path("a.txt").unlink()
    assert isinstance(source, Source)
    [failure] = read_source(source)
    assert isinstance(failure, ReadFailure) and "not there" in failure.reason


def test_read_source_does_not_wait_for_a_fifo_that_took_a_files_place() -> None:
    os.mkfifo("a.txt")
    [failure] = read_source(Source("a.txt", SourceKind.FILE, "a.txt"))
    assert isinstance(failure, ReadFailure) and "no regular file" in failure.reason


def test_read_sources_reports_a_file_without_permission(workplace: Path) -> None:
    Path("a.txt").write_text(ARTICLE, encoding="utf-8")
    Path("a.txt").chmod(0)
    [source] = list_sources(["a.txt"])
    assert isinstance(source, Source)
    as_root = os.geteuid() == 0
    for folder in [workplace, *workplace.parents] if as_root else []:
        if folder.name.startswith(("pytest-", "test_")):
            folder.chmod(0o755)
    if as_root:
        os.seteuid(65534)
    try:
        [failure] = read_source(source)
    finally:
        if as_root:
            os.seteuid(0)
    assert isinstance(failure, ReadFailure) and "permission" in failure.reason


def test_read_sources_holds_to_the_size_limit() -> None:
    limits = ReadSettings(max_bytes=1000)
    assert "larger" in read_failure("あ".encode() * 400, limits=limits).reason
    assert isinstance(read_bytes("あ".encode() * 333, limits=limits)[0], Document)


@pytest.mark.parametrize(
    "text", ["ID3は決定木を学ぶ算法である。", "BZhang founded Aoba Denki.", "GIF89aは画像の形式である。"]
)
@pytest.mark.parametrize("codec", ["utf-8", "cp932"])
def test_read_sources_reads_a_text_that_begins_with_the_name_of_a_format(text: str, codec: str) -> None:
    assert read_one(text.encode(codec)).text == text


def test_read_sources_undoes_gzip_within_the_limit() -> None:
    document = read_one(gzip.compress(ARTICLE.encode()), "a.txt.gz")
    assert (document.text, document.content_hash) == (ARTICLE, hashlib.sha256(ARTICLE.encode()).hexdigest())
    bomb = gzip.compress(bytes(50_000_000))
    assert "larger" in read_failure(bomb, "b.txt.gz", ReadSettings(max_bytes=1_000_000)).reason
    assert "broken" in read_failure(gzip.compress(ARTICLE.encode())[:-9], "c.txt.gz").reason
    assert "gzip inside" in read_failure(gzip.compress(gzip.compress(b"x")), "d.txt.gz").reason


def test_read_sources_reads_twenty_megabytes() -> None:
    text = "青葉電機は一九九八年に設立された。\n" * 390_000
    assert read_one(text.encode()).text == text


def piped(data: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Document | ReadFailure]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return list(read_sources(["-"]))


def test_read_sources_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    [document] = piped(ARTICLE.encode("euc_jp"), monkeypatch)
    assert isinstance(document, Document)
    assert (document.source, document.text, document.encoding) == ("-", ARTICLE, "euc-jp")


def test_read_sources_names_what_is_piped_in_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    [first], [again], [other] = (piped(text.encode(), monkeypatch) for text in (ARTICLE, ARTICLE, "別の記事。"))
    assert isinstance(first, Document) and isinstance(again, Document) and isinstance(other, Document)
    assert first.id == again.id != other.id
    assert own_id(first) == first.content_hash[:32] and first.id == f"-#{own_id(first)}"


def test_read_sources_takes_json_lines_on_standard_input_by_their_own_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    [document] = piped('{"url": "https://example.jp/", "id": "x", "text": "青葉。"}'.encode(), monkeypatch)
    assert isinstance(document, Document) and document.id == "-#x"


def test_read_sources_finds_json_lines_in_utf_16_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = '{"id": "x", "text": "青葉。"}\n{"id": "y", "text": "港南。"}\n'
    found = piped(lines.encode("utf-16"), monkeypatch)
    assert [item.text for item in found if isinstance(item, Document)] == ["青葉。", "港南。"]


def test_read_sources_drops_the_byte_order_marks_of_joined_files() -> None:
    assert read_one(f"{ARTICLE}\n".encode("utf-8-sig") * 2).text == f"{ARTICLE}\n" * 2


def test_read_sources_does_not_take_a_list_of_json_objects_for_prose() -> None:
    assert "list of JSON objects" in read_failure('[\n {"id": "x", "text": "青葉。"}]'.encode(), "plain").reason


@pytest.mark.parametrize(
    ("start", "count"), [('{"id": "x", "text": "あ"}\n{"text": "い"}', 2), ("<html><p>あ。</p></html>", 1), ("{あ}", 1)]
)
def test_read_sources_looks_at_content_without_a_suffix(start: str, count: int) -> None:
    assert len([item for item in read_bytes(start.encode(), "plain") if isinstance(item, Document)]) == count


def test_read_sources_reads_json_lines_and_reports_broken_ones_by_line() -> None:
    lines = [
        '{"id": "x", "text": "青葉。", "title": "題", "date": "2024年5月1日", "more": [1]}',
        "",
        "{broken",
        '{"id": "x", "text": "また。"}',
        '{"text": "名無し。"}',
        "[1]",
        '{"id": 7}',
        '{"id": 8, "text": ""}',
        "[" * 100_000,
        '{"id": 9, "text": "終。"}',
    ]
    items = read_bytes("\r\n".join(lines).encode(), "a.jsonl")
    documents = [item for item in items if isinstance(item, Document)]
    assert [(d.id, d.text, d.title, d.published) for d in documents] == [
        ("a.jsonl#x", "青葉。", "題", "2024-05-01"),
        ("a.jsonl#L5", "名無し。", None, None),
        ("a.jsonl#9", "終。", None, None),
    ]
    assert {document.source for document in documents} == {"a.jsonl"}
    assert documents[0].content_hash == hashlib.sha256(lines[0].encode()).hexdigest()
    assert [own_id(document) for document in documents] == ["x", "L5", "9"]
    failures = [item.source for item in items if isinstance(item, ReadFailure)]
    assert failures == [f"a.jsonl:{number}" for number in (3, 4, 6, 7, 8, 9)]


@pytest.mark.parametrize(
    ("line", "reason", "remedy"),
    [
        ('{"id": 1, "本文": "青葉。", "url": "u"}', 'no "text"', 'it has "id", "本文", "url"'),
        ('{"text": ["青葉。"]}', 'no "text"', 'write {"id": …, "text": …}'),
        ("{}", 'no "text"', 'write {"id": …, "text": …}'),
        ('{"id": 1.5, "text": "青葉。"}', '"id" that is no string or whole number', "mend it"),
        ('{"id": ["a"], "text": "青葉。"}', '"id" that is no string or whole number', "mend it"),
        ('{"\\ud800": 1}', 'no "text"', "\ufffd"),
    ],
)
def test_read_sources_names_the_line_and_the_remedy_where_a_key_is_missing(line: str, reason: str, remedy: str) -> None:
    good = '{"id": "", "text": "良い。"}\n{"id": null, "text": "良い。"}\n'
    *documents, failure = read_bytes((good + line).encode(), "a.jsonl")
    assert [item.id for item in documents if isinstance(item, Document)] == ["a.jsonl#L1", "a.jsonl#L2"]
    assert isinstance(failure, ReadFailure) and failure.source == "a.jsonl:3"
    assert reason in failure.reason and remedy in failure.remedy


@pytest.mark.parametrize("codec", ["utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_read_sources_reads_json_lines_in_every_encoding(codec: str) -> None:
    lines = "\n".join(json.dumps({"id": i, "text": ARTICLE}, ensure_ascii=False) for i in range(3))
    texts = [item.text for item in read_bytes(lines.encode(codec), "a.jsonl") if isinstance(item, Document)]
    assert texts == [ARTICLE] * 3


def test_read_sources_passes_over_json_lines_that_are_too_long() -> None:
    lines = [json.dumps({"id": i, "text": "あ" * size}) for i, size in enumerate((3, 500, 3))]
    _first, failure, last = read_bytes("\n".join(lines).encode(), "a.jsonl", ReadSettings(max_bytes=1000))
    assert isinstance(failure, ReadFailure) and failure.source == "a.jsonl:2"
    assert isinstance(last, Document) and last.id == "a.jsonl#2"


def test_read_sources_gives_up_json_lines_after_too_many_broken_ones() -> None:
    items = read_bytes(b"no\n" * 50, "a.jsonl", ReadSettings(max_broken_lines=10))
    assert len(items) == 11
    assert isinstance(items[-1], ReadFailure) and "the rest is not read" in items[-1].reason


@pytest.mark.parametrize(
    ("unit", "reason"), [(b"\n", "blank lines"), (b" ", "larger"), (b'{"text": "a"}\n', "larger"), (b"x\n", "the rest")]
)
def test_read_sources_gives_up_json_lines_that_unfold_without_end(unit: bytes, reason: str) -> None:
    bomb = gzip.compress(unit * (20_000_000 // len(unit)), 1)
    limits = ReadSettings(max_bytes=100_000, max_stream_bytes=200_000)
    started = time.process_time()
    last = read_bytes(bomb, "a.jsonl.gz", limits)[-1]
    assert isinstance(last, ReadFailure) and reason in last.reason
    assert time.process_time() - started < 5


def test_fetch_source_tells_the_hash_before_the_text_is_taken_out() -> None:
    Path("a.html").write_text("<p>青葉電機。</p>", encoding="utf-8")
    [source] = list_sources(["a.html"])
    assert isinstance(source, Source)
    [unread] = fetch_source(source)
    assert isinstance(unread, Unread)
    document = unread.read()
    assert isinstance(document, Document)
    assert (unread.id, unread.content_hash) == (document.id, document.content_hash)


def test_sources_and_documents_cross_process_borders() -> None:
    Path("a.txt").write_text(ARTICLE, encoding="utf-8")
    [source] = list_sources(["a.txt"])
    assert isinstance(source, Source)
    assert list(read_source(pickle.loads(pickle.dumps(source)))) == list(read_source(source))


@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.jsonl", "a", "a.gz"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_read_sources_of_any_bytes_gives_storable_documents_or_failures(data: bytes, name: str) -> None:
    for item in read_bytes(data, name):
        if isinstance(item, Document):
            item.text.encode("utf-8")
            assert item.text.strip() and not set("\r\x00") & set(item.text)
        else:
            assert item.source.startswith(name) and item.remedy
