"""What went wrong with a source, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A source, or one line or entry of it, that gave no document.

    ``source`` is what to show. ``address`` is that of the file, page or folder of which nothing, or not all, is known
    now, so that nobody takes its documents for gone: of a line its file, of a pattern the folder that it begins with.
    ``transient`` is true where trying again later may help (a time-out, a server error).
    """

    source: str
    reason: str
    remedy: str
    transient: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        if not self.address:
            object.__setattr__(self, "address", self.source)


class UnreadableError(Exception):
    """Raised inside the reader where a source gives no text; its fields become a ``ReadFailure``."""

    def __init__(self, reason: str, remedy: str, *, transient: bool = False) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.transient = transient

    def as_failure(self, source: str, *, address: str = "") -> ReadFailure:
        """The record to report for ``source``, which is ``address`` or a part of it."""
        return ReadFailure(source, self.reason, self.remedy, self.transient, address)
