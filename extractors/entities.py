"""Named mentions: those of the recogniser, and of the gazetteer after them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from spacy.tokens import Doc, Span

from extractors.encoder import Encoder, Pieces, Vectors
from extractors.heads import ENTITY_TYPES, Heads
from extractors.records import EntityType, KnownEntity, Mention

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_EDGES = frozenset(" \t\r\n　「」『』（）()[]［］【】〈〉《》・、。,，" + _INVISIBLE)
"""What no name begins or ends with."""
_BOUNDS = _EDGES - {"・"}
"""What no name is widened over."""
_CLUSTER = re.compile(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)
_NOMINAL = frozenset({"NOUN", "PROPN"})


def read_tags(text: str, pieces: Pieces, logits: Vectors) -> list[Mention]:
    """Mentions from begin/inside/outside logits of shape (pieces, tags), by position and without overlap."""
    tags = np.asarray(logits).argmax(axis=1)
    mentions: list[Mention] = []
    index, last = 1, len(tags) - 1
    while index < last:
        tag = int(tags[index])
        if tag == 0 or tag % 2 == 0:
            index += 1
            continue
        kind, stop = (tag - 1) // 2, index + 1
        while stop < last and int(tags[stop]) == 2 + 2 * kind:
            stop += 1
        mention = _mention(text, pieces.offsets[index][0], pieces.offsets[stop - 1][1], ENTITY_TYPES[kind])
        if mention is not None:
            mentions.append(mention)
        index = stop
    return mentions


def _mention(text: str, start: int, end: int, kind: EntityType) -> Mention | None:
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and text[end - 1] in _EDGES:
        end -= 1
    if not text[start:end].strip():
        return None
    start, end = _whole_words(text, start, end)
    return Mention(start, end, text[start:end], kind)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to the edges of the Latin or katakana word at either end, which a name never breaks."""
    for script in _SCRIPTS[:2]:
        while start > 0 and script.match(text[start]) and script.match(text[start - 1]) and text[start - 1] != "・":
            start -= 1
        while end < len(text) and script.match(text[end - 1]) and script.match(text[end]) and text[end] != "・":
            end += 1
    return start, end


def recognise(text: str, *, encoder: Encoder, heads: Heads, marks: Sequence[tuple[int, int]] = ()) -> list[Mention]:
    """The mentions of a text of at most ``encoder.MAX_PIECES`` pieces, its predicates marked or not."""
    pieces = encoder.tokenize(text)
    return read_tags(text, pieces, heads.entity_logits(encoder.states(pieces, marks)))


def merge_mentions(first: Sequence[Mention], second: Sequence[Mention]) -> list[Mention]:
    """The first voice's mentions and those of the second that overlap none of them, by position."""
    taken = list(first)
    for mention in second:
        if not any(mention.start < other.end and other.start < mention.end for other in taken):
            taken.append(mention)
    return sorted(taken, key=lambda mention: (mention.start, mention.end))


def to_whole_words(mentions: Iterable[Mention], doc: Doc) -> list[Mention]:
    """The mentions, each made to end where a token does (白浜電 of 白浜電機), which the recogniser knows nothing of.

    One that would then run into the next mention or over a bracket stays as it is.
    """
    ordered = sorted(mentions, key=lambda mention: (mention.start, mention.end))
    limits = [*(mention.start for mention in ordered[1:]), len(doc.text)]
    whole = []
    for mention, limit in zip(ordered, limits, strict=False):
        span = doc.char_span(mention.start, mention.end, alignment_mode="expand")
        if span is not None and mention.end < span.end_char <= limit and _continues(span, mention.end):
            mention = replace(mention, end=span.end_char, text=doc.text[mention.start : span.end_char])
        whole.append(mention)
    return whole


def _continues(span: Span, end: int) -> bool:
    """Whether what the span has after the offset is more of a noun, and no bracket."""
    return span[-1].pos_ in _NOMINAL and _BOUNDS.isdisjoint(span.doc.text[end : span.end_char])


class Gazetteer:
    """Known names in text, by one alternation pattern; the longest name at a place wins.

    Names are compared in Unicode's form NFKC, so Ｈｏｎｄａ is Honda. An alias of several entries names none of them.
    """

    def __init__(self, known: Iterable[KnownEntity]) -> None:
        known = tuple(known)
        aliases: dict[str, KnownEntity | None] = {}
        for entity in known:
            for alias in {_folded(alias) for alias in entity.aliases}:
                aliases[alias] = None if alias in aliases else entity
        entries = {alias: entity for alias, entity in aliases.items() if entity is not None}
        entries.update((_folded(entity.name), entity) for entity in known)
        self._by_name = {name: entity for name, entity in entries.items() if len(name) >= 2}
        names = sorted(self._by_name, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, names))) if names else None

    def lookup(self, name: str) -> KnownEntity | None:
        """The entity that is known under this name, of whatever width its letters are."""
        return self._by_name.get(_folded(name))

    def mentions(self, text: str) -> list[Mention]:
        """Known names, save those that are part of a longer word in the same script."""
        if self._pattern is None:
            return []
        folded, places = _fold(text)
        found = []
        for match in self._pattern.finditer(folded):
            if not _inside_word(folded, match.start(), match.end()):
                start, end = places[match.start()][0], places[match.end() - 1][1]
                found.append(Mention(start, end, text[start:end], self._by_name[match.group()].type))
        return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def _fold(text: str) -> tuple[str, Sequence[tuple[int, int]]]:
    """The text in the form NFKC and, for each of its letters, the half-open offsets of what it was written as."""
    if unicodedata.is_normalized("NFKC", text):
        return text, [(offset, offset + 1) for offset in range(len(text))]
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for cluster in _CLUSTER.finditer(text):
        folded = _folded(cluster.group())
        letters.append(folded)
        places.extend([cluster.span()] * len(folded))
    return "".join(letters), places


_SCRIPTS = (re.compile(r"[ァ-ヶー・]"), re.compile(r"[A-Za-z0-9]"), re.compile(r"[一-龥々]"))


def _inside_word(text: str, start: int, end: int) -> bool:
    for script in _SCRIPTS:
        before = start > 0 and script.match(text[start - 1]) and script.match(text[start])
        after = end < len(text) and script.match(text[end]) and script.match(text[end - 1])
        if before or after:
            return True
    return False
