"""What can go wrong with a store, said with its place and its remedy.

Every error carries fields; its text is ``reason`` and ``remedy`` in one line.
"""

from __future__ import annotations


class StoreError(Exception):
    """Something that the store could not do: ``reason`` says what, ``remedy`` what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason, remedy)

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}"


class StoreLockedError(StoreError):
    """Another process owns the store's folder. ``holder`` says which one, as far as the system tells."""

    def __init__(self, location: str, holder: str) -> None:
        self.location = location
        self.holder = holder
        reason = f"The store {location} is in use by {holder}."
        super().__init__(reason, "Wait until it has ended, or reach the store through its endpoint with --store URL.")

    def __reduce__(self) -> tuple[type[StoreLockedError], tuple[str, str]]:
        return type(self), (self.location, self.holder)


class StoreLocationError(StoreError):
    """The location holds no store, or nothing that can be opened as one."""


class StoreDamagedError(StoreLocationError):
    """The files of the store at ``location`` are not what was written there; ``cause`` is what the database says."""

    def __init__(self, location: str, cause: str) -> None:
        self.location = location
        self.cause = cause
        super().__init__(f"The store {location} is damaged: {cause}", "Restore the last backup with `enishi restore`.")

    def __reduce__(self) -> tuple[type[StoreDamagedError], tuple[str, str]]:
        return type(self), (self.location, self.cause)


class StoreUnavailableError(StoreError):
    """The endpoint did not answer, or broke off. Worth another try: nothing that it acknowledged is lost."""


class StoreAccessError(StoreError):
    """The endpoint refused the credentials, or asks for some."""


class StoreWriteError(StoreError):
    """A write failed and was undone as a whole: the disk is full, the folder read-only, or the endpoint refused."""


class StoreReadOnlyError(StoreWriteError):
    """A write to a store that was opened for reading."""


class StoreClosedError(StoreError):
    """A call on a store after ``close()``."""


class QueryError(StoreError):
    """A query that cannot be answered."""


class QuerySyntaxError(QueryError):
    """The query is no SPARQL. ``line`` and ``column`` count from 1; None where the store does not say."""

    def __init__(self, message: str, line: int | None, column: int | None, excerpt: str) -> None:
        self.message = message
        self.line = line
        self.column = column
        self.excerpt = excerpt
        where = "" if line is None else f" at line {line}, column {column}"
        reason = f"The query is not valid SPARQL{where}: {message}"
        super().__init__(reason, f"\n{excerpt}" if excerpt else "Correct the query.")

    def __reduce__(self) -> tuple[type[QuerySyntaxError], tuple[str, int | None, int | None, str]]:
        return type(self), (self.message, self.line, self.column, self.excerpt)


class QueryTimeoutError(QueryError):
    """The query took longer than ``timeout_s`` seconds and was stopped; None where the server stopped it."""

    def __init__(self, timeout_s: float | None) -> None:
        self.timeout_s = timeout_s
        if timeout_s is None:
            super().__init__(
                "The server stopped the query at a time limit of its own.",
                "Narrow its patterns, add a LIMIT, or let the server take longer: `enishi serve --timeout 600`.",
            )
            return
        super().__init__(
            f"The query was stopped after {timeout_s:g} s.", "Narrow its patterns, add a LIMIT, or allow it more time."
        )

    def __reduce__(self) -> tuple[type[QueryTimeoutError], tuple[float | None]]:
        return type(self), (self.timeout_s,)


class QueryRefusedError(QueryError):
    """The query asks for what is switched off, such as SERVICE."""


class QueryFailedError(QueryError):
    """The query broke off while it was being answered: out of memory, or an error of the store."""
