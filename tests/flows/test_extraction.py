from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from extractors.parallel import ReaderPool
from extractors.records import Document
from flows import extraction
from flows.extraction import WORTH_WORKERS_CHARACTERS, Extraction, default_workers
from flows.report import Problem
from flows.resources import load_resources
from flows.running import Request, run
from tests.flows.conftest import PhraseReader
from tests.flows.test_cli import enishi

ROOT = Path(__file__).parents[2]
SENTENCE = "青葉商会が白浜興業を提訴した。"


class PhraseExtraction(Extraction):
    """Its worker processes are real ones, each with a PhraseReader."""

    def _workers(self) -> ReaderPool:
        if self._pool is None:
            self._pool = ReaderPool(PhraseReader, workers=self._limit)
        return self._pool

    @property
    def processes(self) -> int:
        return 0 if self._pool is None else len(self._pool.process_ids)


def documents(count: int, *, characters: int = len(SENTENCE), poison: Iterable[int] = ()) -> list[Document]:
    texts = ["毒" if number in set(poison) else SENTENCE.ljust(characters, "。") for number in range(count)]
    return [Document(id=f"記事{number}", text=text, source="-", content_hash="") for number, text in enumerate(texts)]


def outcome(results: Iterable[object]) -> Iterator[tuple[str, object]]:
    for result in results:
        if isinstance(result, Problem):
            yield result.source, result.reason
        else:
            document, claims = result  # type: ignore[misc]
            yield document.id, claims


@pytest.mark.parametrize("workers", [2, 3])
def test_extract_gives_the_same_for_any_number_of_workers(reader: PhraseReader, workers: int) -> None:
    given = documents(70, poison=(0, 3, 69))
    with (
        PhraseExtraction(load_resources(), workers=1) as alone,
        PhraseExtraction(load_resources(), workers=workers) as together,
    ):
        expected = list(outcome(alone.extract(given)))
        assert list(outcome(together.extract(given))) == expected
        assert alone.processes == 0
        assert together.processes == workers
    assert [name for name, _ in expected] == [document.id for document in given]
    assert "毒を読んだ" in str(expected[3][1])


def test_extract_starts_no_process_for_little_text(reader: PhraseReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "default_workers", lambda: 2)
    with PhraseExtraction(load_resources()) as chosen:
        assert len(list(chosen.extract(documents(3)))) == 3
        assert chosen.processes == 0
        large = documents(3, characters=WORTH_WORKERS_CHARACTERS // 2 + 1)
        assert [name for name, _ in outcome(chosen.extract(large))] == [document.id for document in large]
        assert chosen.processes == 2
        assert len(list(chosen.extract(documents(1)))) == 1
    assert chosen.processes == 0


def test_extract_takes_few_documents_ahead(reader: PhraseReader) -> None:
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        for document in documents(3000):
            taken += 1
            yield document

    with PhraseExtraction(load_resources(), workers=2) as chosen:
        stream = chosen.extract(endless())
        next(stream)
        assert taken < 1000
        stream.close()  # type: ignore[attr-defined]


def test_a_reader_that_cannot_be_loaded_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.resources import Resources

    def broken(resources: Resources) -> None:
        raise FileNotFoundError("the weights are missing")

    monkeypatch.setattr(Resources, "reader", property(broken))
    with Extraction(Resources(()), workers=1) as chosen, pytest.raises(FileNotFoundError, match="weights"):
        list(chosen.extract(documents(1)))
    with Extraction(Resources(()), workers=1) as chosen:
        assert list(chosen.extract([])) == []


def test_default_workers_are_the_cores_with_memory_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(extraction, "_available_bytes", lambda: 3 << 30)
    assert default_workers() == 3
    monkeypatch.setattr(extraction, "_available_bytes", lambda: 1 << 20)
    assert default_workers() == 1
    monkeypatch.setattr(extraction, "_available_bytes", lambda: 1 << 40)
    assert default_workers() == 8


def test_run_with_workers_loads_the_same_graph(
    request_: Request, reader: PhraseReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from flows import running
    from tests.flows.test_running import graph_lines

    run(request_)
    monkeypatch.setattr(running, "Extraction", PhraseExtraction)
    other = dataclasses.replace(request_, store=str(tmp_path / "other"), workers=2)
    assert run(other).added == 3
    assert graph_lines(request_.store) == graph_lines(other.store)


@pytest.mark.slow
def test_workers_of_the_command_line_print_the_same(tmp_path: Path) -> None:
    articles = str(ROOT / "data" / "articles")
    alone, together = (enishi("extract", "--workers", number, articles, timeout_s=600).stdout for number in "12")
    assert alone == together
    documents = json.loads((ROOT / "data" / "gold" / "articles.json").read_text(encoding="utf-8"))
    assert len(alone.splitlines()) == len(documents)
