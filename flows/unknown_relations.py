"""Relations whose claims a store holds and a run does not know: a forgotten ``--ontology`` would silently cost them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from extractors.records import Document
from flows.resources import Resources
from flows.terminal import printable
from ontology.iris import document_iri
from store import DocumentState, GraphStore, open_store
from store.errors import QueryError, StoreError
from store.graph_store import OWN_QUERY
from store.queries import load_query
from store.results import table

_LOG = logging.getLogger(__name__)


def watch_rereading(
    documents: Iterable[Document],
    *,
    location: str,
    states: Mapping[str, DocumentState],
    resources: Resources,
    wait_s: float,
    warn: Callable[[str], None],
) -> Iterator[Document]:
    """The documents as they are; ``warn`` is called before the first whose graph is from another reading, if at all.

    Where no such document comes, the store is not asked, and once at most: where it cannot answer then, that is logged
    and the run goes on. It is never kept open while a document is handed on.
    """
    asked = False
    for document in documents:
        state = None if asked else states.get(document_iri(document.id))
        if state is not None and state.fingerprint != resources.fingerprint:
            asked = True
            known = {each.name for each in resources.vocabulary.relations}
            try:
                with open_store(location, read_only=True, wait_s=wait_s) as store:
                    counts = claims_of_unknown_relations(store, known)
            except StoreError as error:  # whatever still stands when the run writes is tried again and raised there
                counts = {}
                _LOG.warning("Whether claims of relations unknown to this run will go is not known: %s", error)
            if counts:
                warn(warning_of(counts))
        yield document


def claims_of_unknown_relations(store: GraphStore, known: set[str]) -> dict[str, int]:
    """How many claims the store holds of each relation that is not among the ``known`` names, as far as it says."""
    try:
        header, rows = table(store.query(load_query("claims-by-relation"), limits=OWN_QUERY))
    except QueryError:  # a server may have a time limit of its own, and a warning is no reason not to run
        return {}
    relation, claims = header.index("relation"), header.index("claims")
    counts: Counter[str] = Counter()
    for row in rows:
        if row[relation] not in known:
            counts[row[relation]] += int(row[claims])
    return dict(counts)


def warning_of(counts: Mapping[str, int]) -> str:
    """What to say of a run that is about to lose these claims."""
    listed = ", ".join(f"{printable(name)} ({count})" for name, count in sorted(counts.items()))
    return (
        f"The store holds claims of relations that this run does not know: {listed}. They go from every document that "
        "is read anew now. Give the Turtle file of these relations with --ontology, or in ENISHI_ONTOLOGY, with every "
        "run; running again with it brings them back."
    )
