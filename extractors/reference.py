"""Which names of one text are names of one thing: short and full names, bracketed definitions, abbreviations.

Everything is decided on the names themselves and on the text between them; nothing is looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from extractors.records import EntityType

_BRACKETS = re.compile(r"[\s「」『』“”\"'()（）〈〉《》]")
_PARTS = re.compile(r"[・=＝\s]")
_KATAKANA = re.compile(r"^[ァ-ヶー・=＝]+$")
_KANJI = re.compile(r"^[一-龥々ヶ]+$")
_DEFINITION = re.compile(r"^[」』]?[（(](?:以下[、,]?|略称[はは：:]?|通称[はは：:]?|現在?[・、]?|英[：:]|旧[・、]?)?[「『]?([^（）()「」『』、。]{2,24})[」』]?(?:と?いう|と略す)?[）)]")
_APPOSITION = re.compile(r"^[「『]([^「」『』。]{2,24})[」』]")
_DESIGNATORS = re.compile(
    r"^(?:株式会社|有限会社|合同会社|財団法人|社団法人|学校法人|独立行政法人|一般社団法人|公益財団法人|NPO法人)"
    r"|(?:株式会社|コーポレーション|ホールディングス|グループ|社|HD)$"
)
_ANAPHORS: tuple[tuple[re.Pattern[str], EntityType, re.Pattern[str]], ...] = (
    (re.compile(r"^(?:同|当|本)社$|^(?:この|その|同)(?:会社|企業|新会社)$"), EntityType.ORGANIZATION, re.compile(r"")),
    (re.compile(r"^同(?:行|銀行)$"), EntityType.ORGANIZATION, re.compile(r"銀行|バンク|行$")),
    (re.compile(r"^(?:同|当)(?:紙|新聞)$"), EntityType.ORGANIZATION, re.compile(r"新聞|紙|タイムズ|ポスト|ニュース")),
    (re.compile(r"^同(?:省|庁|局|委|委員会)$"), EntityType.ORGANIZATION, re.compile(r"[省庁局委会]$")),
    (re.compile(r"^同党$"), EntityType.ORGANIZATION, re.compile(r"党|会$|連盟|維新")),
    (re.compile(r"^(?:同|本)(?:校|大|学園|大学)$"), EntityType.ORGANIZATION, re.compile(r"[校大学園院塾]")),
    (re.compile(r"^同(?:団体|組織|グループ|連盟|協会|組合|クラブ|球団|チーム|財団|法人|会|店|市|県|町|村|国)$"), EntityType.ORGANIZATION, re.compile(r"")),
    (re.compile(r"^(?:彼|彼女|同氏|氏|同議員|同監督|同選手|同被告)$"), EntityType.PERSON, re.compile(r"")),
)
_HONORIFIC = re.compile(r"(?<=..)(?:氏|さん|様|君|被告|容疑者|側|ら)$")


def normalise_name(name: str) -> str:
    """A key under which spellings of one name agree: NFKC, case, brackets and honorifics folded."""
    key = _BRACKETS.sub("", unicodedata.normalize("NFKC", name)).casefold()
    return _HONORIFIC.sub("", key) or key


def is_anaphor(name: str) -> bool:
    """Whether the phrase (同社, 彼, 同氏) stands for a name said before."""
    return any(pattern.match(name) for pattern, _, _ in _ANAPHORS)


def group_names(text: str, names: Sequence[tuple[int, int, EntityType | None]]) -> list[int]:
    """For each name, given as half-open offsets and type, the number of the thing that it names.

    Numbers are those of the first name of each group, so equal numbers mean one thing.
    """
    keys = [normalise_name(text[start:end]) for start, end, _ in names]
    group = list(range(len(names)))
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if not is_anaphor(text[names[index][0] : names[index][1]]):
            group[index] = first.setdefault(key, index)
    for index, full in _defined_pairs(text, names, keys):
        _join(group, index, full)
    for key, index in list(first.items()):
        candidates = [other for long, other in first.items() if long != key and _is_short_for(key, long, names[index][2], names[other][2])]
        candidates = [each for each in candidates if not _conflict(names[index][2], names[each][2])]
        if candidates:
            before = [each for each in candidates if names[each][0] < names[index][0]]
            _join(group, index, (before or candidates)[-1] if before else candidates[0])
    for index, antecedent in _anaphor_pairs(text, names):
        _join(group, index, antecedent)
    return [_root(group, index) for index in range(len(group))]


def _anaphor_pairs(text: str, names: Sequence[tuple[int, int, EntityType | None]]) -> list[tuple[int, int]]:
    """Pairs (同社, the nearest name before it that it can stand for)."""
    pairs = []
    for index, (start, end, _) in enumerate(names):
        for pattern, kind, shape in _ANAPHORS:
            if not pattern.match(text[start:end]):
                continue
            before = [other for other in range(len(names)) if names[other][1] <= start and names[other][2] is kind]
            fitting = [other for other in before if shape.search(text[names[other][0] : names[other][1]])]
            if fitting or before:
                pairs.append((index, (fitting or before)[-1]))
            break
    return pairs


def _conflict(left: EntityType | None, right: EntityType | None) -> bool:
    kinds = {left, right}
    return EntityType.PERSON in kinds and bool(kinds & {EntityType.ORGANIZATION, EntityType.PLACE, EntityType.FACILITY})


def _root(group: list[int], index: int) -> int:
    while group[index] != index:
        index = group[index]
    return index


def _join(group: list[int], left: int, right: int) -> None:
    left, right = sorted((_root(group, left), _root(group, right)))
    group[right] = left


def _is_short_for(short: str, full: str, short_type: EntityType | None, full_type: EntityType | None) -> bool:
    """マスク for イーロン・マスク, 孫 or 正義 for 孫正義 where both are persons, トヨタ社 for トヨタ株式会社."""
    if len(short) < 2 or len(short) >= len(full):
        return len(short) == 1 and full_type is EntityType.PERSON and short_type is EntityType.PERSON and full.startswith(short)
    parts = [part for part in _PARTS.split(full) if part]
    if len(parts) > 1 and _KATAKANA.match(short) and short in {parts[-1], parts[0], "".join(parts[-2:])}:
        return True
    if full_type is EntityType.PERSON and short_type in {EntityType.PERSON, None} and _KANJI.match(full) and len(full) <= 6:
        return full.startswith(short)
    bare = _DESIGNATORS.sub("", full)
    return bare != full and _DESIGNATORS.sub("", short) == bare


def _defined_pairs(text: str, names: Sequence[tuple[int, int, EntityType | None]], keys: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs (abbreviation, full name) from 国際司法裁判所（ICJ） and 甲製作所（以下「甲」）."""
    by_key: dict[str, int] = {}
    for index, key in enumerate(keys):
        by_key.setdefault(key, index)
    pairs = []
    for index, (_, end, _kind) in enumerate(names):
        match = _DEFINITION.match(text[end : end + 40])
        if match and (other := by_key.get(normalise_name(match.group(1)))) is not None and other != index:
            if _abbreviates(keys[other], keys[index], match.group()):
                pairs.append((other, index))
    return pairs


def _abbreviates(short: str, full: str, marked: str) -> bool:
    if "以下" in marked or "略称" in marked or "通称" in marked:
        return True
    if re.fullmatch(r"[a-z0-9&.\-]+", short):
        return len(short) < len(full) + 4
    remaining = iter(full)
    return all(letter in remaining for letter in short)
