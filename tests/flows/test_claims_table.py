from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from flows.claims_table import print_claims
from flows.running import Request, run
from tests.flows.conftest import PhraseReader


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize("columns", [80, 100, None])
def test_claims_fit_the_terminal_with_confidence_and_document(
    request_: Request,
    reader: PhraseReader,
    articles: Path,
    columns: int | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long_name = "青葉" * 40
    (articles / "d d.txt").write_text(f"{long_name}が{long_name}を提訴した。", encoding="utf-8")
    run(request_)
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(columns))
    print_claims(request_.store)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(width, lines)) <= (columns or 100)
    for said in ("sued", "Asserted 0.90", "青葉商会", "articles/a.txt", "articles/b.txt", "articles/d d.txt"):
        assert any(said in line for line in lines)
    assert "".join(lines).count("青") == 2 + 4 * 40  # nothing is cut off


def test_claims_of_one_document_do_not_name_it(
    request_: Request, reader: PhraseReader, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "b.txt").unlink()
    run(request_)
    print_claims(request_.store)
    printed = capsys.readouterr().out
    assert "青葉商会が白浜興業を提訴した。" in printed
    assert "a.txt" not in printed
