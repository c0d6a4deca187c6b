from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from extractors.records import Claim, Document
from flows.cli import group
from flows.gold import GoldError
from flows.resources import Resources
from tests.flows.conftest import PhraseReader


class DescribingReader(PhraseReader):
    """Takes 住民 for a description, and keeps what is said of it where the resources ask for that."""

    named_only = True

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        for document, claims in super().extract(documents):
            found = [
                replace(claim, subject=replace(claim.subject, named="住民" not in claim.subject.labels))
                for claim in claims
            ]
            yield document, [claim for claim in found if claim.subject.named or not self.named_only]


def test_evaluate_counts_what_has_no_name_in_its_second_table_alone(
    reader: PhraseReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def describing(resources: Resources) -> DescribingReader:
        describing_reader = DescribingReader()
        describing_reader.named_only = resources.extract_settings.named_only
        return describing_reader

    monkeypatch.setattr(Resources, "reader", property(describing))
    text = "青葉商会が白浜興業を提訴した。住民が夕凪学園を提訴した。住民が朝霧財団を提訴した。"
    claims = [
        {
            "relation": "sued",
            "subject": {"labels": [subject], "named": subject != "住民"},
            "object": {"labels": [target], "named": True},
            "status": "asserted",
        }
        for subject, target in (("青葉商会", "白浜興業"), ("住民", "夕凪学園"))
    ]
    gold = tmp_path / "gold.json"
    gold.write_text(json.dumps([{"id": "1", "text": text, "claims": claims}]), encoding="utf-8")
    group.main(["evaluate", str(gold)], standalone_mode=False)
    counts = re.findall(r"all together.* (\d+) +(\d+) +(\d+) *$", capsys.readouterr().out, re.MULTILINE)
    assert counts == [("1", "0", "0"), ("2", "1", "0"), ("1", "0", "0")]


@pytest.mark.parametrize(
    ("options", "counts", "rest"),
    [([], ("1", "0", "0"), "founded (1)"), (["--relation", "founded"], ("1", "1", "0"), None)],
)
def test_evaluate_scores_the_relations_that_the_gold_is_annotated_for(
    reader: PhraseReader,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    counts: tuple[str, str, str],
    rest: str | None,
) -> None:
    sides = {"subject": {"labels": ["青葉商会"], "named": True}, "object": {"labels": ["白浜興業"], "named": True}}
    text = "青葉商会が白浜興業を提訴した。朝霧財団が夕凪学園を設立した。"
    passage = {"id": "1", "text": text, "claims": [{"relation": "sued", "status": "asserted", **sides}]}
    gold = tmp_path / "gold.json"
    gold.write_text(json.dumps([passage]), encoding="utf-8")
    group.main(["evaluate", str(gold), "--errors", *options], standalone_mode=False)
    printed = capsys.readouterr().out
    assert re.findall(r"all together.* (\d+) +(\d+) +(\d+) *$", printed, re.MULTILINE)[0] == counts
    assert ("founded(朝霧財団, 夕凪学園)" in printed) is (rest is None)
    assert re.findall(r"^Not scored.*: (.*)$", printed, re.MULTILINE) == ([rest] if rest else [])


def test_evaluate_refuses_a_relation_that_it_does_not_know(reader: PhraseReader, tmp_path: Path) -> None:
    gold = tmp_path / "gold.json"
    gold.write_text(json.dumps([{"id": "1", "text": "青葉商会が白浜興業を提訴した。", "claims": []}]), encoding="utf-8")
    with pytest.raises(click.BadParameter, match=r"'foundde'.*\bfounded\b.*--ontology") as refused:
        group.main(["evaluate", str(gold), "--relation", "foundde"], standalone_mode=False)
    assert refused.value.exit_code == 2
    assert reader.read == []


@pytest.mark.parametrize(("first", "second"), [("記事1", "記事1"), (1, "1")])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_evaluate_refuses_two_passages_with_one_id(
    reader: PhraseReader, tmp_path: Path, first: object, second: object, suffix: str
) -> None:
    items = [{"id": each, "text": "青葉商会が白浜興業を提訴した。", "claims": []} for each in (first, second)]
    gold = tmp_path / f"gold{suffix}"
    gold.write_text(json.dumps(items) if suffix == ".json" else "\n".join(map(json.dumps, items)), encoding="utf-8")
    with pytest.raises(GoldError, match=f"item 2: its id '{second}' is another's"):
        group.main(["evaluate", str(gold)], standalone_mode=False)
    assert reader.read == []


@pytest.mark.parametrize(
    "confidence", ["null", '"高い"', "[0.9]", "true", "NaN", "1.01", "-1", "Infinity", "1" + "0" * 400]
)
def test_evaluate_refuses_a_confidence_that_is_no_number(reader: PhraseReader, tmp_path: Path, confidence: str) -> None:
    gold, predictions = tmp_path / "gold.json", tmp_path / "claims.jsonl"
    gold.write_text(json.dumps([{"id": "1", "text": "青葉商会が白浜興業を提訴した。", "claims": []}]), encoding="utf-8")
    claim = '{"relation": "sued", "subject": {"labels": ["青葉商会"]}, "object": {"labels": ["白浜興業"]}, '
    claim += f'"status": "asserted", "confidence": {confidence}}}'
    predictions.write_text(f'{{"id": "1", "claims": [{claim}]}}\n', encoding="utf-8")
    with pytest.raises(GoldError, match="line 1: a claim's confidence is no number from 0 to 1"):
        group.main(["evaluate", str(gold), "--predictions", str(predictions)], standalone_mode=False)
