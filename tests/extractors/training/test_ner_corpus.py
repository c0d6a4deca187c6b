from __future__ import annotations

import gzip
import json
from pathlib import Path

from extractors.records import EntityType, Mention
from extractors.training.ner_corpus import is_test, read_sentences


def test_read_sentences_maps_the_labels_to_our_types(tmp_path: Path) -> None:
    text = "青葉電機の水野花子は中央球場を訪れた。"
    entities = [
        {"start": 0, "end": 4, "label": "法人名"},
        {"start": 5, "end": 9, "label": "人名"},
        {"start": 10, "end": 14, "label": "施設名"},
    ]
    line = json.dumps({"id": "s-8", "text": text, "entities": entities}, ensure_ascii=False)
    path = tmp_path / "sentences.jsonl.gz"
    path.write_bytes(gzip.compress(f"{line}\n".encode()))
    (sentence,) = read_sentences(path)
    assert sentence.mentions == (
        Mention(0, 4, "青葉電機", EntityType.ORGANIZATION),
        Mention(5, 9, "水野花子", EntityType.PERSON),
        Mention(10, 14, "中央球場", EntityType.FACILITY),
    )
    assert is_test(sentence, fold=8)
    assert not is_test(sentence, fold=5)
