import bz2

import pytest

from extractors.reading.failures import UnreadableError
from extractors.reading.media_types import HTML, JSON_LINES, MARKDOWN, declared_type, refuse_binary


@pytest.mark.parametrize(
    "text",
    [
        "ID3は決定木を学ぶ算法である。",
        "ID3\n決定木",
        "BZhang founded Aoba Denki.",
        "BZh91は型番である。",
        "OggS is a capture pattern.",
        "PAR1Sは港南商事の型番である。",
        "GIF89aは画像の形式である。",
        "fLaCは音の形式である。",
        "wOFFは書体の形式である。",
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp"])
def test_refuse_binary_lets_a_text_pass_that_begins_with_the_name_of_a_format(text: str, codec: str) -> None:
    refuse_binary(text.encode(codec))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"ID3\x03\x00\x00\x00\x00\x1f\x76TIT2", "an MP3 recording"),
        (bz2.compress("青葉電機".encode()), "a bzip2 archive"),
        (bz2.compress(b""), "a bzip2 archive"),
        (b"OggS\x00\x02" + bytes(8), "an Ogg recording"),
        (b"PAR1\x15\x04\x15\x1c\x15\x20\x4c\x15\x04\x15\x00\x12\x00\x00", "a Parquet file"),
        (b"GIF89a\x40\x01\xf0\x01\xf7\x1f\x00!", "a GIF image"),
        (b"fLaC\x00\x00\x00\x22\x10", "a FLAC recording"),
        (b"wOFFOTTO\x00\x00", "a font"),
        (b"wOF2\x00\x01\x00\x00", "a font"),
        (b"II*\x00\x08", "a TIFF image"),
        (b"{\\rtf1", "an RTF file"),
    ],
)
def test_refuse_binary_names_the_format_of_a_file_that_is_no_text(data: bytes, kind: str) -> None:
    with pytest.raises(UnreadableError, match=kind):
        refuse_binary(data)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/data.csv", "text/csv; charset=Shift_JIS"),
        ("/main.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/graph.ttl", "text/turtle"),
        ("/graph.ttl.gz", "text/turtle"),
        ("/read.py", "text/x-python"),
        ("/article.json", "application/ld+json"),
        ("/article.json", "application/json"),
        ("/data.csv", "text/plain"),
    ],
)
def test_declared_type_refuses_data_and_programs_whatever_the_server_calls_them(path: str, content_type: str) -> None:
    with pytest.raises(UnreadableError, match="data or programs"):
        declared_type(path, content_type)


@pytest.mark.parametrize(
    ("path", "content_type", "media_type"),
    [
        ("/wiki/node.js", "text/html; charset=utf-8", HTML),
        ("/記事.ts", "text/markdown", MARKDOWN),
        ("/articles.jsonl", "application/json", JSON_LINES),
        ("/feed.xml", "text/xml", None),
        ("/changes.log", "application/xml", None),
        ("/NODE.JS", "text/x-markdown", None),
    ],
)
def test_declared_type_takes_the_servers_word_for_a_type_of_prose(
    path: str, content_type: str, media_type: str | None
) -> None:
    assert declared_type(path, content_type) == media_type
