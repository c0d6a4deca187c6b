"""The store in this process: Oxigraph on a folder, with one owner.

What was measured with pyoxigraph 0.5: one update is one transaction and survives ``kill -9``; a second process cannot
open the folder; a handle opened read-only beside a live writer may see corruption; queries know no time limit. So the
folder is locked, and queries with limits run in a process of their own on a snapshot (hard links, a few ms), which is
killed when its time is up.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyoxigraph import NamedNode, Quad, Store

from ontology.namespaces import PREFIXES
from store import bulk, ownership
from store.errors import (
    QueryFailedError,
    StoreClosedError,
    StoreDamagedError,
    StoreError,
    StoreLocationError,
    StoreLockedError,
    StoreReadOnlyError,
    StoreWriteError,
)
from store.graph_store import USER_QUERY, DocumentState, QueryLimits
from store.limited_query import Snapshots, answer_in_process, discard_snapshots
from store.outside_calls import refuse_service
from store.queries import load_query
from store.query_text import dataset_clause, syntax_error
from store.query_worker import answer
from store.results import QueryForm, QueryResult
from store.update_text import graph_quads, insertion, removal, replacement

_DATABASE_FILE = "CURRENT"
_LOCK_FILE = "LOCK"
_OWN_FILES = (ownership.OWNER_FILE, _LOCK_FILE, bulk.RECORD_FILE, ownership.SERVER_LOG_FILE)
_FOLDER_REMEDY = "Check that the folder can be written to and that its disk has room, or name another with --store."
_READING_REMEDY = "Check that the folder can be read (`ls -ld`), or name another with --store."
_POLL_S = 0.1
_DATABASE_ERRORS = (OSError, RuntimeError)
"""What pyoxigraph raises: OSError where the system fails, RuntimeError ("Corruption: …") for most kinds of damage."""
_CORRUPTION = "RuntimeError: Corruption: "
"""What the reason of a failed query holds where the database is damaged."""


class EmbeddedStore:
    """Oxigraph on a folder. ``read_only`` shares it with other readers; otherwise this is its one owner."""

    def __init__(self, folder: Path, *, read_only: bool = False, wait_s: float = 0.0) -> None:
        """Open the folder, which is made where it is missing; wait up to ``wait_s`` seconds for another owner.

        Raises StoreLockedError, StoreDamagedError, or StoreLocationError where the folder can hold no store.
        """
        self._folder = folder
        self._read_only = read_only
        self._snapshots = Snapshots(folder, self.backup)
        self._write_lock = threading.RLock()
        check_folder(folder, read_only=read_only)
        deadline = time.monotonic() + wait_s
        self._ownership = _take(folder, read_only=read_only, wait_s=wait_s)
        try:
            self._store: Store | None = _open(folder, read_only=read_only, deadline=deadline)
            if not read_only:
                self._take_back()
        except BaseException:
            self._ownership.release()
            raise

    @property
    def location(self) -> str:
        """The folder."""
        return str(self._folder)

    @property
    def read_only(self) -> bool:
        """Whether every write is refused."""
        return self._read_only

    def replace_graph(self, graph_iri: str, quads: Iterable[Quad]) -> None:
        """See GraphStore."""
        self.replace_graphs({graph_iri: quads})

    def replace_graphs(self, graphs: Mapping[str, Iterable[Quad]]) -> None:
        """See GraphStore."""
        listed = {graph_iri: graph_quads(graph_iri, quads) for graph_iri, quads in graphs.items()}
        if sum(map(len, listed.values())) >= bulk.LEAST_QUADS and self._lacks(listed):
            self._load_new(listed)
        elif listed:
            self._update(replacement(listed))

    def add_quads(self, quads: Iterable[Quad]) -> None:
        """See GraphStore."""
        listed = list(quads)
        if listed:
            self._update(insertion(listed))

    def remove_graphs(self, graph_iris: Iterable[str]) -> None:
        """See GraphStore."""
        update = removal(graph_iris)
        if update:
            self._update(update)

    def states(self) -> dict[str, DocumentState]:
        """See GraphStore."""
        with _reading(self._folder):
            rows = self._live().query(load_query("states"))
            return {row[0].value: DocumentState(row[1].value, row[2].value) for row in rows}  # type: ignore[union-attr]

    def graph_iris(self) -> list[str]:
        """See GraphStore."""
        with _reading(self._folder):
            return sorted(name.value for name in self._live().named_graphs())

    def query(self, sparql: str, *, limits: QueryLimits = USER_QUERY) -> QueryResult:
        """See GraphStore. Without a time limit the query runs in this process, on the live store."""
        store = self._live()
        refuse_service(sparql)
        request: dict[str, Any] = {
            "sparql": sparql,
            "prefixes": PREFIXES,
            "union_default_graph": not dataset_clause(sparql),
            "row_limit": limits.row_limit,
        }
        try:
            outcome = self._answer(store, request, limits)
        except QueryFailedError as error:
            if _CORRUPTION not in error.reason:
                raise
            raise StoreDamagedError(str(self._folder), error.reason.partition(_CORRUPTION)[2]) from error
        if "syntax_error" in outcome:
            raise syntax_error(outcome["syntax_error"], sparql)
        return QueryResult(form=QueryForm(outcome.pop("form")), row_limit=limits.row_limit, **outcome)

    def dump(self, graph_iri: str | None = None) -> Iterator[Quad]:
        """See GraphStore."""
        graph_name = None if graph_iri is None else NamedNode(graph_iri)
        with _reading(self._folder):
            quads = self._live().quads_for_pattern(None, None, None, graph_name)
        return _read(self._folder, quads)

    def size(self) -> int:
        """See GraphStore."""
        with _reading(self._folder):
            return len(self._live())

    def close(self) -> None:
        """See GraphStore."""
        with self._write_lock:
            if self._store is None:
                return
            if not self._read_only:
                with contextlib.suppress(*_DATABASE_ERRORS):
                    self._store.flush()
            self._store = None
        self._snapshots.outdate()
        self._ownership.release()

    def backup(self, destination: Path) -> None:
        """A copy of the store as it is now in a folder that does not exist yet; hard links on one file system.

        Raises StoreError where it exists or cannot be written.
        """
        with self._write_lock:
            try:
                self._live().backup(str(destination))
            except _DATABASE_ERRORS as error:
                reason = f"The backup to {destination} failed: {error}"
                raise _damage(self._folder, error) or StoreError(reason, "Choose a new folder.") from error

    def bulk_load(self, quads: Iterable[Quad]) -> None:
        """Add many quads quickly: in one step for readers, but not undone where the process dies in it."""
        with self._writing() as store:
            store.bulk_extend(quads)

    def _answer(self, store: Store, request: dict[str, Any], limits: QueryLimits) -> dict[str, Any]:
        if limits.timeout_s is None:
            return _answer_here(store, request)
        if self._read_only:
            return answer_in_process(self._folder, request, limits)
        with self._snapshots.use() as folder:
            return answer_in_process(folder, request, limits)

    def _lacks(self, graph_iris: Iterable[str]) -> bool:
        with _reading(self._folder):
            store = self._live()
            return not any(store.contains_named_graph(NamedNode(graph_iri)) for graph_iri in graph_iris)

    def _load_new(self, graphs: Mapping[str, Sequence[Quad]]) -> None:
        """Load graphs that are not there yet by the fast path: all of them or, after the next opening, none."""
        with self._writing() as store:
            bulk.begin(self._folder, graphs)
            try:
                store.bulk_extend(quad for quads in graphs.values() for quad in quads)
            except BaseException:
                self._take_back()
                raise
            bulk.end(self._folder)

    def _take_back(self) -> None:
        """Remove what a load that broke off may have written."""
        if not bulk.is_recorded(self._folder):
            return
        with self._writing() as store:
            update = removal(bulk.interrupted(self._folder))
            if update:
                store.update(update)
            bulk.end(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _live(self) -> Store:
        if self._store is None:
            raise StoreClosedError(f"The store {self._folder} has been closed.", "Open it again.")
        return self._store

    def _update(self, update: str) -> None:
        with self._writing() as store:
            store.update(update)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Store]:
        if self._read_only:
            raise StoreReadOnlyError(f"The store {self._folder} is open for reading.", "Open it for writing.")
        try:
            with self._write_lock:
                yield self._live()
        except _DATABASE_ERRORS as error:
            raise _damage(self._folder, error) or _write_error(self._folder, error) from error
        finally:
            # After the lock, not under it: whoever makes a snapshot holds that lock's and waits for this one.
            self._snapshots.outdate()


def _answer_here(store: Store, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(store, request)
    except SyntaxError as error:
        return {"syntax_error": str(error)}
    except (*_DATABASE_ERRORS, ValueError) as error:
        reason = f"The query broke off: {type(error).__name__}: {error}"
        raise QueryFailedError(reason, "Correct it, or report it.") from error


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Raise StoreDamagedError or StoreError where the database fails to read."""
    try:
        yield
    except _DATABASE_ERRORS as error:
        reason = f"The store {folder} cannot be read: {error}"
        raise _damage(folder, error) or StoreError(reason, _READING_REMEDY) from error


def _read(folder: Path, quads: Iterator[Quad]) -> Iterator[Quad]:
    with _reading(folder):
        yield from quads


@contextlib.contextmanager
def using_folder(folder: Path, *, read_only: bool = False) -> Iterator[None]:
    """Raise StoreLocationError where the system does not let the folder be used."""
    try:
        yield
    except OSError as error:
        reason = f"The folder {folder} cannot be used: {error.strerror}."
        raise StoreLocationError(reason, _READING_REMEDY if read_only else _FOLDER_REMEDY) from error


def check_folder(folder: Path, *, read_only: bool) -> None:
    """Make the folder where it is missing. Raises StoreLocationError where it is no store and must not become one."""
    with using_folder(folder, read_only=read_only):
        _check_folder(folder, read_only=read_only)


def _check_folder(folder: Path, *, read_only: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise StoreLocationError(f"{folder} is a file, not a store.", "Name a folder with --store.")
    if (folder / _DATABASE_FILE).exists():
        return
    if read_only:
        raise StoreLocationError(
            f"There is no store in {folder}.", "Load something with `enishi ingest`, or name another with --store."
        )
    folder.mkdir(parents=True, exist_ok=True)
    strangers = [path.name for path in folder.iterdir() if path.name not in _OWN_FILES]
    if strangers:
        raise StoreLocationError(
            f"The folder {folder} holds other files ({', '.join(sorted(strangers)[:3])}) and no store.",
            "Name an empty or a new folder with --store.",
        )


def acquire_whole(folder: Path, *, shared: bool = False, wait_s: float = 0.0) -> ownership.Ownership:
    """Take the folder as ``ownership.acquire`` does, without what a killed bulk load left in it.

    Looks for its record while holding the lock: the one that was waited for may have been killed in a load. Raises
    StoreLockedError, StoreLocationError where the folder cannot be locked, and StoreError where what is left cannot be
    taken back.
    """
    deadline = time.monotonic() + wait_s
    while True:
        held = _acquire(folder, shared=shared, wait_s=max(0.0, deadline - time.monotonic()))
        if not bulk.is_recorded(folder):
            return held
        held.release()
        EmbeddedStore(folder, wait_s=max(0.0, deadline - time.monotonic())).close()  # takes it back


def _take(folder: Path, *, read_only: bool, wait_s: float) -> ownership.Ownership:
    if read_only:
        return acquire_whole(folder, shared=True, wait_s=wait_s)
    return _acquire(folder, shared=False, wait_s=wait_s)  # this opening takes back what is left


def _acquire(folder: Path, *, shared: bool, wait_s: float) -> ownership.Ownership:
    """Take the folder; whoever has it alone sheds the snapshots of the dead."""
    try:
        held = ownership.acquire(folder, shared=shared, wait_s=wait_s)
    except OSError as error:
        raise StoreLocationError(f"The folder {folder} cannot be locked: {error.strerror}.", _FOLDER_REMEDY) from error
    if not shared:
        discard_snapshots(folder)
    return held


def _open(folder: Path, *, read_only: bool, deadline: float) -> Store:
    while True:
        try:
            return Store.read_only(str(folder)) if read_only else Store(str(folder))
        except _DATABASE_ERRORS as error:
            if not _is_lock(error):
                raise _opening_error(folder, error) from error
            if time.monotonic() >= deadline:
                raise StoreLockedError(str(folder), ownership.describe_database_holder(folder)) from None
            time.sleep(_POLL_S)


def _is_lock(error: Exception) -> bool:
    return "lock" in str(error) and f"/{_LOCK_FILE}:" in str(error)


def _opening_error(folder: Path, error: Exception) -> StoreError:
    if isinstance(error, FileNotFoundError) and (folder / _DATABASE_FILE).exists():  # a file of the database's own
        return StoreDamagedError(str(folder), str(error))
    reason = f"The store {folder} cannot be opened: {error}"
    return _damage(folder, error) or StoreLocationError(reason, _FOLDER_REMEDY)


def _damage(folder: Path, error: Exception) -> StoreDamagedError | None:
    """The error as damage to the store, or None where it is another."""
    return StoreDamagedError(str(folder), str(error)) if str(error).startswith("Corruption") else None


def _write_error(folder: Path, error: Exception) -> StoreWriteError:
    text = str(error)
    if "No space left" in text or "Disk quota" in text or "File too large" in text:
        return StoreWriteError(
            f"The disk that holds {folder} is full; the graph is as it was.", "Make room, then run it again."
        )
    return StoreWriteError(f"Writing to the store {folder} failed, and the graph is as it was: {error}", _FOLDER_REMEDY)
