from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.claims import ReadText, holder_of
from extractors.phrases import noun_phrases
from extractors.records import EntityType, Mention
from extractors.reference import group_names

NAMES = {
    "青葉電機": EntityType.ORGANIZATION,
    "白浜工業": EntityType.ORGANIZATION,
    "鈴木一郎": EntityType.PERSON,
    "鈴木": EntityType.PERSON,
    "河北日日新聞": EntityType.ORGANIZATION,
}


def read(ginza: Language, text: str) -> ReadText:
    """The text as the components leave it whose recogniser knows the names above and whose weights say nothing."""
    doc = ginza(text)
    mentions = [
        Mention(start, start + len(name), name, kind)
        for name, kind in NAMES.items()
        for start in range(len(text))
        if text.startswith(name, start) and not (name == "鈴木" and text.startswith("鈴木一郎", start))
    ]
    types = {(mention.start, mention.end): mention.type for mention in mentions}
    phrases = tuple(noun_phrases(doc, mentions))
    kinds = tuple(types.get((phrase.start, phrase.end)) for phrase in phrases)
    spans = [(phrase.start, phrase.end, kind) for phrase, kind in zip(phrases, kinds, strict=True)]
    return ReadText(doc, phrases, tuple(group_names(text, spans)), kinds, (-1.0,) * len(phrases), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("青葉電機によると、白浜工業は特許庁を提訴した。", ("青葉電機", True)),
        ("青葉電機は決算を公表した。同社によると、白浜工業は特許庁を提訴した。", ("青葉電機", True)),
        ("鈴木一郎氏が会見した。鈴木氏によると、白浜工業は特許庁を提訴した。", ("鈴木一郎", True)),
        ("河北日日新聞の報道によると、白浜工業は特許庁を提訴した。", ("河北日日新聞", True)),
        ("遺族によると、白浜工業は特許庁を提訴した。", ("遺族", False)),
        ("同社によると、白浜工業は特許庁を提訴した。", None),
        ("白浜工業は特許庁を提訴した。", None),
    ],
)
def test_holder_of_is_a_resolved_name_or_a_description(
    ginza: Language, text: str, expected: tuple[str, bool] | None
) -> None:
    read_text = read(ginza, text)
    (anchor,) = (token.i for token in read_text.doc if token.text == "提訴")
    assert holder_of(read_text, anchor) == expected
