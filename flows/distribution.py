"""Extraction on other machines: batches of documents as tasks of a cluster, their results in the order of the input.

Only this side opens the store; a worker needs the same code and weights, and no store at all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from flows.ingestion import Extracted, extract_batch
from flows.report import extraction_failure
from ontology.errors import OntologyError

if TYPE_CHECKING:
    from extractors.records import Document
    from flows.running import Request

BATCHES_AHEAD = 2
"""Batches that wait for each thread of the cluster, so that it need not wait for this side."""
CONNECT_TIMEOUT_S = 20
_READING = threading.Lock()


class DistributionError(RuntimeError):
    """A cluster that cannot be used; ``remedy`` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason, self.remedy = reason, remedy

    def __reduce__(self) -> tuple[type[DistributionError], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


class Future(Protocol):
    """What a task runner gives for a task."""

    def result(self) -> Any:
        """What the task returned; raises what it raised."""
        ...


def extract_on_worker(request: Request, documents: list[Document], fingerprint: str) -> Extracted:
    """Read a batch with the reader of this worker process, which loads it with its first batch and once.

    One batch at a time, however many threads the worker has. Raises DistributionError where this worker lacks a file
    of the ontology, or reads otherwise than the machine with the store, whose documents' states would then be wrong.
    """
    with _READING:
        try:
            reader = request.resources.reader
        except OntologyError as error:
            raise DistributionError(
                f"A worker of the cluster cannot use the ontology: {error}",
                "Give it the files of --ontology under the same paths as here.",
            ) from None
        if reader.fingerprint != fingerprint:
            raise DistributionError(
                "A worker of the cluster has other code, weights or ontology than this machine.",
                "Install the same version of Enishi on both, and the files of --ontology under the same paths.",
            )
        return extract_batch(reader, documents)


def extract_in_order(
    batches: Iterable[list[Document]],
    submit: Callable[[list[Document]], Future],
    *,
    threads: Callable[[], int],
) -> Generator[Extracted, None, None]:
    """Submit batches, ``BATCHES_AHEAD`` for each of the cluster's ``threads``, and give their results in order.

    A batch that is lost with its worker is done again by the cluster. One whose task fails for good is reported,
    document by document, and costs no other. Raises DistributionError.
    """
    pending: deque[tuple[list[Document], Future]] = deque()
    for batch in batches:
        pending.append((batch, submit(batch)))
        if len(pending) > BATCHES_AHEAD * max(1, threads()):
            yield _outcome(*pending.popleft())
    while pending:
        yield _outcome(*pending.popleft())


def _outcome(documents: list[Document], future: Future) -> Extracted:
    try:
        result = future.result()
    except DistributionError:
        raise
    except Exception as error:  # whatever befell the task: its workers were killed, memory ran out
        reason = f"{type(error).__name__}: {error}"
        return Extracted((), tuple(extraction_failure(document.id, reason) for document in documents))
    assert isinstance(result, Extracted)
    return result


def dask_runner(address: str) -> Any:
    """Prefect's task runner for the Dask scheduler at ``address``. Raises DistributionError."""
    try:
        from distributed import Client  # an optional dependency, and so is the next
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise DistributionError(
            f"Dask is not installed ({error}).", "Install it with `pip install 'enishi[dask]'`."
        ) from None
    connect: Any = Client  # distributed has no types of its own
    try:
        connect(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False).close()
    except (OSError, ValueError) as error:
        raise DistributionError(
            f"No Dask scheduler answers at {address}: {error}", "Start one with `dask scheduler`, and name its address."
        ) from None
    return DaskTaskRunner(address=address)


def threads_of(runner: Any) -> int:
    """How many threads the workers of a Dask runner's cluster have together."""
    return sum(runner.client.ncores().values())
