from __future__ import annotations

import pytest

from flows.terminal import print_error, print_table, printable


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


def test_print_error_writes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("一行\n二行\x07")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "一行\n二行\\u0007\n"
