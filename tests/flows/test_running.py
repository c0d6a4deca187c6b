from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from flows import ingestion, running
from flows.locking import StoreBusyError, writing
from flows.report import Report
from flows.running import Request, Silent, plain_steps, read_states, run
from ontology.iris import document_iri
from ontology.namespaces import ENTITIES_GRAPH, ONTOLOGY_GRAPH, RUNS_GRAPH, SKOS
from store import open_store
from store.canonical import canonical_hash
from store.errors import StoreUnavailableError, StoreWriteError
from tests.flows.conftest import PhraseReader
from tests.flows.test_ingestion import answering

ACQUIRED = """
@prefix enishi: <https://enishi.example/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
enishi:acquired a owl:ObjectProperty ;
    rdfs:label "買収した"@ja , "acquired"@en ;
    rdfs:domain enishi:Organization ; rdfs:range enishi:Organization ;
    enishi:expressedBy "甲が乙を買収する"@ja .
"""


def graph_lines(store: str, *, without: tuple[str, ...] = ()) -> list[str]:
    """Everything in the store as sorted N-Quads; blank nodes, which only the ontology has, are left out."""
    with open_store(store, read_only=True) as opened:
        quads = [str(quad) for quad in opened.dump() if "_:" not in str(quad)]
    return sorted(quad for quad in quads if not any(f"<{graph}>" in quad for graph in without))


def canonical(store: str) -> str:
    """The RDFC-1.0 hash of everything in the store."""
    with open_store(store, read_only=True) as opened:
        return canonical_hash(opened.dump())


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_run_loads_every_document_with_its_claims(request_: Request, reader: PhraseReader) -> None:
    report = run(request_)
    assert report.counts() == {"new": 3, "changed": 0, "unchanged": 0, "removed": 0, "quarantined": 0, "failed": 0}
    assert report.relations() == {"founded": {"asserted": 1}, "sued": {"asserted": 1}}
    with open_store(request_.store, read_only=True) as store:
        answer = store.query("SELECT ?object WHERE { <https://enishi.example/entity/青葉商会> enishi:sued ?object }")
        assert [str(row[0]) for row in answer.rows] == ["<https://enishi.example/entity/白浜興業>"]
        assert {ONTOLOGY_GRAPH, ENTITIES_GRAPH, RUNS_GRAPH} <= set(store.graph_iris())


def test_run_again_parses_nothing_and_writes_nothing(request_: Request, reader: PhraseReader) -> None:
    run(request_)
    reader.read.clear()
    before = snapshot(Path(request_.store))
    report = run(request_)
    assert report.unchanged == 3
    assert not report.wrote
    assert reader.read == []
    assert snapshot(Path(request_.store)) == before


def test_run_reads_what_changed_and_only_that(request_: Request, reader: PhraseReader, articles: Path) -> None:
    run(request_)
    reader.read.clear()
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    report = run(request_)
    assert reader.read == ["articles/a.txt"]
    assert (report.changed, report.unchanged) == (1, 2)
    assert not any("sued" in line and "entity/青葉商会" in line for line in graph_lines(request_.store))


def test_run_reads_everything_again_with_another_reader(request_: Request, reader: PhraseReader) -> None:
    from flows.resources import load_resources

    run(request_)
    load_resources.cache_clear()
    reader.fingerprint = "phrases-2"
    report = run(request_)
    assert report.changed == 3
    with open_store(request_.store, read_only=True) as store:
        assert len({quad.subject for quad in store.dump(RUNS_GRAPH)}) == 1


def test_run_with_prune_equals_never_having_read_what_left(
    request_: Request, reader: PhraseReader, articles: Path, tmp_path: Path
) -> None:
    run(request_)
    (articles / "b.txt").unlink()
    report = run(dataclasses.replace(request_, prune=True))
    assert report.removed == [document_iri("articles/b.txt")]
    fresh = dataclasses.replace(request_, store=str(tmp_path / "fresh"))
    run(fresh)
    assert graph_lines(request_.store) == graph_lines(fresh.store)
    assert canonical(request_.store) == canonical(fresh.store)


@pytest.mark.parametrize("left", ["{b}", "{c}{a}{b}"])
def test_run_on_json_lines_that_moved_equals_never_having_read_the_others(
    request_: Request, reader: PhraseReader, articles: Path, tmp_path: Path, left: str
) -> None:
    records = {
        "a": '{"id": "a", "text": "青葉商会が白浜興業を提訴した。"}\n',
        "b": '{"id": "b", "text": "朝霧財団が夕凪学園を設立した。"}\n',
        "c": '{"id": "c", "text": "赤城社が青葉商会を批判した。"}\n',
    }
    path = articles / "d.jsonl"
    path.write_text(records["a"] + records["b"], encoding="utf-8")
    run(request_)
    reader.read.clear()
    path.write_text(left.format(**records), encoding="utf-8")
    run(dataclasses.replace(request_, prune=True))
    assert "articles/d.jsonl#b" not in reader.read
    fresh = dataclasses.replace(request_, store=str(tmp_path / "fresh"))
    run(fresh)
    assert graph_lines(request_.store) == graph_lines(fresh.store)
    assert canonical(request_.store) == canonical(fresh.store)


def test_run_in_any_order_and_batch_size_gives_the_same_graph(
    request_: Request, reader: PhraseReader, tmp_path: Path
) -> None:
    run(request_)
    paths = ("articles/c.txt", "articles/b.txt", "articles/a.txt", "articles")
    other = dataclasses.replace(request_, store=str(tmp_path / "other"), paths=paths, batch_documents=1)
    assert run(other).added == 3
    assert canonical(request_.store) == canonical(other.store)


def test_run_does_not_prune_what_it_could_not_read(request_: Request, reader: PhraseReader, articles: Path) -> None:
    (articles / "d.jsonl").write_text('{"id": "x", "text": "青葉商会が赤城社を提訴した。"}\n', encoding="utf-8")
    run(request_)
    (articles / "a.txt").write_bytes(b"\x00\x01\x02" * 50)
    (articles / "d.jsonl").write_bytes(b"{broken\n")
    (articles / "b.txt").unlink()
    report = run(dataclasses.replace(request_, prune=True))
    assert report.removed == [document_iri("articles/b.txt")]
    assert len(report.failed) == 2
    assert set(read_states(request_.store)) == {
        document_iri(name) for name in ("articles/a.txt", "articles/c.txt", "articles/d.jsonl#x")
    }
    assert any("not pruned" in note for note in report.notes)


@pytest.mark.parametrize("pattern", ["articles/*.txt", "{here}/articles/**", "*/*.txt"])
def test_run_does_not_prune_beneath_a_pattern_that_matches_nothing(
    request_: Request, reader: PhraseReader, articles: Path, tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "d.txt").write_text("朝霧財団が夕凪学園を設立した。", encoding="utf-8")
    paths = (pattern.format(here=tmp_path), "d.txt")
    assert run(dataclasses.replace(request_, paths=paths)).added == 4
    shutil.rmtree(articles)  # as where its disk is not mounted
    report = run(dataclasses.replace(request_, paths=paths, prune=True))
    assert report.removed == []
    assert len(read_states(request_.store)) == 4


def test_run_does_not_prune_a_page_at_a_port_that_does_not_answer(
    request_: Request, reader: PhraseReader, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "RETRY_DELAYS_S", (0.01,))
    with answering(200) as (source, _):
        page = source.address.removesuffix("/a")
        asked = dataclasses.replace(request_, paths=("articles", page), allow_private_addresses=True)
        assert run(asked).added == 4
    (articles / "b.txt").unlink()
    report = run(dataclasses.replace(asked, prune=True))
    assert [problem.source for problem in report.failed] == [page]
    assert report.removed == [document_iri("articles/b.txt")]


def test_run_does_not_prune_what_left_a_feed(request_: Request, reader: PhraseReader, articles: Path) -> None:
    def write(*numbers: int) -> None:
        items = (f"<item><guid>{number}</guid><title>第{number}号が出た。</title></item>" for number in numbers)
        text = f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'
        (articles / "feed.xml").write_text(text, encoding="utf-8")

    write(1, 2)
    run(request_)
    write(2, 3)
    (articles / "b.txt").unlink()
    report = run(dataclasses.replace(request_, prune=True))
    assert report.removed == [document_iri("articles/b.txt")]
    assert {document_iri(f"articles/feed.xml#{number}") for number in (1, 2, 3)} <= set(read_states(request_.store))
    (articles / "feed.xml").unlink()
    assert len(run(dataclasses.replace(request_, prune=True)).removed) == 3


def test_run_does_not_empty_a_store_whose_source_is_gone(
    request_: Request, reader: PhraseReader, articles: Path
) -> None:
    run(request_)
    for path in articles.iterdir():
        path.unlink()
    report = run(dataclasses.replace(request_, prune=True))
    assert report.removed == []
    assert "Nothing was pruned" in report.notes[0]
    assert len(read_states(request_.store)) == 3


def test_run_reports_poison_and_loads_the_rest(request_: Request, reader: PhraseReader, articles: Path) -> None:
    (articles / "a2.txt").write_text("毒入りの文書。", encoding="utf-8")
    (articles / "e.txt").write_bytes(b"")
    report = run(request_)
    assert report.added == 3
    assert {problem.source for problem in report.failed} == {"articles/a2.txt", "articles/e.txt"}
    assert all(problem.reason and problem.remedy for problem in report.failed)


def test_run_quarantines_what_breaks_a_shape_and_clears_it_once_mended(
    request_: Request, reader: PhraseReader, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.flows import conftest

    sound = conftest.claim_of
    with monkeypatch.context() as patched:
        patched.setattr(conftest, "claim_of", lambda match: dataclasses.replace(sound(match), confidence=1.7))
        report = run(request_)
    assert {problem.source for problem in report.quarantined} == {"articles/a.txt", "articles/b.txt"}
    assert report.added == 1
    texts = [path.read_text(encoding="utf-8") for path in request_.quarantine.glob("*.txt")]
    assert len(texts) == 2
    assert any("articles/a.txt" in text and "青葉商会" in text and "confidence" in text for text in texts)
    assert run(request_).added == 2
    assert list(request_.quarantine.iterdir()) == []


def test_run_lists_every_problem_until_there_is_none(request_: Request, reader: PhraseReader, articles: Path) -> None:
    for number in range(60):
        (articles / f"empty-{number}.txt").write_bytes(b"")
    (articles / "毒\n.txt").write_text("毒入りの文書。", encoding="utf-8")
    run(request_)
    lines = (request_.quarantine / "problems.jsonl").read_text(encoding="ascii").splitlines()
    problems = [json.loads(line) for line in lines]
    assert len(problems) == 61
    assert all(problem["kind"] == "failed" and problem["reason"] and problem["remedy"] for problem in problems)
    assert "articles/毒%0A.txt" in {problem["source"] for problem in problems}
    for path in articles.iterdir():
        if path.name.startswith(("empty", "毒")):
            path.unlink()
    run(request_)
    assert list(request_.quarantine.iterdir()) == []


def test_run_with_prune_forgets_reports_about_documents_that_are_gone(
    request_: Request, reader: PhraseReader, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.flows import conftest

    sound = conftest.claim_of
    monkeypatch.setattr(conftest, "claim_of", lambda match: dataclasses.replace(sound(match), confidence=1.7))
    run(request_)
    assert len(list(request_.quarantine.glob("*.txt"))) == 2
    (articles / "a.txt").unlink()
    run(dataclasses.replace(request_, prune=True))
    (left,) = request_.quarantine.glob("*.txt")
    assert "articles/b.txt" in left.read_text(encoding="utf-8")


def test_run_that_breaks_off_leaves_no_problems_of_the_run_before(
    request_: Request, reader: PhraseReader, articles: Path
) -> None:
    def broken(*_: object) -> Report:
        raise StoreWriteError("The disk is full.", "Make room.")

    (articles / "e.txt").write_bytes(b"")
    run(request_)
    (articles / "e.txt").unlink()
    (articles / "f.txt").write_bytes(b"")
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    with pytest.raises(StoreWriteError):
        run(request_, steps=dataclasses.replace(plain_steps(Silent()), load=broken))
    (line,) = (request_.quarantine / "problems.jsonl").read_text(encoding="ascii").splitlines()
    assert json.loads(line)["source"] == "articles/f.txt"


def test_run_puts_its_own_ontology_back_in_place(
    request_: Request, reader: PhraseReader, articles: Path, tmp_path: Path
) -> None:
    extra = tmp_path / "acquired.ttl"
    extra.write_text(ACQUIRED, encoding="utf-8")
    with_extra = dataclasses.replace(request_, ontology=(extra,))

    def has_extra() -> bool:
        with open_store(request_.store, read_only=True) as store:
            return any("acquired" in str(quad.subject) for quad in store.dump(ONTOLOGY_GRAPH))

    run(with_extra)
    assert has_extra()
    (tmp_path / "d.txt").write_text("何も起きなかった。", encoding="utf-8")
    run(dataclasses.replace(request_, paths=("d.txt",)))
    assert not has_extra()
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    run(with_extra)
    assert has_extra()


def test_patiently_tries_again_while_the_store_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "RETRY_DELAYS_S", (0.01, 0.01))
    failures = [StoreUnavailableError("The endpoint broke off.", "Try again.") for _ in range(2)]

    def unsteady() -> int:
        if failures:
            raise failures.pop()
        return 7

    assert running.patiently(unsteady) == 7
    failures = [StoreUnavailableError("The endpoint broke off.", "Try again.") for _ in range(3)]
    with pytest.raises(StoreUnavailableError):
        running.patiently(unsteady)


def test_run_keeps_curated_statements(request_: Request, reader: PhraseReader, articles: Path) -> None:
    run(request_)
    curated = "https://enishi.example/entity/青葉商会"
    with open_store(request_.store) as store:
        own = Quad(NamedNode(curated), NamedNode(SKOS + "note"), Literal("手で書いた"), NamedNode(ENTITIES_GRAPH))
        store.add_quads([own])
    (articles / "a.txt").write_text("青葉商会が白浜興業を批判した。", encoding="utf-8")
    (articles / "b.txt").unlink()
    run(dataclasses.replace(request_, prune=True))
    with open_store(request_.store, read_only=True) as store:
        assert own in set(store.dump(ENTITIES_GRAPH))


def test_run_is_refused_while_another_writes(request_: Request, reader: PhraseReader) -> None:
    with (
        writing(request_.store, request_.home, purpose="ingest elsewhere"),
        pytest.raises(StoreBusyError, match="ingest elsewhere"),
    ):
        run(request_)
    assert reader.read == []


def test_run_tells_progress_up_to_the_total(request_: Request, reader: PhraseReader, articles: Path) -> None:
    class Seen:
        total = done = 0

        def expect(self, total: int) -> None:
            self.total = total

        def advance(self, label: str) -> None:
            self.done += 1
            assert self.done <= self.total

    (articles / "d.jsonl").write_text('{"text": "一つ目。"}\n{"text": "二つ目。"}\n', encoding="utf-8")
    for _ in range(2):
        seen = Seen()
        run(request_, progress=seen)
        assert (seen.done, seen.total) == (5, 5)
