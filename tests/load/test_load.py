"""What the long measurements call a failure: a measurement that cannot fail promises nothing."""

from __future__ import annotations

import dataclasses
import itertools
import random
from pathlib import Path

import pytest

from tests.load import long_run, serve_load, unchanged

SAID = "Nothing changed: 20 documents are as the store has them; nothing was written."
COMPLETED = "12:00:00.000 | INFO    | Flow run 'news into var/store' - Finished in state Completed('Documents: 3 new.')"
LOADED = "12:00:00.000 | INFO    | Task run 'load 1 and 2 more' - Finished in state Completed()"
FAILED = "12:00:00.000 | ERROR   | Flow run 'news into var/store' - Finished in state Failed('StoreWriteError')"


@pytest.mark.parametrize(
    ("status", "lines", "ended"),
    [
        (0, [LOADED, COMPLETED], True),
        (1, [LOADED, COMPLETED, "warning"], True),
        (1, [LOADED, FAILED, "Error: the disk is full"], False),
        (1, [], False),
        (-9, [LOADED, COMPLETED], False),
    ],
)
def test_came_to_its_end_tells_reported_poison_from_a_crash(status: int, lines: list[str], ended: bool) -> None:
    assert long_run.came_to_its_end(status, lines) == ended


def test_unanswered_names_every_kind_that_got_no_answer() -> None:
    asked = [kind for kind, _ in itertools.islice(serve_load.requests(10, 10, random.Random(1)), 4)]
    assert serve_load.unanswered([*asked, serve_load.WRITE]) == []
    assert [error.partition(":")[0] for error in serve_load.unanswered([serve_load.WRITE])] == asked
    assert len(serve_load.unanswered([])) == 5


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, None),
        ({"seconds": 10.0}, "10.0 s"),
        ({"busy_s": 11.0}, "11.0 s of the processors"),
        ({"said": "Documents: 1 changed, 19 unchanged. Claims loaded: 0."}, "it read documents"),
        ({"said": SAID.replace("20", "19")}, "it read documents"),
        ({"written": ("parses/parses.sqlite3",)}, "parses/parses.sqlite3"),
    ],
)
def test_broken_judges_all_that_a_run_on_unchanged_documents_promises(
    change: dict[str, object], failure: str | None
) -> None:
    run = unchanged.Run(1.0, 1.0, SAID)
    found = unchanged.broken(dataclasses.replace(run, **change), 20)  # type: ignore[arg-type]
    assert len(found) == (failure is not None)
    assert failure is None or failure in found[0]


def test_files_sees_what_is_written_anywhere_but_in_the_locks(tmp_path: Path) -> None:
    for name in (*unchanged.LOCKS, "parses/parses.sqlite3", "store/CURRENT"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    before = unchanged.files(tmp_path)
    for name in unchanged.LOCKS:
        (tmp_path / name).write_text("12", encoding="utf-8")
    assert unchanged.files(tmp_path) == before
    (tmp_path / "parses" / "parses.sqlite3").write_text("12", encoding="utf-8")
    assert unchanged.files(tmp_path) != before
