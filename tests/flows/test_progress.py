from __future__ import annotations

import os
import pty
import select
import sys

import pytest

from flows.progress import progress_bar


def test_progress_bar_is_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as progress:
        progress.expect(2)
        progress.advance("一")
        progress.advance("二")
    assert capsys.readouterr().err == "Reading: 2 of 2 documents\n"


def test_progress_bar_can_be_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(quiet=True) as progress:
        progress.expect(2)
        progress.advance("一")
    assert capsys.readouterr() == ("", "")


def _drain(leader: int) -> str:
    """All that was written to the terminal; a terminal hands it out in pieces."""
    pieces = []
    while select.select([leader], [], [], 1.0)[0] and (piece := os.read(leader, 65536)):
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")


def test_progress_bar_draws_on_a_terminal_and_keeps_names_inert(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        with progress_bar() as progress:
            progress.expect(3)
            progress.advance("[bold]\x1b]0;title\x07")
        terminal.flush()
        drawn = _drain(leader)
    os.close(leader)
    assert "1/3" in drawn
    assert "[bold]" in drawn
    assert "\x1b]0;" not in drawn
