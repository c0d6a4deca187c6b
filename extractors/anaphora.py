"""Phrases that stand for a name said before (同社, 彼, 「当社」), and the name that each most likely means."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from extractors.definitions import Name
from extractors.names import TITLES, is_country
from extractors.records import EntityType

_Typed = tuple[int, int, frozenset[EntityType]]
_ORGANIZATION = frozenset({EntityType.ORGANIZATION})
_PLACE = frozenset({EntityType.PLACE})
_PERSON = frozenset({EntityType.PERSON})
_PRODUCT = frozenset({EntityType.PRODUCT})
_PUBLICATION = frozenset({EntityType.ORGANIZATION, EntityType.PRODUCT})
_NO_COMPANY = re.compile(
    r"(?:省|庁|党|委員会|公取委|裁判所|[地高家簡]裁|最高裁|地検|大学|高校|学校|学園|政府|議会|軍|警察|国会|議院|[衆参]院"
    r"|国連|連合|労組|組合|連盟|協会|学会|財団|[市県区町村])$"
)
_COMPANY = re.compile(
    r"(?:社|株式会社|製作所|電機|電器|電工|自動車|商事|物産|重工業?|建設|製薬|薬品|銀行|証券|生命|海上|不動産|鉄道|航空|食品"
    r"|製鉄|化学|工業|産業|ホールディングス|HD|グループ|モーターズ?|コーポレーション|インク|テクノロジーズ?|エレクトロニクス"
    r"|システムズ?|Inc\.?|Corp\.?)$|^株式会社"
)
_COUNTRY = re.compile(r"[^米英仏独韓露中]国$|連邦$")
_STATE_AFTER = re.compile(r"の(?:首都|大統領|首相|国王|憲法)|政府|国内")


@dataclass(frozen=True, slots=True)
class Anaphor:
    """A kind of anaphor: the words, the types its antecedent may have, and what the antecedent looks like.

    ``shape`` must be found in the antecedent where ``strict``, and otherwise only makes an untyped name eligible.
    """

    words: re.Pattern[str]
    types: frozenset[EntityType]
    shape: re.Pattern[str]
    strict: bool = False
    excluded: re.Pattern[str] | None = None
    otherwise: frozenset[EntityType] = frozenset()
    """Types that it may have where no name has one of those: companies are often taken for their products."""
    spoken: bool = False
    """Said by the antecedent itself, in a quotation (当社, 私)."""


def _named(nouns: str, types: frozenset[EntityType], shape: str, *, strict: bool = True) -> Anaphor:
    return Anaphor(re.compile(rf"(?:同|この)(?:{nouns})"), types, re.compile(rf"(?:{shape})$"), strict)


_NOTHING = re.compile(r"(?!)")
_ANYTHING = "."
_COMPANY_WORDS = re.compile(r"同社|(?:この|同)(?:会社|企業|新会社|新興企業|メーカー|スタートアップ)")
_PERSON_WORDS = re.compile(
    r"彼|彼女|かれ|かの女|氏|同氏|この(?:人物|男性|女性|男|女)|同(?:議員|監督|選手|投手|被告|容疑者|会長|教授|首相|大統領|大臣"
    r"|知事|市長|長官|博士|弁護士|記者|医師|外相|代表|委員長)"
)
_PAPER_SHAPE = "新聞社?|紙|タイムズ|ポスト|日報|新報|ニュース|ジャーナル|トリビューン|ガーディアン|テレグラフ"
_BODIES = (
    "政府|政権|軍|球団|クラブ|チーム|団体|組織|グループ|連盟|協会|組合|財団|法人|機構|機関|センター|研究所|基金"
    "|バンド|ユニット|楽団|劇団|会"
)
_FACILITIES = "病院|店|ホテル|美術館|博物館|寺|神社|城|空港"
ANAPHORS: tuple[Anaphor, ...] = (
    Anaphor(_COMPANY_WORDS, _ORGANIZATION, _COMPANY, excluded=_NO_COMPANY, otherwise=_PRODUCT),
    Anaphor(_PERSON_WORDS, _PERSON, _NOTHING),
    _named("行|銀行", _ORGANIZATION, "銀行|バンク|信金|銀|信託"),
    _named("紙|新聞", _PUBLICATION, _PAPER_SHAPE),
    _named("誌|雑誌", _PUBLICATION, _ANYTHING, strict=False),
    _named("省", _ORGANIZATION, "省"),
    _named("庁", _ORGANIZATION, "庁"),
    _named("局", _ORGANIZATION, "局|放送|テレビ"),
    _named("党", _ORGANIZATION, "党|維新|維新の会|自民|公明|立憲|民主|共産|社民|れいわ|新選組"),
    _named("委|委員会", _ORGANIZATION, "委員会|委"),
    _named("大|大学", _ORGANIZATION, "大学|大|大学院|カレッジ"),
    _named("校|学校|学園|高|高校|中学", _ORGANIZATION | {EntityType.FACILITY}, "校|学園|学院|高|中学|塾|大学"),
    Anaphor(re.compile("同国|この国"), _PLACE, _COUNTRY, strict=True),
    *(_named(letter, _PLACE | _ORGANIZATION, letter) for letter in "市県府都州町村区"),
    _named("島", _PLACE, "島"),
    _named("川|河川", _PLACE, "川|河|江"),
    _named("駅", _PLACE | {EntityType.FACILITY}, "駅"),
    _named("署", _ORGANIZATION | {EntityType.FACILITY}, "署"),
    _named("地裁|高裁|裁判所", _ORGANIZATION, "地裁|高裁|裁判所|最高裁"),
    _named(_BODIES, _ORGANIZATION, _ANYTHING, strict=False),
    _named(_FACILITIES, _ORGANIZATION | {EntityType.FACILITY}, _ANYTHING, strict=False),
    Anaphor(re.compile(r"当社|弊社|わが社|我が社|自社"), _ORGANIZATION, _COMPANY, excluded=_NO_COMPANY, spoken=True),
    Anaphor(re.compile(r"当行"), _ORGANIZATION, re.compile(r"(?:銀行|バンク)$"), strict=True, spoken=True),
    Anaphor(re.compile(r"私|僕|俺|わたし|わたくし|ぼく|おれ"), _PERSON, _NOTHING, spoken=True),
)
_BREAK = re.compile(r"[「『（(」』）)。．！？!?\n]")
_ROLE = re.compile(rf"(?:{TITLES}|氏|さん|側|[（(][^（()）]{{0,40}}[）)]|[」』])*(は|も|が|の)?")
_MAX_SENTENCES_BACK = 8
_MAX_CANDIDATES = 40
_MAX_SCANNED = 120
_LONGEST_QUOTATION = 400
_LONGEST_ANAPHOR = len("このスタートアップ")
_FIRST_LETTERS = frozenset("同こ彼かの氏当弊わ我自私僕俺ぼお")


@lru_cache(maxsize=1024)
def anaphor_kind(phrase: str) -> int | None:
    """The index in ``ANAPHORS`` of the kind that the phrase is of, None where it is no anaphor."""
    if len(phrase) > _LONGEST_ANAPHOR or phrase[:1] not in _FIRST_LETTERS:
        return None
    return next((index for index, kind in enumerate(ANAPHORS) if kind.words.fullmatch(phrase)), None)


def is_anaphor(name: str) -> bool:
    """Whether the phrase (同社, 彼, 同氏) stands for one name said before; plurals (両社, 彼ら) do not count."""
    return anaphor_kind(name) is not None


def antecedents(text: str, names: Sequence[Name]) -> list[tuple[int, int]]:
    """Pairs (anaphor, antecedent) of indices of ``names``, which are in order of text; none for an unsolved anaphor.

    The nearest fitting name of the same sentence is taken, or else the best of the sentences before: a topic (…は) or
    subject of a nearer sentence before another phrase, and a mere modifier (…の) last.
    """
    kinds = [anaphor_kind(text[start:end]) for start, end, _ in names]
    if not any(kind is not None for kind in kinds):
        return []
    layout = _Layout(text)
    typed = _of_every_type(text, names)
    stands_for: dict[int, int] = {}
    for index, kind in enumerate(kinds):
        if kind is None:
            continue
        anaphor = ANAPHORS[kind]
        found = _find(text, typed, kinds, stands_for, layout, index, anaphor)
        if found is None and anaphor.otherwise:
            other = replace(anaphor, types=anaphor.otherwise)
            found = _find(text, typed, kinds, stands_for, layout, index, other)
        if found is not None:
            stands_for[index] = stands_for.get(found, found)
    return list(stands_for.items())


def _of_every_type(text: str, names: Sequence[Name]) -> list[_Typed]:
    """The names with all types that the same letters have anywhere: the recogniser is seldom wrong each time."""
    types: dict[str, set[EntityType]] = {}
    for start, end, kind in names:
        if kind is not None:
            types.setdefault(text[start:end], set()).add(kind)
    return [(start, end, frozenset(types.get(text[start:end], ()))) for start, end, _ in names]


class _Layout:
    """Where sentences end and quotations stand."""

    def __init__(self, text: str) -> None:
        self.breaks: list[int] = []
        stack: list[int] = []
        for match in _BREAK.finditer(text):
            mark = match.group()
            if mark in "「『（(":
                stack.append(match.start())
            elif mark in "」』）)":
                del stack[-1:]
            elif mark == "\n" or not stack:
                stack.clear()
                self.breaks.append(match.end())
        self.text = text

    def sentence(self, offset: int) -> int:
        return bisect_right(self.breaks, offset)

    def quotation(self, offset: int) -> int | None:
        """Where the quotation that holds the offset opens, None outside of any."""
        begin = self.breaks[self.sentence(offset) - 1] if self.sentence(offset) else 0
        begin = max(begin, offset - _LONGEST_QUOTATION)
        opened = max(self.text.rfind(mark, begin, offset) for mark in "「『")
        closed = max(self.text.rfind(mark, begin, offset) for mark in "」』")
        return opened if opened > closed else None


def _find(
    text: str,
    names: Sequence[_Typed],
    kinds: Sequence[int | None],
    stands_for: dict[int, int],
    layout: _Layout,
    index: int,
    anaphor: Anaphor,
) -> int | None:
    start = names[index][0]
    if anaphor.spoken:
        opening = layout.quotation(start)
        if opening is None and anaphor.types == _PERSON:
            return None
        start = start if opening is None else opening
    here = layout.sentence(start)
    best: tuple[float, int] | None = None
    seen = 0
    for other in range(index - 1, max(index - 1 - _MAX_SCANNED, -1), -1):
        if names[other][1] > start:
            continue
        distance = here - layout.sentence(names[other][0])
        if distance > _MAX_SENTENCES_BACK or seen >= _MAX_CANDIDATES:
            break
        meant = other if kinds[other] is None else stands_for.get(other)
        if meant is None or not _fits(text, names[meant], anaphor):
            continue
        seen += 1
        score = _prominence(text, names[other][1], distance)
        if best is None or score > best[0]:
            best = score, other
        if distance == 0 and not anaphor.spoken:
            break
    if best is None and anaphor.spoken:
        return _speaker_after(text, names, kinds, layout, index, anaphor)
    return best[1] if best else None


def _speaker_after(
    text: str, names: Sequence[_Typed], kinds: Sequence[int | None], layout: _Layout, index: int, anaphor: Anaphor
) -> int | None:
    """The first fitting name of the sentence after the quotation (「当社は…」と甲製作所は述べた)."""
    closing = text.find("」", names[index][1], names[index][1] + _LONGEST_QUOTATION)
    for other in range(index + 1, min(len(names), index + _MAX_CANDIDATES)):
        if layout.sentence(names[other][0]) != layout.sentence(names[index][0]):
            break
        if names[other][0] > closing >= 0 and kinds[other] is None and _fits(text, names[other], anaphor):
            return other
    return None


def _fits(text: str, name: _Typed, anaphor: Anaphor) -> bool:
    start, end, types = name
    written = text[start:end]
    if anaphor.excluded is not None and anaphor.excluded.search(written):
        return False
    if anaphor.shape is _COUNTRY and types <= _PLACE | _ORGANIZATION:
        return is_country(written) or bool(types and (_COUNTRY.search(written) or _STATE_AFTER.match(text, end)))
    if anaphor.types == _PERSON and not types:
        return text.startswith(("氏", "さん"), end) or written.endswith(("氏", "さん"))
    if not types:
        return anaphor.shape.pattern != f"(?:{_ANYTHING})$" and bool(anaphor.shape.search(written))
    return bool(types & anaphor.types) and (not anaphor.strict or bool(anaphor.shape.search(written)))


def _prominence(text: str, end: int, distance: int) -> float:
    """How likely a phrase that ends there is to be taken up ``distance`` sentences later."""
    match = _ROLE.match(text, end)
    role = match.group(1) if match else None
    weight = {"は": 3.0, "も": 2.5, "が": 2.5, "の": 0.0}.get(role or "", 1.5)
    return (10.0 if distance == 0 else 0.0) + weight - distance
