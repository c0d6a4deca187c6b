"""Queries and updates that would make the store call another host: SERVICE and LOAD, which are switched off.

What is refused is a superset of the grammar's calls, for servers do not agree on where a name, a string or a ``<``
ends: Oxigraph has no word boundaries (``1SERVICE``), falls back to a shorter name where the longer one is no IRI, and
reads ``?a<1)SERVICE#>`` as a comparison. So a keyword counts wherever something like its operands follows, also in
strings, comments and names. Only variables, IRIs with ``://`` and plain data are known for what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.errors import QueryRefusedError

_NAME = r"[0-9A-Za-z_.%\-\x80-\U0010ffff]"
_SPACE = r"(?:\s|\#[^\n\r]*(?:[\n\r]|\Z))*+"
_OPERAND = rf"(?:<[^<>]*+>|[?$]{_NAME}++|{_NAME}*+:(?:{_NAME}|:|\\.)*+)"
_CUT_OFF = rf"(?:\Z|<[^<>]*+\Z|{_NAME}*+\Z)"
_END = "\n|"
"""Put after a text, so that ``\\Z`` in a pattern means that the window ended, not the text."""

_WINDOW = 4096
"""The characters that one call is looked for in, so that the time stays linear; a longer one is refused unread."""

_KEYWORD = re.compile(
    r"""<[a-z][\w+.-]*://[^<>"'{}|^`\\\x00-\x20]*>   # quotes and spaces end it, so it is this or lies inside a token
    | [?$]\w+
    | (?P<service>SERVICE)
    | (?<![\w?$:-])(?P<load>LOAD)""",
    re.IGNORECASE | re.VERBOSE,
)
_CALLS = {
    "service": re.compile(
        rf"SERVICE{_SPACE}(?:{_CUT_OFF}|(?:SILENT{_SPACE})?(?:{_CUT_OFF}|{_OPERAND}{_SPACE}(?:\Z|\{{)))", re.IGNORECASE
    ),
    "load": re.compile(
        rf"LOAD{_SPACE}(?:{_CUT_OFF}|(?:SILENT{_SPACE})?(?:{_CUT_OFF}|{_OPERAND}{_SPACE}(?:\Z|;|\||INTO)))",
        re.IGNORECASE,
    ),
}
"""SPARQL 1.1 Query, rule 59 (ServiceGraphPattern), and Update, rule 31 (Load), and what may become one."""

_HEX = "[0-9A-Fa-f]"
_ESCAPED = rf"""\\(?:[tbnrf"'\\]|(?-i:u{_HEX}{{4}}(?!{_HEX}{{4}})|U{_HEX}{{8}}))"""
"""An escape of the same length for every server: some take ``u`` and ``U`` for one, and eight digits where they are."""

_PLAIN_DATA = re.compile(
    rf"""(?:
      [^"'\#<>()\\?$\w]
    | <[^<>"{{}}|^`\\\x00-\x20]*+>
    | "(?:[^"\\\n\r]|{_ESCAPED})*+"(?!")
    | (?!\w*SERVICE|LOAD)\w++
    )*+""",
    re.IGNORECASE | re.VERBOSE,
)
"""Data without expressions, comments or long strings, which have one reading alone, and no keyword outside strings."""

_ESCAPES = (
    re.compile(rf"\\(?:u({_HEX}{{4}})|U({_HEX}{{8}})|.)", re.DOTALL),
    re.compile(rf"\\(?:u({_HEX}{{4}})|U({_HEX}{{8}}))"),
    re.compile(rf"\\[uU](?:({_HEX}{{8}})|({_HEX}{{4}}))"),
)
"""What servers replace: escapes that no backslash escapes, or any, or, as rdflib, the longest of either letter."""


def refuse_service(sparql: str) -> None:
    """Raise QueryRefusedError where the query might reach out to another host with SERVICE."""
    if _may_call(sparql, "service"):
        raise QueryRefusedError(
            "SERVICE is switched off: a query must not reach out to other hosts.",
            "Load what is needed with `enishi load`, or query the other endpoint by itself.",
        )


def refuse_outside_calls(update: str) -> None:
    """Raise QueryRefusedError where the update might reach out to another host with SERVICE or LOAD."""
    refuse_service(update)
    if _may_call(update, "load"):
        raise QueryRefusedError(
            "LOAD is switched off: an update must not reach out to other hosts.",
            "Download the file and load it with `enishi load`.",
        )


def _may_call(sparql: str, keyword: str) -> bool:
    return any(_is_call(text, keyword) and not _PLAIN_DATA.fullmatch(text) for text in _readings(sparql))


def _is_call(text: str, keyword: str) -> bool:
    ended = text + _END
    return any(
        match.lastgroup == keyword and _CALLS[keyword].match(ended, match.start(), match.start() + _WINDOW)
        for match in _KEYWORD.finditer(text)
    )


def _readings(sparql: str) -> Iterator[str]:
    """The text as it is, and with ``\\uXXXX`` replaced as servers do it (SPARQL 1.1 Query, 19.2)."""
    yield sparql
    if "\\u" in sparql or "\\U" in sparql:
        yield from (escape.sub(_character, sparql) for escape in _ESCAPES)


def _character(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return match[0] if digits is None or int(digits, 16) > 0x10FFFF else chr(int(digits, 16))
