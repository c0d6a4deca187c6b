from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from extractors.evaluation import Passage
from extractors.training.gold import CorpusError, read_annotations, read_passages
from extractors.training.stand_off import PassageError, main, stand_off
from tests.extractors.training.conftest import BEFORE, TEXT, claim


def labelled(path: Path, *, text: str = TEXT, doc: str = "d-2") -> Path:
    item = {"id": "a1", "text": text, "doc": doc, "claims": [claim(["青葉電機", "青葉"])]}
    path.write_text(json.dumps([item], ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    line = json.dumps({"id": "d-2", "text": BEFORE + TEXT}, ensure_ascii=False)
    (folder / "wikinews.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    return folder


def test_stand_off_holds_no_text() -> None:
    stored = stand_off(Passage("a1", TEXT, (claim(["青葉電機"]),)), doc="d-2", start=len(BEFORE))
    assert json.dumps(stored, ensure_ascii=False).isascii()
    assert (stored["start"], stored["end"]) == (len(BEFORE), len(BEFORE + TEXT))
    assert stored["claims"][0]["subject"]["spans"] == [[0, 4]]


def test_stand_off_drops_labels_that_do_not_occur() -> None:
    stored = stand_off(Passage("a1", TEXT, (claim(["青葉電機株式会社", "青葉"]),)), doc="d-2", start=0)
    assert stored["claims"][0]["subject"]["spans"] == [[0, 2]]


def test_main_prints_lines_that_restore_the_passages(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passages = labelled(tmp_path / "labelled.json")
    main([str(passages), "--corpora", str(corpora)])
    lines = tmp_path / "labels.jsonl"
    lines.write_text(capsys.readouterr().out, encoding="utf-8")
    assert read_annotations(lines, corpora) == read_passages(passages)


def test_main_names_the_passage_that_is_not_in_its_document(corpora: Path, tmp_path: Path) -> None:
    passages = labelled(tmp_path / "labelled.json", text=TEXT + "加筆。")
    with pytest.raises(PassageError, match=r"a1.*d-2") as caught:
        main([str(passages), "--corpora", str(corpora)])
    assert (caught.value.passage, caught.value.doc) == ("a1", "d-2")


def test_main_names_the_document_that_is_missing(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="d-9"):
        main([str(labelled(tmp_path / "labelled.json", doc="d-9")), "--corpora", str(corpora)])
