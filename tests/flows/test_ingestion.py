from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from extractors.reading import ReadFailure, ReadSettings, Source, SourceKind
from extractors.records import Document
from flows import ingestion
from flows.ingestion import Origins, Patience, extract_batch
from ontology.iris import document_iri
from tests.flows.conftest import PhraseReader

SETTINGS = ReadSettings(allow_private_addresses=True)


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[Source, list[int]]]:
    """A page whose server answers with these statuses in turn, the last one for ever, and what it has answered."""
    answered: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = statuses[min(len(answered), len(statuses) - 1)]
            answered.append(status)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write("青葉商会が白浜興業を提訴した。".encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/a"
        try:
            yield Source(address, SourceKind.URL, address), answered
        finally:
            server.shutdown()


def test_patience_fetches_again_what_fails_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "RETRY_DELAYS_S", (0.01, 0.01))
    with answering(503, 503, 200) as (source, answered):
        (found,) = Patience().fetch(source, settings=SETTINGS)
    assert not isinstance(found, ReadFailure)
    assert answered == [503, 503, 200]


@pytest.mark.parametrize(("status", "tries"), [(503, 3), (404, 1)])
def test_patience_ends_and_has_none_for_what_stays(monkeypatch: pytest.MonkeyPatch, status: int, tries: int) -> None:
    monkeypatch.setattr(ingestion, "RETRY_DELAYS_S", (0.01, 0.01))
    with answering(status) as (source, answered):
        (found,) = Patience().fetch(source, settings=SETTINGS)
    assert isinstance(found, ReadFailure)
    assert answered == [status] * tries


def test_patience_is_bounded_for_a_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "RETRY_DELAYS_S", (0.2, 0.2))
    monkeypatch.setattr(ingestion, "RETRY_BUDGET_S", 0.3)
    patience = Patience()
    with answering(503) as (source, answered):
        for _ in range(5):
            list(patience.fetch(source, settings=SETTINGS))
    assert len(answered) == 6


@pytest.mark.parametrize(
    ("address", "document", "held"),
    [
        ("http://news.example:8080", "http://news.example:8080", True),
        ("http://news.example:8080", "http://news.example/a", False),
        ("news/a.jsonl", "news/a.jsonl#1", True),
        ("news/a.jsonl", "news/a.jsonl2#1", False),
        ("news", "news/2024/a.txt", True),
        ("news", "news2/a.txt", False),
        ("news", "news/" + "長い名前" * 40 + ".txt", True),
        ("{here}", "news/a.txt", True),
        ("{above}", "news/a.txt", True),
        ("{here}", "/elsewhere/a.txt", False),
        ("{here}", "http://news.example/a", False),
        ("/", "/elsewhere/a.txt", True),
    ],
)
def test_origins_hold_the_documents_of_their_sources(
    address: str, document: str, held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    origins = Origins([address.format(here=tmp_path, above=tmp_path.parent)])
    assert (document_iri(document) in origins) is held


def test_extract_batch_reports_poison_and_reads_what_has_its_id_too() -> None:
    texts = ("青葉商会が白浜興業を提訴した。", "毒入りの文書。", "朝霧財団が夕凪学園を設立した。")
    documents = [Document(id="記事", text=text, source="-", content_hash="") for text in texts]
    extracted = extract_batch(PhraseReader(), documents)
    assert [(document.text, [claim.relation for claim in claims]) for document, claims in extracted.documents] == [
        (texts[0], ["sued"]),
        (texts[2], ["founded"]),
    ]
    (failure,) = extracted.failures
    assert (failure.source, "毒を読んだ" in failure.reason) == ("記事", True)
