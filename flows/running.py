"""A whole ingestion from sources to store, in steps that may be called plainly or wrapped in Prefect's tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from extractors.reading import ReadSettings, Source
from extractors.records import Claim, Document
from flows.curated import forget_unused_runs, prepare_store
from flows.extraction import Extraction
from flows.ingestion import (
    RETRY_DELAYS_S,
    Extracted,
    Listing,
    changed_documents,
    extracted_batches,
    find_sources,
    load_batch,
    prune,
    prune_reports,
)
from flows.locking import writing
from flows.quarantine import write_problems
from flows.report import Problem, Report
from flows.resources import Resources, load_resources
from flows.settings import BATCH_CHARACTERS, BATCH_DOCUMENTS
from flows.unknown_relations import watch_rereading
from store import DocumentState, open_store
from store.errors import StoreLocationError, StoreUnavailableError
from store.opening import is_endpoint

Value = TypeVar("Value")
Result = tuple[Document, list[Claim]] | Problem
STORE_WAIT_S = 60.0
"""How long a run waits for a reader or for a query's snapshot to let go of the store's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ingest, where to, and how: all that a step needs to know, picklable.

    ``workers`` is a number of processes that read, as ``flows.extraction.Extraction`` takes it; claims that are less
    likely than ``min_confidence`` are left out, by default those under the weights' own threshold.
    """

    paths: tuple[str, ...]
    store: str
    home: Path
    quarantine: Path
    ontology: tuple[Path, ...] = ()
    prune: bool = False
    wait_s: float = 0.0
    allow_private_addresses: bool = False
    workers: int | None = None
    min_confidence: float | None = None
    batch_documents: int = BATCH_DOCUMENTS
    batch_characters: int = BATCH_CHARACTERS

    @property
    def read_settings(self) -> ReadSettings:
        """The reader's limits."""
        return ReadSettings(allow_private_addresses=self.allow_private_addresses)

    @property
    def resources(self) -> Resources:
        """What the run needs in memory, the same for every step in one process."""
        return load_resources(self.ontology, self.home / "parses", least_confidence=self.min_confidence)

    @property
    def purpose(self) -> str:
        """What a run for this request is called."""
        return f"ingest {' '.join(self.paths)}"


class Progress(Protocol):
    """What is told how far a run has come."""

    def expect(self, total: int) -> None:
        """``total`` documents are to be done, as far as is known by now."""

    def advance(self, label: str) -> None:
        """One document more is done; ``label`` names it."""


class Silent:
    """A Progress that tells nobody."""

    def expect(self, total: int) -> None:
        """Nothing."""

    def advance(self, label: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The parts of a run that do the work."""

    find: Callable[[Request], tuple[list[Source], Report]]
    extract: Callable[[Request, Iterator[Document]], Generator[Extracted, None, None]]
    load: Callable[[Request, Extracted, Mapping[str, DocumentState]], Report]
    prune: Callable[[Request, Listing, Mapping[str, DocumentState]], Report]


def run(
    request: Request,
    *,
    steps: Steps | None = None,
    progress: Progress | None = None,
    on_warning: Callable[[str], None] = lambda _: None,
) -> Report:
    """Bring the store to what the sources hold, and say what was done.

    Unchanged documents are neither parsed nor written. Each batch goes into the store as soon as it and those before
    it are extracted, so that a killed run has lost the work on a few batches at most, and no document's graph is ever
    half there. ``on_warning`` is told at once what the report lists as its warnings. Raises StoreBusyError where
    another run writes to the store, OntologyError for unusable Turtle, and what the store raises.
    """
    progress = progress or Silent()
    steps = steps or plain_steps(progress)
    _ = request.resources.fingerprint  # whatever is wrong with the ontology is said before anything is done
    report = Report()
    with writing(request.store, request.home, purpose=request.purpose, wait_s=request.wait_s):
        try:
            states = patiently(lambda: read_states(request.store))
            sources, found = steps.find(request)
            report.merge(found)
            _bring_in(request, sources, states, steps, progress, report, on_warning)
            if report.wrote and states:
                patiently(lambda: _forget_unused_runs(request))
        finally:  # of a run that breaks off the problems are listed that it met, and none of the run before
            write_problems(request.quarantine, report)
    return report


def _bring_in(
    request: Request,
    sources: list[Source],
    states: Mapping[str, DocumentState],
    steps: Steps,
    progress: Progress,
    report: Report,
    on_warning: Callable[[str], None],
) -> None:
    def warn(warning: str) -> None:
        report.warnings.append(warning)
        on_warning(warning)

    listing = Listing()
    counter = _Counter(progress, len(sources))
    documents = counter.watch(
        changed_documents(
            sources,
            states=states,
            fingerprint=request.resources.fingerprint,
            settings=request.read_settings,
            report=report,
            listing=listing,
            on_source=counter.source_done,
        ),
        report,
    )
    watched = watch_rereading(
        documents,
        location=request.store,
        states=states,
        resources=request.resources,
        wait_s=STORE_WAIT_S,
        warn=warn,
    )
    with closing(steps.extract(request, watched)) as extracted:
        for batch in extracted:
            report.merge(steps.load(request, batch, states))
    if request.prune:
        listing.failed.update(problem.address for problem in report.failed if problem.address)
        report.merge(steps.prune(request, listing, states))


def _forget_unused_runs(request: Request) -> None:
    with open_store(request.store, wait_s=STORE_WAIT_S) as store:
        forget_unused_runs(store, request.resources)


def patiently(action: Callable[[], Value]) -> Value:
    """What ``action`` gives, tried again after ``RETRY_DELAYS_S`` while the store does not answer."""
    for delay_s in RETRY_DELAYS_S:
        try:
            return action()
        except StoreUnavailableError:
            time.sleep(delay_s)
    return action()


def plain_steps(progress: Progress) -> Steps:
    """The steps as direct calls, with ``progress`` told of each extracted document."""

    def extract(request: Request, documents: Iterator[Document]) -> Generator[Extracted, None, None]:
        with Extraction(request.resources, workers=request.workers) as extraction:
            yield from extracted_batches(
                _telling(progress, extraction.extract(documents)),
                max_documents=request.batch_documents,
                max_characters=request.batch_characters,
            )

    return Steps(
        find_step,
        extract,
        lambda *arguments: patiently(lambda: load_step(*arguments)),
        lambda *arguments: patiently(lambda: prune_step(*arguments)),
    )


def find_step(request: Request) -> tuple[list[Source], Report]:
    """List the sources; the report holds the paths that name none."""
    report = Report()
    return find_sources(request.paths, settings=request.read_settings, report=report), report


def _telling(progress: Progress, results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        progress.advance(result.source if isinstance(result, Problem) else result[0].id)
        yield result


def load_step(request: Request, extracted: Extracted, states: Mapping[str, DocumentState]) -> Report:
    """Map, validate and write a batch."""
    resources = request.resources
    with open_store(request.store, wait_s=STORE_WAIT_S) as store:
        prepare_store(store, resources)
        return load_batch(
            store,
            extracted,
            states=states,
            vocabulary=resources.vocabulary,
            validator=resources.validator,
            run_iri=resources.run_iri,
            fingerprint=resources.fingerprint,
            quarantine=request.quarantine,
        )


def prune_step(request: Request, listing: Listing, states: Mapping[str, DocumentState]) -> Report:
    """Remove what left the sources."""
    prune_reports(request.quarantine, listing)
    if not states.keys() - listing.seen:
        return Report()
    with open_store(request.store, wait_s=STORE_WAIT_S) as store:
        return prune(store, listing, states=states)


def read_states(location: str) -> Mapping[str, DocumentState]:
    """The state of every document in the store; none where there is no store yet, which is not made either."""
    try:
        with open_store(location, read_only=True, wait_s=STORE_WAIT_S) as store:
            return store.states()
    except StoreLocationError:
        if is_endpoint(location) or (Path(location).is_dir() and len(list(Path(location).iterdir())) > 1):
            raise
        return {}


@dataclass(slots=True)
class _Counter:
    """Turns what the stream of documents shows into an expected total that is right at the end."""

    progress: Progress
    sources_left: int
    met: int = 0
    passed: int = field(default=0, init=False)

    def source_done(self, source: Source) -> None:
        self.sources_left -= 1
        self.progress.expect(self.met + self.sources_left)

    def watch(self, documents: Iterator[Document], report: Report) -> Iterator[Document]:
        for document in documents:
            self._tell_unchanged(report)
            self.met += 1
            self.progress.expect(self.met + self.sources_left)
            yield document
        self._tell_unchanged(report)

    def _tell_unchanged(self, report: Report) -> None:
        new = report.unchanged - self.passed
        self.passed += new
        self.met += new
        self.progress.expect(self.met + self.sources_left)
        for _ in range(new):
            self.progress.advance("")
