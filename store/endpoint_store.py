"""The store behind an address: SPARQL 1.1 Query, Update and Graph Store Protocol over HTTP, and nothing else.

Whatever speaks these three can take Oxigraph's place. Retries are the caller's: an error says whether it is worth one.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

import httpx
from pyoxigraph import Literal, NamedNode, Quad

from store.answers import ACCEPT, AnswerBody, DeadlinePassedError, read_answer
from store.endpoints import Credentials, find_credentials, find_endpoints, is_loopback
from store.errors import (
    QueryError,
    QueryFailedError,
    QueryTimeoutError,
    StoreAccessError,
    StoreClosedError,
    StoreError,
    StoreReadOnlyError,
    StoreUnavailableError,
    StoreWriteError,
)
from store.graph_store import OWN_QUERY, USER_QUERY, DocumentState, QueryLimits
from store.outside_calls import refuse_service
from store.queries import load_query, query_of_graphs
from store.query_text import dataset_clause, prefix_declarations, syntax_error
from store.results import QueryResult
from store.update_text import graph_quads, insertion, n_triples, removal, replacement

_CONNECT_TIMEOUT_S = 10.0
_IDLE_TIMEOUT_S = 600.0
_GRACE_S = 5.0
_GRAPHS_A_REQUEST = 200
_UNION_GRAPH_LIMIT = 2_000
_MESSAGE_BYTES = 4_000
_ADDRESS_LENGTH = 2_000
_PASSING = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE})


class EndpointStore:
    """A SPARQL 1.1 endpoint as a GraphStore."""

    def __init__(self, location: str, *, read_only: bool = False, credentials: Credentials | None = None) -> None:
        """Take the endpoint at ``location``; nothing is asked of it yet.

        Credentials come from the environment unless given. Raises StoreAccessError or StoreLocationError for an
        address that cannot be used.
        """
        self._location = location
        self._read_only = read_only
        self._endpoints = find_endpoints(location)
        self._answers_union: bool | None = None
        credentials = credentials or find_credentials()
        headers = {"user-agent": "enishi"}
        if credentials.token:
            headers["authorization"] = f"Bearer {credentials.token}"
        auth = httpx.BasicAuth(credentials.user, credentials.password or "") if credentials.user else None
        self._client: httpx.Client | None = httpx.Client(
            auth=None if credentials.token else auth,
            headers=headers,
            timeout=httpx.Timeout(_IDLE_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
            trust_env=not is_loopback(location),
            follow_redirects=False,
        )

    @property
    def location(self) -> str:
        """The endpoint's address."""
        return self._location

    @property
    def read_only(self) -> bool:
        """Whether every write is refused."""
        return self._read_only

    def replace_graph(self, graph_iri: str, quads: Iterable[Quad]) -> None:
        """See GraphStore. One PUT where the server has the Graph Store Protocol (5.3), else one update."""
        listed = graph_quads(graph_iri, quads)
        if self._endpoints.graph_store is None or not listed:
            self._update(replacement({graph_iri: listed}))
        else:
            self._write("PUT", self._endpoints.graph_store, n_triples(listed), "application/n-triples", graph_iri)

    def replace_graphs(self, graphs: Mapping[str, Iterable[Quad]]) -> None:
        """See GraphStore. One update; whether it is one transaction is the server's (SPARQL 1.1 Update, 2.2)."""
        if len(graphs) == 1:
            self.replace_graph(*next(iter(graphs.items())))
        elif graphs:
            self._update(replacement(graphs))

    def add_quads(self, quads: Iterable[Quad]) -> None:
        """See GraphStore."""
        listed = list(quads)
        graph_names = {quad.graph_name for quad in listed}
        if not listed:
            return
        graph_name = graph_names.pop() if len(graph_names) == 1 else None
        if self._endpoints.graph_store is not None and isinstance(graph_name, NamedNode):
            content = n_triples(listed)
            self._write("POST", self._endpoints.graph_store, content, "application/n-triples", graph_name.value)
        else:
            self._update(insertion(listed))

    def remove_graphs(self, graph_iris: Iterable[str]) -> None:
        """See GraphStore."""
        update = removal(graph_iris)
        if update:
            self._update(update)

    def states(self) -> dict[str, DocumentState]:
        """See GraphStore."""
        rows = self._answer(load_query("states"), OWN_QUERY).rows
        return {_text(row[0]): DocumentState(_text(row[1]), _text(row[2])) for row in rows}

    def graph_iris(self) -> list[str]:
        """See GraphStore."""
        return sorted(_text(row[0]) for row in self._answer(load_query("graphs"), OWN_QUERY).rows)

    def query(self, sparql: str, *, limits: QueryLimits = USER_QUERY) -> QueryResult:
        """See GraphStore.

        The answer is cut off here at the time and row limits; that the server stops working too is its own setting.
        """
        refuse_service(sparql)
        clause = dataset_clause(sparql)
        dataset: dict[str, list[str]] = {}
        if clause:
            dataset = clause.protocol_parameters()
        elif not self._union_is_default():
            graph_iris = self._union_graphs()
            dataset = {"default-graph-uri": graph_iris, "named-graph-uri": graph_iris}
        return self._answer(sparql, limits, dataset)

    def dump(self, graph_iri: str | None = None) -> Iterator[Quad]:
        """See GraphStore. Asks for some graphs at a time; a change between two requests may show."""
        graph_iris = self.graph_iris() if graph_iri is None else [graph_iri]
        for start in range(0, len(graph_iris), _GRAPHS_A_REQUEST):
            sparql = query_of_graphs("quads", graph_iris[start : start + _GRAPHS_A_REQUEST])
            for graph_name, subject, predicate, target in self._answer(sparql, OWN_QUERY).rows:
                yield Quad(subject, predicate, target, graph_name)  # type: ignore[arg-type]

    def size(self) -> int:
        """See GraphStore."""
        return int(_text(self._answer(load_query("size"), OWN_QUERY).rows[0][0]))

    def close(self) -> None:
        """See GraphStore."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, sparql: str, limits: QueryLimits, dataset: Mapping[str, list[str]] | None = None) -> QueryResult:
        """The answer over the graphs of ``dataset`` (SPARQL 1.1 Protocol, 2.1.4), or over what the server has."""
        with self._asking(prefix_declarations(sparql) + sparql, dataset or {}, limits.timeout_s) as (response, body):
            if response.status_code != httpx.codes.OK:
                raise self._query_error(response, sparql)
            return read_answer(response, body, limits.row_limit)

    def _live(self) -> httpx.Client:
        if self._client is None:
            raise StoreClosedError(f"The store {self._location} has been closed.", "Open it again.")
        return self._client

    def _update(self, update: str) -> None:
        self._write("POST", self._endpoints.update, update.encode(), "application/sparql-update", None)

    def _write(self, method: str, address: str, content: bytes, media_type: str, graph_iri: str | None) -> None:
        if self._read_only:
            raise StoreReadOnlyError(f"The store {self._location} is open for reading.", "Open it for writing.")
        headers = {"content-type": f"{media_type}; charset=utf-8" if "update" in media_type else media_type}
        target = httpx.URL(address)
        if graph_iri is not None:
            target = target.copy_merge_params({"graph": graph_iri})
        with self._reaching():
            response = self._live().request(method, target, content=content, headers=headers)
        if not response.is_success:
            self._raise_for_access(response)
            raise _write_error(self._location, response)

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            cause = str(error) or type(error).__name__
            raise StoreUnavailableError(
                f"The store {self._location} does not answer: {cause}.",
                "Check the address and that the server runs, then try again.",
            ) from error

    @contextlib.contextmanager
    def _asking(
        self, sparql: str, dataset: Mapping[str, list[str]], timeout_s: float | None
    ) -> Iterator[tuple[httpx.Response, AnswerBody]]:
        """Send a query. Without a time limit its answer may take as long as it will, but the server not fall silent."""
        read_timeout_s = _IDLE_TIMEOUT_S if timeout_s is None else timeout_s + _GRACE_S
        timeout = httpx.Timeout(_CONNECT_TIMEOUT_S, read=read_timeout_s)
        client = self._live()
        request = _query_request(client, self._endpoints.query, sparql, dataset, timeout)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s + _GRACE_S
        with self._reaching():
            try:
                response = client.send(request, stream=True)
                try:
                    yield response, AnswerBody(response, deadline)
                finally:
                    response.close()
            except (httpx.ReadTimeout, DeadlinePassedError):
                if timeout_s is None:
                    raise  # no limit of the query's: the server has fallen silent
                raise QueryTimeoutError(timeout_s) from None

    def _union_is_default(self) -> bool:
        """Whether a query without GRAPH sees what is in named graphs: asked once, with one triple for a sample."""
        if self._answers_union is None:
            sample = self._answer(load_query("union-is-default"), OWN_QUERY).rows
            if not sample:
                return True
            self._answers_union = _text(sample[0][0]) == "true"
        return self._answers_union

    def _union_graphs(self) -> list[str]:
        graph_iris = self.graph_iris()
        if len(graph_iris) > _UNION_GRAPH_LIMIT:
            raise QueryError(
                f"The endpoint {self._location} does not query the union of its {len(graph_iris)} graphs.",
                "Switch that on in the server (Oxigraph: --union-default-graph), or write GRAPH ?g { … } in the query.",
            )
        return graph_iris

    def _query_error(self, response: httpx.Response, sparql: str) -> StoreError:
        message = _message(response)
        self._raise_for_access(response)
        if response.status_code == httpx.codes.BAD_REQUEST:
            return syntax_error(message, sparql, first_line_shift=len(prefix_declarations(sparql)))
        if response.status_code == httpx.codes.GATEWAY_TIMEOUT:  # of the gate, or of what waited for the server
            return QueryTimeoutError(None)
        said = f"The store {self._location} answered {response.status_code}: {message}"
        if response.status_code in _PASSING:
            return StoreUnavailableError(said, _try_again(response))
        is_fault = response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
        return QueryFailedError(said, "See the server's log." if is_fault else "Check the store's address.")

    def _raise_for_access(self, response: httpx.Response) -> None:
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise StoreAccessError(
                f"The store {self._location} refused access ({response.status_code}).",
                "Set ENISHI_STORE_TOKEN, or ENISHI_STORE_USER and ENISHI_STORE_PASSWORD.",
            )


def _query_request(
    client: httpx.Client, address: str, sparql: str, dataset: Mapping[str, list[str]], timeout: httpx.Timeout
) -> httpx.Request:
    """A query by direct POST, or as a form where the names of its graphs are too long for an address.

    SPARQL 1.1 Protocol, 2.1.2 and 2.1.3.
    """
    headers = {"accept": ACCEPT}
    if sum(map(len, itertools.chain.from_iterable(dataset.values()))) > _ADDRESS_LENGTH:
        form = {"query": sparql, **dataset}
        return client.build_request("POST", address, data=form, headers=headers, timeout=timeout)
    target = httpx.URL(address).copy_merge_params(dict(dataset))
    headers["content-type"] = "application/sparql-query"
    return client.build_request("POST", target, content=sparql.encode(), headers=headers, timeout=timeout)


def _message(response: httpx.Response) -> str:
    with contextlib.suppress(httpx.HTTPError):
        content = response.read()[:_MESSAGE_BYTES]
        return content.decode("utf-8", "replace").strip()
    return ""


def _try_again(response: httpx.Response) -> str:
    """A remedy with the seconds that the server asks for (RFC 9110, 10.2.3), if it names some."""
    delay_s = response.headers.get("retry-after", "")
    return f"Try again in {delay_s} s." if re.fullmatch("[0-9]{1,6}", delay_s) else "Try again later."


def _write_error(location: str, response: httpx.Response) -> StoreError:
    message = _message(response)
    said = f"The store {location} answered {response.status_code}: {message}"
    if "No space left" in message:
        return StoreWriteError(f"The disk of the store {location} is full; the graph is as it was.", "Make room there.")
    if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
        return StoreWriteError(
            said, "Check the address; name other endpoints with ENISHI_STORE_UPDATE and ENISHI_STORE_GRAPHS."
        )
    if response.status_code in _PASSING:
        return StoreUnavailableError(said, _try_again(response))
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return StoreUnavailableError(said, "Try again; if it stays so, see the server's log.")
    return StoreWriteError(said, "The graph is as it was; see the server's log.")


def _text(term: object) -> str:
    assert isinstance(term, NamedNode | Literal)
    return term.value
