from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.entities import to_whole_words
from extractors.records import EntityType, Mention

TEXT = "白浜電機は米国の若草商事を訴えた。"


def mention(start: int, end: int) -> Mention:
    return Mention(start, end, TEXT[start:end], EntityType.ORGANIZATION)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [([(0, 3)], ["白浜電機"]), ([(0, 2)], ["白浜"]), ([(8, 11)], ["若草商事"]), ([(0, 3), (3, 4)], ["白浜電", "機"])],
)
def test_to_whole_words_ends_mentions_where_tokens_end(
    ginza: Language, cut: list[tuple[int, int]], whole: list[str]
) -> None:
    found = to_whole_words([mention(*span) for span in cut], ginza(TEXT))
    assert [each.text for each in found] == whole
    assert all(TEXT[each.start : each.end] == each.text for each in found)
