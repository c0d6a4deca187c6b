"""The entity corpus: Wikipedia sentences with eight labels, which become our six types."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors.records import EntityType, Mention

_TYPES = {
    "人名": EntityType.PERSON, "法人名": EntityType.ORGANIZATION, "政治的組織名": EntityType.ORGANIZATION,
    "その他の組織名": EntityType.ORGANIZATION, "地名": EntityType.PLACE, "施設名": EntityType.FACILITY,
    "製品名": EntityType.PRODUCT, "イベント名": EntityType.EVENT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence and the names in it."""

    id: str
    text: str
    mentions: tuple[Mention, ...]


def read_sentences(path: Path) -> Iterator[LabelledSentence]:
    """The sentences of a gzipped JSON Lines file with ``id``, ``text`` and ``entities`` (start, end, label)."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            item = json.loads(line)
            text = item["text"]
            yield LabelledSentence(item["id"], text, tuple(
                Mention(each["start"], each["end"], text[each["start"] : each["end"]], _TYPES[each["label"]])
                for each in item["entities"]
            ))  # fmt: skip


def is_test(sentence: LabelledSentence, *, fold: int) -> bool:
    """Whether the sentence, numbered by its id (``…-123``), belongs to the test fold: every ``fold``-th one does."""
    return int(sentence.id.split("-")[1]) % fold == 0
