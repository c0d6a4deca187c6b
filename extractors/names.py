"""Spellings of names: the key on which variants agree, and the shorter forms that a name is later called by.

Everything is decided on the name itself; nothing is looked up but the names of countries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from extractors.countries import COUNTRIES
from extractors.records import EntityType

_PUNCTUATION = re.compile(r"[\s「」『』“”\"'‘’()（）〈〉《》・･=＝゠\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_VARIANTS = str.maketrans(
    "髙﨑濵邊邉齋齊澤廣國龍會學藏經壽瀨眞嶋廳體關黨氣濱洲舊萬寶拔淺櫻獨佛縣驛鐵豐",
    "高崎浜辺辺斎斉沢広国竜会学蔵経寿瀬真島庁体関党気浜州旧万宝抜浅桜独仏県駅鉄豊",
)
_KANA_VARIANTS = (
    ("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴ", "ブ"), ("ウィ", "ウイ"), ("ウェ", "ウエ"),
)  # fmt: skip
_LONG_END = re.compile(r"(?<=[ァ-ヶ]{3})ー(?![ァ-ヶー])")
_HONORIFIC = re.compile(
    r"(?<=..)(?:氏|さん|さま|様|君|くん|(?<!っ)ちゃん|殿|被告|容疑者|受刑者|側|(?<![ぁ-ん])(?:ら|たち))$"
    r"|(?<=^[一-龥])(?:氏|さん|様)$"
)
_SIDE = re.compile(r"(?<=..)側$")
_OUTSIDE = ' \t\n　「」『』“”"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff'
_AROUND = re.compile(rf"^[{_OUTSIDE}]+|[{_OUTSIDE}]+$")
_QUOTED = re.compile(r"[」』]\W*$")
_NO_HONORS = frozenset(EntityType) - {EntityType.PERSON, EntityType.THING}
"""Types of things whose names end in no honorific: 坊っちゃん and 雪の女王 are titles of works."""
TITLES = (
    r"(?:元|前|現|副|共同|名誉|代表取締役)*(?:社長|会長|専務|常務|取締役|頭取|理事長|代表|最高経営責任者|CEO|COO|CFO|CTO|首相|総理大臣|総理|大統領|国王|女王|天皇|皇帝"
    r"|陛下|殿下|皇太子|親王|知事|市長|町長|村長|区長|(?:衆院|参院|衆議院|参議院|上院|下院|国会|都|県|市)?議員|大臣|[外財法農環防]相|財務相|経産相|厚労相|国交相|官房長官"
    r"|長官|報道官|広報担当者?|担当者|委員長|書記長|幹事長|党首|総裁|議長|監督|選手|投手|コーチ|教授|准教授|博士|医師|弁護士|牧師|記者|編集長|元帥|大将|中将|少将|将軍|提督|大佐"
    r"|伯爵|公爵|侯爵|男爵|子爵|卿|夫人|被告|容疑者)"
)
"""A pattern for the titles that follow a person's name."""
_TITLE = re.compile(TITLES + "$")
_NO_PERSON = re.compile(
    r"[都道府県市区町村国州党省庁社会院部局課軍的大]$"
    r"|^(?:[新同両各当次故先副元前現初]|初代|歴代|次期|筆頭|.?代目|首席|終身|最高)$"
)
_LEGAL_FORM = (
    r"(?:株式会社|有限会社|合同会社|合資会社|相互会社|\(株\)|（株）|㈱"
    r"|(?:特定非営利活動|一般財団|公益財団|一般社団|公益社団|財団|社団|学校|医療|宗教|社会福祉|独立行政|国立大学|NPO)法人)"
)
_LEGAL_FORMS = re.compile(rf"^{_LEGAL_FORM}\s*|\s*{_LEGAL_FORM}$|(?<=[A-Za-z])(?:,|\s)+(?:Inc|Ltd|Corp|LLC|Co)\.?$")
_COMPANY_TAIL = re.compile(r"(?:コーポレーション|カンパニー|インク|(?<![会神結])社)$")
_BUSINESS_TAIL = re.compile(
    r"(?:自動車|電機|製作所|重工業?|工業|製薬|建設|商事|証券|銀行|新聞社?|放送|製鉄|電力|通信|食品|化学|薬品|産業|出版社?|書店|電鉄|鉄道|航空|生命保険|ガス|不動産|計算機|水産|製紙|造船)$"
)
_LAND_TAIL = re.compile(r"(?:(?:社会主義|独立|イスラム|アラブ)*共和国|公国|独立国)$")
_PREFECTURE = re.compile(r"^(?:東京都|北海道|大阪府|京都府|[一-龥]{2,3}県)(?=[一-龥ぁ-んァ-ヶ]+[市区町村]$)")
_ABBREVIATIONS = (
    ("地方裁判所", "地裁"), ("高等裁判所", "高裁"), ("家庭裁判所", "家裁"), ("簡易裁判所", "簡裁"),
    ("最高裁判所", "最高裁"), ("地方検察庁", "地検"), ("高等検察庁", "高検"), ("最高検察庁", "最高検"),
    ("高等学校", "高校"), ("自由民主党", "自民党"), ("日本共産党", "共産党"), ("衆議院", "衆院"),
    ("参議院", "参院"), ("国際連合", "国連"), ("自動車道", "道"),
)  # fmt: skip
_CANONICAL_COUNTRY = {name.casefold(): row[0] for row in COUNTRIES for name in row}
_COUNTRY_BODY = re.compile(
    "^(" + "|".join(sorted((name for row in COUNTRIES for name in row), key=lambda name: (-len(name), name))) + ")"
    "(政府|軍|議会|大使館|当局|国会|海軍|陸軍|空軍|(?:国防総|国務|司法|財務|商務|外務|国防|内務|運輸)省)$"
)
_COUNTRY_LETTER = re.compile(
    r"^[米英独仏韓豪露伊](?=(?:[ァ-ヶー・]{3,}|[A-Za-z]{2,})(?:社|銀行)?$)(?!.*(?:ドル|ポンド|フラン|マルク|リラ|ウォン)$)"
)
FOREIGN_WORD = re.compile("[ァ-ヶー]{2}|[A-Za-z]{2}")
"""Letters by which a noun may well be a name, whatever the tagger says."""
_KATAKANA = re.compile(r"[ァ-ヶー・･=＝゠\s]+")
_KANJI = re.compile(r"[一-龥々〆ヶ髙﨑]+")
_PARTS = re.compile(r"[・･=＝゠\s]+")
_KANA_GIVEN = re.compile(
    r"([一-龥々]{1,3})([ぁ-んー]{2,4}|[ァ-ヶー]{2,5}|[ぁ-ん]{1,2}[一-龥]{1,2}|[一-龥][ぁ-ん]{1,2})"
)
_LATIN_PARTS = re.compile(r"[A-Z][\w.'’-]*(?:[ ・][\w.'’-]+)+")
_ENGLISH_CONNECTIVES = frozenset({"オブ", "ザ", "アンド", "オフ"})
_CONNECTIVES = _ENGLISH_CONNECTIVES | {
    "ド", "デ", "ラ", "ル", "フォン", "ファン", "ヴァン", "ダ", "ディ", "ビン", "アル", "ジュニア",
}  # fmt: skip


@lru_cache(maxsize=8192)
def normalise_name(name: str, *, fold_kanji: bool = True) -> str:
    """A key on which the spellings of one name agree: width, case, dots, honorifics, ヴ and old kanji are folded.

    Old kanji stay as they are without ``fold_kanji``; 斎 and 斉 are two surnames and always stay apart.
    """
    key = unicodedata.normalize("NFKC", name)
    key = _LONG_END.sub("", key.translate(_VARIANTS) if fold_kanji else key)
    key = _PUNCTUATION.sub("", key).casefold()
    for variant, usual in _KANA_VARIANTS:
        key = key.replace(variant, usual)
    return _HONORIFIC.sub("", key) or key


@lru_cache(maxsize=8192)
def name_key(name: str, kind: EntityType | None, *, fold_kanji: bool = True) -> str:
    """The key of ``normalise_name`` with a country's names, legal forms and, for a person, titles folded as well."""
    bare = bare_name(name, kind)
    country = _CANONICAL_COUNTRY.get(unicodedata.normalize("NFKC", bare).casefold())
    if country and (len(bare) > 1 or kind is EntityType.PLACE):
        return normalise_name(country)
    if kind in {EntityType.PLACE, EntityType.ORGANIZATION}:
        bare = _PREFECTURE.sub("", bare)
    if body := _COUNTRY_BODY.match(bare):
        return normalise_name(_CANONICAL_COUNTRY[body.group(1).casefold()] + body.group(2))
    key = normalise_name(bare, fold_kanji=fold_kanji)
    for full, short in _ABBREVIATIONS:
        key = key.replace(full, short)
    return key


def is_country(name: str) -> bool:
    """Whether the name is one of a country, of more than one letter."""
    key = unicodedata.normalize("NFKC", name).casefold()
    return len(name) > 1 and key in _CANONICAL_COUNTRY and key not in {"ヨーロッパ", "欧州"}


def bare_name(name: str, kind: EntityType | None = None) -> str:
    """The name without honorifics, legal form (株式会社), a country's letter (米グーグル) and a person's titles.

    Only marks at its ends are taken off a name that ends in a quotation (『坊っちゃん』), and no honorific but 側 is
    taken off what can have none.
    """
    bare = _AROUND.sub("", name)
    if _QUOTED.search(name):
        return bare
    bare = _COUNTRY_LETTER.sub("", _LEGAL_FORMS.sub("", bare)) or bare
    bare = (_SIDE if kind in _NO_HONORS else _HONORIFIC).sub("", bare) or bare
    return untitled(bare) if kind is EntityType.PERSON else bare


def untitled(name: str) -> str:
    """The name of a person without the titles that follow it: 鈴木 for 鈴木元社長."""
    while (match := _TITLE.search(name)) and match.start() >= 1:
        rest = name[: match.start()]
        if rest.endswith("の") or _NO_PERSON.search(rest) or rest.casefold() in _CANONICAL_COUNTRY:
            break
        if len(rest) == 1 and not _KANJI.fullmatch(rest):
            break
        name = rest
    return name


def is_given_name(name: str) -> bool:
    """Whether the letters after a surname may be a given name, and are no title, place or line of business."""
    return not (_NO_PERSON.search(name) or _TITLE.fullmatch(name) or _BUSINESS_TAIL.search(name))


def person_forms(name: str, *, sure: bool) -> Iterator[str]:
    """The shorter forms of a person's full name, as keys; fewer where it is not ``sure`` to be a person."""
    parts = [part for part in _PARTS.split(name.strip()) if part]
    if len(parts) > 1 and (_KATAKANA.fullmatch(name) or _LATIN_PARTS.fullmatch(name) or not _KANJI.search(name)):
        yield from _western_forms(parts, sure=sure)
    elif len(parts) == 2 and sure:
        yield from (normalise_name(part) for part in parts)
    elif sure and len(parts) == 1:
        yield from (normalise_name(form) for form in _japanese_forms(name))


def _western_forms(parts: list[str], *, sure: bool) -> Iterator[str]:
    if not sure and (len(parts) > 4 or _ENGLISH_CONNECTIVES & set(parts)):
        return
    for count in range(1, len(parts)):
        tail = parts[-count:]
        if len("".join(tail)) >= 2 and (count > 1 or tail[0] not in _CONNECTIVES):
            yield normalise_name("".join(tail))
    if sure and len(parts[0]) >= 2 and parts[0] not in _CONNECTIVES:
        yield normalise_name(parts[0])
        if len(parts) > 2:
            yield normalise_name(parts[0] + parts[-1])


def _japanese_forms(name: str) -> Iterator[str]:
    if kana := _KANA_GIVEN.fullmatch(name):
        yield kana.group(1)
        yield kana.group(2)
    elif _KANJI.fullmatch(name) and 2 <= len(name) <= 6:
        surname_lengths = {2: (1,), 3: (1, 2), 4: (2, 3), 5: (2, 3), 6: (3,)}[len(name)]
        for length in surname_lengths:
            yield name[:length]
            if len(name) - length >= 2:
                yield name[length:]


def organization_forms(name: str) -> Iterator[str]:
    """The safe shorter forms of an organisation's name, as keys: 日の出 for 日の出社, 緑風 for 緑風党."""
    bare = bare_name(name)
    shorter = _COMPANY_TAIL.sub("", bare)
    if shorter != bare and len(shorter) >= 2:
        yield normalise_name(shorter)
    if re.search(r"党$", bare) and len(bare) >= 3:
        yield name_key(bare, None)[:-1]
    parts = [part for part in re.split(r"[・･＝=\s]+", bare) if part]
    if len(parts) > 1 and len(parts[0]) >= 3 and not is_country(parts[0]):
        yield from (normalise_name("".join(parts[:count])) for count in range(1, len(parts)))


def clipped_forms(name: str) -> Iterator[str]:
    """The key of a company's name without its line of business: 鳴海 for 鳴海製作所; safe for organisations only."""
    clipped = _BUSINESS_TAIL.sub("", bare_name(name))
    if 2 <= len(clipped) < len(bare_name(name)) and not is_country(clipped):
        yield normalise_name(clipped)


def place_forms(name: str) -> Iterator[str]:
    """The forms of a place's name without its kind, as keys: アイオワ for アイオワ州."""
    bare = _LAND_TAIL.sub("", name)
    if bare != name and len(bare) >= 2:
        yield name_key(bare, EntityType.PLACE)


def abbreviates(short: str, full: str) -> bool:
    """Whether a key half as long as the full one has its letters in order, the first letter being the same.

    名鉄 for 名古屋鉄道, 公取委 for 公正取引委員会; neither 三井銀行 for 三井住友銀行 nor a mere beginning.
    """
    if len(short) < 2 or 2 * len(short) > len(full) + 1 or short[0] != full[0] or full.startswith(short):
        return False
    if len(short) > 2 and short[-2:] == full[-2:]:
        return False
    remaining = iter(full)
    return all(letter in remaining for letter in short)


def fullness(name: str) -> tuple[int, int]:
    """How well a name serves as the canonical one: by script (Japanese, Latin, a reading in kana), then length."""
    if re.fullmatch(r"[ぁ-んー\s・ゝ]+", name):
        return 0, len(name)
    latin = re.fullmatch(r"[\W\dA-Za-zÀ-ɏ]+", unicodedata.normalize("NFKC", name))
    return (1 if latin else 2), len(name)
