"""Real stores and real servers for the tests of this room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from store import GraphStore, open_store
from store.serving import free_port

START_TIMEOUT_S = 90.0
ENISHI = "https://enishi.example/ontology#"


@pytest.fixture(scope="session")
def oxigraph_command() -> str:
    beside = Path(sys.executable).with_name("oxigraph")
    command = str(beside) if beside.exists() else shutil.which("oxigraph")
    assert command, "the oxigraph package is not installed"
    return command


@pytest.fixture(scope="session")
def wait_until_up() -> Callable[[str, subprocess.Popen[bytes]], None]:
    def wait(address: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            try:
                httpx.get(address, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(address)

    return wait


@pytest.fixture
def start_oxigraph(
    oxigraph_command: str, wait_until_up: Callable[[str, subprocess.Popen[bytes]], None]
) -> Iterator[Callable[..., tuple[str, subprocess.Popen[bytes]]]]:
    """Start `oxigraph serve` on a folder or in memory; gives its address and the process."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(
        folder: Path | None = None, *options: str, port: int | None = None
    ) -> tuple[str, subprocess.Popen[bytes]]:
        port = port or free_port()
        where = () if folder is None else ("--location", str(folder))
        process = subprocess.Popen(
            [oxigraph_command, "serve", *where, "--bind", f"127.0.0.1:{port}", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        address = f"http://127.0.0.1:{port}/"
        wait_until_up(address, process)
        return address, process

    yield start
    for process in processes:
        process.kill()
        process.wait(60)


@pytest.fixture(scope="session")
def rdflib_server(wait_until_up: Callable[[str, subprocess.Popen[bytes]], None]) -> Iterator[str]:
    """The address of a server that is not Oxigraph: rdflib-endpoint, over rdflib's own store in memory."""
    port = free_port()
    command = [sys.executable, "-m", "rdflib_endpoint", "serve", "--enable-update", "--port", str(port)]
    environment = os.environ | {"RDFLIB_APIKEY": "key-1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    address = f"http://localhost:{port}/"
    try:
        wait_until_up(address, process)
        yield address
    finally:
        process.kill()
        process.wait(60)


@pytest.fixture
def rdflib_store(rdflib_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphStore]:
    """An empty store behind rdflib-endpoint, which has one address for all and no Graph Store Protocol."""
    settings = {"QUERY": "/", "UPDATE": "/", "GRAPHS": "", "TOKEN": "key-1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"ENISHI_STORE_{name}", value)
    with open_store(rdflib_server) as store:
        store.remove_graphs(store.graph_iris())
        yield store


@pytest.fixture(params=["embedded", "oxigraph", "rdflib"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    """An empty store of each kind."""
    if request.param == "rdflib":
        yield request.getfixturevalue("rdflib_store")
        return
    if request.param == "embedded":
        location: str | Path = tmp_path / "store"
    else:
        location, _ = request.getfixturevalue("start_oxigraph")(None, "--union-default-graph")
    with open_store(location) as store:
        yield store


@pytest.fixture(scope="session")
def document_graph() -> Callable[..., tuple[str, list[Quad]]]:
    """A document's graph of our own making: its state, and one fact a name."""

    def build(number: int, *names: str, version: int = 1) -> tuple[str, list[Quad]]:
        graph_iri = f"https://enishi.example/document/記事{number}"
        graph = NamedNode(graph_iri)
        founded = NamedNode(ENISHI + "founded")
        quads = [
            Quad(graph, NamedNode(ENISHI + "contentHash"), Literal(f"{number:04}-{version}"), graph),
            Quad(graph, NamedNode(ENISHI + "fingerprint"), Literal(f"指紋{version}"), graph),
        ]
        for index, name in enumerate(names):
            company = NamedNode(f"https://enishi.example/entity/会社{number}-{index}")
            quads.append(
                Quad(company, NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"), Literal(name), graph)
            )
            quads.append(Quad(NamedNode("https://enishi.example/entity/山田花子"), founded, company, graph))
        return graph_iri, quads

    return build
