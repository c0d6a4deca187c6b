from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.speakers import holder


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # The word that carries the act's meaning stands in 〔〕.
        ("水野花子は「白浜工業は緑川銀行を〔提訴〕した」と語った。", "水野花子"),
        ("青葉電機は白浜工業に〔出資〕したことを明らかにした。", "青葉電機"),
        ("山田太郎氏によると、青葉電機は白浜工業を〔提訴〕した。", "山田太郎"),
        ("山田太郎副社長によると、青葉電機は白浜工業を〔提訴〕した。", "山田太郎"),
        ("山田太郎氏代表によると、青葉電機は白浜工業を〔提訴〕した。", "山田太郎"),
        ("美容師によると、青葉電機は白浜工業を〔提訴〕した。", "美容師"),
        ("緑川省長官によると、青葉電機は白浜工業を〔提訴〕した。", "緑川省長官"),
        ("山田頭取によると、青葉銀行は白浜工業に〔出資〕した。", "山田"),
        # The verb's own subject goes before a topic nearer to the quotation; one of another sentence tells nothing.
        ("青葉電機は黒字だった。「白浜工業は緑川銀行を〔提訴〕した」と水野花子は語った。", "水野花子"),
        ("水野花子は、桃井洋子が来たとき「白浜工業は緑川銀行を〔提訴〕した」と語った。", "水野花子"),
        ("青葉電機は黒字だった。「白浜工業は緑川銀行を〔提訴〕した」と語った。", None),
        # A cause is nobody who speaks.
        ("漏電によるとみられる火災をめぐり、青葉電機は白浜工業を〔提訴〕した。", None),
        ("欠陥によるとされる事故をめぐり、青葉電機は白浜工業を〔提訴〕した。", None),
        # What somebody does not tell, nobody says.
        ("青葉電機は白浜工業に〔出資〕したことを明らかにしていない。", None),
        ("青葉電機は白浜工業に〔出資〕したことを認めざるを得なかった。", "青葉電機"),
    ],
)
def test_holder_names_whoever_says_that_the_act_happened(ginza: Language, marked: str, expected: str | None) -> None:
    start = marked.index("〔")
    doc = ginza(marked.replace("〔", "").replace("〕", ""))
    span = holder(doc, next(token.i for token in doc if token.idx == start))
    assert (span and doc.text[slice(*span)]) == expected
