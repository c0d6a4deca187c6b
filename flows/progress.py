"""The progress bar of a terminal; where standard error is none, a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flows.terminal import console, printable

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from flows.running import Progress

LINE_EVERY_S = 5.0
LABEL_LENGTH = 40


@contextlib.contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress]:
    """Show for the block how many documents are done, on standard error."""
    if quiet:
        from flows.running import Silent

        yield Silent()
    elif not sys.stderr.isatty():
        lines = _Lines()
        yield lines
        lines.say()
    else:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("Reading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[label]}", markup=False),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as rich_progress:
            yield _Bar(rich_progress, rich_progress.add_task("", total=None, label=""))


class _Bar:
    def __init__(self, rich_progress: RichProgress, task_id: TaskID) -> None:
        self._progress = rich_progress
        self._task_id = task_id

    def expect(self, total: int) -> None:
        self._progress.update(self._task_id, total=total)

    def advance(self, label: str) -> None:
        self._progress.update(self._task_id, advance=1, label=printable(label)[-LABEL_LENGTH:])


class _Lines:
    def __init__(self) -> None:
        self._total = 0
        self._done = 0
        self._said_at = time.monotonic()

    def expect(self, total: int) -> None:
        self._total = total

    def advance(self, label: str) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._said_at >= LINE_EVERY_S:
            self._said_at = now
            self.say()

    def say(self) -> None:
        """How far it has come, where there was anything to do."""
        if self._total:
            sys.stderr.write(f"Reading: {self._done} of {self._total} documents\n")
            sys.stderr.flush()
