"""What a run did: counts, problems with their remedies, and the Markdown summary of both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flows.terminal import printable

if TYPE_CHECKING:
    from extractors.reading import ReadFailure

_BLOCK_START = re.compile(r"^([0-9]{0,9})([-+=.)])")
"""What begins a rule, a list or an underlined heading where it begins a line."""
SHOWN = 50
"""At most so many problems or removed documents are shown one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A source or document that could not be loaded, why, and what to do about it.

    ``address`` is that of the file, page or folder whose documents ``prune`` is to leave alone for it; empty for none.
    """

    source: str
    reason: str
    remedy: str
    address: str = ""

    def __str__(self) -> str:
        """One line, with nothing in it that acts on a terminal or a log."""
        return printable(f"{self.source}: {self.reason}. {_sentence(self.remedy)}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def read_problem(failure: ReadFailure) -> Problem:
    """What is reported of a source that gave no text."""
    return Problem(failure.source, failure.reason, failure.remedy, failure.address)


def extraction_failure(document_id: str, reason: str) -> Problem:
    """What is reported of a document on which the reader failed."""
    return Problem(
        document_id,
        f"the reader failed on it: {reason}",
        "The other documents are loaded. Report the text as a bug, or leave it out.",
    )


@dataclass(slots=True)
class Report:
    """The sum of a run so far, added to batch by batch.

    A failed document could not be read or extracted; a quarantined one was, but its graph broke a shape. Of both
    the graph of an earlier run, if any, stays in the store.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    quarantined: list[Problem] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)
    claims: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many claims of each (relation, status) the loaded documents hold."""
    warnings: list[str] = field(default_factory=list)
    """What the run costs that was perhaps not meant, said when it was found."""
    notes: list[str] = field(default_factory=list)

    def merge(self, other: Report) -> None:
        """Add what ``other`` counts."""
        self.added += other.added
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.removed += other.removed
        self.quarantined += other.quarantined
        self.failed += other.failed
        self.claims += other.claims
        self.warnings += other.warnings
        self.notes += other.notes

    @property
    def wrote(self) -> bool:
        """Whether the store differs from what it was."""
        return bool(self.added or self.changed or self.removed)

    @property
    def sound(self) -> bool:
        """Whether every document was loaded or was there already."""
        return not (self.failed or self.quarantined)

    def counts(self) -> dict[str, int]:
        """What happened to how many documents."""
        return {
            "new": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "removed": len(self.removed),
            "quarantined": len(self.quarantined),
            "failed": len(self.failed),
        }

    def relations(self) -> dict[str, dict[str, int]]:
        """Claims by relation, then by status, in the alphabet's order."""
        table: dict[str, dict[str, int]] = {}
        for (relation, status), count in sorted(self.claims.items()):
            table.setdefault(relation, {})[status] = count
        return table


def summarize(report: Report) -> str:
    """One line for a log or a terminal."""
    if not report.wrote and report.sound:
        return f"Nothing changed: {report.unchanged} documents are as the store has them; nothing was written."
    counts = ", ".join(f"{count} {name}" for name, count in report.counts().items() if count)
    return f"Documents: {counts or 'none'}. Claims loaded: {report.claims.total()}."


def to_markdown(report: Report, *, title: str) -> str:
    """The whole report as Markdown, safe for a page that renders it."""
    lines = [f"## {escape_markdown(title)}", "", summarize(report), ""]
    lines += [f"> Warning: {escape_markdown(warning)}\n" for warning in report.warnings]
    lines += ["| documents | count |", "| --- | ---: |"]
    lines += [f"| {name} | {count} |" for name, count in report.counts().items()]
    if report.claims:
        lines += ["", "| relation | status | claims |", "| --- | --- | ---: |"]
        lines += [
            f"| {escape_markdown(relation)} | {status} | {count} |"
            for relation, statuses in report.relations().items()
            for status, count in statuses.items()
        ]
    for heading, problems in (("Quarantined", report.quarantined), ("Failed", report.failed)):
        lines += _problem_lines(heading, problems)
    if report.removed:
        lines += ["", "### Removed", ""]
        lines += [f"- {escape_markdown(name)}" for name in report.removed[:SHOWN]]
        lines += _rest(len(report.removed))
    lines += [f"\n> {escape_markdown(note)}" for note in report.notes]
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """``text`` on one line, with nothing in it that Markdown or HTML would act on."""
    flat = "".join(character if character.isprintable() else " " for character in text).strip()
    escaped = "".join("\\" + character if character in "\\`*_[]|#~" else character for character in flat)
    escaped = _BLOCK_START.sub(r"\1\\\2", escaped, count=1)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _problem_lines(heading: str, problems: Sequence[Problem]) -> list[str]:
    if not problems:
        return []
    cells = [(problem.source, problem.reason, problem.remedy) for problem in problems[:SHOWN]]
    rows = [f"| {' | '.join(map(escape_markdown, row))} |" for row in cells]
    head = ["", f"### {heading}", "", "| source | reason | remedy |", "| --- | --- | --- |"]
    return [*head, *rows, *_rest(len(problems))]


def _rest(count: int) -> list[str]:
    return [f"\n… and {count - SHOWN} more."] if count > SHOWN else []
