"""Dates as sources state them, to ISO 8601."""

from __future__ import annotations

import datetime
import re
import unicodedata

YEAR_OR_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")
WRITTEN = re.compile(r"(\d{4})(?:年|[/.-])(\d{1,2})(?:月|[/.-])(\d{1,2})日?")


def iso_date(stated: str | None) -> str | None:
    """``stated`` as an ISO 8601 year, month, date or date-time, and None where it is no date.

    2024-05-01T09:00:00+09:00, 20240501, 2024-05, 2024/5/1 and 2024年5月1日 are understood.
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
    written = WRITTEN.match(text)
    try:
        return datetime.date(*(int(group) for group in written.groups())).isoformat() if written else None
    except ValueError:
        return None
