"""Where documents are read: in this process, or, once there is text enough to earn their start, in several."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self

from extractors.batching import batches
from extractors.parallel import BATCH_CHARACTERS, BATCH_DOCUMENTS, read_each
from flows.report import Problem, extraction_failure

if TYPE_CHECKING:
    from types import TracebackType

    from extractors.parallel import ReaderPool
    from extractors.records import Claim, Document
    from flows.resources import Resources

WORTH_WORKERS_CHARACTERS = 60_000
"""Text that one process reads in about the time that it takes to start others."""
WORKER_BYTES = 1 << 30
"""Memory that a worker process is reckoned to need: about 0.7 GB, and room to spare."""


class Extraction:
    """Reads documents with this process's reader, or with up to ``workers`` processes that have one each.

    ``workers`` of None is as many as there are cores, and memory for their models, where there is more text than
    ``WORTH_WORKERS_CHARACTERS``; a number holds whatever there is to read. Processes are started when they are needed
    first and end with ``close``.
    """

    def __init__(self, resources: Resources, *, workers: int | None = None) -> None:
        self._resources = resources
        self._asked = workers
        self._limit = default_workers() if workers is None else workers
        self._pool: ReaderPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, if there are any."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]] | Problem]:
        """Every document with its claims, or in its place what was wrong with it, in the order of the input.

        Documents are taken ahead of the results. Raises what loading the reader raises, and WorkersError.
        """
        if self._limit == 1:
            yield from self._alone(documents)
            return
        some, documents = _peek(documents) if self._asked is None and self._pool is None else ([], iter(documents))
        first = next(documents, None)
        if first is None:
            yield from self._alone(some)
        else:
            yield from self._together(chain(some, (first,), documents))

    def _alone(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]] | Problem]:
        for some in batches(documents, max_documents=BATCH_DOCUMENTS, max_characters=BATCH_CHARACTERS):
            for document, outcome in zip(some, read_each(self._resources.reader, some), strict=True):
                if isinstance(outcome, str):
                    yield extraction_failure(document.id, outcome)
                else:
                    yield document, outcome

    def _together(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]] | Problem]:
        failed: list[Problem] = []
        for result in self._workers().extract(
            documents, on_failure=lambda failure: failed.append(extraction_failure(failure.document.id, failure.reason))
        ):
            yield from failed
            failed.clear()
            yield result
        yield from failed

    def _workers(self) -> ReaderPool:
        if self._pool is None:
            from functools import partial

            from extractors.parallel import ReaderPool, load_in_worker

            vocabulary = self._resources.vocabulary
            settings = self._resources.extract_settings
            self._pool = ReaderPool(
                partial(load_in_worker, vocabulary.relations, vocabulary.known_entities, settings),
                workers=self._limit,
            )
        return self._pool


def default_workers() -> int:
    """The cores that this process may use, as far as there is memory for a reader on each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _available_bytes() // WORKER_BYTES))


def _available_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return 1 << 62  # not told on this system: trust that cores come with memory
    return int(kib) * 1024


def _peek(documents: Iterable[Document]) -> tuple[list[Document], Iterator[Document]]:
    """The first documents, up to what one process reads as quickly, and the rest."""
    rest = iter(documents)
    some: list[Document] = []
    characters = 0
    while characters <= WORTH_WORKERS_CHARACTERS and (document := next(rest, None)) is not None:
        some.append(document)
        characters += len(document.text)
    return some, rest
