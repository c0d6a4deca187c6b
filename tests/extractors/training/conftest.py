from __future__ import annotations

from typing import Any

import pytest
from spacy.language import Language

from extractors.encoder import PieceTokenizer, model_folder
from extractors.training.examples import RoleText, role_text
from extractors.training.wac import BasePhrase, WacArgument, WacEntity, WacPredicate, WacText

BEFORE = "前の文である。\n"
TEXT = "青葉電機（以下、青葉）は\u3000𠮷野商会を提訴した。青葉は「遺憾だ」とする。"


def claim(labels: list[str]) -> dict[str, Any]:
    return {
        "relation": "sued",
        "subject": {"labels": labels, "named": True},
        "object": {"labels": ["𠮷野商会"], "named": True},
        "status": "asserted",
        "evidence": "𠮷野商会を提訴した",
        "hard": False,
    }


@pytest.fixture(scope="session")
def tokenize() -> PieceTokenizer:
    return PieceTokenizer(model_folder() / "tokenizer.json.gz")


@pytest.fixture
def lawsuit() -> WacText:
    """「青葉電機が港南商事を提訴した。同社は争う。」, with 同社 for 港南商事 and the object of 争う unsaid."""
    text = "青葉電機が港南商事を提訴した。同社は争う。"

    def place(word: str) -> tuple[int, int]:
        return text.index(word), text.index(word) + len(word)

    return WacText(
        "wiki00000001",
        text,
        (
            BasePhrase(*place("青葉電機"), 0, 2),
            BasePhrase(*place("港南商事"), 0, 2),
            BasePhrase(*place("提訴した"), 0, None),
            BasePhrase(*place("同社"), 1, 4),
            BasePhrase(*place("争う"), 1, None),
        ),
        (
            WacPredicate(2, (WacArgument("ガ", 0), WacArgument("ヲ", 1))),
            WacPredicate(4, (WacArgument("ガ", 3), WacArgument("ヲ", 0), WacArgument("トスル", 0))),
        ),
        ((3, 1),),
        (WacEntity(*place("青葉電機"), "ORGANIZATION"), WacEntity(*place("港南商事"), "ORGANIZATION")),
    )


@pytest.fixture
def example(lawsuit: WacText, ginza: Language, tokenize: PieceTokenizer) -> RoleText:
    made = role_text(lawsuit, ginza(lawsuit.text), tokenize)
    assert made is not None
    return made
