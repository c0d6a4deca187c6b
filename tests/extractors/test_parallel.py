from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from extractors.parallel import (
    BATCH_DOCUMENTS,
    ExtractFailure,
    ReaderPool,
    WorkersError,
    load_in_worker,
)
from extractors.reading import read_sources
from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status

ROOT = Path(__file__).parents[2]
Claims = list[tuple[Document, list[Claim]]]


class EchoReader:
    """Gives every document a claim that quotes it, and does to its process what the document's text says."""

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        for document in documents:
            word, _, argument = document.text.partition(" ")
            if word == "sleep":
                time.sleep(float(argument))
            elif word == "raise":
                raise ValueError(argument)
            elif word == "die" or (word == "die-once" and _is_first(argument)):
                os.kill(os.getpid(), signal.SIGKILL)
            yield document, [claim_about(document)]


def claim_about(document: Document) -> Claim:
    side = Argument((document.id,), EntityType.ORGANIZATION, 0, 1)
    evidence = Evidence(0, len(document.text), document.text)
    return Claim("sued", side, side, Status.ASSERTED, evidence, "甲が乙を訴える", 0.5)


def _is_first(marker: str) -> bool:
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def unloadable() -> EchoReader:
    raise FileNotFoundError("the weights are missing")


def deadly() -> EchoReader:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def documents(texts: Iterable[str]) -> list[Document]:
    return [Document(id=f"記事{number}", text=text, source="-", content_hash="") for number, text in enumerate(texts)]


def expected(given: Iterable[Document]) -> Claims:
    return [(document, [claim_about(document)]) for document in given]


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def unexpected(failure: ExtractFailure) -> None:
    raise AssertionError(failure)


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(EchoReader, workers=2) as pool:
        yield pool


@pytest.mark.parametrize("workers", [1, 3])
def test_extract_keeps_the_order_for_any_number_of_workers(workers: int) -> None:
    # The first batch is the slowest, so that the others are done before it.
    given = documents(["sleep 0.5"] + ["sleep 0.001"] * (5 * BATCH_DOCUMENTS))
    with ReaderPool(EchoReader, workers=workers) as pool:
        assert list(pool.extract(given, on_failure=unexpected)) == expected(given)
        assert len(pool.process_ids) == workers


def test_extract_of_nothing_starts_no_worker() -> None:
    with ReaderPool(EchoReader, workers=2) as pool:
        assert list(pool.extract([], on_failure=unexpected)) == []
        assert pool.process_ids == ()


def test_extract_reports_the_document_that_kills_its_worker_and_no_other(pool: ReaderPool) -> None:
    given = documents(["x"] * 20 + ["die"] + ["x"] * 40)
    failures: list[ExtractFailure] = []
    found = list(pool.extract(given, on_failure=failures.append))
    assert found == expected(given[:20] + given[21:])
    assert [failure.document for failure in failures] == [given[20]]
    assert "died" in failures[0].reason


def test_extract_does_the_batch_of_a_killed_worker_again(pool: ReaderPool, tmp_path: Path) -> None:
    given = documents(["x"] * 5 + [f"die-once {tmp_path / 'marker'}"] + ["x"] * 40)
    assert list(pool.extract(given, on_failure=unexpected)) == expected(given)
    assert (tmp_path / "marker").exists()


def test_extract_survives_a_worker_killed_from_outside(pool: ReaderPool) -> None:
    given = documents(["sleep 0.02"] * (6 * BATCH_DOCUMENTS))
    found: Claims = []
    for number, item in enumerate(pool.extract(given, on_failure=unexpected)):
        found.append(item)
        if number == 2:
            os.kill(pool.process_ids[0], signal.SIGKILL)
    assert found == expected(given)


def test_extract_tells_what_failed_and_gives_everything_else(pool: ReaderPool) -> None:
    given = documents(["x", "raise 読めない", "x"])
    failures: list[ExtractFailure] = []
    assert list(pool.extract(given, on_failure=failures.append)) == expected([given[0], given[2]])
    assert failures == [ExtractFailure(given[1], "ValueError: 読めない")]


def test_extract_holds_a_bounded_number_of_documents(pool: ReaderPool) -> None:
    taken = given = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        for document in documents(["x"] * 5000):
            taken += 1
            yield document

    most = 0
    for _ in pool.extract(endless(), on_failure=unexpected):
        given += 1
        most = max(most, taken - given)
    assert given == 5000
    assert most <= 13 * BATCH_DOCUMENTS


def test_extract_that_is_dropped_leaves_the_pool_usable(pool: ReaderPool) -> None:
    given = documents(["sleep 0.01"] * (8 * BATCH_DOCUMENTS))
    first = pool.extract(given, on_failure=unexpected)
    assert next(first) == expected(given)[0]
    first.close()
    others = documents(["y"] * 40)
    assert list(pool.extract(others, on_failure=unexpected)) == expected(others)


@pytest.mark.parametrize(
    ("load", "message"),
    [(unloadable, "FileNotFoundError: the weights are missing"), (deadly, "they end while they load")],
)
def test_extract_says_why_no_worker_starts(load: Callable[[], EchoReader], message: str) -> None:
    with ReaderPool(load, workers=1) as pool, pytest.raises(WorkersError, match=message):
        list(pool.extract(documents(["x"]), on_failure=unexpected))
    assert pool.process_ids == ()


def test_pool_refuses_to_have_no_workers() -> None:
    with pytest.raises(ValueError, match="give at least 1"):
        ReaderPool(EchoReader, workers=0)


def test_close_ends_the_workers(pool: ReaderPool) -> None:
    with ReaderPool(EchoReader, workers=1) as other:
        list(other.extract(documents(["x"]), on_failure=unexpected))
        (process_id,) = other.process_ids
        assert is_alive(process_id)
    assert wait_until(lambda: not is_alive(process_id))


def test_workers_end_when_the_feeding_process_is_killed() -> None:
    script = (
        "from tests.extractors.test_parallel import *\n"
        "if __name__ == '__main__':\n"
        "    with ReaderPool(EchoReader, workers=2) as pool:\n"
        "        for _ in pool.extract(documents(['x'] * BATCH_DOCUMENTS + ['sleep 600'] * 40), on_failure=print):\n"
        "            print(*pool.process_ids, flush=True)\n"
    )
    feeder = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout is not None
        process_ids = list(map(int, feeder.stdout.readline().split()))
        assert len(process_ids) == 2 and all(map(is_alive, process_ids))
    finally:
        feeder.kill()
        feeder.communicate(timeout=20)
    assert wait_until(lambda: not any(map(is_alive, process_ids)))


@pytest.mark.slow
def test_extract_finds_what_one_reader_finds(tmp_path: Path) -> None:
    from extractors.pipeline import load_reader
    from ontology.vocabulary import load_vocabulary

    vocabulary = load_vocabulary()
    texts = [
        document.text for document in read_sources([str(ROOT / "data" / "articles")]) if isinstance(document, Document)
    ]
    given = documents(texts[:10] * 2)
    alone = list(load_reader(vocabulary.relations, vocabulary.known_entities).extract(given))
    assert any(claims for _, claims in alone)
    load = partial(load_in_worker, vocabulary.relations, vocabulary.known_entities, None)
    with ReaderPool(load, workers=2) as pool:
        assert list(pool.extract(given, on_failure=unexpected)) == alone
