"""load, backup, restore and serve on real stores, files and processes."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from flows.cli import group
from flows.running import Request, read_states, run
from store import open_store
from store.errors import StoreError
from tests.flows.conftest import PhraseReader

MAIN = "from flows.cli import main; main()"


def run_here(*arguments: str) -> int:
    status = group(list(arguments), standalone_mode=False)
    return status if isinstance(status, int) else 0


def contents(store: str) -> set[str]:
    with open_store(store, read_only=True) as opened:
        return {str(quad) for quad in opened.dump()}


def test_backup_is_restored_to_an_equal_store(
    request_: Request, reader: PhraseReader, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(request_)
    before = contents(request_.store)
    run_here("backup", "monday.nq.gz", "--store", request_.store)
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    run(request_)
    run_here("restore", "monday.nq.gz", "--store", "restored")
    assert contents("restored") == before != contents(request_.store)
    assert capsys.readouterr().out.count(f"{len(before):,} statements") == 2
    with pytest.raises(StoreError, match="exists already"):
        run_here("backup", "monday.nq.gz", "--store", request_.store)
    with pytest.raises(StoreError, match="is not empty"):
        run_here("restore", "monday.nq.gz", "--store", request_.store)
    with pytest.raises(click.BadParameter, match=r"\.nq\.gz"):
        run_here("backup", "monday.zip", "--store", request_.store)


def test_restore_leaves_nothing_of_a_damaged_backup(request_: Request, reader: PhraseReader, tmp_path: Path) -> None:
    run(request_)
    run_here("backup", "b.nq.gz", "--store", request_.store)
    whole = Path("b.nq.gz").read_bytes()
    Path("b.nq.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="cut short"):
        run_here("restore", "b.nq.gz", "--store", "restored")
    assert not Path("restored").exists()


def test_load_puts_a_file_into_its_graph_and_replaces_it(
    request_: Request, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    run(request_)
    documents = read_states(request_.store)
    graph = "https://example.org/companies"
    for name in ("青葉", "若葉"):
        Path("c.ttl").write_text(f'<https://example.org/1> <https://example.org/name> "{name}" .', encoding="utf-8")
        run_here("load", "c.ttl", "--graph", graph, "--store", request_.store)
    with open_store(request_.store, read_only=True) as store:
        assert [str(quad.object) for quad in store.dump(graph)] == ['"若葉"']
    assert read_states(request_.store) == documents
    assert "1 statements in 1 graph(s)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.ttl", "<https://example.org/1> <https://example.org/name\n"), ("a.doc", ""), ("missing.ttl", None)],
)
def test_load_says_what_is_wrong_and_loads_nothing(
    request_: Request, reader: PhraseReader, name: str, content: str | None
) -> None:
    run(request_)
    before = contents(request_.store)
    if content is not None:
        Path(name).write_text(content, encoding="utf-8")
    with pytest.raises((StoreError, click.BadParameter), match=name.replace(".", r"\.")):
        run_here("load", name, "--store", request_.store)
    assert contents(request_.store) == before


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(request_: Request, reader: PhraseReader, port: int) -> Iterator[str]:
    """The address at which `enishi serve` answers for the request's store."""
    run(request_)
    command = [sys.executable, "-c", MAIN, "serve", "--bind", f"127.0.0.1:{port}", "--store", request_.store]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/ answers \(read-only\).*\n", said)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(180)
        finally:
            process.kill()


def test_serve_takes_ingests_and_shows_them_at_once(
    request_: Request, articles: Path, served: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    # Whoever names the folder is led through its server.
    assert run_here("ingest", "articles", "--store", request_.store) == 0
    question = "SELECT ?whom WHERE { entity:青葉商会 enishi:criticized ?whom }"
    for store in (request_.store, served):
        capsys.readouterr()
        run_here("query", question, "--format", "csv", "--store", store)
        assert capsys.readouterr().out.splitlines()[1:] == ["https://enishi.example/entity/白浜興業"]
    assert run_here("ingest", "articles", "--store", request_.store) == 0
    assert "Nothing changed: 3 documents" in capsys.readouterr().out


def test_serve_lets_others_only_read(request_: Request, articles: Path, served: str) -> None:
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    with pytest.raises(StoreError):
        run_here("ingest", "articles", "--store", served)
    assert len(read_states(served)) == 3


@pytest.mark.parametrize("bind", ["7878", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", ":1"])
def test_serve_refuses_what_is_no_address(bind: str) -> None:
    with pytest.raises(click.BadParameter, match="HOST:PORT"):
        run_here("serve", "--bind", bind)


@pytest.mark.parametrize("arguments", [("serve",), ("restore", __file__)])
def test_commands_on_folders_refuse_an_address(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.BadParameter):
        run_here(*arguments, "--store", "http://127.0.0.1:1/")
