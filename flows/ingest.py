"""The Prefect flow ``enishi-ingest``: the steps of ``flows.running`` as thin tasks, with a summary in artifacts.

Between tasks travel records alone, quoted so that Prefect does not walk into them; results are neither cached nor
persisted, since the store itself knows what is done. Tasks are called one after another: the reader keeps the cores
busy by itself, and a future would keep its result in memory for the whole run.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from flows.settings import load_settings, prepare_prefect

# Prefect reads its settings from the environment while it is imported.
prepare_prefect(load_settings())

import prefect.runtime  # noqa: E402
from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import FlowRun, State, TaskRun  # noqa: E402
from prefect.context import FlowRunContext  # noqa: E402
from prefect.states import Completed  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402
from prefect.utilities.annotations import quote  # noqa: E402

from extractors.batching import batches  # noqa: E402
from extractors.reading import Source  # noqa: E402
from extractors.records import Document  # noqa: E402
from flows.abandoned import crash_abandoned_runs, end_with_schedule, mark_run, store_tag  # noqa: E402
from flows.distribution import extract_in_order, extract_on_worker, threads_of  # noqa: E402
from flows.extraction import Extraction  # noqa: E402
from flows.ingestion import Extracted, Listing, extracted_batches  # noqa: E402
from flows.quarantine import PROBLEMS_FILE, quarantine_folder  # noqa: E402
from flows.report import SHOWN, Report, summarize, to_markdown  # noqa: E402
from flows.retention import forget_old_runs  # noqa: E402
from flows.running import Request, Steps, find_step, load_step, prune_step, run  # noqa: E402
from store import DocumentState  # noqa: E402
from store.errors import StoreLockedError, StoreUnavailableError  # noqa: E402

States = Mapping[str, DocumentState]
Value = TypeVar("Value")
_at_hand: dict[Request, Extraction] = {}


def may_pass(task: object, task_run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help: the store did not answer, or its folder was in use. For ``retry_condition_fn``."""
    return isinstance(state.data, StoreUnavailableError | StoreLockedError)


@task(name="list sources", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5)
def list_sources_task(request: Request) -> tuple[list[Source], Report]:
    """Find the files and pages to read."""
    return find_step(request)


@task(
    name="extract",
    task_run_name="extract {label}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=1,
    retry_delay_seconds=5,
)
def extract_task(request: Request, documents: list[Document], label: str) -> Extracted:
    """Read claims from a batch of documents, with the reader or the worker processes that this process has for it."""
    results = _at_hand[request].extract(documents)
    (extracted,) = extracted_batches(results, max_documents=len(documents) + 1, max_characters=sys.maxsize)
    return extracted


@contextmanager
def extraction_at_hand(request: Request) -> Iterator[None]:
    """Keep, for the block, what reads the documents of a request where ``extract_task`` finds it."""
    with Extraction(request.resources, workers=request.workers) as extraction:
        _at_hand[request] = extraction
        try:
            yield
        finally:
            del _at_hand[request]


@task(name="extract", task_run_name="extract {label}", cache_policy=NO_CACHE, persist_result=False)
def extract_elsewhere_task(work: bytes, label: str, fingerprint: str) -> Extracted:
    """Read claims from a batch of documents, in a worker process of a cluster.

    ``work`` is the pickled request and documents: neither Prefect nor Dask walks into bytes, and a ``quote`` does not
    survive Dask.
    """
    request, documents = pickle.loads(work)  # noqa: S301 - from the flow's own process, as the task itself is
    return extract_on_worker(request, documents, fingerprint)


@task(
    name="validate and load",
    task_run_name="load {label}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=[1, 5, 20],
    retry_condition_fn=may_pass,
)
def load_task(request: Request, extracted: Extracted, states: States, label: str) -> Report:
    """Check a batch's graphs and write the sound ones; writing twice is the same as once."""
    return load_step(request, extracted, states)


@task(
    name="prune",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=[1, 5, 20],
    retry_condition_fn=may_pass,
)
def prune_task(request: Request, listing: Listing, states: States) -> Report:
    """Remove what left the sources."""
    return prune_step(request, listing, states)


def flow_run_name() -> str:
    """What a run is called on Prefect's page: what it reads and where it writes."""
    parameters: dict[str, Any] = prefect.runtime.flow_run.parameters
    return f"{' '.join(parameters['paths'])} into {parameters['store']}"[:200]


@flow(name="enishi-ingest", flow_run_name=flow_run_name, persist_result=False, log_prints=False)
def ingest(
    paths: list[str],
    store: str = "var/store",
    prune: bool = False,
    ontology: list[str] | None = None,
    allow_private_addresses: bool = False,
    workers: int | None = None,
    min_confidence: float | None = None,
    wait_s: float = 0.0,
) -> State[bool]:
    """Bring the store to what the sources hold.

    ``paths`` are files, folders, globs and URLs; standard input is not one, since a scheduled run has none. Relative
    paths count from the folder in which the schedule or the worker was started. ``ontology`` takes the place of
    ENISHI_ONTOLOGY. ``workers`` processes read, by default as many as there are cores; with a task runner for a cluster
    (``ingest.with_options``) the cluster does. Claims less likely than ``min_confidence`` are left out. The run fails
    where another one writes to the store still after ``wait_s`` seconds; documents that cannot be loaded do not fail
    it, but stand in its artifacts. Gives whether there were none of those.
    """
    if "-" in paths:
        raise ValueError("A flow has no standard input. Name files, folders or URLs, or pipe into `enishi ingest -`.")
    settings = load_settings()
    request = Request(
        paths=tuple(paths),
        store=store,
        home=settings.home,
        quarantine=quarantine_folder(settings.quarantine, store),
        ontology=settings.ontology if ontology is None else tuple(map(Path, ontology)),
        prune=prune,
        wait_s=wait_s,
        allow_private_addresses=allow_private_addresses,
        workers=workers,
        min_confidence=min_confidence,
        batch_documents=settings.batch_documents,
        batch_characters=settings.batch_characters,
    )
    logger = get_run_logger()
    progress = ArtifactProgress()
    end_with_schedule()
    mark_run(_own_run().id, store=store)
    report = run(request, steps=task_steps(store, progress), progress=progress, on_warning=logger.warning)
    logger.info(summarize(report))
    for problem in (*report.failed[:SHOWN], *report.quarantined[:SHOWN]):
        logger.warning("%s", problem)
    if not report.sound:
        logger.warning("All problems of this run: %s", request.quarantine / PROBLEMS_FILE)
    write_artifacts(request, report)
    return Completed(message=summarize(report), data=report.sound)


def _own_run() -> FlowRun:
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    return context.flow_run


def task_steps(store: str, progress: ArtifactProgress) -> Steps:
    """The steps of a run as tasks; what earlier runs on this store left behind is cleared first."""

    def find(request: Request) -> tuple[list[Source], Report]:
        # Reached with the store's lock in hand: whoever claims to be running on it, without a process, is not.
        crash_abandoned_runs(store=store)
        forget_old_runs(tag=store_tag(store), keep=load_settings().kept_runs)
        return list_sources_task(quoted(request))

    def extract(request: Request, documents: Iterator[Document]) -> Generator[Extracted, None, None]:
        cut = batches(documents, max_documents=request.batch_documents, max_characters=request.batch_characters)
        context = FlowRunContext.get()
        assert context is not None
        if not isinstance(context.task_runner, ThreadPoolTaskRunner):
            yield from _extract_elsewhere(request, cut, context.task_runner)
            return
        with extraction_at_hand(request):
            for batch in cut:
                yield extract_task(quoted(request), quoted(batch), batch_label([each.id for each in batch]))

    def load(request: Request, extracted: Extracted, states: States) -> Report:
        names = [document.id for document, _ in extracted.documents]
        report = load_task(quoted(request), quoted(extracted), quoted(states), batch_label(names))
        for name in (*names, *(problem.source for problem in extracted.failures)):
            progress.advance(name)
        return report

    def prune(request: Request, listing: Listing, states: States) -> Report:
        return prune_task(quoted(request), quoted(listing), quoted(states))

    return Steps(find, extract, load, prune)


def _extract_elsewhere(
    request: Request, cut: Iterator[list[Document]], runner: Any
) -> Generator[Extracted, None, None]:
    fingerprint = request.resources.reader_fingerprint

    def submit(batch: list[Document]) -> Any:
        label = batch_label([document.id for document in batch])
        return extract_elsewhere_task.submit(pickle.dumps((request, batch)), label, fingerprint)

    return extract_in_order(cut, submit, threads=lambda: threads_of(runner))


def quoted(value: Value) -> Value:
    """The value as an argument that Prefect hands on without walking into it; the task receives the value itself."""
    return cast(Value, quote(value))


def batch_label(names: list[str]) -> str:
    """What a task run on a batch is called: its first document and how many follow."""
    if not names:
        return "nothing"
    return names[0][-80:] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def write_artifacts(request: Request, report: Report) -> None:
    """Put the summary and the two tables onto Prefect's page."""
    create_markdown_artifact(to_markdown(report, title=request.purpose), key="ingest-summary")
    create_table_artifact(
        [{"documents": name, "count": count} for name, count in report.counts().items()], key="ingest-documents"
    )
    create_table_artifact(
        [
            {"relation": relation, "status": status, "claims": count}
            for (relation, status), count in sorted(report.claims.items())
        ],
        key="ingest-claims",
        description="Claims of the documents that this run loaded, by relation and status",
    )


class ArtifactProgress:
    """A bar on Prefect's page, which is told of each document and moves where that makes another whole percent."""

    def __init__(self) -> None:
        self._artifact_id: Any = None
        self._total = 0
        self._done = 0
        self._shown = -1.0

    def expect(self, total: int) -> None:
        """``total`` documents are to be done."""
        self._total = total
        self._show()

    def advance(self, label: str) -> None:
        """One document more is done."""
        self._done += 1
        self._show()

    def _show(self) -> None:
        percent = float(round(100 * self._done / self._total)) if self._total else 0.0
        if percent == self._shown:
            return
        self._shown = percent
        if self._artifact_id is None:
            self._artifact_id = create_progress_artifact(percent, key="ingest-progress")
        else:
            update_progress_artifact(self._artifact_id, progress=percent)
