"""Date expressions of Japanese prose as ISO 8601 dates: 2005年4月1日, 昭和五十六年十二月, 昨年3月, 同年, 14日.

Western years and the eras from 明治 to 令和, in any digits. What leans on another date is resolved from the date of
publication, or from a date before it in the text where that is safe; else it has no value. Other eras (享保, 民国) and
lengths of time (10年かけて) are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
"""The Gregorian year before each era's first (元年)."""
_KANJI = {letter: value for value, letter in enumerate("〇一二三四五六七八九")} | {"零": 0}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
TENS = "[一二三四五六七八九]?十[一二三四五六七八九]?"
_NUMBER = rf"(?:[0-9]{{1,2}}|{TENS}|[一二三四五六七八九])"
_LASTING = (
    r"かけ|がかり|をかけ|を?費や|を要[しす]|を経|に(?:わた|渡(?:る|り|って)|及)|[越ご]し|[強弱超](?![一-龯])|が?(?:たっ|たち|経[ちっ過])"
    r"|の(?:歳月|年月|月日|期間|時|節目)"
)
"""What follows a number of years or days that says how long, not when: 10年かけて, 20年の歳月."""
_LASTING_YEARS = (
    r"(?:間(?!も)|前|後)(?=[のにをではもかまより、。，．」）)]|$)|連続(?=[でのし])|以上|ぶり|余(?:り|[のにを])|にわた[るりっ]|に及[ぶびん]"
    r"|の歳月"
)
"""The same after a year in full, which is a date before much else: 2005年の時, 2005年前半, 2005年前田氏は."""
_YEARS = {"同年": 0, "翌年": 1, "前年": -1}
_PUBLISHED_YEARS = {
    "昨年": -1, "去年": -1, "一昨年": -2, "おととし": -2, "今年": 0, "本年": 0, "ことし": 0, "来年": 1, "再来年": 2,
    "昨春": -1, "昨夏": -1, "昨秋": -1, "昨冬": -1, "昨季": -1, "昨年度": -1,
    "今春": 0, "今夏": 0, "今秋": 0, "今季": 0, "今年度": 0, "来春": 1, "来夏": 1, "来秋": 1, "来季": 1, "来年度": 1,
}  # fmt: skip
_MONTHS = {"同月": 0, "翌月": 1, "前月": -1}
_PUBLISHED_MONTHS = {"今月": 0, "本月": 0, "先月": -1, "来月": 1}
_DAYS = {"同日": 0, "翌日": 1}
_PUBLISHED_DAYS = {
    "本日": 0, "今日": 0, "きょう": 0, "昨日": -1, "きのう": -1, "一昨日": -2, "おととい": -2, "明日": 1, "あす": 1,
}  # fmt: skip


def _any_of(*tables: Mapping[str, int]) -> str:
    return "|".join(sorted((word for table in tables for word in table), key=len, reverse=True))


_DATE = re.compile(
    rf"(?:(?<![0-9.,])(?P<western>[12][0-9]{{3}}|[一二][〇零一二三四五六七八九]{{3}})年(?:度|(?!{_LASTING_YEARS}))"
    rf"|(?P<era>{'|'.join(ERAS)})(?P<era_year>元|[0-9]{{1,2}}|{TENS}|[〇零一二三四五六七八九]{{1,3}})年(?:度|(?!{_LASTING_YEARS}))"
    rf"|(?P<year>{_any_of(_YEARS, _PUBLISHED_YEARS)})"
    r"|(?<![0-9.,一-龯々])(?<!およそ)(?<!わずか)(?<!ほぼ)(?<!まる)(?P<short>[0-9]{2})年"
    rf"(?!間|後|前|ぶり|以上|連続|余|代|目|度|近く|物|来|分|{_LASTING}))"
    r"(?P<aside>[（(][^（()）]{1,9}[)）])?"
    rf"(?:の?(?P<year_month>{_NUMBER})月(?!期|間)(?:(?P<year_day>{_NUMBER})日)?)?"
    rf"|(?P<month>{_any_of(_MONTHS, _PUBLISHED_MONTHS)})(?:の?(?P<month_day>{_NUMBER})日)?"
    rf"|(?<![0-9.,一二三四五六七八九十かヶカケヵ箇年])(?P<bare_month>{_NUMBER})月(?!期|間|号)(?:(?P<bare_month_day>{_NUMBER})日)?"
    rf"|(?<![0-9.,一二三四五六七八九十月第])(?P<bare_day>[0-9]{{1,2}})日"
    rf"(?!間|後|前|目|連続|ぶり|以内|以上|本|付の|分|程|市|野|ごと|{_LASTING})"
    rf"|(?P<day>{_any_of(_DAYS, _PUBLISHED_DAYS)})"
)
_DECADE = re.compile(r"^(?:代|世紀)")


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date expression: its half-open offsets, and its ISO 8601 value to the precision it has, None if unresolved."""

    start: int
    end: int
    value: str | None


@dataclass(frozen=True, slots=True)
class _Point:
    """A year, year-month or date; ``end`` is where the text states it."""

    year: int
    month: int | None = None
    day: int | None = None
    end: int = 0

    def iso(self) -> str | None:
        if not 1 <= self.year <= 9999 or (self.month is not None and not 1 <= self.month <= 12):
            return None
        if self.month is None:
            return f"{self.year:04}"
        if self.day is None:
            return f"{self.year:04}-{self.month:02}"
        try:
            return date(self.year, self.month, self.day).isoformat()
        except ValueError:
            return None


@lru_cache(maxsize=16)
def find_dates(text: str, *, published: str | None = None, past: bool = False) -> tuple[DateMention, ...]:
    """Every date expression of the text, in order; ``published`` is the ISO 8601 date or date-time of publication.

    With ``past`` the months and years that the text leaves open (7月, 30年) are the last ones up to publication.
    """
    plain = text.translate(_FULL_WIDTH)
    today = _published(published)
    mentions: list[DateMention] = []
    stated: _Point | None = None
    for match in _DATE.finditer(plain):
        if _DECADE.match(plain[match.end() :]):
            continue
        resolved = _resolve(match, plain, today, stated, past=past)
        value = resolved.iso() if resolved is not None else None
        mentions.append(DateMention(match.start(), match.end(), value))
        if resolved is not None and value is not None:
            stated = replace(resolved, end=match.end())
    return tuple(mentions)


def _published(published: str | None) -> _Point | None:
    match = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", published or "")
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    return _Point(year or 0, month, day)


def numeral_value(digits: str) -> int:
    """What Arabic or Chinese numerals of up to four digits, or 元, stand for: 12, 十二, 一九九八."""
    if digits == "元":
        return 1
    if digits.isdecimal() and digits.isascii():
        return int(digits)
    if "十" not in digits:
        return int("".join(str(_KANJI[digit]) for digit in digits))
    tens, _, ones = digits.partition("十")
    return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)


def _resolve(
    match: re.Match[str], text: str, today: _Point | None, stated: _Point | None, *, past: bool
) -> _Point | None:
    parts = {name: value for name, value in match.groupdict().items() if value is not None}
    near = stated if stated is not None and "。" not in text[stated.end : match.start()] else None
    if parts.keys() & {"western", "era", "year", "short"}:
        year = _year(parts, today, stated, past=past)
        month, day = parts.get("year_month"), parts.get("year_day")
        if year is None:
            return None
        return _Point(year, numeral_value(month) if month else None, numeral_value(day) if day else None)
    if "month" in parts:
        return _relative_month(parts["month"], parts.get("month_day"), today, stated)
    if "bare_month" in parts:
        day = parts.get("bare_month_day")
        found = _bare_month(
            numeral_value(parts["bare_month"]), numeral_value(day) if day else None, today, near, stated
        )
        ahead = past and near is None and found is not None and today is not None and _is_after(found, today)
        return replace(found, year=found.year - 1) if found is not None and ahead else found
    if "bare_day" in parts:
        return _bare_day(int(parts["bare_day"]), today, near, stated)
    return _relative_day(parts["day"], today, stated)


def _year(parts: Mapping[str, str], today: _Point | None, stated: _Point | None, *, past: bool) -> int | None:
    if "western" in parts:
        return numeral_value(parts["western"])
    if "era" in parts:
        return ERAS[parts["era"]] + numeral_value(parts["era_year"])
    if "short" in parts:
        base = today or stated
        if base is None:
            return None
        year = base.year // 100 * 100 + int(parts["short"])
        return year - 100 if today is not None and year > today.year + (0 if past else 10) else year
    if parts["year"] in _YEARS:
        return stated.year + _YEARS[parts["year"]] if stated is not None else None
    return today.year + _PUBLISHED_YEARS[parts["year"]] if today is not None else None


def _relative_month(word: str, day: str | None, today: _Point | None, stated: _Point | None) -> _Point | None:
    base, shift = (stated, _MONTHS[word]) if word in _MONTHS else (today, _PUBLISHED_MONTHS[word])
    if base is None or base.month is None:
        return None
    months = base.year * 12 + base.month - 1 + shift
    return _Point(months // 12, months % 12 + 1, numeral_value(day) if day else None)


def _bare_month(
    month: int, day: int | None, today: _Point | None, near: _Point | None, stated: _Point | None
) -> _Point | None:
    """A month without a year: of the year stated in its sentence, else near publication, else of the year before it."""
    if near is not None:
        return _Point(near.year, month, day)
    if today is not None and today.month is not None:
        ahead = (month - today.month) % 12
        return _Point(today.year + (today.month + ahead - 1) // 12 - (ahead > 3), month, day)
    if stated is not None and (stated.month is None or stated.month <= month):
        return _Point(stated.year, month, day)
    return None


def _is_after(point: _Point, today: _Point) -> bool:
    """Whether it lies after publication, and its eve too: the day is already another in Japan than in UTC."""
    latest = _relative_day("明日", today, None) or today
    return (point.year, point.month or 0, point.day or 0) > (latest.year, latest.month or 12, latest.day or 31)


def _bare_day(day: int, today: _Point | None, near: _Point | None, stated: _Point | None) -> _Point | None:
    """A day without a month: of the month stated in its sentence, else by publication, else the next such day."""
    if near is not None and near.month is not None:
        return _Point(near.year, near.month, day)
    if today is not None and today.month is not None and today.day is not None:
        months = today.year * 12 + today.month - 1 - (day > today.day)
        return _Point(months // 12, months % 12 + 1, day)
    if stated is not None and stated.month is not None and stated.day is not None and stated.day < day:
        return _Point(stated.year, stated.month, day)
    return None


def _relative_day(word: str, today: _Point | None, stated: _Point | None) -> _Point | None:
    base, shift = (stated, _DAYS[word]) if word in _DAYS else (today, _PUBLISHED_DAYS[word])
    if base is None or (value := base.iso()) is None or len(value) < 10:
        return None
    try:
        moved = date.fromisoformat(value) + timedelta(days=shift)
    except OverflowError:
        return None
    return _Point(moved.year, moved.month, moved.day)
