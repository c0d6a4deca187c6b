from __future__ import annotations

import os
import pty
import sys
import termios

import pytest

from flows.terminal import console, print_error, print_table, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("縁 が結ぶ。", "縁 が結ぶ。"),
        ("髙﨑　𠮷野家 🎌", "髙﨑　𠮷野家 🎌"),
        ("\x1b[31m赤", "\\u001b[31m赤"),
        ("\u202e逆\u200b", "\\u202e逆\\u200b"),
        ("\x00\x07\n\t", "\\u0000\\u0007\\u000a\\u0009"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_printable_spells_out_what_steers_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_print_table_takes_markup_and_escapes_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("表", ["名", "数"], [["[red]甲[/red]\x1b[0m", "3"], ["乙:smile:", "12"]], right=["数"])
    printed = capsys.readouterr().out
    assert "[red]甲[/red]\\u001b[0m" in printed
    assert "乙:smile:" in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize(("columns", "lines"), [("0", 1), ("", 1), ("none", 1), ("30", 2)])
def test_print_table_is_as_wide_as_columns_says_where_it_says_something(
    columns: str, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    print_table("", ["名"], [["株" * 20]])
    printed = capsys.readouterr().out
    assert printed.count("株") == 20
    assert sum("株" in line for line in printed.splitlines()) == lines


def test_console_on_a_terminal_is_as_wide_as_that_where_columns_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "0")
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        termios.tcsetwinsize(theirs, (25, 70))
        monkeypatch.setattr(sys, "stdout", terminal)
        assert console().width == 70


def test_print_error_writes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("一行\n二行\x07")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "一行\n二行\\u0007\n"
