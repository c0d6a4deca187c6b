from __future__ import annotations

import dataclasses
import json
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from flows.cli import COMMANDS, group
from tests.flows.conftest import PhraseReader

HEAVY = ("spacy", "ginza", "prefect", "rdflib", "pyshacl", "pyoxigraph", "httpx", "numpy", "rich", "trafilatura")


def command_of(name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


def enishi(*arguments: str, status: int = 0, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_does_with_examples(name: str) -> None:
    command = command_of(name)
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name]
    assert command.help is not None
    assert "Examples:\n" in command.help
    assert COMMANDS[name].removesuffix(".") in " ".join(command.help.split())
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{option.opts} says nothing"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_examples_of_help_are_commands_that_parse(name: str) -> None:
    text = command_of(name).help if name else group.help
    assert text is not None
    examples = re.findall(r"^ *(?:.*\| |\w+=\S+ )?enishi (.+)$", text.partition("Examples:")[2], re.MULTILINE)
    assert examples
    for example in examples:
        words = shlex.split(re.sub(r" [>|] .*", "", example))
        command = command_of(words[0])
        # What has to exist stands for itself.
        there = {"gold.json": __file__, "data/gold/articles.json": __file__, "claims.jsonl": __file__}
        there["backups/monday.nq.gz"] = __file__
        command.make_context(words[0], [there.get(word, word) for word in words[1:]])


@pytest.mark.parametrize("name", ["extract", "evaluate", "ingest", "schedule"])
@pytest.mark.parametrize("value", ["-0.1", "1.5", "sure"])
def test_min_confidence_is_a_probability(name: str, value: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        command_of(name).make_context(name, ["--min-confidence", value, __file__])
    assert "--min-confidence" in refused.value.format_message()


def test_make_help_says_each_path_as_it_is() -> None:
    command = ["make", "help", "SHARED=/srv/corpora of ours"]
    listed = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True).stdout
    assert "uses /srv/corpora of ours where it is there" in listed
    assert "$" not in listed


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom flows.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "Commands:" in done.stdout
    assert done.stdout.endswith("heavy: []\n")


def processor_s(*arguments: str) -> float:
    """The least processor time of three runs, which other processes on the machine hardly lengthen."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        enishi(*arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def test_help_takes_little_processor_time() -> None:
    assert processor_s("--help") < 1  # 0.1 s on an idle machine; what must not be imported is tested above


@pytest.mark.parametrize("format_name", ["table", "json"])
def test_query_takes_little_processor_time(tmp_path: Path, format_name: str) -> None:
    from store import open_store

    with open_store(tmp_path / "store"):
        pass
    query = "SELECT * WHERE { ?who enishi:sued ?whom }"
    assert processor_s("query", query, "--store", str(tmp_path / "store"), "--format", format_name) < 2


def test_unknown_command_and_option_are_wrong_usage() -> None:
    assert "No such command" in enishi("injest", status=2).stderr
    assert "No such option" in enishi("ingest", "--prume", "x", status=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "SELECT * WHERE {}", "--store", "nowhere"), "There is no store in nowhere"),
        (("status", "--store", "nowhere"), "enishi ingest"),
        (("export", "graph.docx", "--store", "nowhere"), "There is no store in nowhere"),
        (("evaluate", "gold.json", "--predictions", "gold.json"), "gold.json"),
        (("extract", "--ontology", "missing.ttl", "-"), "missing.ttl"),
        (("query", "missing.rq"), "missing.rq"),
    ],
)
def test_bad_input_is_one_clear_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gold.json").write_text('[{"id": 1}]', encoding="utf-8")
    done = enishi(*arguments, status=1)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def run_here(*arguments: str) -> int:
    """The exit status of a command in this process, where the reader is replaced."""
    status = group(list(arguments), standalone_mode=False)
    return status if isinstance(status, int) else 0


def test_commands_show_what_ingest_loaded(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("ingest", "articles", "--claims") == 0
    loaded = capsys.readouterr().out
    assert "Documents: 3 new. Claims loaded: 2." in loaded
    assert "青葉商会が白浜興業を提訴した。" in loaded

    run_here("query", "SELECT ?whom WHERE { entity:青葉商会 enishi:sued ?whom }", "--format", "csv")
    assert capsys.readouterr().out.splitlines()[1] == "https://enishi.example/entity/白浜興業"
    run_here("query", "ASK { ?who enishi:founded entity:夕凪学園 }")
    assert "true" in capsys.readouterr().out
    run_here("query", "DESCRIBE entity:夕凪学園")
    assert '"夕凪学園"@ja' in capsys.readouterr().out
    run_here("status")
    status = capsys.readouterr().out
    assert re.search(r"documents +3", status)
    assert re.search(r"sued +asserted|sued +Asserted", status)

    assert run_here("ingest", "articles") == 0
    assert "Nothing changed: 3 documents" in capsys.readouterr().out


def test_ingest_ends_with_1_where_something_was_reported(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "e.txt").write_bytes(b"")
    assert run_here("ingest", "articles", "missing") == 1
    captured = capsys.readouterr()
    assert "articles/e.txt" in captured.err
    assert "missing" in captured.err
    assert "3 new, 2 failed" in captured.out


def test_quiet_ingest_prints_nothing_but_what_was_asked_for(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("ingest", "articles", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run_here("ingest", "articles", "--quiet", "--claims") == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Claims, with their confidence")
    assert "青葉商会が白浜興業を提訴した。" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize("name", ["ingest", "extract", "entities"])
def test_a_problem_reads_alike_in_every_command(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (articles / "e.txt").write_bytes(b"")
    assert run_here(name, "articles/e.txt") == 1
    assert re.search(r"^Not read: articles/e\.txt: it is empty\. [A-Z][^.]*\.$", capsys.readouterr().err, re.MULTILINE)


def test_ingest_names_each_problem_on_one_line(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"id": "偽\nDocuments: 9 new.\u202e", "text": "毒入りの文書。"}
    (articles / "d.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert run_here("ingest", "articles", "--quiet") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run_here("extract", "articles/d.jsonl") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("--flow", "-"), ("-", "--dask", "tcp://127.0.0.1:1")])
def test_ingest_as_a_flow_refuses_standard_input(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match="standard input"):
        run_here("ingest", *arguments)


def test_ingest_on_a_cluster_elsewhere_asks_for_a_server_that_it_reaches(
    articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(click.UsageError, match="PREFECT_API_URL"):
        run_here("ingest", "articles", "--dask", "tcp://scheduler.example:8786")


def test_quarantine_is_a_store_s_own_and_goes_with_its_documents(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.flows import conftest

    sound = conftest.claim_of
    monkeypatch.setattr(conftest, "claim_of", lambda match: dataclasses.replace(sound(match), confidence=1.7))

    def quarantined(store: str) -> str:
        capsys.readouterr()
        run_here("status", "--store", store)
        (found,) = re.findall(r"quarantined +(\d+)", capsys.readouterr().out)
        return str(found)

    assert run_here("ingest", "articles", "--store", "one") == 1
    assert run_here("ingest", "articles/c.txt", "--store", "two") == 0
    assert [quarantined("one"), quarantined("./one"), quarantined("two")] == ["2", "2", "0"]
    run_here("clear", "--yes", "--store", "two")
    assert quarantined("one") == "2"
    run_here("clear", "--yes", "--store", "one")
    assert quarantined("one") == "0"
    assert list(Path("var/quarantine").rglob("*.*")) == []


def test_export_writes_only_what_differs(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here("ingest", "articles")
    run_here("export", "out/graph.ttl")
    written = Path("out/graph.ttl").stat().st_mtime_ns
    assert "entity:青葉商会" in Path("out/graph.ttl").read_text(encoding="utf-8")
    capsys.readouterr()
    run_here("export", "out/graph.ttl")
    assert capsys.readouterr().out == "out/graph.ttl is up to date.\n"
    assert Path("out/graph.ttl").stat().st_mtime_ns == written
    assert [path.name for path in Path("out").iterdir()] == ["graph.ttl"]


@pytest.mark.parametrize("name", ["claims.ttl", "claims.nq"])
def test_export_of_documents_only_has_their_claims_and_nothing_else(
    articles: Path, reader: PhraseReader, name: str
) -> None:
    run_here("ingest", "articles")
    run_here("export", name, "--documents-only")
    run_here("export", f"all-{name}")
    written, everything = (Path(path).read_text(encoding="utf-8") for path in (name, f"all-{name}"))
    assert "青葉商会が白浜興業を提訴した。" in written
    assert "ObjectProperty" in everything
    assert "ObjectProperty" not in written
    if name.endswith(".nq"):
        graphs = {line.split()[-2] for line in written.splitlines()}
        assert graphs == {f"<https://enishi.example/document/articles/{each}.txt>" for each in "abc"}
    with pytest.raises(click.UsageError, match="--documents-only"):
        run_here("export", name, "--documents-only", "--graph", "https://enishi.example/graph/ontology")


def test_export_of_documents_only_is_empty_where_there_are_none(articles: Path, reader: PhraseReader) -> None:
    run_here("ingest", "articles")
    run_here("clear", "--yes")
    run_here("export", "claims.nt", "--documents-only")
    assert Path("claims.nt").read_bytes() == b""


def test_clear_removes_documents_and_keeps_the_rest(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here("ingest", "articles")
    run_here("clear", "--yes")
    assert "3 documents removed" in capsys.readouterr().out
    run_here(
        "query", "SELECT (COUNT(*) AS ?n) FROM <https://enishi.example/graph/ontology> { ?s ?p ?o }", "--format", "csv"
    )
    assert int(capsys.readouterr().out.splitlines()[1]) > 100


def test_extract_gives_one_line_a_document_in_order(
    tmp_path: Path, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"2": "青葉商会が白浜\u202e興業を提訴した。", "1": "青葉商会が白浜興業を提訴した。", "x#y": "無関係。"}
    lines = [json.dumps({"id": key, "text": text}, ensure_ascii=False) for key, text in texts.items()]
    Path("in.jsonl").write_text("\n".join([*lines[:2], "{broken", lines[2]]) + "\n", encoding="utf-8")
    assert run_here("extract", "in.jsonl") == 1
    captured = capsys.readouterr()
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert [record["id"] for record in records] == ["2", "1", "x#y"]
    assert "\u202e" not in captured.out
    (claim,) = records[1]["claims"]
    assert (claim["relation"], claim["status"]) == ("sued", "asserted")
    assert claim["subject"]["labels"] == ["青葉商会"]
    assert claim["subject"]["iri"] == "https://enishi.example/entity/青葉商会"
    evidence = claim["evidence"]
    assert texts["1"][evidence["start"] : evidence["end"]] == evidence["text"]
    assert "in.jsonl:3" in captured.err


@pytest.mark.parametrize("name", ["extract", "entities"])
def test_ids_tell_the_records_of_two_files_apart(
    articles: Path, reader: PhraseReader, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for file in ("a", "b"):
        (articles / f"{file}.jsonl").write_text('{"id": "1", "text": "晴れ。"}\n', encoding="utf-8")
    run_here(name, "articles/*.jsonl")
    ids = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["articles/a.jsonl#1", "articles/b.jsonl#1"]
    run_here(name, "articles/a.jsonl")
    assert json.loads(capsys.readouterr().out)["id"] == "1"


def test_evaluate_scores_extraction_and_predictions_alike(
    tmp_path: Path, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "青葉商会が白浜興業を提訴した。朝霧財団が夕凪学園を設立した。"
    sides = {"subject": {"labels": ["青葉商会"], "named": True}, "object": {"labels": ["白浜興業"], "named": True}}
    missed = {"subject": {"labels": ["夕凪学園"], "named": True}, "object": {"labels": ["朝霧財団"], "named": True}}
    claims = [
        {"relation": "sued", "status": "asserted", **sides},
        {"relation": "criticized", "status": "asserted", **missed},
    ]
    gold = [{"id": "1", "text": text, "claims": claims}]
    Path("gold.json").write_text(json.dumps(gold), encoding="utf-8")
    Path("in.jsonl").write_text(json.dumps({"id": "1", "text": text}) + "\n", encoding="utf-8")
    scored = ("--errors", "--relation", "founded")
    run_here("evaluate", "gold.json", *scored)
    now = capsys.readouterr().out
    run_here("extract", "in.jsonl")
    Path("out.jsonl").write_text(capsys.readouterr().out, encoding="utf-8")
    run_here("evaluate", "gold.json", *scored, "--predictions", "out.jsonl")
    assert capsys.readouterr().out == now
    assert re.search(r"all together +0\.500 +0\.500 +0\.500 +1 +1 +1", now)
    assert "+ founded(朝霧財団, 夕凪学園)" in now
    assert "- criticized(夕凪学園, 朝霧財団)" in now


@pytest.mark.parametrize(
    "arguments",
    [
        ("schedule", "x"),
        ("schedule", "x", "--every", "5m", "--cron", "0 3 * * *"),
        ("schedule", "x", "--every", "soon"),
        ("schedule", "x", "--every", "0m"),
        ("schedule", "x", "--every", "999999999999d"),
        ("schedule", "-", "--every", "5m"),
        ("schedule", "x", "--cron", "99 * * * *"),
    ],
)
def test_schedule_refuses_what_cannot_be_scheduled(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        run_here(*arguments)


def test_entities_reports_poison_and_reads_the_rest(
    reader: PhraseReader, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "a2.txt").write_text("毒入りの文書。", encoding="utf-8")
    assert run_here("entities", "articles") == 1
    captured = capsys.readouterr()
    assert [json.loads(line)["id"] for line in captured.out.splitlines()] == [
        f"articles/{name}.txt" for name in ("a", "b", "c")
    ]
    assert "articles/a2.txt" in captured.err


def test_entities_prints_mentions_with_their_offsets(
    reader: PhraseReader, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here("entities", "articles/a.txt")
    line = json.loads(capsys.readouterr().out)
    assert line["entities"] == [{"start": 0, "end": 4, "type": "Organization", "text": "青葉商会"}]
