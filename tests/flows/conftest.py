from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Mention, Status
from flows.resources import Resources
from flows.running import Request

SENTENCE = re.compile(r"(?P<subject>\w+?)が(?P<object>\w+?)を(?P<verb>提訴|設立|批判)した。")
RELATIONS = {"提訴": "sued", "設立": "founded", "批判": "criticized"}


class PhraseReader:
    """Reads one plain kind of sentence, so that what runs around extraction is tested without a language model.

    A text that holds 毒 makes it fail, as a real reader may on some text.
    """

    def __init__(self, fingerprint: str = "phrases-1") -> None:
        self.fingerprint = fingerprint
        self.read: list[str] = []

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        for document in documents:
            if "毒" in document.text:
                raise ValueError("毒を読んだ")
            self.read.append(document.id)
            yield document, [claim_of(match) for match in SENTENCE.finditer(document.text)]

    def recognise(self, text: str) -> list[Mention]:
        if "毒" in text:
            raise ValueError("毒を読んだ")
        return [Mention(*m.span("subject"), m["subject"], EntityType.ORGANIZATION) for m in SENTENCE.finditer(text)]


def claim_of(match: re.Match[str]) -> Claim:
    return Claim(
        relation=RELATIONS[match["verb"]],
        subject=Argument((match["subject"],), EntityType.ORGANIZATION, *match.span("subject")),
        object=Argument((match["object"],), EntityType.ORGANIZATION, *match.span("object")),
        status=Status.ASSERTED,
        evidence=Evidence(*match.span(), match[0]),
        frame=f"甲が乙を{match['verb']}する",
        confidence=0.9,
    )


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhraseReader]:
    """Puts a PhraseReader in the place of the pipeline for the test."""
    from flows import resources

    phrase_reader = PhraseReader()
    resources.load_resources.cache_clear()
    monkeypatch.setattr(Resources, "reader", property(lambda _: phrase_reader))
    monkeypatch.setattr(Resources, "reader_fingerprint", property(lambda _: phrase_reader.fingerprint))
    yield phrase_reader
    resources.load_resources.cache_clear()


@pytest.fixture
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three small articles; the working directory is the folder above it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("青葉商会が白浜興業を提訴した。", encoding="utf-8")
    (folder / "b.txt").write_text("朝霧財団が夕凪学園を設立した。今日は晴れ。", encoding="utf-8")
    (folder / "c.txt").write_text("何も起きなかった。", encoding="utf-8")
    return folder


@pytest.fixture
def request_(articles: Path, tmp_path: Path) -> Request:
    """A request to ingest the articles into an embedded store."""
    return Request(
        paths=("articles",), store=str(tmp_path / "store"), home=tmp_path, quarantine=tmp_path / "quarantine"
    )
