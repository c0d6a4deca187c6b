"""``data/articles`` and its gold claims against what is promised of them; the reader reads, no model does."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from extractors.reading import read_sources
from extractors.records import Document

DATA = Path(__file__).parents[1] / "data"
GOLD = json.loads((DATA / "gold" / "articles.json").read_text(encoding="utf-8"))
CLAIMS = [(item["text"], claim) for item in GOLD for claim in item["claims"]]
HARD = json.loads((DATA / "gold" / "hard-passages.json").read_text(encoding="utf-8"))
JUDGED = [json.loads(line) for line in (DATA / "judge" / "hard-passages.jsonl").read_text("utf-8").splitlines()]
HARD_CLAIMS = [(item["text"], claim) for item in (*HARD, *JUDGED) for claim in item["claims"]]
STATUSES = ("asserted", "negated", "hypothetical")
LEAST_ASSERTED = 8


@pytest.fixture(scope="module")
def articles() -> dict[str, list[str]]:
    """The texts that the reader yields, by the name of their file."""
    texts = defaultdict(list)
    for path in sorted((DATA / "articles").iterdir()):
        for document in read_sources([str(path)]):
            assert isinstance(document, Document), document
            texts[path.name].append(document.text)
    return texts


def test_articles_are_many_and_of_the_promised_length(articles: dict[str, list[str]]) -> None:
    """Of the feed and the short items the file counts, of all others each is one text."""
    assert sum(len(texts) == 1 for texts in articles.values()) >= 15
    outside = {name: length for name, texts in articles.items() if not 300 <= (length := sum(map(len, texts))) <= 1500}
    assert not outside


def test_gold_text_is_what_the_reader_yields(articles: dict[str, list[str]]) -> None:
    read = {
        name if len(texts) == 1 else f"{name}#{number}": text
        for name, texts in articles.items()
        for number, text in enumerate(texts, start=1)
    }
    assert {item["doc"]: item["text"] for item in GOLD} == read
    assert len({item["id"] for item in GOLD}) == len(GOLD)


@pytest.mark.parametrize("relation", ["founded", "sued", "invested", "criticized"])
def test_gold_asserts_denies_and_plans_each_relation(relation: str) -> None:
    counts = Counter(claim["status"] for _, claim in CLAIMS if claim["relation"] == relation)
    assert counts["asserted"] >= LEAST_ASSERTED
    assert all(counts[status] for status in STATUSES)


def test_gold_holds_what_needs_more_than_its_clause_and_texts_without_claims() -> None:
    assert any(claim["hard"] for _, claim in CLAIMS)
    assert any(not claim[side]["named"] for _, claim in CLAIMS for side in ("subject", "object"))
    assert any(not item["claims"] for item in GOLD)


def test_gold_labels_and_evidence_stand_in_the_text() -> None:
    def absent(text: str, claim: dict[str, Any]) -> list[str]:
        labels = [label for side in ("subject", "object") for label in claim[side]["labels"]]
        assert claim["status"] in STATUSES
        assert all(claim[side]["labels"] for side in ("subject", "object"))
        return [stretch for stretch in (*labels, claim["evidence"]) if not stretch or stretch not in text]

    assert [found for text, claim in (*CLAIMS, *HARD_CLAIMS) for found in absent(text, claim)] == []


def test_hard_passages_are_in_no_training_file() -> None:
    trained_on = {
        json.loads(line).get("text") for path in DATA.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()
    }
    texts = {item["text"] for item in (*HARD, *JUDGED)}
    assert len(texts) == len(HARD) + len(JUDGED)
    assert not trained_on & texts


def test_labels_that_stand_in_no_text_are_those_that_the_readme_owns_up_to() -> None:
    """Each of them has beside it one that does stand there."""
    absent: Counter[str] = Counter()
    for path in (*DATA.glob("*.jsonl"), *DATA.glob("relations/*.json")):
        content = path.read_text(encoding="utf-8")
        items = json.loads(content) if path.suffix == ".json" else map(json.loads, content.splitlines())
        for item in items:
            if "text" not in item:
                continue
            for labels in (claim[side]["labels"] for claim in item["claims"] for side in ("subject", "object")):
                missing = [label for label in labels if label not in item["text"]]
                absent[path.name] += len(missing)
                assert len(missing) < len(labels), (item["id"], labels)
    (count, name) = re.findall(r"but for (\d+) of `(.+?)`", (DATA / "README.md").read_text(encoding="utf-8"))[0]
    assert +absent == {name: int(count)}
