from __future__ import annotations

import gzip
from pathlib import Path

import pytest

pytest.importorskip("rhoknp", reason="rhoknp is installed for training only")

from extractors.records import EntityType
from extractors.training.coreference_corpus import Article, read_articles
from extractors.training.coreference_score import AnaphorScore, b_cubed, coreference_figures, score_anaphors

ANNOTATED = """\
# S-ID:wiki00000001-00-01 括弧削除 KNP:5.0
* 1D
+ 1D <NE:ORGANIZATION:北方通商機構>
北方 ほっぽう 北方 名詞 6 普通名詞 1 * 0 * 0 NIL
通商 つうしょう 通商 名詞 6 サ変名詞 2 * 0 * 0 NIL
機構 きこう 機構 名詞 6 普通名詞 1 * 0 * 0 NIL
は は は 助詞 9 副助詞 2 * 0 * 0 NIL
* -1D
+ -1D
動く うごく 動く 動詞 2 * 0 子音動詞カ行 2 基本形 2 NIL
。 。 。 特殊 1 句点 1 * 0 * 0 NIL
EOS
# S-ID:wiki00000001-00-02 括弧始:（ 括弧終:） 括弧位置:6 KNP:5.0
* -1D
+ -1D <rel type="=" target="北方通商機構" sid="wiki00000001-00-01" id="0"/><NE:ORGANIZATION:ＨＴＯ>
ＨＴＯ えいちてぃーおー ＨＴＯ 名詞 6 組織名 6 * 0 * 0 NIL
EOS
# S-ID:wiki00000001-01 KNP:5.0
* 1D
+ 1D <NE:ORGANIZATION:青葉電機>
青葉 あおば 青葉 名詞 6 地名 4 * 0 * 0 NIL
電機 でんき 電機 名詞 6 普通名詞 1 * 0 * 0 NIL
も も も 助詞 9 副助詞 2 * 0 * 0 NIL
* 2D
+ 2D
同 どう 同 接頭辞 13 名詞接頭辞 1 * 0 * 0 NIL
+ 3D <rel type="=" target="北方通商機構" sid="wiki00000001-00-01" id="0"/>
機構 きこう 機構 名詞 6 普通名詞 1 * 0 * 0 NIL
も も も 助詞 9 副助詞 2 * 0 * 0 NIL
* 3D
+ 4D <rel type="=" target="北方通商機構" sid="wiki00000001-00-01" id="0"/>\
<rel type="=" mode="AND" target="青葉電機" sid="wiki00000001-01" id="0"/>
両者 りょうしゃ 両者 名詞 6 普通名詞 1 * 0 * 0 NIL
が が が 助詞 9 格助詞 1 * 0 * 0 NIL
* -1D
+ -1D
動く うごく 動く 動詞 2 * 0 子音動詞カ行 2 基本形 2 NIL
。 。 。 特殊 1 句点 1 * 0 * 0 NIL
EOS
"""
SECOND = """\
# S-ID:wiki00000002-00 KNP:5.0
* -1D
+ -1D <NE:PERSON:早川>
早川 はやかわ 早川 名詞 6 人名 5 * 0 * 0 NIL
。 。 。 特殊 1 句点 1 * 0 * 0 NIL
EOS
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.knp.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write(ANNOTATED + SECOND)
    return path


@pytest.mark.parametrize(
    ("predicted", "precision", "recall"),
    [
        # The two responses of Bagga and Baldwin (1998) to the truth {1–5}, {6, 7}, {8–12}.
        ("aaaaabbbbbbb", 0.7619, 1.0),
        ("aaaaabbaaaaa", 0.5833, 1.0),
        ("aaaaabbccccc", 1.0, 1.0),
        ("abcdefghijkl", 1.0, 0.25),
        ("aaaaaaaaaaaa", 0.375, 1.0),
    ],
)
def test_b_cubed_agrees_with_the_paper(predicted: str, precision: float, recall: float) -> None:
    score = b_cubed([("111112233333", predicted)])
    assert (round(score.precision, 4), round(score.recall, 4)) == (precision, recall)


def test_b_cubed_counts_every_mention_of_every_text_the_same() -> None:
    score = b_cubed([("11", "ab"), ("1111", "aaaa")])
    assert score.precision == 1.0
    assert score.recall == pytest.approx((2 * 0.5 + 4) / 6)
    assert score.f1 == pytest.approx(2 * score.recall / (1 + score.recall))


def test_b_cubed_of_nothing_is_zero() -> None:
    assert b_cubed([]).f1 == 0.0


def test_b_cubed_refuses_sequences_of_two_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        b_cubed([("112", "ab")])


def test_read_articles_puts_asides_back_and_reads_chains(corpus: Path) -> None:
    first, second = read_articles(corpus)
    assert first.text == "北方通商機構（HTO）は動く。青葉電機も同機構も両者が動く。"
    assert [first.text[start:end] for start, end, _ in first.names] == ["北方通商機構", "HTO", "青葉電機"]
    full, short, other = first.name_chains
    assert full == short != other
    assert [first.text[start:end] for start, end, _ in first.anaphors] == ["同機構"]
    assert first.anaphor_chains == (full,)
    assert (second.id, second.text) == ("wiki00000002", "早川。")
    assert second.names == ((0, 2, EntityType.PERSON),)


def test_read_articles_keeps_a_plural_out_of_both_chains(corpus: Path) -> None:
    first = next(read_articles(corpus))
    assert first.name_chains[0] != first.name_chains[2]


def test_score_anaphors_counts_right_wrong_and_all() -> None:
    text = "青葉電機は港南商事に勝つ。同社は。"
    names = ((0, 4, EntityType.ORGANIZATION), (5, 9, EntityType.ORGANIZATION))
    anaphor = ((13, 15, None),)
    right = Article("a", text, names, (0, 1), anaphor, (0,))
    wrong = Article("b", text, names, (0, 1), anaphor, (1,))
    unnamed = Article("c", text, names, (0, 1), anaphor, (9,))
    assert score_anaphors([right, wrong, unnamed]) == AnaphorScore(right=1, wrong=1, total=2)


def test_coreference_figures_reads_a_corpus_from_end_to_end(corpus: Path) -> None:
    figures = coreference_figures(corpus)
    assert (figures["names"], figures["f1"], figures["anaphors"]) == (4, 1.0, 1)
    assert figures["f1_alone"] < 1.0
