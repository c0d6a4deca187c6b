"""Sentences by regular expression, and where to cut one that is too long.

Both run in time linear in the text, whatever it holds. Offsets are half-open character offsets; the spans follow one
another without a gap and cover the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_QUOTATION_CHARACTERS = 240
LOOK_BACK_CHARACTERS = 1024

OPENING, CLOSING = "「『（［｛〈《【〔“(", "」』）］｝〉》】〕”)"
LANDMARK = re.compile(
    f"(?P<open>[{re.escape(OPENING)}])|(?P<close>[{re.escape(CLOSING)}])|(?P<line>\n)|(?P<end>[。！？!?．⁉‼.])"
)
# What belongs to a sentence after the stop that ends it: more stops, closing brackets, then blank space.
STOPS = re.compile(f"[。！？!?．⁉‼…]*[{re.escape(CLOSING)}]*")
BLANKS = re.compile(r"\s*")
# After 「…。」 these go on with the sentence that the quotation stands in: と述べた, など, は, 、, another quotation.
CONTINUES = re.compile(r"[「『（(〈《ぁ-んー、。，．,・：:…―—～〜!！?？)）\]］」』】〕〉》]")
JAPANESE = re.compile("[\u3001-\u30ff\u4e00-\u9fff々]")
KATAKANA = re.compile("[ァ-ヺー]")
ABBREVIATION = re.compile(r"(?:^|[^A-Za-z])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|St|Co|Inc|Ltd|Corp|vs|No|Jr|Sr|Prof)$")
PIECE_ENDS = ("、，,；;：:", " \u3000\t", CLOSING)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the sentences of ``text``, each with the blank space after it.

    A newline ends a sentence, and so do 。！？ and their kin. Inside brackets they do not, unless what the outermost
    bracket holds is over 240 characters long or still open at the line's end; then they do. After a quotation that
    ends in a stop, the sentence goes on where hiragana or a comma does (「…。」と述べた).
    """
    start = 0
    for stop in _ends(text):
        if stop > start:
            end = _match_end(BLANKS, text, stop)
            yield start, end
            start = end
    if start < len(text):
        yield start, len(text)


def best_cut(text: str, start: int, limit: int) -> int:
    """The best place to cut ``text`` at, after ``start`` and at ``limit`` at the latest.

    That is after the last comma of the 1,024 characters before ``limit``, else after a blank or a closing bracket, else
    between any two characters that belong to no one combining sequence.
    """
    lowest = max(start + 1, limit - LOOK_BACK_CHARACTERS)
    for characters in PIECE_ENDS:
        found = max(text.rfind(character, lowest - 1, limit) for character in characters)
        if found >= 0 and _is_safe(text, found + 1):
            return found + 1
    return next((at for at in range(limit, lowest - 1, -1) if _is_safe(text, at)), limit)


def _is_safe(text: str, at: int) -> bool:
    """Whether the characters on both sides of ``at`` may be parted."""
    if at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    joins = after in "\u200d\uff9e\uff9f" or unicodedata.category(after).startswith("M")
    emoji = before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff"
    surrogates = "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"
    return not (joins or emoji or surrogates or (before == "\r" and after == "\n"))


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, in rising order, some twice; blank space after them not counted."""
    depth = opened_at = resume = 0
    held: list[int] = []  # ends inside the open bracket, which count only if it turns out too long or unclosed
    for landmark in LANDMARK.finditer(text):
        at = landmark.start()
        if depth and at - opened_at > MAX_QUOTATION_CHARACTERS:
            yield from held
            held.clear()
            depth = 0
        kind = landmark.lastgroup
        if kind == "line":
            yield from held
            held.clear()
            depth = 0
            yield at + 1
        elif kind == "open":
            depth += 1
            if depth == 1:
                opened_at = at
        elif kind == "close":
            quotation_ends = bool(held) and _match_end(STOPS, text, held[-1]) > at
            depth = max(depth - 1, 0)
            if not depth:
                held.clear()
                if quotation_ends and not CONTINUES.match(text, at + 1):
                    yield at + 1
        elif at >= resume and _is_stop(text, at):
            if depth:
                held.append(at + 1)
            else:
                resume = _match_end(STOPS, text, at + 1)
                yield resume
    yield from held


def _is_stop(text: str, at: int) -> bool:
    character, after = text[at], text[at + 1 : at + 2]
    before = text[at - 1 : at]
    if character in "。⁉‼":
        return True
    if character == "．" and JAPANESE.match(before):
        return True
    if character in ".．":  # 3.5, .jp, Inc.
        return (not after or after.isspace()) and not ABBREVIATION.search(text[max(at - 5, 0) : at])
    if character in "!?":  # Yahoo!ニュース
        return not after or after.isspace() or after in CLOSING or bool(JAPANESE.match(before)) or after in "!?！？"
    return not (KATAKANA.match(before) and KATAKANA.match(after))  # ハロー！プロジェクト


def _match_end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
