"""Answers as they come in over HTTP: read while they stream, and cut off at limits of time and rows."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import IO, Any, TypeVar, cast

import httpx
from pyoxigraph import QueryBoolean, QueryResultsFormat, RdfFormat, parse, parse_query_results

from store.errors import QueryFailedError, QueryTimeoutError
from store.results import QueryForm, QueryResult

ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9, text/turtle;q=0.8"
"""The formats that ``read_answer`` reads, as an Accept header."""

_TRIPLE_FORMATS = {"application/n-triples": RdfFormat.N_TRIPLES, "text/turtle": RdfFormat.TURTLE}
_CANCELLED = b"cancelled"
_TAIL_BYTES = 200
_Result = TypeVar("_Result")


class DeadlinePassedError(Exception):
    """The time is up while the answer still comes in."""


class AnswerBody(io.RawIOBase):
    """A streamed answer as a binary file that stops at a deadline."""

    def __init__(self, response: httpx.Response, deadline: float | None) -> None:
        self._chunks = response.iter_bytes()
        self._rest = b""
        self._deadline = deadline
        self._tail = b""

    @property
    def was_cancelled(self) -> bool:
        """Whether the server broke off in the middle and said that it did so on purpose (Oxigraph's time limit)."""
        return _CANCELLED in self._tail

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something; 0 at the end."""
        if not self._rest:
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise DeadlinePassedError
            self._rest = next(self._chunks, b"")
            self._tail = (self._tail + self._rest)[-_TAIL_BYTES:]
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def read_answer(response: httpx.Response, body: AnswerBody, row_limit: int | None) -> QueryResult:
    """The answer up to ``row_limit`` rows or triples.

    Raises DeadlinePassedError where the time is up, QueryTimeoutError where the server says that it stopped the query,
    and QueryFailedError where it is no answer.
    """
    stream = cast(IO[bytes], body)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type in _TRIPLE_FORMATS:
            triples = (quad.triple for quad in parse(stream, _TRIPLE_FORMATS[media_type]))
            listed, truncated = _take(triples, row_limit)
            return QueryResult(QueryForm.CONSTRUCT, triples=listed, truncated=truncated, row_limit=row_limit)
        solutions = parse_query_results(stream, QueryResultsFormat.JSON)
        if isinstance(solutions, QueryBoolean):
            return QueryResult(QueryForm.ASK, boolean=bool(solutions))
        variables = tuple(variable.value for variable in solutions.variables)
        rows, truncated = _take((tuple(solution) for solution in solutions), row_limit)
        return QueryResult(QueryForm.SELECT, variables=variables, rows=rows, truncated=truncated, row_limit=row_limit)
    except SyntaxError as error:
        if body.was_cancelled:
            raise QueryTimeoutError(None) from error
        raise QueryFailedError(
            f"The answer broke off or is not what was asked for ({media_type or 'no media type'}): {error}",
            "The server may have stopped the query: narrow it, or check the store's address.",
        ) from error


def _take(results: Iterator[_Result], limit: int | None) -> tuple[tuple[_Result, ...], bool]:
    kept: list[_Result] = []
    for result in results:
        if limit is not None and len(kept) >= limit:
            return tuple(kept), True
        kept.append(result)
    return tuple(kept), False
