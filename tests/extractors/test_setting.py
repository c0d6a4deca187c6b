from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from extractors.dates import find_dates
from extractors.setting import amount, event_time, holder

# In each sentence the word that carries the act's meaning stands in 〔〕, which are taken out before it is read.
PUBLISHED = "2021-06-20"
TIMES = [
    ("白樺運輸は2005年4月1日、港北倉庫を〔設立〕した。", "2005-04-01"),
    ("白樺運輸は２００５年４月に港北倉庫を〔設立〕した。", "2005-04"),
    ("港北倉庫は1998年に〔設立〕された。", "1998"),
    ("港北倉庫が〔設立〕されたのは1998年だ。", "1998"),
    ("港北倉庫の〔設立〕は平成元年である。", "1989"),
    ("港北倉庫は昭和五十六年十二月に〔創業〕した。", "1981-12"),
    ("港北倉庫は明治12年3月5日に〔創業〕した。", "1879-03-05"),
    ("港北倉庫は大正十年に〔創立〕された。", "1921"),
    ("港北倉庫は令和2年5月に〔発足〕した。", "2020-05"),
    ("港北倉庫は一九九八年に〔創業〕した。", "1998"),
    ("1912年（明治45年）7月に港北倉庫を〔創立〕した。", "1912-07"),
    ("白樺運輸は昨年3月、港北倉庫に〔出資〕した。", "2020-03"),
    ("白樺運輸は今年、港北倉庫に〔出資〕した。", "2021"),
    ("白樺運輸は来年4月に新会社を〔設立〕する。", "2022-04"),
    ("白樺運輸は今月5日、港北倉庫を〔提訴〕した。", "2021-06-05"),
    ("白樺運輸は先月、港北倉庫を〔提訴〕した。", "2021-05"),
    ("白樺運輸は14日、港北倉庫を〔提訴〕した。", "2021-06-14"),
    ("白樺運輸は28日、港北倉庫を〔提訴〕した。", "2021-05-28"),
    ("白樺運輸は11月、港北倉庫を〔提訴〕した。", "2020-11"),
    ("白樺運輸は14日、港北倉庫に対する〔訴訟〕を起こした。", "2021-06-14"),
    ("2010年に港北倉庫ができ、同年8月に白樺運輸が〔出資〕した。", "2010-08"),
    ("2010年に港北倉庫ができ、翌年に白樺運輸が〔出資〕した。", "2011"),
    ("坂巻氏は2005年に新聞社を辞め、通信社を〔設立〕した。", "2005"),
    ("2003年の〔出資〕で白樺運輸は筆頭株主になった。", "2003"),
    ("1998年に設立された港北倉庫を、白樺運輸が〔提訴〕した。", None),
    ("1998年に〔設立〕された港北倉庫を、白樺運輸が2003年に提訴した。", "1998"),
    ("1998年に設立された港北倉庫を、白樺運輸が2003年に〔提訴〕した。", "2003"),
    ("白樺運輸は14日、港北倉庫を〔提訴〕したと発表した。", None),
    ("白樺運輸は14日、倉庫の事故をめぐり、港北倉庫を〔提訴〕した。", "2021-06-14"),
    ("2008年に起こした〔訴訟〕は今も続く。", "2008"),
    ("白樺運輸の訴訟の判決が2020年11月に言い渡された。その〔訴訟〕は長引いた。", None),
    ("坂巻氏は2004年に新会社の〔設立〕を提案した。", None),
    ("坂巻氏は1990年代に劇団を〔創設〕した。", None),
    ("白樺運輸は5年前に港北倉庫へ〔出資〕した。", None),
    ("白樺運輸は港北倉庫を〔提訴〕した。", None),
    ("白樺運輸は2005年13月に港北倉庫を〔提訴〕した。", None),
]
AMOUNTS = [
    ("白樺運輸は港北倉庫に約33億ユーロを〔出資〕した。", "約33億ユーロ"),
    ("白樺運輸は港北倉庫に44億円を〔投資〕した。", "44億円"),
    ("白樺運輸は港北倉庫の株式の7%を〔取得〕した。", "株式の7%"),
    ("白樺運輸が港北倉庫に20.5%〔出資〕している。", "20.5%"),
    ("白樺運輸は500万ドルの〔損害賠償〕を求めた。", "500万ドル"),
    ("白樺運輸は5億円の損害賠償を求める〔訴訟〕を起こした。", "5億円"),
    ("白樺運輸は港北倉庫に3億5千万円の損害賠償を求めて〔提訴〕した。", "3億5千万円"),
    ("白樺運輸は港北倉庫に１，２００万円を〔出資〕した。", "１，２００万円"),
    ("坂巻氏は五千円を〔出資〕して組合員になった。", "五千円"),
    ("白樺運輸による2億円の〔出資〕が決まった。", "2億円"),
    ("白樺運輸は港北倉庫の〔株式〕の3割を握る。", "株式の3割"),
    ("白樺運輸は港北倉庫に最大12億ユーロを〔出資〕する方針だ。", "最大12億ユーロ"),
    ("白樺運輸は売上高100億円の港北倉庫に〔出資〕した。", None),
    ("資本金3億円の港北倉庫に白樺運輸が1億円を〔出資〕した。", "1億円"),
    ("白樺運輸は港北倉庫を〔提訴〕した。", None),
    ("坂巻氏は劇団を〔創設〕し、10億円の劇場を買った。", None),
    ("白樺運輸は株式の2割を買い、港北倉庫を〔批判〕した。", None),
]
HOLDERS = [
    ("毎潮新聞によると、白樺運輸は港北倉庫を〔提訴〕した。", "毎潮新聞"),
    ("港北倉庫の発表では、白樺運輸が同社に〔出資〕した。", "港北倉庫"),
    ("坂巻氏によれば、劇団を〔創設〕したのは志田氏だという。", "坂巻"),
    ("白樺運輸は、港北倉庫を〔提訴〕したと発表した。", "白樺運輸"),
    ("坂巻氏は、志田氏が劇団を〔創設〕したと主張した。", "坂巻"),
    ("坂巻健一社長は「港北倉庫を〔提訴〕する。一歩も引かない」と述べた。", "坂巻健一"),
    ("坂巻健一社長は「一歩も引かない。港北倉庫を〔提訴〕する」と語った。", "坂巻健一"),
    ("白樺運輸は港北倉庫に〔出資〕したことを明らかにした。", "白樺運輸"),
    ("英紙タイドは、白樺運輸が港北倉庫に〔出資〕すると報じた。", "英紙タイド"),
    ("『週刊みなと』によると、白樺運輸は港北倉庫を〔提訴〕した。", "週刊みなと"),
    ("『ハーバー・デイリー』紙によれば、白樺運輸は港北倉庫を〔提訴〕した。", "ハーバー・デイリー"),
    ("坂巻氏の回想によれば、志田氏が劇団を〔創設〕した。", "坂巻"),
    ("『週刊みなと』が伝えたところによると、白樺運輸は港北倉庫を〔提訴〕した。", "週刊みなと"),
    ("毎日新報によれば、白樺運輸が港北倉庫に〔出資〕した。", "毎日新報"),
    ("地元紙によると、白樺運輸は港北倉庫に〔出資〕した。", None),
    ("白樺運輸は港北倉庫を〔提訴〕した。", None),
    ("関係者によると、白樺運輸は港北倉庫に〔出資〕した。", None),
    ("訴状によると、白樺運輸は港北倉庫を〔設立〕した。", None),
    ("白樺運輸は港北倉庫を〔提訴〕したという。", None),
    ("野党は「無責任だ」と首相を〔批判〕した。", None),
    ("白樺運輸が〔提訴〕した港北倉庫は、争う姿勢だと述べた。", None),
]


def read(ginza: Language, marked: str) -> tuple[Doc, int]:
    start, end = marked.index("〔"), marked.index("〕") - 1
    doc = ginza(marked.replace("〔", "").replace("〕", ""))
    inside = [token.i for token in doc if start <= token.idx < end]
    return doc, next((index for index in inside if doc[index].head.i not in inside), inside[0])


@pytest.mark.parametrize(("sentence", "time"), TIMES)
def test_event_time_is_the_date_that_hangs_on_the_act(ginza: Language, sentence: str, time: str | None) -> None:
    doc, anchor = read(ginza, sentence)
    assert event_time(doc, anchor, published=PUBLISHED) == time


@pytest.mark.parametrize(
    ("sentence", "time"),
    [
        ("白樺運輸は14日、港北倉庫を〔提訴〕した。", None),
        ("白樺運輸は昨年、港北倉庫を〔提訴〕した。", None),
        ("2019年3月2日に和解が破れた。5日、白樺運輸は港北倉庫を〔提訴〕した。", "2019-03-05"),
        ("2019年3月に和解が破れた。9月、白樺運輸は港北倉庫を〔提訴〕した。", "2019-09"),
        ("2019年3月に和解が破れた。2月、白樺運輸は港北倉庫を〔提訴〕した。", None),
        ("2019年3月に和解が破れた。同年、白樺運輸は港北倉庫を〔提訴〕した。", "2019"),
    ],
)
def test_event_time_without_publication_is_said_only_where_safe(
    ginza: Language, sentence: str, time: str | None
) -> None:
    doc, anchor = read(ginza, sentence)
    assert event_time(doc, anchor, published=None) == time


@pytest.mark.parametrize(("sentence", "written"), AMOUNTS)
def test_amount_is_the_sum_that_hangs_on_the_act(ginza: Language, sentence: str, written: str | None) -> None:
    assert amount(*read(ginza, sentence)) == written


@pytest.mark.parametrize(("sentence", "name"), HOLDERS)
def test_holder_is_the_name_of_who_says_so(ginza: Language, sentence: str, name: str | None) -> None:
    doc, anchor = read(ginza, sentence)
    found = holder(doc, anchor)
    assert (doc.text[found[0] : found[1]] if found else None) == name


@pytest.mark.parametrize(
    ("text", "published", "values"),
    [
        ("2020年2月30日", None, [None]),
        ("平成30年度", None, ["2018"]),
        ("昭和64年1月7日", None, ["1989-01-07"]),
        ("今日", "2020-03-01", ["2020-03-01"]),
        ("昨日", "2020-03-01T08:00:00+09:00", ["2020-02-29"]),
        ("先月", "2020-01-15", ["2019-12"]),
        ("98年", "2020-01-15", ["1998"]),
        ("05年", "2020-01-15", ["2005"]),
        ("3日間", "2020-01-15", []),
        ("3月期", "2020-01-15", []),
        ("3か月", "2020-01-15", []),
        ("1990年代", None, []),
        ("10年間", "2020-01-15", []),
        ("", "2020-01-15", []),
        ("2004年3月と同月5日と同日と翌日", None, ["2004-03", "2004-03-05", "2004-03-05", "2004-03-06"]),
        ("昨年", "no date", [None]),
        ("0000年", "0001", []),
    ],
)
def test_find_dates_resolves_to_iso(text: str, published: str | None, values: list[str | None]) -> None:
    assert [mention.value for mention in find_dates(text, published=published)] == values


def test_find_dates_keeps_offsets_of_the_original_text() -> None:
    text = "社史では２００５年４月１日と昭和五十年。"
    assert [text[mention.start : mention.end] for mention in find_dates(text)] == ["２００５年４月１日", "昭和五十年"]
