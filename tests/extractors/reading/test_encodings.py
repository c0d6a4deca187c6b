import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.reading.encodings import decode, plausibility, stated_charset
from extractors.reading.failures import UnreadableError

SHORT = [
    "はい。",
    "提訴",
    "青葉",
    "東京",
    "アサヒ",
    "社長",
    "山田太郎",
    "ー",
    "。",
    "第1章",
    "訴える",
    "蓬莱",
    "癌",
    "A社を設立",
]
LONG = "青葉電機は一九九八年、技術者の山田太郎氏が仙台市に設立した会社である。\n" * 40
ENCODINGS = {"utf_8": "utf-8", "cp932": "shift_jis", "euc_jp": "euc-jp", "iso2022_jp": "iso-2022-jp"}
JAPANESE = st.text(
    st.characters(min_codepoint=0x3041, max_codepoint=0x3093) | st.sampled_from("青葉電機東京社長、。"), min_size=4
)


@pytest.mark.parametrize("text", [*SHORT, LONG])
@pytest.mark.parametrize(("codec", "name"), ENCODINGS.items())
def test_decode_tells_the_encodings_apart_without_a_declaration(text: str, codec: str, name: str) -> None:
    decoded = decode(text.encode(codec))
    assert (decoded.text, decoded.encoding) == (text, name)


@pytest.mark.parametrize("text", ["あい", *SHORT])
@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16le"),
        (codecs.BOM_UTF16_BE, "utf-16be"),
        (codecs.BOM_UTF32_LE, "utf-32le"),
    ],
)
def test_decode_believes_a_byte_order_mark_and_takes_it_off(text: str, mark: bytes, codec: str) -> None:
    decoded = decode(mark + text.encode(codec), declared="euc-jp")
    assert (decoded.text, decoded.encoding) == (text, codec)


@pytest.mark.parametrize("text", ["青葉電機を提訴", "はい。", LONG])
@pytest.mark.parametrize("codec", ["utf-16le", "utf-16be"])
def test_decode_finds_utf_16_without_a_mark(text: str, codec: str) -> None:
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize("codec", ["cp932", "euc_jis_2004", "utf_8"])
def test_decode_reads_characters_of_row_13(codec: str) -> None:
    text = "①青葉電機㈱の決算"
    assert decode(text.encode(codec)).text == text


def test_decode_reads_row_13_under_the_plain_escape_of_iso_2022_jp() -> None:
    data = b"\x1b$B" + bytes([0x2D, 0x21]) + "青葉".encode("iso2022_jp")[3:]
    assert decode(data).text == "①青葉"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("俱楽部は青葉電機を提訴した。", "iso2022_jp_2004"),
        ("𠮟る社長", "iso2022_jp_2004"),
        ("①青葉電機㈱", "iso2022_jp_3"),
    ],
)
def test_decode_reads_the_escapes_of_jis_x_0213(text: str, codec: str) -> None:
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize("vendor", [b"\xfc\xe2\xc5\xe7\xad\xea", b"\x1b$B\x7c\x62\x45\x67\x2d\x6a\x1b(B"])
def test_decode_reads_the_kanji_of_ibm_as_microsoft_writes_them_in_euc_jp_and_iso_2022_jp(vendor: bytes) -> None:
    codec = "iso2022_jp" if b"\x1b" in vendor else "euc_jp"
    assert decode(vendor + "は青葉電機を提訴した。".encode(codec)).text == "髙島㈱は青葉電機を提訴した。"


@given(st.text(st.sampled_from("青葉電機①㈱髙﨑瀨、。ｱ\n"), max_size=6))
def test_decode_reads_every_mixture_of_standard_and_vendor_characters(text: str) -> None:
    vendor = {"①": b"\xad\xa1", "㈱": b"\xad\xea", "髙": b"\xfc\xe2", "﨑": b"\xf9\xf5", "瀨": b"\xfa\xf3"}
    text = f"青葉電機は港南商事を提訴したと発表した。{text}"
    data = b"".join(vendor.get(character) or character.encode("euc_jp") for character in text)
    assert decode(data, declared="euc-jp").text == text


@given(JAPANESE, st.sampled_from([*ENCODINGS]))
def test_decode_returns_what_was_encoded(text: str, codec: str) -> None:
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "euc-jp", "no-such-charset", "rot13", "utf-16", "zlib"])
def test_decode_lets_the_bytes_overrule_a_wrong_declaration(declared: str) -> None:
    text = "青葉電機は港南商事を提訴した。"
    assert decode(text.encode("cp932"), declared=declared).text == text


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (b'<?xml version="1.0" encoding="Shift_JIS"?><rss/>', "Shift_JIS"),
        (b"<html><head><meta charset=euc-jp>", "euc-jp"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=x-sjis">', "x-sjis"),
        (b"<p>charset=utf-8</p>", None),
        (b"<meta " * 3000, None),
    ],
)
def test_stated_charset_reads_the_head(data: bytes, charset: str | None) -> None:
    assert stated_charset(data) == charset


def test_decode_replaces_one_broken_sequence_in_a_long_text() -> None:
    data = bytearray(LONG.encode("cp932"))
    data[-5:-4] = b"\xff\xff"
    decoded = decode(bytes(data + b"\x88"))
    assert decoded.encoding == "shift_jis"
    assert decoded.text[:1000] == LONG[:1000]


@pytest.mark.parametrize("data", [bytes(range(256)), b"\x80\x81\xfe\xff" * 50, bytes(1000)])
def test_decode_refuses_what_is_no_text_and_says_what_to_do(data: bytes) -> None:
    with pytest.raises(UnreadableError) as refusal:
        decode(data)
    assert "iconv" in refusal.value.remedy


@pytest.mark.parametrize("data", ["\ud800".encode("utf-8", "surrogatepass"), codecs.BOM_UTF16_LE + b"\x00\xd8"])
def test_decode_makes_lone_surrogates_replacement_characters(data: bytes) -> None:
    assert decode(data).text.strip("\ufffd") == ""


@given(st.binary(max_size=400))
def test_decode_of_any_bytes_gives_text_without_surrogates_or_a_refusal(data: bytes) -> None:
    try:
        text = decode(data).text
    except UnreadableError:
        return
    text.encode("utf-8")


def test_plausibility_prefers_the_right_reading() -> None:
    data = "彼らは提訴した。".encode("euc_jp")
    assert plausibility(data.decode("euc_jp")) > 0.8 > plausibility(data.decode("cp932", "replace"))
