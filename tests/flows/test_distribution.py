from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from extractors.frames import FrameError
from extractors.parallel import WorkersError
from extractors.records import Document
from flows.distribution import DistributionError, extract_in_order, extract_on_worker
from flows.gold import GoldError
from flows.ingestion import Extracted
from flows.locking import LockFileError, StoreBusyError
from flows.running import Request, read_states
from flows.scheduling import SchedulingError
from flows.settings import SettingsError
from ontology.errors import OntologyError
from tests.flows.conftest import PhraseReader
from tests.flows.test_running import graph_lines

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900


def batches_of(count: int) -> list[list[Document]]:
    return [[Document(id=f"記事{number}", text="青葉商会", source="-", content_hash="")] for number in range(count)]


def echo(batch: list[Document]) -> Extracted:
    time.sleep(0.05 if batch[0].id == "記事0" else 0.001)
    if batch[0].id == "記事3":
        raise MemoryError("its worker was killed")
    return Extracted(tuple((document, ()) for document in batch))


def test_extract_in_order_gives_results_in_order_and_reports_what_is_lost() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(extract_in_order(batches_of(9), lambda batch: threads.submit(echo, batch), threads=lambda: 4))
    names = [[document.id for document, _ in each.documents] for each in found]
    assert names == [[f"記事{number}"] if number != 3 else [] for number in range(9)]
    (lost,) = found[3].failures
    assert lost.source == "記事3"
    assert "killed" in lost.reason


def refuse(batch: list[Document]) -> Extracted:
    raise DistributionError("青葉の機械は別の版である。", "同じ版を入れること。")


def test_extract_in_order_ends_where_a_worker_refuses() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers,
        pytest.raises(DistributionError, match="別の版") as refused,
    ):
        list(extract_in_order(batches_of(2), lambda batch: workers.submit(refuse, batch), threads=lambda: 1))
    assert refused.value.remedy == "同じ版を入れること。"


@pytest.mark.parametrize(
    "error",
    [
        DistributionError("青葉の機械は別の版である。", "同じ版を入れること。"),
        SettingsError("ENISHI_BATCH_DOCUMENTS", "多数", "整数を書くこと。"),
        OntologyError(Path("買収.ttl"), 3, "「甲」がない。", "甲を書くこと。"),
        FrameError("acquired", "乙を買収する", "甲がない"),
        WorkersError("記憶が足りない", "数を減らすこと。"),
        StoreBusyError("var/店", "process 7, ingest 記事"),
        LockFileError(Path("var/店.lock"), OSError(28, "No space left on device")),
        SchedulingError("4200番は使われている。", "別の番号にすること。"),
        GoldError(Path("gold.json"), "item 1", "文がない", "文を書くこと。"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_back_from_another_process_as_they_were(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert {name: str(value) for name, value in vars(again).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


def test_extract_in_order_submits_few_batches_ahead() -> None:
    submitted = 0

    def submit(batch: list[Document]) -> Future[Extracted]:
        nonlocal submitted
        submitted += 1
        future: Future[Extracted] = Future()
        future.set_result(Extracted(()))
        return future

    results = extract_in_order(batches_of(100), submit, threads=lambda: 3)
    next(results)
    assert submitted == 7


def test_extract_on_worker_refuses_another_version(request_: Request, reader: PhraseReader) -> None:
    (batch,) = batches_of(1)
    assert [document for document, _ in extract_on_worker(request_, batch, reader.fingerprint).documents] == batch
    with pytest.raises(DistributionError, match="Install the same version"):
        extract_on_worker(request_, batch, "phrases-0")


def test_extract_on_worker_refuses_where_a_file_of_the_ontology_is_missing(request_: Request, tmp_path: Path) -> None:
    elsewhere = replace(request_, ontology=(tmp_path / "無い.ttl",))
    with pytest.raises(DistributionError, match=r"無い\.ttl.*under the same paths"):
        extract_on_worker(elsewhere, batches_of(1)[0], "phrases-0")


def test_extract_on_worker_reads_one_batch_at_a_time(
    request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = most = 0
    guard = threading.Lock()
    plain = reader.extract

    def watched(documents: Any) -> Iterator[Any]:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        yield from plain(documents)
        with guard:
            at_work -= 1

    monkeypatch.setattr(reader, "extract", watched)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda batch: extract_on_worker(request_, batch, reader.fingerprint), batches_of(8)))
    assert most == 1


def wait_for(condition: Callable[[], Any], *, what: str, timeout_s: float = TIMEOUT_S) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if (found := condition()) is not None:
            return found
        time.sleep(0.2)
    raise TimeoutError(f"waited {timeout_s} s for {what}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A scheduler and two workers, started from the command line; gives the scheduler's address."""
    pytest.importorskip("prefect_dask", reason="Dask is not installed")
    file = tmp_path / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    plain = ["--scheduler-file", str(file), "--no-dashboard"]
    commands = [["scheduler", "--host", "127.0.0.1", "--port", "0", *plain]]
    commands += [["worker", "--nthreads", "1", "--name", f"worker-{number}", *plain] for number in range(2)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            log = (tmp_path / f"{command[0]}-{len(processes)}.log").open("wb")
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *command],
                    cwd=tmp_path,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
            log.close()
            wait_for(lambda: file.exists() or None, what="the scheduler")
        yield json.loads(file.read_text())["address"]
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)  # asked to end, a worker whose process was killed takes a minute
            process.wait()


def loads() -> tuple[int, int]:
    """Of the process that runs it: its id, and how often it has loaded the model."""
    from extractors.parsing import load_ginza

    return os.getpid(), load_ginza.cache_info().misses


@pytest.mark.slow
def test_ingest_on_dask_survives_a_killed_worker_without_loss(cluster: str, tmp_path: Path) -> None:
    from distributed import Client

    environment = os.environ | {"ENISHI_BATCH_DOCUMENTS": "1", "PYTHONPATH": str(ROOT)}
    environment.pop("PREFECT_API_URL", None)

    def ingest(home: str, *options: str) -> subprocess.Popen[str]:
        main = "from flows.cli import main; main()"
        command = [sys.executable, "-c", main, "ingest", str(ROOT / "data" / "articles"), "--quiet"]
        own = environment | {"ENISHI_HOME": str(tmp_path / home)}
        return subprocess.Popen(
            [*command, *options], env=own, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=TIMEOUT_S)
        ingesting = ingest("there", "--dask", cluster)
        try:

            def both_loaded() -> dict[str, tuple[int, int]] | None:
                assert ingesting.poll() is None, ingesting.communicate()
                found = client.run(loads)
                return found if [count for _, count in found.values()] == [1, 1] else None

            before = wait_for(both_loaded, what="both workers to have loaded their model")
            victim, _ = next(iter(before.values()))
            os.kill(victim, signal.SIGKILL)
            output, errors = ingesting.communicate(timeout=TIMEOUT_S)
            assert ingesting.returncode == 0, errors + output
            after = dict(client.run(loads).values())
        finally:
            ingesting.kill()
    assert victim not in after
    assert set(after.values()) <= {0, 1}  # the killed one's successor, if it had work, has loaded it once as well
    survivor, _ = list(before.values())[1]
    assert after[survivor] == 1

    plain = ingest("here", "--workers", "1")
    output, errors = plain.communicate(timeout=TIMEOUT_S)
    assert plain.returncode == 0, errors + output
    there, here = (graph_lines(str(tmp_path / home / "store")) for home in ("there", "here"))
    assert there == here
    documents = json.loads((ROOT / "data" / "gold" / "articles.json").read_text(encoding="utf-8"))
    assert len(read_states(str(tmp_path / "here" / "store"))) == len(documents)


@pytest.mark.slow
def test_ingest_says_that_no_scheduler_answers(tmp_path: Path) -> None:
    pytest.importorskip("prefect_dask", reason="Dask is not installed")
    from flows.distribution import dask_runner

    with pytest.raises(DistributionError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        dask_runner("tcp://127.0.0.1:9")
