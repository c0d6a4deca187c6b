"""Dates as sources state them, to ISO 8601."""

from __future__ import annotations

import datetime
import re
import unicodedata

from extractors.dates import ERAS, TENS, numeral_value

YEAR_OR_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
ERA = re.compile(rf"({'|'.join(ERAS)}|[{''.join(LETTERS)}](?=\d))\s*(元|[1-9]\d?)(?=\s*年|[/.-]\d)", re.ASCII)
KANJI_NUMBER = re.compile(rf"(?:{TENS}|[〇一二三四五六七八九]{{1,4}})(?=[年月日])")
WRITTEN = re.compile(r"(\d{4})(?:\s*年\s*|[/.-])(\d{1,2})(?:\s*月\s*|[/.-])(\d{1,2})(?!\d)", re.ASCII)
WRITTEN_MONTH = re.compile(r"(\d{4})(?:\s*年(?:\s*(\d{1,2})\s*月)?|/(\d{1,2}))", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
BRACKETED = re.compile(r"\([^()]*\)")


def iso_date(stated: str | None) -> str | None:
    """``stated`` as an ISO 8601 year, month, date or date-time, and None where it is no date.

    2024-05-01T09:00:00+09:00, 20240501, 2024-05, 2024/5/1, 2024年5月1日, 2024年5月, 令和6年5月1日, R6.5.1 and
    二〇二四年五月一日 are understood. What follows a date written in the Japanese way (a weekday, a time) is left out,
    and so is what is in brackets. Numbers of other than 4 or 8 digits, such as Unix times, are no dates.
    """
    text = unicodedata.normalize("NFKC", (stated or "")[:64]).strip()
    if YEAR_OR_MONTH.fullmatch(text):
        return text
    if is_bare_number(text):  # fromisoformat would take 1612032126 for a day in 1612
        return None
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    text = KANJI_NUMBER.sub(lambda written: str(numeral_value(written[0])), BRACKETED.sub("", text))
    return _written_date(ERA.sub(_era_year, text, count=1))


def is_bare_number(stated: str) -> bool:
    """Whether ``stated`` is a number that is neither a year nor YYYYMMDD, such as a Unix time."""
    return len(stated) not in (4, 8) and NUMBER.fullmatch(stated) is not None


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
    return str(ERAS[LETTERS.get(era[1], era[1])] + numeral_value(era[2]))
