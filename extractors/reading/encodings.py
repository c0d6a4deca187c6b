"""Bytes to text: which of the encodings that Japanese is written in is it?

General detectors need long input and confuse short Japanese texts, so the order here is: byte order mark, the escape
sequences of ISO-2022-JP, the declared charset, then a strict trial of every candidate with a score of how much the
outcome looks like Japanese prose. Charset names are those of the WHATWG Encoding Standard.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import webencodings

from extractors.reading.failures import UnreadableError

SAMPLE_CHARACTERS = 65_536
FEW_CHARACTERS = 32
PROLOG_BYTES = 4096
MIN_PLAUSIBILITY = 0.25
MAX_BROKEN_SHARE = 0.001

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
ISO_2022_JP_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\([IJ])")
VENDOR_PAIRS = "enishi.vendor_pairs"
EUC_JP_VENDOR_LEADS = frozenset(b"\xad\xf9\xfa\xfb\xfc")
JIS_X_0213_ESCAPE = re.compile(rb"\x1b\$\([OPQ]")
ISO_2022_JP_KANJI = re.compile(rb"\x1b\$[@B]((?:[\x21-\x7e]{2})*)")
META_CHARSET = re.compile(rb"<meta\s[^>]{0,512}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
XML_ENCODING = re.compile(rb"\A\s{0,64}<\?xml\s[^>]{0,256}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})[\"']")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
JAPANESE = re.compile("[\u3001-\u30ff\u4e00-\u9fff]")

Decoder = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without its byte order mark, and the encoding it was read as."""

    text: str
    encoding: str


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """The text of ``data``; ``declared`` is the charset that the carrier states (an HTTP header, say).

    A charset stated inside (HTML ``meta``, XML prolog) is looked for too. A declaration is a hint only: where the
    bytes contradict it, the bytes win. What is broken becomes U+FFFD: unpaired surrogates in UTF-8, and anything in
    ISO-2022-JP, however many they are; else up to one in a thousand characters, and after a byte order mark up to one
    in a hundred, or a single one in a shorter text.

    Raises:
        UnreadableError: no encoding makes plausible text of it, or it is not in the one that its mark names.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Decoded(_with_replacements(data[len(mark) :], encoding), encoding)
    if ISO_2022_JP_ESCAPE.search(data) and data.isascii():
        return Decoded(_decode_iso_2022_jp(data), "iso-2022-jp")
    for label in (declared, stated_charset(data)):
        decoded = _as_declared(data, label) if label else None
        if decoded:
            return decoded
    return _by_trial(data)


def stated_charset(data: bytes) -> str | None:
    """The charset that an XML prolog or an HTML ``meta`` element at the head of ``data`` states."""
    head = data[:PROLOG_BYTES]
    found = XML_ENCODING.search(head) or META_CHARSET.search(head)
    return found.group(1).decode("ascii") if found else None


def plausibility(text: str) -> float:
    """How much ``text`` looks like written Japanese or plain ASCII, from about -3 to 1, by the mean over characters.

    Whitespace does not count, and only the first 65,536 characters do.
    """
    total, weight = 0, 0.0
    for character, count in Counter(text[:SAMPLE_CHARACTERS]).items():
        if character in " \t\r\n\f\u3000":
            continue
        total += count
        weight += count * _weight(character)
    return weight / total if total else 1.0


def _weight(character: str) -> float:
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return 0.6
    if 0x3041 <= code <= 0x30FE or 0x3001 <= code <= 0x301F:  # kana; 、。「」【】
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return _kanji_weight(character)
    if 0xFF01 <= code <= 0xFF5E or 0x2010 <= code <= 0x203B:  # full-width ASCII; dashes, quotes, …, ※
        return 0.7
    if 0xFF61 <= code <= 0xFF9F:  # half-width katakana: rare in prose, the usual face of EUC-JP misread as CP932
        return -0.2
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xE000 <= code < 0xF900 or 0xD800 <= code < 0xE000:
        return -3.0
    if code == 0xFFFD or code & 0xFFFE == 0xFFFE:
        return -3.0
    return 0.1


def _kanji_weight(character: str) -> float:
    """JIS X 0208 keeps the common kanji in its rows 16 to 47 (level 1) and the rare ones in 48 to 84."""
    try:
        row = character.encode("euc_jp")[0] - 0xA0
    except UnicodeEncodeError:
        return -0.3
    return 0.9 if 16 <= row <= 47 else 0.3


def _as_declared(data: bytes, label: str) -> Decoded | None:
    encoding = webencodings.lookup(label)
    # A page that can be read far enough to find "utf-16" in it is not in UTF-16.
    if encoding is None or encoding.name.startswith("utf-16") or encoding.name == "x-user-defined":
        return None
    decoder = CANDIDATES.get(encoding.name) or _strict(encoding.codec_info.name)
    text = _attempt(data, decoder)
    if text is None:
        return None
    if encoding.name == "utf-8":
        return Decoded(text, encoding.name)
    rival = _best_trial(data)
    # Wrong labels are common (a CP932 page served as Latin-1), so a declaration gets a head start and no more.
    if rival and rival[0] > plausibility(text) + 0.3:
        return None
    return Decoded(text, encoding.name)


def _by_trial(data: bytes) -> Decoded:
    text = _attempt(data, CANDIDATES["utf-8"])
    as_utf_8 = text is not None and not CONTROLS.search(text[:SAMPLE_CHARACTERS])
    # Bytes of another encoding that happen to be valid UTF-8 are next to impossible beyond a few characters.
    if text is not None and as_utf_8 and (text.isascii() or len(text) > FEW_CHARACTERS or JAPANESE.search(text)):
        return Decoded(text, "utf-8")
    best = _best_trial(data)
    if best and best[0] >= MIN_PLAUSIBILITY:
        return best[1]
    if text is not None and as_utf_8:
        return Decoded(text, "utf-8")
    for name, codec in LENIENT_CODECS.items():
        text = data.decode(codec, errors="replace")
        allowed = len(text) * MAX_BROKEN_SHARE
        nearly_clean = text.count("\ufffd") <= allowed and len(CONTROLS.findall(text)) <= allowed
        if nearly_clean and plausibility(text) >= MIN_PLAUSIBILITY:
            return Decoded(text, name)
    raise UnreadableError(
        "its bytes are no text in UTF-8, UTF-16, CP932, EUC-JP or ISO-2022-JP",
        "convert it to UTF-8 (iconv -f FROM -t UTF-8), or leave it out",
    )


def _best_trial(data: bytes) -> tuple[float, Decoded] | None:
    trials = [(name, _attempt(data, decoder)) for name, decoder in CANDIDATES.items()]
    scored = [(plausibility(text), Decoded(text, name)) for name, text in trials if text is not None]
    return max(scored, key=lambda pair: pair[0], default=None)


def _attempt(data: bytes, decoder: Decoder) -> str | None:
    try:
        return decoder(data)
    except (UnicodeError, LookupError):
        return None


def _strict(codec: str) -> Decoder:
    def decoder(data: bytes) -> str:
        return data.decode(codec)

    return decoder


def _decode_utf_8(data: bytes) -> str:
    """UTF-8, and the UTF-8 that some programs write of unpaired or paired surrogates (WTF-8, CESU-8)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="surrogatepass")
    return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")


def _decode_utf_16(codec: str) -> Decoder:
    def decoder(data: bytes) -> str:
        if len(data) % 2:
            raise UnicodeError("an odd number of bytes")
        return data.decode(codec)

    return decoder


def _decode_euc_jp(data: bytes) -> str:
    try:
        return data.decode("euc_jp", errors=VENDOR_PAIRS)
    except UnicodeDecodeError:
        return data.decode("euc_jis_2004")


def _vendor_pair(error: UnicodeError) -> tuple[str, int]:
    """A pair that euc_jp lacks, by Microsoft's table, which is the Encoding Standard's too: ① and ㈱ in row 13, 髙 and
    﨑 in rows 89 to 92, where JIS X 0213 has other kanji. For ``codecs.register_error``.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    high, low = error.object[error.start : error.start + 2].ljust(2, b"\0")
    if high not in EUC_JP_VENDOR_LEADS or not 0xA1 <= low <= 0xFE:
        raise error
    row, cell = high - 0xA0, low - 0xA0
    lead = (row + 1) // 2 + (0x80 if row <= 62 else 0xC0)
    trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell < 64 else 0x40)
    return bytes((lead, trail)).decode("cp932"), error.start + 2


def _decode_iso_2022_jp(data: bytes) -> str:
    jis_x_0213 = ("iso2022_jp_2004", "iso2022_jp_3") if JIS_X_0213_ESCAPE.search(data) else ()
    for codec in ("iso2022_jp", "iso2022_jp_ext", *jis_x_0213):
        text = _attempt(data, _strict(codec))
        if text is not None:
            return text

    # Mail programs put the rows of NEC and IBM (①, 髙) under the plain escape; the same codes serve in EUC-JP.
    def kanji(match: re.Match[bytes]) -> bytes:
        as_euc = bytes(byte | 0x80 for byte in match.group(1))
        text = _attempt(as_euc, _decode_euc_jp) or as_euc.decode("euc_jp", errors="replace")
        return text.encode("utf-8")

    unescaped = re.sub(rb"\x1b\([A-Z]", b"", ISO_2022_JP_KANJI.sub(kanji, data))
    return unescaped.decode("utf-8", errors="replace")


def _with_replacements(data: bytes, encoding: str) -> str:
    text = _attempt(data, _decode_utf_8 if encoding == "utf-8" else _strict(encoding))
    if text is not None:
        return text
    text = data.decode(encoding, errors="replace")
    if text.count("\ufffd") > max(1, len(text) * MAX_BROKEN_SHARE * 10):
        raise UnreadableError(
            f"it begins with the mark of {encoding.upper()} but is not in it", "convert it to UTF-8, or leave it out"
        )
    return text


CANDIDATES: dict[str, Decoder] = {
    "utf-8": _decode_utf_8,
    "shift_jis": _strict("cp932"),
    "euc-jp": _decode_euc_jp,
    "utf-16le": _decode_utf_16("utf-16-le"),
    "utf-16be": _decode_utf_16("utf-16-be"),
}
LENIENT_CODECS = {"utf-8": "utf-8", "shift_jis": "cp932", "euc-jp": "euc_jp"}
codecs.register_error(VENDOR_PAIRS, _vendor_pair)
