"""Names that the text itself declares to be one: 甲製作所（以下「甲」）, 北大西洋条約機構（NATO）, 甲こと乙."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from extractors.names import abbreviates, bare_name, is_country, normalise_name
from extractors.records import EntityType

Name = tuple[int, int, EntityType | None]

_LONGEST_ASIDE = 160
_OPENING = re.compile(r"[」』”》〉]?\s*[（(]")
_ITEM = re.compile(r"[^、,，;；／/：:]+")
_LABEL_ALONE = re.compile(
    r"\s*(?:以下|以降|[略通別旧英俗愛漢原]称|略号?|別名|本名|旧名|英名|正式名称?|[英仏独伊露西蘭羅希中韓葡拉米漢]語?|[ァ-ヶー]+語|朝鮮語|英文|英文名|英語名?|英語表記|英文社名)\s*"
)
_LABEL = re.compile(
    r"^\s*(?:(?:以下|以降|後)(?:[、,は]|では|単に|「|『|\s)*|(?:略称|略号|略記|略語|略して|略|通称|俗称|愛称|別名|別称|異名|雅号|号|筆名|芸名|本名|旧名|旧称|旧姓名|旧社名|改称後|現在の|正式名称?|正式には"
    r"|英名|英称|英文名|英語名|原語|現地名|漢名|中国名|日本名|洗礼名|幼名|諱)[はがもの：:・、\s]*|(?:[英仏独伊露西蘭羅希中韓葡拉米漢]|ラテン|英|フランス|ドイツ|イタリア|ロシア|スペイン|中国|朝鮮|ギリシャ|ギリシア|アラビア"
    r"|ポルトガル|オランダ|梵|満州|満洲|モンゴル)語?\s*[：:]\s*|[現旧](?:在)?[・：:]?(?=[^\d]))"
)
_TODAY = re.compile("現(?!地名)")
"""A label with what is at a place now, which is not the place: 江戸町（現・東京市）."""
_TAIL = re.compile(r"(?:という|といい|と呼ぶ|と呼称|と略す|と略記|と略称|と表記|とする|など|等|ほか)+[。]?$")
_JOINT = re.compile(r"[」』]?(?:こと|改め|あらため)[「『]?")
_CALLED = re.compile(
    r"(?:略称|通称|愛称|別名|別称|旧称|旧社名|旧名|本名|英称)(?:・[^、。「]{2,3})?(?:は|も)?[、「『]*$"
)
_TOPIC = re.compile(r"[」』]?\s*(?:[（(][^（()）]{0,160}[）)])?\s*(?:は|とは|、(?:通称|略称|別名|旧称))")
_QUOTES = "「」『』“”\"' 　\t"
_READING = re.compile(r"[ぁ-んゝー・\s\-ァ-ヶ0-9]+")
_NUMBERED_LAW = re.compile(r"(?:明治|大正|昭和|平成|令和)[元0-9]+年.{0,12}第[0-9]+号")
_LATIN = re.compile(r"[\W\dA-Za-zÀ-ɏĀ-ỿ]+")
_KANJI = re.compile(r"[一-龥々]")
_KATAKANA = re.compile(r"[ァ-ヶー・＝=\s]+")
_BODY = re.compile(
    r"(?:機構|連合|協会|連盟|銀行|委員会|機関|組織|条約|基金|党|庁|局|省|社|大学|センター|連邦|理事会|裁判所|会議|会|国|共同体|協定|計画|公社|公団|研究所|軍|団|システム)$"
)


def defined_pairs(text: str, names: Sequence[Name]) -> Iterator[tuple[int, int]]:
    """Pairs (another name, name) of indices that the text declares to name one thing."""
    by_span: dict[tuple[int, int], int] = {}
    by_key: dict[str, int] = {}
    for index, (start, end, _) in enumerate(names):
        by_span.setdefault((start, end), index)
        by_key.setdefault(normalise_name(text[start:end]), index)
    for index, (start, end, kind) in enumerate(names):
        for item_start, item_end, label, place in _asides(text, end):
            written = text[item_start:item_end]
            other = by_span.get((item_start, item_end))
            if other is None:
                other = by_key.get(normalise_name(written))
            if other is None or other == index:
                continue
            other_kind = names[other][2]
            if kind is EntityType.PLACE and _TODAY.match(label):
                continue
            if label or _is_variant(text[start:end], kind, written, other_kind, place):
                yield other, index
    yield from _alias_pairs(text, names, by_span)


def _asides(text: str, end: int) -> Iterator[tuple[int, int, str, int]]:
    """The items of the bracket after a name: offsets, the label (以下, 略称) that makes it a name or "", place."""
    opening = _OPENING.match(text, end)
    if not opening:
        return
    start = opening.end()
    stop = _closing(text, start)
    if stop is None:
        return
    for place, match in enumerate(_items(text, start, stop)):
        item_start, item_end = match
        label = _LABEL.match(text[item_start:item_end])
        if label:
            item_start += label.end()
        tail = _TAIL.search(text[item_start:item_end])
        if tail:
            item_end = item_start + tail.start()
        while item_start < item_end and text[item_start] in _QUOTES:
            item_start += 1
        while item_start < item_end and text[item_end - 1] in _QUOTES:
            item_end -= 1
        if item_start < item_end:
            yield item_start, item_end, label.group().strip() if label else "", place


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for offset in range(start, min(len(text), start + _LONGEST_ASIDE)):
        if text[offset] in "（(":
            depth += 1
        elif text[offset] in "）)":
            depth -= 1
            if depth == 0:
                return offset
        elif text[offset] == "\n":
            return None
    return None


def _items(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Half-open offsets of the items; a label (以下、 英：) belongs to what follows it."""
    begin: int | None = None
    for match in _ITEM.finditer(text, start, stop):
        if begin is None:
            begin = match.start()
        if _LABEL_ALONE.fullmatch(match.group()):
            continue
        yield begin, match.end()
        begin = None


def _is_variant(name: str, kind: EntityType | None, written: str, other_kind: EntityType | None, place: int) -> bool:
    """Whether an unlabelled item is another spelling of the name rather than something said about it."""
    if place > 2 or is_country(written):
        return False
    full, short = normalise_name(bare_name(name)), normalise_name(bare_name(written))
    if _READING.fullmatch(written) and re.search(r"[ぁ-ん]", written):
        return bool(_KANJI.search(name)) and len(full) <= len(short) + 1 <= 6 * len(full)
    if kind != other_kind and (None not in {kind, other_kind} or EntityType.PERSON in {kind, other_kind}):
        return False
    both_known = kind == other_kind and kind is not None
    if kind != other_kind and not (is_body(name) or is_body(written)):
        return False
    if _is_latin(written) and not _is_latin(name):
        return kind is not EntityType.PERSON or " " in written.strip() or "・" in written
    if _is_latin(name) and not _is_latin(written):
        return both_known or is_body(written)
    if place == 0 and (abbreviates(short, full) or abbreviates(full, short)):
        return True
    if both_known and _KATAKANA.fullmatch(written):
        return not _KATAKANA.fullmatch(name) or short[0] == full[0]
    if not both_known or kind is EntityType.PLACE:
        return False
    return _is_alike(short, full) or bool(_NUMBERED_LAW.fullmatch(written))


def is_body(name: str) -> bool:
    """Whether the name ends as those of public bodies and companies do: 機構, 委員会, 銀行."""
    return _BODY.search(name) is not None


def _is_alike(left: str, right: str) -> bool:
    """Whether two keys share at least two letters and two fifths of the shorter one (東海旅客鉄道 and JR東海)."""
    shared = len(set(left) & set(right))
    return shared >= 2 and 5 * shared >= 2 * min(len(set(left)), len(set(right)))


def _is_latin(name: str) -> bool:
    plain = unicodedata.normalize("NFKC", name)
    return bool(_LATIN.fullmatch(plain)) and any(letter.isalpha() for letter in plain)


def _alias_pairs(text: str, names: Sequence[Name], by_span: Mapping[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
    """Pairs outside of brackets: 甲こと乙, and 甲は…。略称は「乙」。"""
    starts = {start: index for (start, _), index in by_span.items()}
    topic: int | None = None
    for index, (start, end, kind) in enumerate(names):
        joint = _JOINT.match(text, end)
        if joint and (other := starts.get(joint.end())) is not None and kind == names[other][2] and kind is not None:
            yield other, index
        if (
            topic is not None
            and names[topic][2] is not None
            and start > names[topic][1]
            and _CALLED.search(text, max(0, start - 12), start)
        ):
            near = "。" not in text[names[topic][1] : start] or text.count("。", names[topic][1], start) <= 2
            if near and kind in {names[topic][2], None}:
                yield index, topic
        elif _TOPIC.match(text, end):
            topic = index
