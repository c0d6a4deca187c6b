"""Reading, extracting, validating and loading as plain functions: all of a run's logic, without Prefect.

The way of a document: ``changed_documents`` reads the sources and lets pass what the store does not have yet,
``extractors.batching`` cuts the stream, ``extract_batch`` turns documents into claims, ``load_batch`` maps, validates
and writes them, one named graph a document, and ``prune`` removes what left the sources. ``flows.running`` puts them
in order.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from extractors.parallel import read_each
from extractors.reading import ReadFailure, ReadSettings, Source, Unread, fetch_source, list_sources
from extractors.reading.sources import file_address
from extractors.records import Claim, Document, Mention
from flows.quarantine import clear_report, reported_graphs, write_report
from flows.report import Problem, Report, extraction_failure, read_problem
from ontology.iris import document_iri
from ontology.mapping import map_document
from ontology.namespaces import DOCUMENT
from ontology.vocabulary import Vocabulary
from store import DocumentState, GraphStore

if TYPE_CHECKING:
    from ontology.validation import Validator  # pySHACL takes a second to import: not for an unchanged folder

RETRY_DELAYS_S = (1.0, 5.0)
"""Before each further try of what may succeed later, such as a page whose server is starting."""
RETRY_BUDGET_S = 120.0
"""How long a run tries again in all, so that a thousand dead links do not hold it up for hours."""
_SOURCE_ENDS = re.compile("%23|/")
_ELSEWHERE = re.compile("/|https?:")
_SHORTENED = re.compile("~[0-9a-f]{64}$")


class Reader(Protocol):
    """What turns documents into claims; ``extractors.pipeline`` has the real one."""

    @property
    def fingerprint(self) -> str:
        """Changes with code, model and ontology, so that documents are read anew."""
        ...

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        """Every document with its claims, in the order of the input."""
        ...

    def recognise(self, text: str) -> list[Mention]:
        """The named mentions of a text, by position."""
        ...


@dataclass(frozen=True, slots=True)
class Extracted:
    """A batch after extraction: records only, so that it may cross process borders."""

    documents: tuple[tuple[Document, tuple[Claim, ...]], ...]
    failures: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Listing:
    """What one pass over the sources met: the graphs of its documents, the addresses of which not all could be read,
    and those of its feeds.
    """

    seen: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    feeds: set[str] = field(default_factory=set)


def find_sources(paths: Iterable[str], *, settings: ReadSettings, report: Report) -> list[Source]:
    """The sources under ``paths``; what cannot be listed goes to ``report`` as failed."""
    sources = []
    for found in list_sources(paths, settings=settings):
        if isinstance(found, ReadFailure):
            report.failed.append(read_problem(found))
        else:
            sources.append(found)
    return sources


def changed_documents(
    sources: Iterable[Source],
    *,
    states: Mapping[str, DocumentState],
    fingerprint: str,
    settings: ReadSettings,
    report: Report,
    listing: Listing,
    on_source: Callable[[Source], None] = lambda _: None,
) -> Iterator[Document]:
    """The documents that the store lacks or has from other bytes or an older reader.

    Counts the unchanged and the unreadable in ``report``, and every document met in ``listing``. A document that two
    sources give under one id is taken once.
    """
    patience = Patience()
    for source in sources:
        for found in patience.fetch(source, settings=settings):
            if isinstance(found, ReadFailure):
                report.failed.append(read_problem(found))
                continue
            graph_iri = document_iri(found.id)
            if graph_iri in listing.seen:
                continue
            listing.seen.add(graph_iri)
            if found.in_feed:
                listing.feeds.add(found.address)
            state = states.get(graph_iri)
            if state is not None and (state.content_hash, state.fingerprint) == (found.content_hash, fingerprint):
                report.unchanged += 1
                continue
            document = found.read()
            if isinstance(document, ReadFailure):
                report.failed.append(read_problem(document))
            else:
                yield document
        on_source(source)


class Patience:
    """Fetches sources, and again, after ``RETRY_DELAYS_S``, those whose failure may pass; for a run in all at most
    ``RETRY_BUDGET_S``.
    """

    def __init__(self) -> None:
        self._left_s = RETRY_BUDGET_S

    def fetch(self, source: Source, *, settings: ReadSettings) -> Iterator[Unread | ReadFailure]:
        """What ``fetch_source`` gives in the end. What fails after its first document is not tried again."""
        found = fetch_source(source, settings=settings)
        first = next(found, None)
        for delay_s in RETRY_DELAYS_S:
            if not (isinstance(first, ReadFailure) and first.transient and delay_s < self._left_s):
                break
            started = time.monotonic()
            time.sleep(delay_s)
            found = fetch_source(source, settings=settings)
            first = next(found, None)
            self._left_s -= time.monotonic() - started
        if first is not None:
            yield first
            yield from found


def extracted_batches(
    results: Iterable[tuple[Document, list[Claim]] | Problem], *, max_documents: int, max_characters: int
) -> Iterator[Extracted]:
    """Cut a stream of results as ``extractors.batching`` cuts one of documents."""
    done: list[tuple[Document, tuple[Claim, ...]]] = []
    failures: list[Problem] = []
    characters = 0
    for result in results:
        if isinstance(result, Problem):
            failures.append(result)
        else:
            document, claims = result
            done.append((document, tuple(claims)))
            characters += len(document.text)
        if len(done) + len(failures) >= max_documents or characters >= max_characters:
            yield Extracted(tuple(done), tuple(failures))
            done, failures, characters = [], [], 0
    if done or failures:
        yield Extracted(tuple(done), tuple(failures))


def extract_batch(reader: Reader, documents: Sequence[Document]) -> Extracted:
    """Extract the claims of a batch. A document on which the reader fails is reported and costs no other."""
    done: list[tuple[Document, tuple[Claim, ...]]] = []
    failures: list[Problem] = []
    for document, outcome in zip(documents, read_each(reader, documents), strict=True):
        if isinstance(outcome, str):
            failures.append(extraction_failure(document.id, outcome))
        else:
            done.append((document, tuple(outcome)))
    return Extracted(tuple(done), tuple(failures))


def load_batch(
    store: GraphStore,
    extracted: Extracted,
    *,
    states: Mapping[str, DocumentState],
    vocabulary: Vocabulary,
    validator: Validator,
    run_iri: str,
    fingerprint: str,
    quarantine: Path,
) -> Report:
    """Map a batch, check every document's graph against the shapes, and replace the sound ones in the store.

    A graph that breaks a shape is left out, and a report about it is written into the folder ``quarantine``; an
    earlier graph of that document stays. Raises what the store raises where it cannot write.
    """
    report = Report(failed=list(extracted.failures))
    graphs = {}
    for document, claims in extracted.documents:
        graph_iri = document_iri(document.id)
        graphs[graph_iri] = map_document(
            document, list(claims), vocabulary=vocabulary, run_iri=run_iri, fingerprint=fingerprint
        )
    blamed: dict[str, list[str]] = {}
    for violation in validator.check(quad for quads in graphs.values() for quad in quads):
        blamed.setdefault(violation.graph, []).append(str(violation))
    assert blamed.keys() <= graphs.keys(), "a violation that no graph is blamed for must not let one be loaded"
    sound = {graph_iri: quads for graph_iri, quads in graphs.items() if graph_iri not in blamed}
    store.replace_graphs(sound)
    for document, claims in extracted.documents:
        graph_iri = document_iri(document.id)
        if graph_iri in blamed:
            path = write_report(quarantine, document, claims, blamed[graph_iri])
            report.quarantined.append(
                Problem(document.id, f"its graph breaks {len(blamed[graph_iri])} shape(s)", f"See {path}.")
            )
            continue
        clear_report(quarantine, document)
        report.claims += Counter((claim.relation, claim.status.value) for claim in claims)
        if graph_iri in states:
            report.changed += 1
        else:
            report.added += 1
    return report


def prune(store: GraphStore, listing: Listing, *, states: Mapping[str, DocumentState]) -> Report:
    """Remove the graphs of documents that the sources no longer hold, so that the store mirrors the sources.

    What belongs to a source that could not be read stays, and where no document was met at all, everything does: a
    folder that is not mounted must not empty the store. An entry stays as long as its feed does, which lists the
    latest ones alone.
    """
    report = Report()
    gone = sorted(states.keys() - listing.seen)
    if gone and not listing.seen:
        report.notes.append(
            f"Nothing was pruned: the paths hold no document at all, and the store's {len(gone)} would all go. "
            "`enishi clear` empties a store."
        )
        return report
    unread, feeds = Origins(listing.failed), Origins(listing.feeds)
    kept = {graph_iri for graph_iri in gone if graph_iri in unread}
    report.removed = [graph_iri for graph_iri in gone if graph_iri not in kept and graph_iri not in feeds]
    store.remove_graphs(report.removed)
    if kept:
        report.notes.append(f"{len(kept)} document(s) were not pruned, because their sources could not be read.")
    return report


def prune_reports(quarantine: Path, listing: Listing) -> None:
    """Remove the reports in the folder that are about documents which the sources no longer hold."""
    kept = Origins(listing.failed | listing.feeds)
    for graph_iri, path in reported_graphs(quarantine):
        if listing.seen and graph_iri not in listing.seen and graph_iri not in kept:
            path.unlink(missing_ok=True)


class Origins:
    """Addresses of files, pages and folders; holds the graphs of the documents that come from one of them."""

    def __init__(self, addresses: Iterable[str]) -> None:
        # The address of the root folder is its own end.
        self._iris = {document_iri(address) if address != "/" else DOCUMENT[:-1] for address in addresses}
        here = file_address(".")
        # Beneath the working directory addresses are relative, so they do not begin with its own.
        self._holds_relative = any(f"{here}/".startswith(f"{address.rstrip('/')}/") for address in addresses)

    def __contains__(self, graph_iri: str) -> bool:
        """Whether the graph is that of a source itself, of a record or entry of it, or of a file beneath it."""
        if graph_iri in self._iris:
            return True
        if self._holds_relative and not _ELSEWHERE.match(graph_iri, len(DOCUMENT)):
            return True
        if shortened := _SHORTENED.search(graph_iri):  # its beginning alone is known: better kept than lost
            start = graph_iri[: shortened.start()]
            return any(iri.startswith(start) or start.startswith(iri) for iri in self._iris)
        return any(graph_iri[: match.start()] in self._iris for match in _SOURCE_ENDS.finditer(graph_iri))
