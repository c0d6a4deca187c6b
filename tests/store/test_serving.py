"""Oxigraph's own server behind the gate: read-only, bounded, and reached by our own ingests."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyoxigraph import Literal, Quad

from store import QueryLimits, open_store
from store.embedded import EmbeddedStore
from store.endpoints import Credentials, find_credentials
from store.errors import QueryTimeoutError, StoreAccessError, StoreError, StoreLocationError, StoreLockedError
from store.gate import GateSettings
from store.ownership import serving_endpoint
from store.serving import Server
from store.snapshot import open_snapshot

ROOT = Path(__file__).resolve().parents[2]
Build = Callable[..., tuple[str, list[Quad]]]
ENISHI, SKOS = "https://enishi.example/ontology#", "http://www.w3.org/2004/02/skos/core#"
COUNT = "SELECT (COUNT(*) AS ?n) { ?graph enishi:contentHash ?hash }"
ASK = "ASK { ?s ?p ?o }"
IN_MEMORY_CROSS_PRODUCT = (
    "SELECT (COUNT(*) AS ?n) { VALUES ?a { 1 2 3 4 5 6 7 8 9 10 11 12 } "
    + " ".join(f"VALUES ?v{i} {{ 1 2 3 4 5 6 7 8 9 10 11 12 }}" for i in range(9))
    + " FILTER(?a + ?v0 + ?v1 + ?v2 + ?v3 + ?v4 + ?v5 + ?v6 + ?v7 + ?v8 > 1000) }"
)
"""It reads nothing from the database, so that Oxigraph never looks at its clock."""


@pytest.fixture
def folder(tmp_path: Path, document_graph: Build) -> Path:
    with open_store(tmp_path / "store") as store:
        store.replace_graphs(dict(document_graph(number, "会社", "商店") for number in range(10)))
    return tmp_path / "store"


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**settings: object) -> Server:
        servers.append(Server(folder, GateSettings(port=0, **settings)))  # type: ignore[arg-type]
        threading.Thread(target=servers[-1].run, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(server: Server, method: str, path: str, **arguments: object) -> httpx.Response:
    return httpx.request(method, server.address + path, trust_env=False, timeout=60, **arguments)  # type: ignore[arg-type]


def test_server_answers_queries_and_shows_its_page(serve: Callable[..., Server]) -> None:
    server = serve()
    json_type = {"accept": "application/sparql-results+json"}
    for response in (
        ask(server, "GET", "query", params={"query": ASK}, headers=json_type),
        ask(server, "POST", "query", data={"query": ASK}, headers=json_type),
        ask(server, "POST", "sparql", data={"query": ASK}, headers=json_type),
        ask(server, "POST", "query", content=ASK, headers=json_type | {"content-type": "application/sparql-query"}),
    ):
        assert response.json()["boolean"] is True
    page = ask(server, "GET", "")
    assert "text/html" in page.headers["content-type"]
    for asset in re.findall(r'(?:src|href)="[./]*([^"]+)"', page.text):
        assert ask(server, "GET", asset).status_code == 200
    one = ask(server, "GET", "store", params={"graph": "https://enishi.example/document/記事3"})
    assert "会社" in one.text


def test_server_answers_from_the_graphs_that_from_names(serve: Callable[..., Server]) -> None:
    with open_store(serve().address) as store:
        sparql = "SELECT (COUNT(*) AS ?n) FROM document:記事3 { ?s skos:prefLabel ?o }"
        assert store.query(sparql).rows[0][0] == Literal(2)
        assert store.query(sparql.replace("FROM document:記事3", "")).rows[0][0] == Literal(20)
        address = store.location
    raw = "SELECT (COUNT(*) AS ?n) FROM <https://enishi.example/document/記事3> { ?s ?p ?o }"
    query = {"params": {"query": raw}, "headers": {"accept": "text/csv"}}
    response = httpx.get(address + "query", trust_env=False, timeout=60, **query)  # type: ignore[arg-type]
    assert response.text.split() == ["n", "6"]


def test_server_knows_the_prefixes_of_the_project(serve: Callable[..., Server]) -> None:
    server = serve()
    undeclared = "SELECT (COUNT(*) AS ?n) FROM document:記事3 { ?graph enishi:contentHash ?hash }"
    typed = {"accept": "text/csv", "content-type": "application/sparql-query"}
    for response in (
        ask(server, "GET", "query", params={"query": undeclared}, headers={"accept": "text/csv"}),
        ask(server, "POST", "sparql", data={"query": undeclared}, headers={"accept": "text/csv"}),
        ask(server, "POST", "query", content=undeclared.encode(), headers=typed),
    ):
        assert response.text.split() == ["n", "1"]
    mine = "BASE <a:> PREFIX enishi: <b:> CONSTRUCT { <c> enishi:p skos:note } WHERE {}"
    response = ask(server, "GET", "query", params={"query": mine}, headers={"accept": "application/n-triples"})
    assert response.text == f"<a:c> <b:p> <{SKOS}note> .\n"


@pytest.mark.parametrize(
    ("sparql", "line"),
    [
        ("ASK { ?s enishi:sued }", 1),
        ("ASK { ?s enishi:sued ?o ;\n skos:prefLabel }", 2),
        ("ASK { ?s enishi:sued 無:x }", 1),
        ("ASK { ?s ?p }", 1),
    ],
)
def test_server_complains_of_the_query_as_it_was_sent(serve: Callable[..., Server], sparql: str, line: int) -> None:
    server = serve()
    declared = f"PREFIX enishi: <{ENISHI}> PREFIX skos: <{SKOS}>\n{sparql}"
    as_sent, a_line_further = (
        ask(server, "GET", "query", params={"query": query}).text.rstrip() for query in (sparql, declared)
    )
    assert a_line_further.startswith(f"error at {line + 1}:")
    assert as_sent == a_line_further.replace(f"error at {line + 1}:", f"error at {line}:", 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "update"), ("PUT", "store?graph=a:g"), ("POST", "store?default"), ("DELETE", "store?graph=a:g")],
)
def test_server_refuses_every_write(serve: Callable[..., Server], folder: Path, method: str, path: str) -> None:
    server = serve(credentials=Credentials(token="合言葉"))
    content = "INSERT DATA { <a:a> <a:b> <a:c> }" if path == "update" else "<a:a> <a:b> <a:c> ."
    media_type = "application/sparql-update" if path == "update" else "text/turtle"
    headers = {"content-type": media_type, "authorization": "Bearer 合言葉".encode()}
    response = ask(server, method, path, content=content, headers=headers)
    assert (response.status_code, "read-only" in response.text) == (403, True)
    form = ask(server, "POST", path, data={"update": "DROP ALL"})
    assert form.status_code == 403
    assert ask(server, "POST", "sparql", data={"update": "DROP ALL"}).status_code == 400
    with open_store(server.address) as store:
        assert store.size() == 60


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (lambda: {"params": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}}, 403),
        (lambda: {"params": {"query": ASK}, "headers": {"host": "attacker.example"}}, 403),
        (lambda: {"params": [("query", ASK), ("query", ASK)]}, 400),
        (lambda: {"params": {}}, 400),
        (lambda: {"params": {"query": "SELECT"}}, 400),
    ],
)
def test_server_refuses_what_must_not_pass(
    serve: Callable[..., Server], request_of: Callable[[], dict[str, object]], status: int
) -> None:
    assert ask(serve(), "GET", "query", **request_of()).status_code == status


def test_server_has_no_other_pages(serve: Callable[..., Server]) -> None:
    server = serve()
    assert ask(server, "GET", "../../etc/passwd").status_code == 404
    assert ask(server, "GET", "service-description").status_code == 404
    assert ask(server, "POST", "query", data={"query": "a" * (2 << 20)}).status_code == 413


@pytest.mark.parametrize(
    ("credentials", "environment"),
    [
        (Credentials(token="key-1"), {"ENISHI_STORE_TOKEN": "key-1"}),
        (Credentials(user="書き手", password="鍵:1"), {"ENISHI_STORE_USER": "書き手", "ENISHI_STORE_PASSWORD": "鍵:1"}),
    ],
)
def test_server_lets_known_writers_write(
    serve: Callable[..., Server],
    document_graph: Build,
    monkeypatch: pytest.MonkeyPatch,
    credentials: Credentials,
    environment: dict[str, str],
) -> None:
    server = serve(writable=True, credentials=credentials)
    graph_iri, quads = document_graph(99, "新会社")
    with open_store(server.address) as stranger, pytest.raises(StoreAccessError, match="ENISHI_STORE_TOKEN"):
        stranger.replace_graph(graph_iri, quads)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with open_store(server.address) as writer:
        writer.replace_graph(graph_iri, quads)
        writer.remove_graphs(["https://enishi.example/document/記事0"])
        assert set(writer.dump(graph_iri)) == set(quads)
        assert len(writer.states()) == 10


@pytest.mark.parametrize("as_form", [False, True])
@pytest.mark.parametrize(
    "update",
    [
        "LOAD <{elsewhere}>",
        "INSERT {{ ?a ?b ?c }} WHERE {{ SERVICE <{elsewhere}> {{ ?a ?b ?c }} }}",
        "INSERT {{ ?a ?b ?c }} WHERE {{ ?s ?p 1SERVICE <{elsewhere}> {{ ?a ?b ?c }} }}",
    ],
)
def test_server_lets_no_writer_reach_other_hosts(serve: Callable[..., Server], update: str, as_form: bool) -> None:
    server = serve(writable=True, credentials=Credentials(token="key-1"))
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        text = update.format(elsewhere=f"http://127.0.0.1:{elsewhere.getsockname()[1]}/")
        headers = {"authorization": "Bearer key-1"}
        content: dict[str, object] = {"data": {"update": text}} if as_form else {"content": text}
        if not as_form:
            headers["content-type"] = "application/sparql-update"
        response = ask(server, "POST", "update", headers=headers, **content)
        assert (response.status_code, "switched off" in response.text) == (403, True)
        with pytest.raises(TimeoutError):
            elsewhere.accept()


def test_server_takes_updates_as_forms_and_as_they_are(serve: Callable[..., Server]) -> None:
    server = serve(writable=True, credentials=Credentials(token="key-1"))
    headers = {"authorization": "Bearer key-1"}
    written = 'INSERT DATA { GRAPH <a:g> { <a:s> <a:p> "LOAD <http://x/> ; 元%20" } }'
    assert ask(server, "POST", "update", data={"update": written}, headers=headers).is_success
    moved = "INSERT { GRAPH <a:h> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    typed = headers | {"content-type": "application/sparql-update; charset=utf-8"}
    using = {"using-graph-uri": "a:g"}
    assert ask(server, "POST", "update", content=moved, params=using, headers=typed).is_success
    for refused in (
        ask(server, "POST", "update", params={"update": moved}, headers=headers, data={"update": moved}),
        ask(server, "POST", "update", content=moved, headers=headers | {"content-type": "text/plain"}),
        ask(server, "POST", "update", content=b"\xff", headers=typed),
        ask(server, "GET", "update", params={"update": moved}, headers=headers),
    ):
        assert refused.status_code == 400
    with open_store(server.address) as store:
        assert [quad.object.value for quad in store.dump("a:h")] == ["LOAD <http://x/> ; 元%20"]


def test_server_writes_nothing_of_content_that_is_cut_short(serve: Callable[..., Server]) -> None:
    server = serve(writable=True, credentials=Credentials(token="key-1"))
    head = "Authorization: Bearer key-1\r\nContent-Type: {}\r\nContent-Length: 9999\r\n\r\n{}"
    triple = head.format("application/n-triples", "<a:s> <a:p> <a:o> .\n")
    update = head.format(
        "application/sparql-update", "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }"
    )
    graph = "graph=https%3A%2F%2Fenishi.example%2Fdocument%2F%E8%A8%98%E4%BA%8B3"
    for request in (f"PUT /store?{graph} HTTP/1.1", f"POST /store?{graph} HTTP/1.1", "POST /update HTTP/1.1"):
        answer = speak(server, f"{request}\r\nHost: localhost\r\n{update if 'update' in request else triple}")
        assert re.findall(r"HTTP/1.1 (\d+)", answer) == ["400"]
        assert "of 9999 bytes" in answer
    with open_store(server.address) as store:
        assert store.size() == 60


@pytest.mark.parametrize("framing", ["Content-Length: {}", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_server_takes_no_content_of_a_get_for_the_next_request(
    serve: Callable[..., Server], method: str, framing: str
) -> None:
    hidden = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = f"{method} /logo.svg HTTP/1.1\r\nHost: localhost\r\n{framing.format(len(hidden))}\r\n\r\n{hidden}"
    assert re.findall(r"HTTP/1.1 (\d+)", speak(serve(), request)) == ["400"]


@pytest.mark.parametrize("settings", [{"writable": True}, {"host": "0.0.0.0"}])
@pytest.mark.parametrize("environment", [{}, {"ENISHI_STORE_USER": "書き手"}, {"ENISHI_STORE_PASSWORD": "鍵"}])
def test_server_without_credentials_is_neither_open_nor_writable(
    folder: Path, settings: dict[str, Any], environment: dict[str, str]
) -> None:
    with pytest.raises(StoreAccessError, match="needs credentials"):
        Server(folder, GateSettings(port=0, credentials=find_credentials(environment), **settings))
    open_store(folder).close()


def test_ingests_go_through_the_server_and_readers_see_them_at_once(
    serve: Callable[..., Server], folder: Path, document_graph: Build
) -> None:
    server = serve()
    with open_store(folder) as writer, open_store(server.address) as reader:
        assert writer.location == server.private_address
        for number in range(10, 15):
            writer.replace_graph(*document_graph(number, "新会社"))
            assert reader.query(COUNT).rows[0][0] == Literal(number + 1)
    with pytest.raises(StoreLockedError, match=f"process {server.process_id} .*{server.private_address}"):
        EmbeddedStore(folder)
    server.close()
    with open_store(folder) as store:
        assert isinstance(store, EmbeddedStore)
        assert len(store.states()) == 15


def test_private_endpoint_is_hard_to_guess_and_other_users_do_not_read_it(
    serve: Callable[..., Server], folder: Path
) -> None:
    modes = [folder / "enishi-owner.json", folder / "enishi-server.log"]
    before = modes[0].stat().st_mode
    server = serve()
    assert [path.stat().st_mode & 0o777 for path in modes] == [0o600, 0o600]
    host, port = server.private_address.removeprefix("http://").strip("/").split(":")
    if sys.platform == "linux":
        assert re.fullmatch(r"127\.\d+\.\d+\.\d+", host)
        assert host != "127.0.0.1"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
    server.close()
    assert modes[0].stat().st_mode == before


def test_a_server_that_is_gone_is_not_followed(folder: Path) -> None:
    """Its endpoint stands in the owner file still, and its process id has gone to another."""
    stale = {"process_id": os.getpid(), "command": "enishi serve", "started": "x", "endpoint": "http://127.0.0.1:9/"}
    (folder / "enishi-owner.json").write_text(json.dumps(stale), encoding="utf-8")
    with open_store(folder) as store:
        assert isinstance(store, EmbeddedStore)


def test_server_starts_oxigraph_again_where_it_dies(
    serve: Callable[..., Server], folder: Path, document_graph: Build
) -> None:
    server = serve()
    with open_store(folder) as writer:
        writer.replace_graph(*document_graph(50, "新会社"))
    before = server.process_id
    assert before is not None
    os.kill(before, signal.SIGKILL)
    with open_store(server.address) as reader:
        wait_for(lambda: server.process_id != before)
        assert reader.query(COUNT).rows[0][0] == Literal(11)


def test_server_ends_a_query_that_oxigraph_cannot_end(serve: Callable[..., Server]) -> None:
    server = serve(timeout_s=1.0)
    before = server.process_id
    started = time.monotonic()
    with pytest.raises(httpx.HTTPError):
        response = ask(server, "GET", "query", params={"query": IN_MEMORY_CROSS_PRODUCT})
        assert response.status_code == 504
        response.raise_for_status()
    assert time.monotonic() - started < 120
    wait_for(lambda: server.process_id != before)
    assert ask(server, "GET", "query", params={"query": ASK}).status_code == 200


def test_query_that_the_gate_stops_is_no_query_to_try_again(serve: Callable[..., Server]) -> None:
    server = serve(timeout_s=0.1)
    os.kill(server.process_id or 0, signal.SIGSTOP)
    with open_store(server.address) as store:
        with pytest.raises(QueryTimeoutError, match="enishi serve --timeout") as caught:
            store.query(ASK, limits=QueryLimits(timeout_s=60))
        assert caught.value.timeout_s is None


def test_server_stays_where_oxigraph_hangs_and_gives_up_where_it_dies(folder: Path) -> None:
    failures: list[StoreError] = []

    def run(server: Server) -> None:
        try:
            server.run()
        except StoreError as error:
            failures.append(error)

    with Server(folder, GateSettings(port=0, timeout_s=0.1), restarts_a_minute=0) as server:
        thread = threading.Thread(target=run, args=(server,), daemon=True)
        thread.start()
        for _ in range(2):
            before = server.process_id
            assert before is not None
            os.kill(before, signal.SIGSTOP)
            assert ask(server, "GET", "query", params={"query": ASK}).status_code == 504
            wait_for(lambda before=before: server.process_id != before or bool(failures), timeout_s=30)  # type: ignore[misc]
            assert failures == []
            assert ask(server, "GET", "query", params={"query": ASK}).status_code == 200
        os.kill(server.process_id or 0, signal.SIGKILL)
        thread.join(30)
        assert "went down 1 times" in str(failures[0])


def test_server_says_that_its_log_cannot_be_written_where_it_starts_again(folder: Path, tmp_path: Path) -> None:
    log = folder / "enishi-server.log"
    with Server(folder, GateSettings(port=0)) as server:
        assert server.process_id is not None
        log.replace(tmp_path / "log")
        log.mkdir()
        os.kill(server.process_id, signal.SIGKILL)
        with pytest.raises(StoreLocationError, match="Is a directory"):
            server.run()
        log.rmdir()


@pytest.mark.parametrize("limit", [1, 2])
def test_server_counts_a_kill_within_a_restart_as_one_more_death(folder: Path, tmp_path: Path, limit: int) -> None:
    failures: list[StoreError] = []

    def run() -> None:
        try:
            server.run()
        except StoreError as error:
            failures.append(error)

    with Server(folder, GateSettings(port=0), restarts_a_minute=limit) as server:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        kill_within_the_next_restart(server, folder / "CURRENT", tmp_path / "pipe")
        if limit == 2:
            with open_store(server.address) as reader:
                wait_for(lambda: answers(server), timeout_s=60)
                assert reader.query(COUNT).rows[0][0] == Literal(10)
            assert failures == []
            os.kill(server.process_id or 0, signal.SIGKILL)
        thread.join(60)
        assert [error.reason for error in failures] == [f"Oxigraph went down {limit + 1} times in a minute."]
    with open_store(folder) as store:
        assert len(store.states()) == 10


def kill_within_the_next_restart(server: Server, current: Path, pipe: Path) -> None:
    """Kill Oxigraph, and again while it starts: there it waits for a pipe that has taken a database file's place."""
    aside = pipe.with_name("aside")
    os.mkfifo(pipe)
    shutil.copy2(current, aside)
    pipe.replace(current)
    before = server.process_id
    os.kill(before or 0, signal.SIGKILL)
    descriptor = _when_read(current)
    try:
        wait_for(lambda: server.process_id not in (None, before))  # it may read before its start has returned here
        starting = server.process_id
        aside.replace(current)
        os.kill(starting or 0, signal.SIGKILL)
        wait_for(lambda: not _lives(starting or 0), timeout_s=30)
    finally:
        os.close(descriptor)


def _when_read(pipe: Path) -> int:
    """The pipe, open for writing, as soon as another process reads it."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it yet
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def answers(server: Server) -> bool:
    return ask(server, "GET", "query", params={"query": ASK}).status_code == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_server_that_is_ended_frees_the_folder(folder: Path, how: signal.Signals) -> None:
    if how is signal.SIGKILL and shutil.which("setpriv") is None:
        pytest.skip("only Linux's setpriv ends a child with its parent")
    script = (
        "import sys; from pathlib import Path; from store.gate import GateSettings; from store.serving import Server\n"
        "with Server(Path(sys.argv[1]), GateSettings(port=0)) as server:\n"
        "    print(server.address, server.process_id, flush=True); server.run()"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address, _ = process.stdout.readline().split()
    with open_store(address) as store:
        assert len(store.states()) == 10
    process.send_signal(how)
    process.wait(30)
    process.stdout.close()
    assert how is signal.SIGKILL or process.returncode == 0
    wait_for(lambda: serving_endpoint(folder) is None)  # a killed server's Oxigraph dies just after it
    with open_store(folder) as store:
        assert isinstance(store, EmbeddedStore)


def test_server_discards_the_snapshots_of_the_dead_alone(serve: Callable[..., Server], folder: Path) -> None:
    (folder / "enishi-snapshot-dead" / "store").mkdir(parents=True)
    with open_snapshot(folder) as reader:
        serve()
        assert not (folder / "enishi-snapshot-dead").exists()
        assert len(list(folder.glob("enishi-snapshot-*"))) == 1
        assert len(reader.states()) == 10
    assert not list(folder.glob("enishi-snapshot-*"))


def test_server_says_where_its_address_is_taken(serve: Callable[..., Server], folder: Path, tmp_path: Path) -> None:
    port = httpx.URL(serve().address).port
    assert port is not None
    with pytest.raises(StoreError, match="cannot be listened at"):
        Server(tmp_path / "other", GateSettings(port=port))
    with pytest.raises(StoreLockedError):
        Server(folder, GateSettings(port=0))
    open_store(tmp_path / "other").close()


def speak(server: Server, request: str) -> str:
    """Everything that the server answers to these bytes and the end of them."""
    address = httpx.URL(server.address)
    with socket.create_connection((address.host, address.port or 0), timeout=20) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()


def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
