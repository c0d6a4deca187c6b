"""The name within a phrase that also says who its bearer is: 水野花子 of 画家水野花子 and of 水野花子財務省事務次官.

A phrase is the longest run of nouns, so it holds what stands before a name or behind it without a particle. The ranker
reads it whole, as it was trained to; what a claim calls the thing is told here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spacy.tokens import Doc

from extractors.names import FOREIGN_WORD, TITLES
from extractors.phrases import Phrase
from extractors.records import EntityType

_MARKS = "・＝="
_KANJI_END = re.compile("[一-龥々]$")
_FOREIGN_START = re.compile("[ァ-ヶーA-Za-zÀ-ɏ]")
_UNBROKEN = re.compile("[ァ-ヶー]\0[・＝=]?[ァ-ヶー]|[A-Za-zÀ-ɏ.]\0[・＝=]?[A-Za-zÀ-ɏ]")
"""A place, marked by a null, where one name may go on in its own script."""
_OFFICE = re.compile(
    f"(?:{TITLES}|[一-龥]長|次官|参事官|補佐官|司令官|教官|枢機卿|大使|公使|特使|総領事|委員|理事|監事|顧問|会頭|総統|[都道府県市区町村]議"
    "|教諭|助教|講師|研究員|書記|主筆|大司教|司教|司祭)$"
)
"""What follows a person's name, perhaps with a body's name between (水野花子財務省事務次官)."""
_NAMESAKE = re.compile(
    "(?:記念|後援|奨学|顕彰|研究|財団|基金|賞|遺族|友の会|ファン|事務所|担当|文庫|美術館|博物館|学園|大学|病院|一家|派|政権|内閣|陣営"
    "|(?:首相|総理|大統領|長官|大臣|知事|市長|社長|会長)(?:補佐|特使|報道|広報|顧問|秘書|代理|担当))"
)
"""What follows a person's name where somebody else is meant: 水野花子記念館長, 水野首相補佐官."""
_DESCRIBED = frozenset({EntityType.PERSON, EntityType.ORGANIZATION, EntityType.PRODUCT})
"""Types of names that stand behind a description; a place does so in compounds of its own (同市)."""


def name_within(doc: Doc, phrases: Sequence[Phrase], types: Sequence[EntityType | None], index: int) -> int | None:
    """The index of the recognised name that the phrase at ``index`` describes, None where the phrase is taken whole.

    ``types`` run along ``phrases``. A name at the end needs a common noun before it and, but for persons, a mark or
    another script between; a person's name at the beginning needs an office at the end.
    """
    phrase = phrases[index]
    if phrase.named:
        return None
    for other, inner in enumerate(phrases):
        if not inner.named or len(inner.text) < 2 or inner.start < phrase.start or phrase.end < inner.end:
            continue
        if inner.end == phrase.end and _is_described(doc, phrase, inner, types[other]):
            return other
        if inner.start == phrase.start and types[other] is EntityType.PERSON and _is_in_office(doc, phrase, inner):
            return other
    return None


def _is_in_office(doc: Doc, phrase: Phrase, inner: Phrase) -> bool:
    rest = phrase.text[len(inner.text) :]
    if not _OFFICE.search(rest) or _NAMESAKE.match(rest) or _UNBROKEN.search(f"{inner.text}\0{rest}"):
        return False
    following = doc.char_span(inner.end, phrase.end, alignment_mode="expand")
    # The recogniser at times takes 水野 out of 水野花子奨学会, and at times all of ジョン・ベッカー記念館.
    return following is not None and "人名" not in following[0].tag_ and "記念" not in inner.text


def _is_described(doc: Doc, phrase: Phrase, inner: Phrase, kind: EntityType | None) -> bool:
    before = phrase.text[: -len(inner.text)]
    description = before.rstrip(_MARKS)
    if kind not in _DESCRIBED or not description or not _is_proper(doc, inner):
        return False
    if _UNBROKEN.search(f"{description}\0{phrase.text[len(description) :]}"):
        return False
    # A company's own name may be two words, too (中央監査, スタジオ薄暮): seldom kanji before foreign letters.
    is_apart = description != before or (_KANJI_END.search(description) and _FOREIGN_START.match(inner.text))
    if kind is not EntityType.PERSON and not is_apart:
        return False
    span = doc.char_span(phrase.start, phrase.start + len(description), alignment_mode="strict")
    return span is not None and span[-1].tag_.startswith(("名詞-普通名詞", "接尾辞-名詞的"))


def _is_proper(doc: Doc, inner: Phrase) -> bool:
    span = doc.char_span(inner.start, inner.end, alignment_mode="expand")
    return span is not None and (
        FOREIGN_WORD.search(inner.text) is not None or any("固有名詞" in token.tag_ for token in span)
    )
