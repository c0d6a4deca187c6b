from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flows import running, unknown_relations
from flows.running import Request, run
from flows.unknown_relations import warning_of
from store.errors import StoreError, StoreLockedError, StoreUnavailableError
from tests.flows import conftest
from tests.flows.conftest import PhraseReader
from tests.flows.test_cli import run_here
from tests.flows.test_running import ACQUIRED


@pytest.fixture
def acquisitions(articles: Path, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a relation of one's own, of which the store holds a claim of a.txt; the next reading has none."""
    path = articles.parent / "acquired.ttl"
    path.write_text(ACQUIRED, encoding="utf-8")
    plain = conftest.claim_of

    def acquiring(match: re.Match[str]) -> object:
        claim = plain(match)
        return dataclasses.replace(claim, relation="acquired") if claim.relation == "sued" else claim

    with monkeypatch.context() as patched:
        patched.setattr(conftest, "claim_of", acquiring)
        assert run_here("ingest", "articles", "--ontology", str(path), "--quiet") == 0
    return path


def test_ingest_without_the_ontology_of_the_run_before_says_which_claims_go(
    acquisitions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run_here("ingest", "articles", "--quiet") == 0
    said = capsys.readouterr().err
    assert said.startswith("Warning: ")
    assert "acquired (1)" in said
    assert "--ontology" in said
    assert said.count("\n") == 1
    # They are gone now, as was said, and there is nothing to warn of any more.
    assert run_here("ingest", "articles", "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_a_warning_comes_before_anything_is_written(
    acquisitions: Path, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []
    load = running.load_step
    monkeypatch.setattr(running, "load_step", lambda *given: happened.append("loaded") or load(*given))
    request = dataclasses.replace(request_, store="var/store")
    report = run(request, on_warning=lambda warning: happened.append(warning))
    assert happened[0] == warning_of({"acquired": 1})
    assert happened[1:] == ["loaded"]
    assert report.warnings == happened[:1]


@pytest.mark.parametrize("change", [lambda folder: None, lambda folder: (folder / "c.txt").write_text("雨。")])
def test_the_store_is_not_asked_where_the_reading_is_the_same(
    acquisitions: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    def refuse(*_: object) -> dict[str, int]:
        raise AssertionError

    monkeypatch.setattr(unknown_relations, "claims_of_unknown_relations", refuse)
    change(articles)
    assert run_here("ingest", "articles", "--ontology", str(acquisitions), "--quiet") == 0


@pytest.mark.parametrize(
    "error",
    [StoreUnavailableError("The store answered: 503.", "Try again."), StoreLockedError("var/store", "process 1")],
)
@pytest.mark.parametrize("place", ["open_store", "claims_of_unknown_relations"])
def test_a_store_that_cannot_be_asked_does_not_end_the_run(
    acquisitions: Path,
    request_: Request,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: StoreError,
    place: str,
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise error

    monkeypatch.setattr(unknown_relations, place, fail)
    report = run(dataclasses.replace(request_, store="var/store"))
    assert sum(report.counts().values()) == report.counts()["changed"] == 3
    assert report.warnings == []
    assert error.reason in caplog.text
