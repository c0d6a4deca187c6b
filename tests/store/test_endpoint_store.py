"""What is particular to stores behind HTTP: addresses, credentials, faults and servers that are set up otherwise."""

from __future__ import annotations

import contextlib
import pickle
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pyoxigraph import Literal, Quad

from store import GraphStore, QueryLimits, open_store
from store.endpoint_store import EndpointStore
from store.endpoints import Credentials, find_credentials, find_endpoints
from store.errors import (
    QueryError,
    QueryFailedError,
    QueryTimeoutError,
    StoreAccessError,
    StoreError,
    StoreLocationError,
    StoreUnavailableError,
    StoreWriteError,
)
from store.graph_store import OWN_QUERY
from store.serving import free_port

Answer = tuple[str, list[str]]
Build = Callable[..., tuple[str, list[Quad]]]
StartOxigraph = Callable[..., tuple[str, subprocess.Popen[bytes]]]
NAMES = "SELECT ?name { ?company skos:prefLabel ?name } ORDER BY ?name"
SEVEN = b'{"head":{"vars":["quads"]},"results":{"bindings":[{"quads":{"type":"literal","value":"7"}}]}}'


class Handler(BaseHTTPRequestHandler):
    """Takes a request's content, and keeps no log."""

    def content(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def listen() -> Iterator[Callable[[type[Handler]], str]]:
    """Start a server that answers as the handler does: gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(handler: type[Handler]) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def answer_always(listen: Callable[[type[Handler]], str]) -> Callable[[int, str | None], Answer]:
    """Start a gateway whose server is never there: gives its address, and the methods of the requests that came."""

    def start(status: int, retry_after: str | None) -> Answer:
        requests: list[str] = []

        class Gateway(Handler):
            def do_POST(self) -> None:
                self.content()
                requests.append(self.command)
                self.send_response(status)
                if retry_after is not None:
                    self.send_header("retry-after", retry_after)
                self.send_header("content-length", "0")
                self.end_headers()

            do_PUT = do_POST  # noqa: N815

        return listen(Gateway), requests

    return start


@pytest.mark.parametrize(
    ("location", "environment", "query", "update", "graph_store"),
    [
        ("http://h:1", {}, "http://h:1/query", "http://h:1/update", "http://h:1/store"),
        ("http://h:1/ds/", {}, "http://h:1/ds/query", "http://h:1/ds/update", "http://h:1/ds/store"),
        ("http://h/ds", {"ENISHI_STORE_GRAPHS": "data"}, "http://h/ds/query", "http://h/ds/update", "http://h/ds/data"),
        ("http://h/ds", {"ENISHI_STORE_GRAPHS": ""}, "http://h/ds/query", "http://h/ds/update", None),
        (
            "https://h/r",
            {"ENISHI_STORE_QUERY": "/sparql?x=1", "ENISHI_STORE_UPDATE": "https://other/u"},
            *("https://h/sparql?x=1", "https://other/u", "https://h/r/store"),
        ),
    ],
)
def test_find_endpoints(
    location: str, environment: dict[str, str], query: str, update: str, graph_store: str | None
) -> None:
    endpoints = find_endpoints(location, environment)
    assert (endpoints.query, endpoints.update, endpoints.graph_store) == (query, update, graph_store)


@pytest.mark.parametrize(
    ("location", "error"),
    [("http://user:secret@h/", StoreAccessError), ("http:///x", StoreLocationError), ("ftp://h/", StoreLocationError)],
)
def test_find_endpoints_refuses_addresses(location: str, error: type[StoreError]) -> None:
    with pytest.raises(error) as caught:
        find_endpoints(location, {})
    assert "secret" not in str(caught.value)


def test_find_credentials_prefers_the_token_and_shows_nothing() -> None:
    assert find_credentials({}) == Credentials()
    basic = find_credentials({"ENISHI_STORE_USER": "書き手", "ENISHI_STORE_PASSWORD": "秘密"})
    assert (basic.user, basic.password, basic.token) == ("書き手", "秘密", None)
    assert find_credentials({"ENISHI_STORE_TOKEN": "a.b~c=="}).token == "a.b~c=="
    assert "秘密" not in f"{basic!r} {basic}"
    for token in ("トークン", "a b", "a\nb"):
        with pytest.raises(StoreAccessError, match="ENISHI_STORE_TOKEN"):
            find_credentials({"ENISHI_STORE_TOKEN": token})


def test_store_that_does_not_answer_says_so(document_graph: Build) -> None:
    with open_store(f"http://127.0.0.1:{free_port()}/") as store:
        for call in (store.states, store.size, lambda: store.replace_graph(*document_graph(1, "甲社"))):
            with pytest.raises(StoreUnavailableError, match="does not answer"):
                call()


@pytest.fixture
def fall_silent() -> Iterator[Callable[[bytes], str]]:
    """Start a server that takes every request, says so much and no more: gives its address."""
    listeners: list[socket.socket] = []
    taken: list[socket.socket] = []

    def take(listener: socket.socket, said: bytes) -> None:
        with contextlib.suppress(OSError):  # the end of the test closes the listener
            while True:
                taken.append(listener.accept()[0])
                taken[-1].sendall(said)

    def start(said: bytes) -> str:
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=take, args=(listeners[-1], said), daemon=True).start()
        return f"http://127.0.0.1:{listeners[-1].getsockname()[1]}/"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
    for one in listeners + taken:
        one.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-type: application/sparql-results+json\r\n\r\n{"],
    ids=["nothing", "a beginning"],
)
def test_store_that_falls_silent_is_given_up(
    fall_silent: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("store.endpoint_store._IDLE_TIMEOUT_S", 0.3)
    with open_store(fall_silent(said)) as store:
        readings: list[Callable[[], object]] = [
            store.states,
            store.graph_iris,
            store.size,
            lambda: list(store.dump()),
            lambda: store.query(NAMES),  # asks first whether the union is the default
        ]
        for read in readings:
            with pytest.raises(StoreUnavailableError, match="does not answer"):
                in_time(read)


def in_time(read: Callable[[], object], limit_s: float = 30.0) -> object:
    """What the reading gives or raises; a failure where it hangs."""
    outcome: Future[object] = Future()

    def work() -> None:
        try:
            outcome.set_result(read())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome.result(limit_s)


class Trickle(Handler):
    """Answers 7 to every query, a few bytes at a time with a pause between."""

    def do_POST(self) -> None:
        self.content()
        self.send_response(200)
        self.send_header("content-type", "application/sparql-results+json")
        self.end_headers()
        for at in range(0, len(SEVEN), 10):
            self.wfile.write(SEVEN[at : at + 10])
            time.sleep(0.2)


def test_own_query_may_take_longer_than_the_server_may_be_silent(
    monkeypatch: pytest.MonkeyPatch, listen: Callable[[type[Handler]], str]
) -> None:
    monkeypatch.setattr("store.endpoint_store._IDLE_TIMEOUT_S", 1.0)
    with open_store(listen(Trickle)) as store:
        started = time.monotonic()
        assert store.size() == 7
        assert time.monotonic() - started > 1.5


def test_store_comes_back_after_its_server_does(
    start_oxigraph: StartOxigraph, document_graph: Build, tmp_path: Path
) -> None:
    address, process = start_oxigraph(tmp_path / "store")
    with open_store(address) as store:
        store.replace_graph(*document_graph(1, "甲社"))
        process.kill()
        process.wait(60)
        with pytest.raises(StoreUnavailableError):
            store.replace_graph(*document_graph(2, "乙社"))
        start_oxigraph(tmp_path / "store", port=int(address.rpartition(":")[2].strip("/")))
        store.replace_graph(*document_graph(2, "乙社"))
        assert len(store.states()) == 2


def test_address_that_is_no_store_says_what_it_answered(start_oxigraph: StartOxigraph, document_graph: Build) -> None:
    address, _ = start_oxigraph(None)
    with open_store(address + "elsewhere/") as store:
        with pytest.raises(QueryFailedError, match="404"):
            store.states()
        with pytest.raises(StoreWriteError, match=r"404.*ENISHI_STORE_GRAPHS"):
            store.replace_graph(*document_graph(1, "甲社"))


def test_refused_credentials_say_where_to_set_them(
    rdflib_store: GraphStore, document_graph: Build, rdflib_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rdflib_store.replace_graph(*document_graph(1, "甲社"))
    monkeypatch.setenv("ENISHI_STORE_TOKEN", "wrong")
    with open_store(rdflib_server) as store, pytest.raises(StoreAccessError, match="ENISHI_STORE_TOKEN"):
        store.replace_graph(*document_graph(2, "乙社"))


def test_query_sees_the_union_also_where_the_server_does_not_give_it(
    start_oxigraph: StartOxigraph, document_graph: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = start_oxigraph(None)  # without --union-default-graph
    with open_store(address) as store:
        assert store.query(NAMES).rows == ()
        store.replace_graphs(dict(document_graph(number, f"会社{number:03}") for number in range(60)))
        assert [row[0] for row in store.query(NAMES).rows] == [Literal(f"会社{number:03}") for number in range(60)]
        in_graphs = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?company skos:prefLabel ?name } }"
        assert store.query(in_graphs).rows[0][0] == Literal(60)
        monkeypatch.setattr("store.endpoint_store._UNION_GRAPH_LIMIT", 59)
        with pytest.raises(QueryError, match="--union-default-graph"):
            store.query(NAMES)


def test_query_is_cut_off_when_its_time_is_up(start_oxigraph: StartOxigraph, document_graph: Build) -> None:
    address, _ = start_oxigraph(None, "--union-default-graph", "--timeout-s", "1")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p }"
    with open_store(address) as store:
        store.replace_graphs(dict(document_graph(number, "会社") for number in range(60)))
        started = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            store.query(endless, limits=QueryLimits(timeout_s=20))
        with pytest.raises(QueryTimeoutError):
            store.query(endless.replace("(COUNT(*) AS ?n)", "?a ?d"), limits=QueryLimits(timeout_s=0.1, row_limit=None))
        assert time.monotonic() - started < 120


def test_own_query_that_the_server_stops_says_what_to_do(start_oxigraph: StartOxigraph, document_graph: Build) -> None:
    address, _ = start_oxigraph(None, "--union-default-graph", "--timeout-s", "1")
    reading = "SELECT (COUNT(*) AS ?n) { ?person enishi:founded ?a , ?b , ?c , ?d , ?e , ?f }"
    with open_store(address) as store:
        store.replace_graphs(dict(document_graph(number, "会社") for number in range(60)))
        with pytest.raises(QueryTimeoutError, match=r"enishi serve --timeout") as caught:
            store.query(reading, limits=OWN_QUERY)
        assert caught.value.timeout_s is None


@pytest.mark.parametrize(
    ("status", "retry_after", "of_a_query", "of_a_write", "remedy"),
    [
        (429, "17", StoreUnavailableError, StoreUnavailableError, "Try again in 17 s."),
        (502, None, StoreUnavailableError, StoreUnavailableError, "Try again later."),
        (503, "120", StoreUnavailableError, StoreUnavailableError, "Try again in 120 s."),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", StoreUnavailableError, StoreUnavailableError, "Try again later."),
        (504, "5", QueryTimeoutError, StoreUnavailableError, "LIMIT"),
        (500, None, QueryFailedError, StoreUnavailableError, "See the server's log."),
    ],
)
def test_status_of_a_gateway_says_whether_to_try_again(
    answer_always: Callable[[int, str | None], Answer],
    document_graph: Build,
    status: int,
    retry_after: str | None,
    of_a_query: type[StoreError],
    of_a_write: type[StoreError],
    remedy: str,
) -> None:
    address, requests = answer_always(status, retry_after)
    with open_store(address) as store:
        with pytest.raises(of_a_query) as caught:
            store.states()
        assert type(caught.value) is of_a_query
        assert remedy in caught.value.remedy
        with pytest.raises(of_a_write) as caught:
            store.replace_graph(*document_graph(1, "甲社"))
        assert type(caught.value) is of_a_write
        assert "ry again" in caught.value.remedy
    assert requests == ["POST", "PUT"]  # none of them twice


def test_replace_graphs_over_http_is_all_or_nothing(start_oxigraph: StartOxigraph, document_graph: Build) -> None:
    address, _ = start_oxigraph(None)
    graph_iri, quads = document_graph(1, "甲社")
    with EndpointStore(address) as store:
        store.replace_graph(graph_iri, quads)
        broken = "DROP SILENT GRAPH <" + graph_iri + "> ; INSERT DATA { GRAPH <a:g> { <a:a> <a:b> } }"
        with pytest.raises(StoreWriteError):
            store._update(broken)
        assert set(store.dump()) == set(quads)


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailableError("理由", "手当て"),
        QueryTimeoutError(3.0),
        QueryTimeoutError(None),
        StoreAccessError("理由", "手当て"),
    ],
)
def test_errors_pass_from_process_to_process(error: StoreError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
