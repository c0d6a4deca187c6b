"""Extraction on several cores: worker processes with one model each, fed batches of documents, results in order.

Only records cross process borders. This module imports neither spaCy nor NumPy, so that the feeding process stays
small and a worker's numeric libraries see the environment that they are started with.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Protocol

from extractors.batching import batches
from extractors.records import Claim, Document, KnownEntity, Relation

if TYPE_CHECKING:
    from types import TracebackType

    from extractors.pipeline import ExtractSettings

BATCH_DOCUMENTS = 32
BATCH_CHARACTERS = 32_000
_BATCHES_AHEAD = 2
"""Batches that a worker is given at once, so that it need not wait for the next while results are consumed."""
_BATCHES_HELD = 6
"""Batches for each worker that are held in memory: waiting, at work, or done and waiting for their turn."""
_MOST_FAILED_STARTS = 3
_LOADING_S = 600.0
_BATCH_S = 300.0
_CHARACTERS_A_SECOND = 50
"""A worker that takes longer than ``_BATCH_S`` and this pace is taken for hung."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")


class DocumentReader(Protocol):
    """What a worker reads with; ``extractors.pipeline.Reader`` is one."""

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        """Every document with its claims."""
        ...


@dataclass(frozen=True, slots=True)
class ExtractFailure:
    """A document whose claims could not be read, and why."""

    document: Document
    reason: str


class WorkersError(Exception):
    """No worker process could be started; carries the reason and the remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(f"The worker processes do not start: {reason}. {remedy}")

    def __reduce__(self) -> tuple[type[WorkersError], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


def load_in_worker(
    relations: Sequence[Relation], known: Sequence[KnownEntity], settings: ExtractSettings | None
) -> DocumentReader:
    """What a worker process reads with; raises what ``load_reader`` raises."""
    from extractors.pipeline import load_reader

    return load_reader(relations, known, settings=settings)


@dataclass(slots=True, eq=False)
class _Batch:
    """Documents with what became of each: claims, or the reason why there are none; None until known."""

    documents: list[Document]
    results: list[list[Claim] | str | None]


@dataclass(slots=True, eq=False)
class _Task:
    """The documents of ``batch`` from ``start`` to ``end``, for a worker; those of a dead worker are done ``again``."""

    batch: _Batch
    start: int
    end: int
    again: bool = False

    @property
    def documents(self) -> list[Document]:
        return self.batch.documents[self.start : self.end]

    @property
    def allowed_s(self) -> float:
        return _BATCH_S + sum(len(document.text) for document in self.documents) / _CHARACTERS_A_SECOND


@dataclass(slots=True, eq=False)
class _Worker:
    process_id: int
    connection: Connection
    kill: Callable[[], None]
    tasks: deque[_Task] = field(default_factory=deque)
    ready: bool = False
    since_s: float = field(default_factory=time.monotonic)

    @property
    def deadline_s(self) -> float:
        return self.since_s + (self.tasks[0].allowed_s if self.ready else _LOADING_S)


class ReaderPool:
    """Up to ``workers`` processes, started when there is work for them, each with what ``load`` returns.

    ``load`` is pickled. Use the pool as a context manager, or call ``close``; its processes end with this one at the
    latest, however that ends. Not for use by several threads at once.
    """

    def __init__(self, load: Callable[[], DocumentReader], *, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"workers is {workers}; give at least 1")
        self._load = load
        self._limit = workers
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers that are alive, as far as is known."""
        return tuple(worker.process_id for worker in self._workers)

    def close(self) -> None:
        """End the workers at once."""
        while self._workers:
            self._end(self._workers[-1])

    def extract(
        self, documents: Iterable[Document], *, on_failure: Callable[[ExtractFailure], None]
    ) -> Iterator[tuple[Document, list[Claim]]]:
        """Every document with its claims, in the order of the input and the same for any number of workers.

        A document that cannot be read costs no other: it is told to ``on_failure`` in its turn and left out. The
        workers stay for the next call.

        Raises:
            WorkersError: the workers do not start, be it for want of weights or of memory.
        """
        cut = batches(documents, max_documents=BATCH_DOCUMENTS, max_characters=BATCH_CHARACTERS)
        source = (_Batch(some, [None] * len(some)) for some in cut)
        held: deque[_Batch] = deque()
        waiting: deque[_Task] = deque()
        try:
            while True:
                while len(held) < _BATCHES_HELD * self._limit and (batch := next(source, None)) is not None:
                    held.append(batch)
                    waiting.append(_Task(batch, 0, len(batch.documents)))
                    self._assign(waiting)
                if not held:
                    break
                while held and None not in held[0].results:
                    yield from _outcome(held.popleft(), on_failure)
                    self._collect(waiting, timeout_s=0.0)
                    self._assign(waiting)
                if held and None in held[0].results:
                    self._collect(waiting, timeout_s=None)
                    self._assign(waiting)
        finally:
            for worker in [worker for worker in self._workers if worker.tasks]:
                self._end(worker)  # the caller went away: what it is at work on is of no more use

    def _assign(self, waiting: deque[_Task]) -> None:
        """Give waiting tasks to the least busy workers, starting further ones where all have work."""
        while waiting:
            worker = min(self._workers, key=lambda each: len(each.tasks), default=None)
            if (worker is None or worker.tasks) and len(self._workers) < self._limit:
                worker = self._start()
            if worker is None or len(worker.tasks) >= _BATCHES_AHEAD:
                return
            task = waiting[0]
            try:
                worker.connection.send(task.documents)
            except OSError:
                self._bury(worker, waiting, "its worker process died")
                continue
            if worker.ready and not worker.tasks:
                worker.since_s = time.monotonic()
            worker.tasks.append(waiting.popleft())

    def _collect(self, waiting: deque[_Task], *, timeout_s: float | None) -> None:
        """Take in what workers have to say; with a timeout of None until one has spoken, died or hung too long."""
        busy = {worker.connection: worker for worker in self._workers if worker.tasks}
        if not busy:
            return
        if timeout_s is None:
            timeout_s = max(0.0, min(worker.deadline_s for worker in busy.values()) - time.monotonic())
        for connection in wait(list(busy), timeout_s):
            assert isinstance(connection, Connection)
            worker = busy[connection]
            try:
                message = connection.recv()
            except (EOFError, OSError):
                self._bury(worker, waiting, "its worker process died, killed or out of memory")
                continue
            self._take(worker, message)
        now_s = time.monotonic()
        for worker in list(busy.values()):
            if worker in self._workers and worker.tasks and now_s > worker.deadline_s:
                self._bury(worker, waiting, f"its worker process was still busy after {now_s - worker.since_s:.0f} s")

    def _take(self, worker: _Worker, message: str | list[list[Claim] | str] | None) -> None:
        worker.since_s = time.monotonic()
        if isinstance(message, str):
            raise WorkersError(message, "A reader in a process of its own would not load either: mend what it names.")
        if message is None:
            worker.ready, self._failed_starts = True, 0
            return
        task = worker.tasks.popleft()
        task.batch.results[task.start : task.end] = message

    def _bury(self, worker: _Worker, waiting: deque[_Task], reason: str) -> None:
        """Do a dead worker's task again, each document by itself; one that costs a second worker is given up."""
        tasks, worker_was_ready = list(worker.tasks), worker.ready
        self._end(worker)
        if not worker_was_ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                raise WorkersError("they end while they load", "Free some memory, or give fewer workers.")
        elif tasks:
            task = tasks.pop(0)
            if task.again:
                task.batch.results[task.start] = f"{reason}, twice"
            else:
                tasks = [_Task(task.batch, at, at + 1, again=True) for at in range(task.start, task.end)] + tasks
        waiting.extendleft(reversed(tasks))

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._load), daemon=True, name="enishi worker")
        before = {name: os.environ.get(name) for name in _ONE_THREAD}
        os.environ.update(_ONE_THREAD)
        try:
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()
        assert process.pid is not None

        def kill() -> None:
            process.kill()
            process.join()

        worker = _Worker(process.pid, ours, kill)
        self._workers.append(worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.kill()


def _outcome(batch: _Batch, report: Callable[[ExtractFailure], None]) -> Iterator[tuple[Document, list[Claim]]]:
    for document, result in zip(batch.documents, batch.results, strict=True):
        if isinstance(result, list):
            yield document, result
        else:
            report(ExtractFailure(document, str(result)))


def _serve(connection: Connection, load: Callable[[], DocumentReader]) -> None:
    """A worker's life: load, then answer each list of documents with a list of claims or of reasons."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt reaches the whole group; the feeding process decides
    tasks: queue.SimpleQueue[list[Document]] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while True:
                tasks.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)  # the feeding process is gone, or wants no more

    threading.Thread(target=listen, daemon=True).start()
    try:
        reader = load()
    except Exception as error:
        connection.send(f"{type(error).__name__}: {error}")
        sys.exit(1)
    connection.send(None)
    while True:
        connection.send(list(read_each(reader, tasks.get())))


def read_each(reader: DocumentReader, documents: Sequence[Document]) -> Iterator[list[Claim] | str]:
    """Each document's claims, or the reason why there are none: where they fail together, each is read alone."""
    try:
        yield from [claims for _, claims in reader.extract(documents)]
    except Exception:
        for document in documents:
            try:
                yield [claim for _, claims in reader.extract([document]) for claim in claims]
            except Exception as error:
                yield f"{type(error).__name__}: {error}"
