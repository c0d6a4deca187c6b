from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from extractors.records import Status
from extractors.status import STATUS_CUE_SIZES, read_status, status_cues

# In each sentence the word that carries the act's meaning stands in 〔〕, which are taken out before it is read.
NEGATED = [
    "白樺運輸は取引先の港北倉庫を〔提訴〕しなかった。",
    "白樺運輸は今も港北倉庫を〔提訴〕していない。",
    "編集長は一度も政権を〔批判〕せず、筆を置いた。",
    "柊木製薬は研究所への〔出資〕を断念した。",
    "柊木製薬は研究所への〔出資〕を見送った。",
    "村は合同会社の〔設立〕を取りやめた。",
    "町議会は第三セクターの〔設立〕計画を撤回した。",
    "若葉電工が海鳴重機に〔出資〕した事実はない。",
    "若葉電工は、海鳴重機に〔出資〕したことはないと説明した。",
    "若葉電工は海鳴重機への〔出資〕を否定した。",
    "坂巻氏が劇団を〔創設〕したとは言えない。",
    "監督は審判団を〔批判〕しませんでした。",
    "監督は審判団を〔批判〕するつもりはないと語った。",
    "坂巻氏は劇団の〔創設者〕ではない。",
    "記者会見で会長は理事会を〔非難〕することを避けた。",
    "会長は理事会への〔批判〕を控えた。",
    "住民らは結局、市に対する〔訴訟〕を起こさなかった。",
    "住民らは市に対する〔訴訟〕を起こさないことを決めた。",
    "交渉がまとまり、〔提訴〕には至らなかった。",
    "同社は新会社の〔設立〕を検討したが、採算が合わず断念した。",
    "市長を名指しで〔批判〕する者はいなかった。",
    "桐生財団が美術館を〔設立〕したという説は誤りである。",
    "工場に〔出資〕した企業は一社もなかった。",
    "銀行団は増資の〔引き受け〕に応じなかった。",
    "同紙は党首を〔批判〕したわけではない。",
    "鉱山への〔投資〕は行われなかった。",
    "南洋海運は造船所の〔買収〕を白紙に戻した。",
    "南洋海運は造船所を〔買収〕する計画はないと述べた。",
    "南洋海運が造船所に〔出資〕したとの噂は事実ではない。",
    "両行の〔合併〕は実現しなかった。",
    "株主は経営陣を〔訴える〕のを諦めた。",
    "同紙は、知事が国を〔批判〕したという記事を取り消した。",
]
HYPOTHETICAL = [
    "白樺運輸は港北倉庫を〔提訴〕する方針を固めた。",
    "白樺運輸は港北倉庫への〔提訴〕を検討している。",
    "若葉電工は来春、海鳴重機に〔出資〕する。",
    "若葉電工は海鳴重機に〔出資〕する予定だ。",
    "若葉電工は海鳴重機に〔出資〕する考えを示した。",
    "若葉電工は海鳴重機への〔出資〕の検討に入った。",
    "柊木製薬は年内に研究子会社を〔設立〕すると発表した。",
    "柊木製薬は研究子会社の〔設立〕を目指している。",
    "柊木製薬は研究子会社を〔設立〕したい意向だ。",
    "柊木製薬は研究子会社を〔設立〕することで合意した。",
    "研究子会社の〔設立〕準備委員会が開かれた。",
    "研究子会社〔設立〕構想が浮かんでいる。",
    "県は財団に基金への〔出資〕を求めた。",
    "県は財団に対し、基金へ〔出資〕するよう要請した。",
    "住民らは国を〔訴える〕可能性がある。",
    "住民らは国を〔訴える〕かもしれない。",
    "このままでは野党に〔批判〕されかねない。",
    "野党に〔批判〕されれば、法案は通らない。",
    "示談が破れたら、坂巻氏は劇団を〔訴える〕だろう。",
    "同社は〔提訴〕も辞さない構えだ。",
    "大臣は市場への〔投資〕を禁止した。",
    "政府は国外の企業への〔投資〕を制限しようとした。",
    "仮に坂巻氏が劇団を〔訴え〕ても、勝ち目は薄い。",
    "労組は会社を〔提訴〕すべきだと主張した。",
    "労組は会社を〔提訴〕するかどうか決めていない。",
    "有志が新しい政党を〔結成〕しようとしている。",
    "有志は新しい政党の〔結成〕を呼びかけた。",
    "港北倉庫、海鳴重機に〔出資〕へ。",
    "新しい鉄道会社を〔設立〕し、三年後に上場する計画を明らかにした。",
    "委員会は会長を〔非難〕する決議案をまとめる方向で調整している。",
    "株式の二割を〔取得〕する見通しとなった。",
    "同社は〔損害賠償〕を求める訴訟を起こす方針だ。",
    "教員の一人が学園を〔提訴〕する構えを見せている。",
    "首相は反対派の〔批判〕を恐れている。",
    "若葉電工は海鳴重機への〔出資〕に前向きな姿勢を示した。",
    "住民は市を〔訴える〕準備を進めている。",
    "同氏は大学を〔創設〕する夢を語った。",
    "銀行は新会社への〔出資〕を打診された。",
    "両社は折半で〔出資〕する方向で協議している。",
    "南洋海運は造船所の〔買収〕に乗り出す。",
    "会社を〔設立〕するには許可が要る。",
    "坂巻氏は会社を〔訴える〕と脅した。",
    "社長を〔解任〕しなければ会社は潰れる。",
    "若手議員による新党〔結成〕の動きが広がる。",
    "市は民間からの〔出資〕を募っている。",
    "〔批判〕を避けるため、大臣は行事を欠席した。",
]
ASSERTED = [
    "白樺運輸は港北倉庫を〔提訴〕した。",
    "白樺運輸は港北倉庫を〔提訴〕したと発表した。",
    "白樺運輸は港北倉庫に〔損害賠償〕を求める訴訟を起こした。",
    "損害賠償を求める〔訴訟〕が地裁に起こされた。",
    "港北倉庫は白樺運輸に〔訴え〕られている。",
    "若葉電工が海鳴重機に〔出資〕しているという。",
    "若葉電工は海鳴重機に〔出資〕したとされる。",
    "若葉電工は海鳴重機の〔株式〕を3割保有する。",
    "若葉電工は海鳴重機の筆頭〔株主〕である。",
    "坂巻氏は1998年に劇団を〔創設〕し、長く座長を務めた。",
    "坂巻氏が〔創設〕した劇団は来年、五十周年を迎える予定だ。",
    "劇団の〔創設者〕は坂巻氏だ。",
    "劇団の〔創設者〕である坂巻氏は取材に応じなかった。",
    "野党は首相の発言を〔批判〕し、撤回を求めた。",
    "野党は「無責任だ」と〔批判〕する声明を出した。",
    "野党から〔批判〕の声が上がった。",
    "首相は野党の〔批判〕を受け入れなかった。",
    "首相は野党から〔批判〕を浴び、法案の提出を断念した。",
    "野党は首相を厳しく〔批判〕し、辞任を求める方針を決めた。",
    "会見で編集部への〔批判〕がやまなかった。",
    "財団が〔設立〕した美術館への寄付が検討されている。",
    "財団は美術館を〔設立〕し、無料で公開している。",
    "財団は美術館の〔設立〕に尽力した。",
    "消費者団体は販売の〔差し止め〕を求めて提訴した。",
    "裁判所は、住民らの〔訴え〕を退けた。",
    "住民らは市を〔相手取り〕、処分の取り消しを求める訴えを起こした。",
    "記者は自ら〔立ち上げ〕た通信社を売却する方針だ。",
    "同団体は〔非難〕決議を採択した。",
    "工場に〔出資〕した企業は利益を得た。",
    "市民団体が工事に〔抗議〕するデモを行った。",
    "港北倉庫は、白樺運輸が〔出資〕する物流会社だ。",
    "若葉電工が〔出資〕して、海鳴重機は再建された。",
    "町で初めての新聞が〔創刊〕されたのは明治の末だった。",
    "監督は〔批判〕されたが、采配を変えなかった。",
    "「彼が劇団を〔創設〕したのです」と元団員は話した。",
    "市長を〔批判〕しない者はいなかった。",
    "南洋海運は造船所を〔買収〕することに成功した。",
    "南洋海運は〔買収〕した造船所を売却する方針だ。",
    "総会は社長を〔解任〕する議案を可決した。",
    "銀行は〔出資〕を引き揚げる検討を始めた。",
    "相次ぐ〔批判〕に、大臣は発言を撤回した。",
    "環境団体が〔抗議〕しても、工事は止まらなかった。",
    "坂巻氏は党を〔結成〕し、次の選挙で議席獲得を目指す。",
]


def read(ginza: Language, marked: str) -> tuple[Doc, int]:
    start = marked.index("〔")
    doc = ginza(marked.replace("〔", "").replace("〕", ""))
    end = marked.index("〕") - 1
    inside = [token.i for token in doc if start <= token.idx < end]
    return doc, next((i for i in inside if doc[i].pos_ in {"VERB", "NOUN"} and doc[i].head.i not in inside), inside[0])


@pytest.mark.parametrize("sentence", NEGATED)
def test_read_status_finds_denied_acts(ginza: Language, sentence: str) -> None:
    assert read_status(*read(ginza, sentence)) is Status.NEGATED


@pytest.mark.parametrize("sentence", HYPOTHETICAL)
def test_read_status_finds_acts_that_are_only_planned_or_supposed(ginza: Language, sentence: str) -> None:
    assert read_status(*read(ginza, sentence)) is Status.HYPOTHETICAL


@pytest.mark.parametrize("sentence", ASSERTED)
def test_read_status_leaves_stated_acts_asserted(ginza: Language, sentence: str) -> None:
    assert read_status(*read(ginza, sentence)) is Status.ASSERTED


def test_read_status_of_one_sentence_depends_on_the_act(ginza: Language) -> None:
    doc = ginza("若葉電工は港北倉庫に出資したが、海鳴重機への出資は見送った。")
    anchors = [token.i for token in doc if token.text == "出資"]
    assert [read_status(doc, anchor) for anchor in anchors] == [Status.ASSERTED, Status.NEGATED]


def test_status_cues_stay_below_their_sizes(ginza: Language) -> None:
    for sentence in (*NEGATED, *HYPOTHETICAL, *ASSERTED):
        cues = status_cues(*read(ginza, sentence))
        assert len(cues) == len(STATUS_CUE_SIZES)
        assert all(0 <= cue < size for cue, size in zip(cues, STATUS_CUE_SIZES, strict=True)), sentence


@pytest.mark.parametrize(
    ("sentence", "feature"),
    [
        ("港北倉庫を〔提訴〕する方針だ。", 1),
        ("港北倉庫に〔出資〕を求めた。", 2),
        ("港北倉庫を〔提訴〕すれば勝てる。", 3),
        ("港北倉庫を〔提訴〕する恐れがある。", 4),
        ("港北倉庫への〔投資〕を禁じた。", 5),
        ("港北倉庫を近く〔提訴〕する。", 6),
    ],
)
def test_status_cues_name_the_class_that_fired(ginza: Language, sentence: str, feature: int) -> None:
    cues = status_cues(*read(ginza, sentence))
    assert [index for index in range(1, 7) if cues[index]] == [feature]


@pytest.mark.parametrize(("sentence", "depth"), [("〔提訴〕した。", 0), ("〔提訴〕したと述べた。", 1)])
def test_status_cues_count_quotations(ginza: Language, sentence: str, depth: int) -> None:
    assert status_cues(*read(ginza, "港北倉庫を" + sentence))[8] == depth
