"""Dates as sources state them, to ISO 8601."""

from __future__ import annotations

import datetime
import re
import unicodedata

YEAR_OR_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
BEFORE_ERA_YEAR_1 = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
"""The Gregorian year before each era's first (元年)."""
LETTERS = dict(zip("RHSTM", BEFORE_ERA_YEAR_1, strict=True))
ERA = re.compile(
    rf"({'|'.join(BEFORE_ERA_YEAR_1)}|[{''.join(LETTERS)}](?=\d))\s*(元|[1-9]\d?)(?=\s*年|[/.-]\d)", re.ASCII
)
KANJI_NUMBER = re.compile("[〇一二三四五六七八九十]+(?=[年月日])")
KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
WRITTEN = re.compile(r"(\d{4})(?:\s*年\s*|[/.-])(\d{1,2})(?:\s*月\s*|[/.-])(\d{1,2})(?!\d)", re.ASCII)
WRITTEN_MONTH = re.compile(r"(\d{4})(?:\s*年(?:\s*(\d{1,2})\s*月)?|/(\d{1,2}))", re.ASCII)
BRACKETED = re.compile(r"\([^()]*\)")


def iso_date(stated: str | None) -> str | None:
    """``stated`` as an ISO 8601 year, month, date or date-time, and None where it is no date.

    2024-05-01T09:00:00+09:00, 20240501, 2024-05, 2024/5/1, 2024年5月1日, 2024年5月, 令和6年5月1日, R6.5.1 and
    二〇二四年五月一日 are understood. What follows a date written in the Japanese way (a weekday, a time) is left out,
    and so is what is in brackets.
    """
    text = unicodedata.normalize("NFKC", (stated or "")[:64]).strip()
    if YEAR_OR_MONTH.fullmatch(text):
        return text
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    text = KANJI_NUMBER.sub(_kanji_number, BRACKETED.sub("", text))
    return _written_date(ERA.sub(_era_year, text, count=1))


def _written_date(text: str) -> str | None:
    try:
        if day := WRITTEN.match(text):
            return datetime.date(*(int(group) for group in day.groups())).isoformat()
        if month := WRITTEN_MONTH.fullmatch(text):
            year, number = month[1], month[2] or month[3]
            return f"{datetime.date(int(year), int(number), 1):%Y-%m}" if number else year
    except ValueError:
        pass
    return None


def _era_year(era: re.Match[str]) -> str:
    before = BEFORE_ERA_YEAR_1[LETTERS.get(era[1], era[1])]
    return f"{before + (1 if era[2] == '元' else int(era[2]))}"


def _kanji_number(written: re.Match[str]) -> str:
    """二〇二四 digit by digit, 二十八 by tens."""
    tens, ten, units = written[0].partition("十")
    if not ten:
        return tens.translate(KANJI_DIGITS)
    return (tens.translate(KANJI_DIGITS) or "1") + (units.translate(KANJI_DIGITS) or "0")
