"""The gate and the embedded store read a query alike: its prefixes, and the graphs that it asks of."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from store import GraphStore, open_store
from store.endpoints import Credentials
from store.errors import QuerySyntaxError
from store.gate import Gate, GateSettings
from store.serving import Server, free_port

DOCUMENT, ENTITY = "https://enishi.example/document/", "https://enishi.example/entity/"
ENISHI, SKOS = "https://enishi.example/ontology#", "http://www.w3.org/2004/02/skos/core#"
NAMES = ("甲", "甲・乙.txt", "articles", "articles/a.txt", "か", "か\u3099.txt", "x")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document each name, which holds its name, and facts about names that SPARQL escapes."""
    folder = tmp_path_factory.mktemp("gate") / "store"
    with open_store(folder) as store:
        for name in NAMES:
            graph = NamedNode(DOCUMENT + name)
            store.replace_graph(graph.value, [Quad(NamedNode("a:s"), NamedNode("a:named"), Literal(name), graph)])
        for name in ("O'Brien", "A#B"):
            about = NamedNode("a:about")
            facts = [(ENTITY + name, SKOS + "note"), ("a:a#b", ENISHI + "sued"), ("a:t", ENISHI + "b")]
            store.add_quads([Quad(NamedNode(s), NamedNode(p), NamedNode(ENTITY + name), about) for s, p in facts])
        values = (Literal("x", language="ja"), Literal(True))
        store.add_quads([Quad(NamedNode("a:u"), NamedNode("a:v"), value, NamedNode("a:about")) for value in values])
        store.add_quads([Quad(NamedNode(ENISHI + "b"), NamedNode("a:v"), Literal(1), NamedNode("a:about"))])
    return folder


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[GraphStore]:
    """A copy that no server has."""
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    with open_store(copy) as store:
        yield store


@pytest.fixture(scope="module")
def server(folder: Path, embedded: GraphStore) -> Iterator[Server]:
    assert embedded.size() > 0
    with Server(folder, GateSettings(port=0)) as server:
        yield server


def test_gate_takes_no_user_without_a_password_for_a_writer() -> None:
    settings = GateSettings(port=0, writable=True, credentials=Credentials(user="書き手", password=""))
    gate = Gate(settings, ("127.0.0.1", free_port()), lambda: None)
    try:
        update = "INSERT DATA { <a:s> <a:p> <a:o> }"
        headers = {"content-type": "application/sparql-update"}
        answer = httpx.post(
            f"{gate.address}update", content=update, headers=headers, auth=("書き手", ""), trust_env=False
        )
    finally:
        gate.close()
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("prologue", "clause", "name"),
    [
        ("", "FROM document:甲・乙.txt", "甲・乙.txt"),
        (f"PREFIX 文書・か\u3099: <{DOCUMENT}>", "FROM 文書・か\u3099:甲・乙.txt", "甲・乙.txt"),
        ("", r"FROM document:articles\/a.txt", "articles/a.txt"),
        ("", r"FROM document:articles\/a\.txt", "articles/a.txt"),
        ("", "FROM document:か\u3099.txt", "か\u3099.txt"),
        ("", "FROM document:か", "か"),
        (f"BASE <{DOCUMENT}>", "FROM <x>", "x"),
        (f"BASE <{DOCUMENT}articles/>", "FROM <../x>", "x"),
        (f"BASE <{DOCUMENT}> PREFIX a: <articles/>", "FROM a:a.txt", "articles/a.txt"),
        ("", rf"FROM <{DOCUMENT}\u0078>", "x"),
    ],
)
def test_gate_answers_from_the_graph_that_from_names(
    server: Server, embedded: GraphStore, prologue: str, clause: str, name: str
) -> None:
    sparql = f"{prologue} SELECT ?o {clause} {{ ?s ?p ?o }}"
    assert embedded.query(sparql).rows == ((Literal(name),),)
    with open_store(server.address) as store:
        assert store.query(sparql).rows == ((Literal(name),),)
    for method, arguments in (("GET", {"params": {"query": sparql}}), ("POST", {"data": {"query": sparql}})):
        assert csv(server, method, arguments) == ["o", name]


@pytest.mark.parametrize(
    "sparql",
    [
        r"ASK { entity:O\'Brien ?p ?o . ?o ^skos:note ?s }",
        r"ASK { entity:A\#B ?p ?o . ?s skos:note ?o }",
        r"ASK { <a:\u0061#b> enishi:sued ?o }",
        "ASK { <a:u> <a:v> 'x'@ja.enishi:b ?p ?o }",
        "ASK { <a:u> <a:v> true.enishi:b ?p ?o }",
        "ASK { ?s skos:note ?o FILTER(?s != 'PREFIX skos: <a:>') }",
        "PREFIX skos: <a:> ASK { ?s skos:v true }",
    ],
)
def test_gate_knows_the_prefixes_wherever_a_name_may_end(server: Server, embedded: GraphStore, sparql: str) -> None:
    assert embedded.query(sparql).boolean is True
    with open_store(server.address) as store:
        assert store.query(sparql).boolean is True
    assert csv(server, "GET", {"params": {"query": sparql}}) == ["true"]


@pytest.mark.parametrize("clause", ["FROM <x>", "FROM 無:x", "FROM document:甲×", "FROM document:甲\u3000NAMED"])
def test_gate_does_not_guess_a_graph(server: Server, embedded: GraphStore, clause: str) -> None:
    sparql = f"ASK {clause} {{ ?s ?p ?o }}"
    with pytest.raises(QuerySyntaxError):
        embedded.query(sparql)
    with open_store(server.address) as store, pytest.raises(QuerySyntaxError):
        store.query(sparql)
    response = httpx.get(server.address + "query", params={"query": sparql}, trust_env=False, timeout=60)
    assert response.status_code == 400


@pytest.fixture(scope="module")
def full_width(folder: Path, server: Server) -> str:
    """A graph whose name holds bytes that are spaces in Latin-1 (85 and A0)."""
    graph = NamedNode(DOCUMENT + "公安・全国・憠.md")
    with open_store(folder) as store:
        store.replace_graph(graph.value, [Quad(NamedNode("a:s"), NamedNode("a:named"), Literal("全日本"), graph)])
    return graph.value


@pytest.mark.parametrize("write", [str, quote])
def test_gate_reads_addresses_that_are_not_quoted_alike(
    server: Server, full_width: str, write: Callable[[str], str]
) -> None:
    assert '"全日本"' in raw(server, f"GET /store?graph={write(full_width)}".encode())
    for name, answer in (("全日本", "true"), ("日本", "false")):
        assert answer in raw(server, f"GET /query?query={write('ASK{<a:s>?p' + repr(name) + '}')}".encode())


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET http://[",
        b"GET http://[/query?query=ASK%7B%7D",
        "GET /query?query=ASK{?s?p'日本'}".encode("shift_jis"),
        b"GET /query?query=ASK%7B?s?p'%93%FA'%7D",
    ],
)
def test_gate_refuses_addresses_that_cannot_be_read(server: Server, request_line: bytes) -> None:
    assert raw(server, request_line).startswith("HTTP/1.1 400 ")


def raw(server: Server, request_line: bytes) -> str:
    """The whole answer to a request of these bytes."""
    address = httpx.URL(server.address)
    with socket.create_connection((address.host, address.port or 0), timeout=60) as connection:
        connection.sendall(request_line + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()


def csv(server: Server, method: str, arguments: dict[str, Any]) -> list[str]:
    """The lines of the gate's answer."""
    response = httpx.request(
        method, server.address + "query", headers={"accept": "text/csv"}, trust_env=False, timeout=60, **arguments
    )
    return response.text.splitlines()
