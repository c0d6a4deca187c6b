"""What is learned from, as examples, where torch is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spacy.language import Language

pytest.importorskip("torch", reason="torch is installed for training only")

from extractors.encoder import PieceTokenizer
from extractors.entities import Gazetteer
from extractors.evaluation import Passage
from extractors.parses import ParseCache
from extractors.records import EntityType, KnownEntity, Mention, Relation, Wording
from extractors.training import corpora
from extractors.training.claim_examples import ClaimText
from extractors.training.corpora import claim_texts, split_passages
from extractors.training.examples import TaggedText
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.network import ReaderNetwork

SUED = Relation("sued", (Wording("sued", "甲が乙を提訴する"),))
SHORT = "青葉電機は港南商事を提訴した。"
TOO_LONG = "青葉電機は" + "ﷺ" * 380 + "を提訴した。"
"""One sentence of more pieces than the encoder takes."""


def claim(object_: str, evidence: str) -> dict[str, Any]:
    sides = {"subject": {"labels": ["青葉電機"], "named": True}, "object": {"labels": [object_], "named": True}}
    return {"relation": "sued", **sides, "status": "asserted", "evidence": evidence}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> ReaderNetwork:
    """An untrained network; in place of its own names the first three characters of each text are one."""

    def names(network: ReaderNetwork, texts: Sequence[TaggedText]) -> list[list[Mention]]:
        return [[Mention(0, 3, text.text[:3], EntityType.ORGANIZATION)] for text in texts]

    monkeypatch.setattr(corpora, "find_mentions", names)
    return ReaderNetwork(Hyperparameters(threads=1))


def named_phrases(example: ClaimText, text: str) -> list[set[str]]:
    def phrase(row: int) -> str:
        first, last = example.phrases[row]
        return text[example.pieces.offsets[first][0] : example.pieces.offsets[last][1]]

    (predicate,) = example.predicates
    return [{phrase(row) for row in np.flatnonzero(column == 1).tolist()} for column in predicate.labels.T]


def test_claim_texts_are_the_windows_that_the_encoder_can_take(
    ginza: Language, tokenize: PieceTokenizer, network: ReaderNetwork, tmp_path: Path
) -> None:
    texts = ("何も起きなかった。", SHORT, TOO_LONG, "港南商事も青葉電機に提訴された。")
    passages = [Passage(str(number), text, (claim("港南商事", text),)) for number, text in enumerate(texts)]
    gazetteer = Gazetteer([KnownEntity("https://enishi.example/1", "港南商事", (), EntityType.ORGANIZATION)])
    cache = ParseCache(tmp_path, version="1", limit_bytes=1 << 20)
    made = [claim_texts(passages, network, [SUED], gazetteer, ginza, tokenize, cache=cache) for _ in range(2)]
    assert (cache.misses, cache.hits) == (3, 3)
    for examples in made:
        assert [example.id for example in examples] == ["1@0", "3@0"]
        assert named_phrases(examples[0], SHORT) == [{"青葉電機"}, {"港南商事"}]
        assert named_phrases(examples[1], texts[3]) == [{"青葉電機"}, {"港南商事"}]


def test_split_passages_keeps_articles_together() -> None:
    passages = [Passage(f"{article}-{number}", "", (), str(article)) for article in range(50) for number in range(3)]
    training, held_out = split_passages({"gold": passages, "ours": passages[:4]}, fold=10)
    assert {each.document for each in training["gold"]}.isdisjoint(each.document for each in held_out["gold"])
    assert len(training["gold"]) + len(held_out["gold"]) == 150
    assert held_out["gold"]
    assert held_out["ours"] == []
