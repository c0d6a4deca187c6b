from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from extractors.training.wac import WacArgument, WacPredicate, WacText, narrow, read_document, read_wac

ANNOTATED = """\
# S-ID:wiki00000001-00-01 KNP:5.0
* 1D
+ 2D
青葉 あおば 青葉 名詞 6 固有名詞 3 * 0 * 0 NIL
電機 でんき 電機 名詞 6 普通名詞 1 * 0 * 0 NIL
が が が 助詞 9 格助詞 1 * 0 * 0 NIL
* -1D
+ 2D
港南 こうなん 港南 名詞 6 固有名詞 3 * 0 * 0 NIL
を を を 助詞 9 格助詞 1 * 0 * 0 NIL
+ -1D <rel type="ガ" target="青葉電機" sid="wiki00000001-00-01" id="0"/>\
<rel type="ヲ" target="港南" sid="wiki00000001-00-01" id="1"/><rel type="ニ" target="不特定:人"/>
訴え うったえ 訴える 動詞 2 * 0 母音動詞 1 基本連用形 8 NIL
た た た 接尾辞 14 動詞性接尾辞 7 * 0 * 0 NIL
。 。 。 特殊 1 句点 1 * 0 * 0 NIL
EOS
# S-ID:wiki00000001-00-02 括弧始 KNP:5.0
* 1D
+ 1D <rel type="=" target="港南" sid="wiki00000001-00-01" id="1"/>
同社 どうしゃ 同社 名詞 6 普通名詞 1 * 0 * 0 NIL
は は は 助詞 9 副助詞 2 * 0 * 0 NIL
* -1D
+ -1D <rel type="ガ" target="同社" sid="wiki00000001-00-02" id="0"/>\
<rel type="ヲ" target="著者" sid="wiki00000009-00-01" id="0"/>
争う あらそう 争う 動詞 2 * 0 子音動詞ワ行 12 基本形 2 NIL
EOS
"""
OTHER = """\
# S-ID:wiki00000002-00-01 KNP:5.0
* -1D
+ -1D <rel type="ガ" target="不特定:人"/>
始まる はじまる 始まる 動詞 2 * 0 子音動詞ラ行 10 基本形 2 NIL
EOS
"""


@pytest.fixture
def annotated() -> WacText:
    pytest.importorskip("rhoknp", reason="rhoknp is installed for training only")
    return read_document(ANNOTATED)


def test_read_document_puts_sentences_together_and_brackets_back(annotated: WacText) -> None:
    assert annotated.id == "wiki00000001"
    assert annotated.text == "青葉電機が港南を訴えた。（同社は争う）"
    content = [annotated.text[each.start : each.end] for each in annotated.base_phrases]
    assert content == ["青葉電機", "港南", "訴えた", "同社", "争う"]


def test_read_document_numbers_base_phrases_through_the_text(annotated: WacText) -> None:
    assert [each.parent for each in annotated.base_phrases] == [2, 2, None, 4, None]
    assert [each.sentence for each in annotated.base_phrases] == [0, 0, 0, 1, 1]


def test_read_document_keeps_the_arguments_that_are_in_the_text(annotated: WacText) -> None:
    assert annotated.predicates == (
        WacPredicate(2, (WacArgument("ガ", 0), WacArgument("ヲ", 1))),
        WacPredicate(4, (WacArgument("ガ", 3),)),
    )


def test_clusters_are_equal_for_what_names_one_thing(annotated: WacText) -> None:
    clusters = annotated.clusters()
    assert clusters[3] == clusters[1]
    assert len(set(clusters)) == 4


def test_read_wac_yields_one_text_for_each_article(tmp_path: Path) -> None:
    pytest.importorskip("rhoknp", reason="rhoknp is installed for training only")
    path = tmp_path / "some.knp.gz"
    path.write_bytes(gzip.compress((ANNOTATED + OTHER).encode()))
    first, second = read_wac(path)
    assert first == read_document(ANNOTATED)
    assert (second.id, second.text) == ("wiki00000002", "始まる")
    assert second.predicates == (WacPredicate(0, ()),)


@pytest.mark.parametrize(
    ("text", "narrowed"),
    [("ＡＢＣ社", "ABC社"), ("２０２０年", "2020年"), ("（株）、：！", "（株）、：！"), ("約５０％", "約50%")],
)
def test_narrow_leaves_japanese_punctuation(text: str, narrowed: str) -> None:
    assert narrow(text) == narrowed
