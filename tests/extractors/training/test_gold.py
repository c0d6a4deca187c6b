from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors.evaluation import Passage
from extractors.training.gold import (
    CorpusError,
    is_held_out,
    read_annotations,
    read_passages,
    relations_beside,
    training_passages,
)
from extractors.training.stand_off import stand_off
from ontology.vocabulary import load_vocabulary
from tests.extractors.training.conftest import BEFORE, TEXT, claim

AFTER = "後の文である。"
DATA = Path(__file__).parents[3] / "data"


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    documents = [{"id": "d-1", "text": "別の記事。"}, {"id": "d-2", "text": BEFORE + TEXT + AFTER}]
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in documents)
    (folder / "jaquad.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return folder


def write(path: Path, *items: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in items), encoding="utf-8")
    return path


def test_stand_off_labels_are_restored_from_the_corpus(corpora: Path, tmp_path: Path) -> None:
    passage = Passage("a1", TEXT, (claim(["青葉電機", "青葉"]),))
    path = write(tmp_path / "labels.jsonl", stand_off(passage, doc="d-2", start=len(BEFORE)))
    assert read_annotations(path, corpora) == [replace(passage, document="d-2")]


def test_stand_off_labels_are_restored_from_the_annotated_corpus_too(tmp_path: Path) -> None:
    pytest.importorskip("rhoknp", reason="rhoknp is installed for training only")
    knp = """\
# S-ID:wiki00000001-00-01 KNP:5.0
* -1D
+ -1D
青葉 あおば 青葉 名詞 6 固有名詞 3 * 0 * 0 NIL
を を を 助詞 9 格助詞 1 * 0 * 0 NIL
+ -1D
訴え うったえ 訴える 動詞 2 * 0 母音動詞 1 基本連用形 8 NIL
EOS
"""
    (tmp_path / "wac-train.knp.gz").write_bytes(gzip.compress(knp.encode()))
    path = write(tmp_path / "labels.jsonl", stand_off(Passage("e1", "青葉を訴え", ()), doc="wiki00000001", start=0))
    assert read_annotations(path, tmp_path) == [Passage("e1", "青葉を訴え", (), "wiki00000001")]


def test_read_annotations_names_the_document_that_is_missing(corpora: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "labels.jsonl", stand_off(Passage("a1", TEXT, ()), doc="d-9", start=0))
    with pytest.raises(CorpusError, match=r"d-9.*--shared") as caught:
        read_annotations(path, corpora)
    assert caught.value.missing == ("d-9",)


def test_training_passages_come_from_the_shared_folder_and_our_data(corpora: Path, tmp_path: Path) -> None:
    shared, data = corpora.parent, tmp_path / "data"
    (shared / "gold").mkdir()
    data.mkdir()
    item = {"id": "t1", "text": TEXT, "claims": [claim(["青葉"])]}
    (shared / "gold" / "train.json").write_text(json.dumps([item]), encoding="utf-8")
    write(data / "annotations.jsonl", stand_off(Passage("a1", TEXT, ()), doc="d-2", start=len(BEFORE)))
    write(data / "ours.jsonl", {**item, "id": "x1"})
    sources = training_passages(shared, data)
    assert {source: [passage.id for passage in found] for source, found in sources.items()} == {
        "gold": ["t1"],
        "annotations": ["a1"],
        "ours": ["x1"],
    }
    assert sources["ours"] == read_passages(data / "ours.jsonl")
    assert sources["annotations"] == [Passage("a1", TEXT, (), "d-2")]


def test_is_held_out_takes_real_passages_only() -> None:
    passages = [Passage(f"p{number}", "", ()) for number in range(1000)]
    kept = sum(is_held_out("annotations", each, fold=10) for each in passages)
    assert 70 < kept < 130
    assert not any(is_held_out("ours", each, fold=10) for each in passages)


def test_is_held_out_takes_all_passages_of_an_article_or_none() -> None:
    for article in range(100):
        passages = [Passage(f"p{article}-{number}", "", (), f"article {article}") for number in range(5)]
        sources = ("gold", "annotations", "annotations-other-relations")
        assert len({is_held_out(source, each, fold=10) for source in sources for each in passages}) == 1


def test_relations_beside_are_none_where_the_projects_own_do() -> None:
    assert relations_beside(DATA, "passages") is None


@pytest.mark.parametrize(
    "source", ["passages-other-relations", "annotations-other-relations", "annotations-further-relations"]
)
def test_relations_beside_are_those_of_the_passages(source: str) -> None:
    turtle = relations_beside(DATA, source)
    assert turtle is not None
    known = {relation.name for relation in load_vocabulary([turtle]).relations}
    lines = (DATA / f"{source}.jsonl").read_text(encoding="utf-8").splitlines()
    met = {claim["relation"] for line in lines for claim in json.loads(line)["claims"]}
    assert met <= known
    assert len(met) > len(load_vocabulary().relations)
