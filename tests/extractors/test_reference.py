from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.definitions import Name
from extractors.records import EntityType
from extractors.reference import canonical_name, full_name_elsewhere, group_names, is_anaphor, labels, normalise_name

TYPES = {
    "P": EntityType.PERSON,
    "O": EntityType.ORGANIZATION,
    "L": EntityType.PLACE,
    "F": EntityType.FACILITY,
    "W": EntityType.PRODUCT,
    "-": None,
}


def read_marked(marked: str) -> tuple[str, list[Name]]:
    """Text and names of a sentence that marks them as [name|type]."""
    text, names = "", []
    for name, letter, plain in re.findall(r"\[([^|\]]+)\|(.)\]|([^\[]+)", marked):
        if name:
            names.append((len(text), len(text) + len(name), TYPES[letter]))
        text += name or plain
    return text, names


def grouped(marked: str) -> list[str]:
    """The names of each group joined by =, in order of their first names."""
    text, names = read_marked(marked)
    groups: dict[int, list[str]] = {}
    for (start, end, _), number in zip(names, group_names(text, names), strict=True):
        groups.setdefault(number, []).append(text[start:end])
    return ["=".join(group) for group in groups.values()]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # The last part of a name in katakana, before or after the full one.
        ("[レナード・ホフマン|P]氏は反対した。[ホフマン|-]氏は去った。", ["レナード・ホフマン=ホフマン"]),
        ("[ホフマン|P]が去る。[レナード・ホフマン|P]は語った。", ["ホフマン=レナード・ホフマン"]),
        ("[レナード・ホフマン|-]は語り、[ホフマン|-]は去った。", ["レナード・ホフマン=ホフマン"]),
        ("[J・F・ウォレス|P]と[ウォレス|P]", ["J・F・ウォレス=ウォレス"]),
        # A surname goes to the person named last before it.
        ("[白川誠一郎|P]が会見した。[白川|P]氏は。", ["白川誠一郎=白川"]),
        ("[森岡大|P]が会見した。[森岡|P]は。[大|P]は。", ["森岡大=森岡", "大"]),
        (
            "[エミル・ゾーラン|P]と[アンナ・ゾーラン|P]。[ゾーラン|P]は。",
            ["エミル・ゾーラン", "アンナ・ゾーラン=ゾーラン"],
        ),
        ("[徳山家康|P]と[家康|P]", ["徳山家康=家康"]),
        # A house is no person, a company no namesake, a list of two no full name.
        ("[徳山|P]家が治め、[徳山家康|P]が継いだ。", ["徳山", "徳山家康"]),
        ("[森岡亮|P]は[森岡|O]を去った。", ["森岡亮", "森岡"]),
        ("[山根|P]と[木暮|P]の[山根・木暮|-]組", ["山根", "木暮", "山根・木暮"]),
        # Titles and descriptions.
        ("[岸本文也|P]が来た。[岸本首相|-]は。", ["岸本文也=岸本首相"]),
        ("[岸本文也|P]が来た。[岸本頭取|P]と[岸本文也理事長|P]は。", ["岸本文也=岸本頭取=岸本文也理事長"]),
        ("[緑川電機|O]の[緑川電機社長|-]", ["緑川電機", "緑川電機社長"]),
    ],
)
def test_group_names_joins_short_and_full_names_of_persons(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[株式会社鳴海製作所|O]は[鳴海製作所|O]と[鳴海|O]", ["株式会社鳴海製作所=鳴海製作所=鳴海"]),
        ("[東西新聞社|O]と[東西新聞|O]", ["東西新聞社=東西新聞"]),
        ("[早瀬田大学|O]が発表した。[早大|O]は。", ["早瀬田大学=早大"]),
        ("[公正取引委員会|O]が動いた。[公取委|O]は。", ["公正取引委員会=公取委"]),
        ("[青葉地方裁判所|O]と[青葉地裁|O]", ["青葉地方裁判所=青葉地裁"]),
        ("[立春民主党|O]が勝つ。[立春民主|O]は。", ["立春民主党=立春民主"]),
        ("[フォルクス・モーター|O]と[フォルクス|O]", ["フォルクス・モーター=フォルクス"]),
        ("[米ノースゲート|O]は[ノースゲート|O]株を買う。", ["米ノースゲート=ノースゲート"]),
        # Parents, subsidiaries and namesakes are other things.
        ("[緑川電機|O]と[緑川電機ホールディングス|O]", ["緑川電機", "緑川電機ホールディングス"]),
        ("[赤城銀行|O]と[赤城中央銀行|O]", ["赤城銀行", "赤城中央銀行"]),
        ("[富士ゼノックス|O]と[ゼノックス|O]", ["富士ゼノックス", "ゼノックス"]),
        ("[早瀬田大学|O]と[早瀬田大学出版会|O]", ["早瀬田大学", "早瀬田大学出版会"]),
        ("[青葉|O]は[青葉製薬|O]か[青葉商事|O]か", ["青葉", "青葉製薬", "青葉商事"]),
    ],
)
def test_group_names_joins_the_spellings_of_organizations_but_not_relatives(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[米国|L]と[アメリカ|L]と[米|L]", ["米国=アメリカ=米"]),
        ("[英国|L]は[イギリス|L]。[英|L]は。", ["英国=イギリス=英"]),
        ("[米政府|O]は[アメリカ政府|O]", ["米政府=アメリカ政府"]),
        ("[米|-]を炊き、[アメリカ|L]へ送る。", ["米", "アメリカ"]),
        ("[青葉県白鳥市|L]の[白鳥市|L]", ["青葉県白鳥市=白鳥市"]),
        ("[白鳥県|L]と[白鳥市|L]", ["白鳥県", "白鳥市"]),
        ("[ドイツ|L]と[東ドイツ|L]", ["ドイツ", "東ドイツ"]),
    ],
)
def test_group_names_knows_countries_and_places(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[星野工機研究所|O]（以下「[SKR|O]」）は。[SKR|O]は。", ["星野工機研究所=SKR=SKR"]),
        ("[星野工機研究所|O]（以下、[SKR|O]）は", ["星野工機研究所=SKR"]),
        ("[星野工機研究所|O]（以下SKRという）は。[SKR|O]は。", ["星野工機研究所=SKR"]),
        ("[星野工機研究所|O]（略称：[星研|O]）", ["星野工機研究所=星研"]),
        ("[星野工機研究所|O]（本社・[東京|L]、以下「[星研|O]」）", ["星野工機研究所=星研", "東京"]),
        ("「[星の舟|W]」（[スターシップ|W]）", ["星の舟=スターシップ"]),
        ("[HTO|O]（[北方通商機構|O]）", ["HTO=北方通商機構"]),
        (
            "[北方通商機構|O]（英: [Northern Trade Organization|O]、[NTO|O]）",
            ["北方通商機構=Northern Trade Organization=NTO"],
        ),
        ("[大空ひばり|P]（本名：[加納和子|P]）", ["大空ひばり=加納和子"]),
        ("[大空ひばり|P]こと[加納和子|P]", ["大空ひばり=加納和子"]),
        ("[北方通商機構|O]は国際組織である。略称は[北通機|O]。", ["北方通商機構=北通機"]),
        # What a bracket says of a thing is not its name.
        ("[山根幸子|P]（[緑川電機|O]）が優勝した。", ["山根幸子", "緑川電機"]),
        ("[緑川電機|O]（[東京都|L]）", ["緑川電機", "東京都"]),
        ("[ベルン|L]（[スイス|L]）", ["ベルン", "スイス"]),
        ("[緑川電機|O]（[鳴海製作所|O]傘下）", ["緑川電機", "鳴海製作所"]),
        # What is at a place today is another place; what a company is called today is itself.
        ("[青葉宿|L]（現[白鳥市|L]）", ["青葉宿", "白鳥市"]),
        ("[青葉宿|L]（現・[白鳥市|L]）", ["青葉宿", "白鳥市"]),
        ("[青葉宿|L]（現在の[白鳥市|L]）", ["青葉宿", "白鳥市"]),
        ("[青葉宿|L]（現・「[白鳥市|L]」）", ["青葉宿", "白鳥市"]),
        ("[ベルン|L]（現地名[バーン|L]）", ["ベルン=バーン"]),
        ("[緑川電機|O]（現・[星野工機|O]）", ["緑川電機=星野工機"]),
    ],
)
def test_group_names_reads_what_brackets_define(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # The topic of the sentence before goes before a modifier, the nearest name of the same sentence before both.
        ("[緑川電機|O]は新型を出した。[赤城精工|O]の部品だ。[同社|-]は。", ["緑川電機=同社", "赤城精工"]),
        ("[緑川電機|O]は[赤城精工|O]を買った。[同社|-]の株は。", ["緑川電機=同社", "赤城精工"]),
        ("[緑川電機|O]は[赤城精工|O]を買い、[同社|-]の株は。", ["緑川電機", "赤城精工=同社"]),
        ("[緑川電機|O]の[山根幸子|P]社長は[木暮亮|P]を責めた。[同氏|-]は。", ["緑川電機", "山根幸子=同氏", "木暮亮"]),
        ("[山根幸子|P]が来た。[彼女|-]は笑った。[彼女|-]は。", ["山根幸子=彼女=彼女"]),
        # The kind of thing decides.
        ("[青葉省|O]は[港湾庁|O]に従う。[同省|-]と[同庁|-]は。", ["青葉省=同省", "港湾庁=同庁"]),
        ("[緑川電機|O]は[赤城銀行|O]に頼る。[同行|-]は。", ["緑川電機", "赤城銀行=同行"]),
        ("[小川党|O]は[緑川電機|O]を責めた。[同党|-]は[同社|-]を。", ["小川党=同党", "緑川電機=同社"]),
        ("[東西新聞|O]は[青葉省|O]を批判した。[同紙|-]は。", ["東西新聞=同紙", "青葉省"]),
        ("[早瀬田大学|O]は[緑川電機|O]と組む。[同大|-]は。", ["早瀬田大学=同大", "緑川電機"]),
        ("[白鳥市|L]は[青葉県|L]にある。[同市|-]は[同県|-]の。", ["白鳥市=同市", "青葉県=同県"]),
        ("[ベルン|L]は[スイス|L]の首都で、[同国|-]の。", ["ベルン", "スイス=同国"]),
        ("[緑川電機|O]が生まれた。[この会社|-]は。", ["緑川電機=この会社"]),
        ("[アオバ|W]が生まれた。[この会社|-]は。", ["アオバ=この会社"]),
        ("[白浜工業|O]は[アオバ|W]を出した。[同社|-]は。", ["白浜工業=同社", "アオバ"]),
        ("[アオバ|W]が生まれた。[同社|-]は。[アオバ|O]が。", ["アオバ=同社=アオバ"]),
        # Quoted speakers.
        ("「[当社|-]は知らない」と[緑川電機|O]は述べた。", ["当社=緑川電機"]),
        ("[緑川電機|O]は「[当社|-]は知らない」とした。", ["緑川電機=当社"]),
        ("[山根幸子|P]氏は「[私|-]は知らない」と話した。", ["山根幸子=私"]),
        # Left alone: two at once, nobody before, nothing that fits.
        ("[緑川電機|O]と[赤城精工|O]は組む。[両社|-]は。", ["緑川電機", "赤城精工", "両社"]),
        ("[同社|-]は語った。", ["同社"]),
        ("[青葉省|O]は語った。[同社|-]は。", ["青葉省", "同社"]),
        ("[私|-]は[山根幸子|P]を知る。", ["私", "山根幸子"]),
    ],
)
def test_group_names_leads_anaphors_to_their_antecedents(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected


def test_group_names_numbers_groups_by_their_first_name_in_the_given_order() -> None:
    text, names = read_marked("[鳴海|O]と[緑川|P]と[鳴海|O]")
    assert group_names(text, names) == [0, 1, 0]
    assert group_names(text, [names[2], names[1], names[0]]) == [0, 1, 0]


def test_group_names_of_nothing_is_empty() -> None:
    assert group_names("", []) == []


PIECES = [
    "鳴海",
    "製作所",
    "（",
    "）",
    "「",
    "」",
    "以下",
    "は",
    "。",
    "\n",
    "同社",
    "ホフマン",
    "・",
    "A",
    "\x00",
    "\u202e",
    "\ud800",
    "<",
    '"',
]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.data())
@settings(max_examples=60, deadline=None)
def test_group_names_survives_any_text(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    offset = st.integers(0, max(0, len(text)))
    kinds = st.sampled_from([*EntityType, None])
    spans = data.draw(st.lists(st.tuples(offset, offset, kinds), max_size=12))
    names = [(min(a, b), max(a, b), kind) for a, b, kind in spans if a != b]
    numbers = group_names(text, names)
    assert all(numbers[number] == number <= index for index, number in enumerate(numbers))


def _many_names(count: int) -> tuple[str, list[Name]]:
    rng = random.Random(7)
    syllables = "山川田中村上東西南北森林石井"
    persons = ["".join(rng.choices(syllables, k=4)) for _ in range(count // 8)]
    companies = [
        "".join(rng.choices(syllables, k=3)) + rng.choice(["製作所", "銀行", "大学"]) for _ in range(count // 8)
    ]
    pool = [(name, EntityType.PERSON) for name in persons] + [(name[:2], EntityType.PERSON) for name in persons]
    pool += [(name, EntityType.ORGANIZATION) for name in companies] + [("同社", None), ("彼", None)] * 20
    text, names = "", []
    for name, kind in rng.choices(pool, k=count):
        names.append((len(text), len(text) + len(name), kind))
        text += name + rng.choice(["は、", "が", f"（以下「{name[:2]}」）を", "の", "と述べた。", "「", "」"])
    return text, names


def test_group_names_takes_time_in_proportion_to_the_names() -> None:
    text, names = _many_names(2000)
    started = time.process_time()
    group_names(text, names)
    assert time.process_time() - started < 0.3


@pytest.mark.parametrize(
    "name",
    [
        "同社",
        "同省",
        "同紙",
        "同大",
        "同国",
        "同市",
        "この会社",
        "このスタートアップ",
        "当社",
        "彼",
        "彼女",
        "同氏",
        "私",
    ],
)
def test_is_anaphor_knows_what_stands_for_one_name(name: str) -> None:
    assert is_anaphor(name)


@pytest.mark.parametrize("name", ["両社", "彼ら", "本社", "同志社大学", "同時", "社長", "氏家", "私立大学", ""])
def test_is_anaphor_leaves_plurals_and_look_alikes(name: str) -> None:
    assert not is_anaphor(name)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("レナード・ホフマン氏", "レナード=ホフマン"),
        ("ＮＡＲＵＭＩ", "narumi"),
        ("「鳴海」", "鳴海"),
        ("ヴェルナー", "ベルナー"),
        ("髙島", "高島"),
        ("孫氏", "孫"),
    ],
)
def test_normalise_name_folds_spellings(left: str, right: str) -> None:
    assert normalise_name(left) == normalise_name(right)


@pytest.mark.parametrize(("left", "right"), [("鳴海", "鳴門"), ("ビル", "ビール"), ("氏", "")])
def test_normalise_name_keeps_different_names_apart(left: str, right: str) -> None:
    assert normalise_name(left) != normalise_name(right)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ホフマン氏", "レナード・ホフマン氏", "同氏"], ("レナード・ホフマン", "ホフマン")),
        (["株式会社鳴海製作所", "鳴海"], ("鳴海製作所", "鳴海")),
        (["HTO", "北方通商機構", "同機構"], ("北方通商機構", "HTO")),
        (["とくやま いえやす", "徳山家康"], ("徳山家康", "とくやま いえやす")),
        (["米ノースゲート", "ノースゲート"], ("ノースゲート",)),
        (["NoteLabs", "ノートラボ", "NoteLabs"], ("NoteLabs", "ノートラボ")),
        (["首相"], ("首相",)),
        (["同社", "彼"], ()),
        ([], ()),
    ],
)
def test_labels_put_the_fullest_name_first_and_leave_anaphors_out(names: list[str], expected: tuple[str, ...]) -> None:
    assert labels(names) == expected
    assert canonical_name(names) == (expected[0] if expected else "")


@pytest.mark.parametrize(
    ("text", "short", "expected"),
    [
        ("発明家のレナード・ホフマン最高経営責任者は語った。ホフマン氏は", "ホフマン", "レナード・ホフマン"),
        ("ジョン・F・ウォレスは", "ウォレス", "ジョン・F・ウォレス"),
        ("白川誠一氏が会見した。白川社長は", "白川", "白川誠一"),
        ("由良木まことさんが会見した。由良木さんは", "由良木", "由良木まこと"),
        ("Grace Hopper and Hopper", "Hopper", "Grace Hopper"),
        ("星野工機研究所（本社・名古屋、以下「SKR」）は", "SKR", "星野工機研究所"),
        ("鳴海精機（以下、鳴海という）は", "鳴海", "鳴海精機"),
        ("レナード・ホフマンとアンナ・ホフマンとアンナ・ホフマン", "ホフマン", "アンナ・ホフマン"),
        # A place, a post and a company before a title are no persons.
        ("白鳥市長は", "白鳥", None),
        ("赤城工業社長は", "赤城", None),
        ("日本太郎さん", "日本", None),
        ("ホフマンタワー・ビル", "ホフマン", None),
        ("田中元首相は", "田中", None),
        ("", "ホフマン", None),
    ],
)
def test_full_name_elsewhere_finds_the_commonest_fuller_name(text: str, short: str, expected: str | None) -> None:
    assert full_name_elsewhere(text, short) == expected


def test_full_name_elsewhere_is_cheap_in_a_long_text() -> None:
    text = "ホフマンは語った。アイウエオ" * 40_000 + "レナード・ホフマン"
    started = time.process_time()
    full_name_elsewhere(text, "ホフマン")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["家電大手・青葉電機", "青葉電機"], "青葉電機"),
        (["隣町の青葉電機", "青葉電機"], "青葉電機"),
        (["ジョン・スミス", "スミス"], "ジョン・スミス"),
    ],
)
def test_canonical_name_leaves_descriptions_out(names: list[str], expected: str) -> None:
    assert canonical_name(names) == expected


@pytest.mark.parametrize(
    ("text", "short", "expected"),
    [
        # What a bracket says of a thing does not make the thing its full name.
        ("新会社の白浜工業（青葉電機、緑川銀行が出資）は長野に本社を置く。", "青葉電機", None),
        ("優勝は川島涼子（緑川銀行）だった。緑川銀行は", "緑川銀行", None),
        ("三位は川島涼子（KTB）だった。", "KTB", None),
        ("白浜工業（社長・川島涼子、緑川銀行と提携）は", "緑川銀行", None),
        # A label does, and so do an abbreviation and an acronym of a public body.
        ("鳴海精機（以下「ナルミ」）は", "ナルミ", "鳴海精機"),
        ("鳴海精機（通称・ナルミ）は", "ナルミ", "鳴海精機"),
        ("鳴海精機（本社・長野、以下単に「ナルミ」と呼ぶ）は", "ナルミ", "鳴海精機"),
        ("名古浜鉄道（名鉄）は", "名鉄", "名古浜鉄道"),
        ("北方通商機構（NTO）は", "NTO", "北方通商機構"),
        ("川島涼子氏（以下「リョウ」）は", "リョウ", "川島涼子"),
    ],
)
def test_full_name_elsewhere_wants_a_label_or_an_abbreviation(text: str, short: str, expected: str | None) -> None:
    assert full_name_elsewhere(text, short) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("P", "レナード・ホフマン"), ("-", "レナード・ホフマン"), ("O", None), ("L", None)]
)
def test_full_name_elsewhere_gives_names_of_persons_to_persons_only(kind: str, expected: str | None) -> None:
    text = "レナード・ホフマンは農家の子だった。ホフマンは"
    assert full_name_elsewhere(text, "ホフマン", TYPES[kind]) == expected


def test_full_name_elsewhere_reads_definitions_for_every_type() -> None:
    assert full_name_elsewhere("鳴海精機（以下「ナルミ」）は", "ナルミ", EntityType.ORGANIZATION) == "鳴海精機"


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("坊っちゃん", "-", "坊っちゃん"),
        ("雪の女王", "-", "雪の女王"),
        ("さくら", "O", "さくら"),
        ("宮沢あきら", "P", "宮沢あきら"),
        ("青い提督", "W", "青い提督"),
        ("夕凪さん", "W", "夕凪さん"),
        ("『夕凪さん』", "-", "夕凪さん"),
        ("劇団「若葉監督」", "O", "劇団「若葉監督"),
        ("青葉電機側", "O", "青葉電機"),
        ("白川ら", "P", "白川"),
        ("白川さん", "P", "白川"),
        ("白川監督", "-", "白川"),
        ("\u200b青葉電機\u202c\ufeff", "O", "青葉電機"),
    ],
)
def test_labels_take_titles_off_persons_only(name: str, kind: str, expected: str) -> None:
    assert labels([name], TYPES[kind]) == (expected,)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[斎藤|P]氏は[斉藤|P]氏を批判した。", ["斎藤", "斉藤"]),
        ("[斎藤|P]氏は去った。[斉藤|P]氏も去った。", ["斎藤", "斉藤"]),
        ("[齋藤|P]氏は去った。[斎藤|P]氏も去った。", ["齋藤=斎藤"]),
        ("[浜田商店|O]は[濱田商店|O]を提訴した。[濱田商店|O]は争う。", ["浜田商店", "濱田商店=濱田商店"]),
        ("[浜田商店|O]は店を閉じた。[濱田商店|O]を惜しむ人は多い。", ["浜田商店=濱田商店"]),
        ("[浜田商店|O]（[濱田商店|O]）は店を閉じた。", ["浜田商店=濱田商店"]),
        ("[高島|P]氏は家を売り、[髙島|P]氏は町を去った。", ["高島=髙島"]),
    ],
)
def test_group_names_keeps_old_and_new_kanji_apart_where_they_are_contrasted(marked: str, expected: list[str]) -> None:
    assert grouped(marked) == expected
