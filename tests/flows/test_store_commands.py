"""load, backup, restore and serve on real stores, files and processes."""

from __future__ import annotations

import gzip
import io
import pkgutil
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest
from pyoxigraph import NamedNode, Quad

from flows.cli import group
from flows.running import Request, read_states, run
from ontology.namespaces import RUNS_GRAPH
from store import open_store
from store.errors import StoreError
from store.serving import free_port
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("load", "c.ttl", "--graph", "no iri"),
        ("export", "c.ttl", "--graph", "no iri"),
        ("load", "c.ttl", "--graph", ""),
    ],
)
def test_a_graph_that_is_no_iri_is_blamed_and_not_the_file(
    request_: Request, reader: PhraseReader, arguments: tuple[str, ...]
) -> None:
    run(request_)
    Path("c.ttl").write_text("<https://example.org/1> <https://example.org/2> 3 .", encoding="utf-8")
    with pytest.raises(StoreError, match="is no IRI of a graph"):
        run_here(*arguments, "--store", request_.store)
    assert Path("c.ttl").read_text(encoding="utf-8").endswith("3 .")


def test_load_leaves_the_provenance_of_runs(request_: Request, reader: PhraseReader) -> None:
    run(request_)
    before = contents(request_.store)
    Path("c.ttl").write_text("<https://example.org/1> <https://example.org/2> 3 .", encoding="utf-8")
    with pytest.raises(StoreError, match="Enishi's own graph"):
        run_here("load", "c.ttl", "--graph", RUNS_GRAPH, "--store", request_.store)
    assert contents(request_.store) == before


@pytest.mark.parametrize(
    ("arguments", "step"),
    [(("backup", "b.nq.gz"), "store.backup._chunks"), (("export", "g.nq"), "store.export.canonical_quads")],
)
def test_backup_and_export_leave_the_folder_to_writers(
    request_: Request,
    reader: PhraseReader,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    step: str,
) -> None:
    run(request_)
    before = {unlabelled(f"{line} .") for line in contents(request_.store)}
    real = pkgutil.resolve_name(step)
    written: list[NamedNode] = []

    def write_meanwhile(quads: Iterable[Quad]) -> object:
        graph = NamedNode(f"https://example.org/{len(written)}")
        with open_store(request_.store) as store:
            store.add_quads([Quad(graph, graph, graph, graph)])
        written.append(graph)
        return real(quads)

    monkeypatch.setattr(step, write_meanwhile)
    run_here(*arguments, "--store", request_.store)
    assert written
    content = Path(arguments[1]).read_bytes()
    lines = (gzip.decompress(content) if arguments[0] == "backup" else content).decode().splitlines()
    assert {unlabelled(line) for line in lines if not line.startswith("#")} == before


def unlabelled(line: str) -> str:
    return re.sub(r"_:\w+", "_:", line)


@pytest.mark.parametrize("where", ["-", "q.rq"])
def test_query_in_another_encoding_is_an_error_with_its_name(
    request_: Request, reader: PhraseReader, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(request_)
    query = 'ASK { ?who ?what "縁" }'
    for encoding in ("utf-8", "utf-8-sig", "cp932"):
        content = query.encode(encoding)
        Path("q.rq").write_bytes(content)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        if encoding != "cp932":
            run_here("query", where, "--store", request_.store)
            continue
        with pytest.raises(click.BadParameter, match="q.rq is not in UTF-8" if where == "q.rq" else "Standard input"):
            run_here("query", where, "--store", request_.store)


@pytest.mark.parametrize("format_name", ["csv", "tsv", "json"])
def test_query_on_a_terminal_writes_nothing_that_steers_it(
    request_: Request,
    reader: PhraseReader,
    format_name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(request_)
    query = 'SELECT ?x { VALUES ?x { "a\x1b[31m\u009b\u202eb" } }'
    run_here("query", query, "--format", format_name, "--store", request_.store)
    assert "\u202e" in capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    run_here("query", query, "--format", format_name, "--store", request_.store)
    shown = capsys.readouterr().out
    assert "\\u009b" in shown.lower()
    assert not set(shown) & set("\x1b\u009b\u202e")


@pytest.fixture
def port() -> int:
    return free_port()


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
