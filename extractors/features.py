"""Discrete features of a (predicate, phrase) pair, read off the tree: the ranker's side of the evidence.

Each feature is a small integer below its size in ``FEATURE_SIZES``; the ranker embeds them. They know no relation and
no word, only grammar and position.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc, Token

from extractors.parsing import particles, sentence_indices
from extractors.phrases import Phrase
from extractors.predications import Case, Predication, Voice

_PARTICLE_CLASSES = (
    "", "は", "が", "も", "を", "に", "へ", "と", "で", "から", "より", "の", "や",
    "による", "に対する", "をめぐる", "について",
    "として", "への", "からの", "との", "には", "では", "とは", "にも", "など", "だ", "という", "まで", "において",
)  # fmt: skip
_PARTICLE_INDEX = {name: index for index, name in enumerate(_PARTICLE_CLASSES)}
_PARTICLE_PREFIXES = sorted(filter(None, _PARTICLE_CLASSES), key=len, reverse=True)
_CASE_INDEX = {case: index + 1 for index, case in enumerate(Case)}
_VOICE_INDEX = {voice: index for index, voice in enumerate(Voice)}
_POS_INDEX = {"PROPN": 1, "NOUN": 2, "PRON": 3, "NUM": 4}
_OPENING, _CLOSING = frozenset("「『"), frozenset("」』")
_DISTANCES = (1, 2, 4, 8, 16, 32, 64)

FEATURE_SIZES = (9, 32, 16, 7, 16, 8, 5, 4, 5, 6, 2, 4)
"""The number of values of each feature, in order: tree case, particle, path, sentence distance, token distance, voice
and kind of the predicate, part of speech, quotation, frequency, rank by nearness, first phrase, what follows."""


@dataclass(frozen=True, slots=True)
class TextFrame:
    """What the features need of a whole text, computed once."""

    doc: Doc
    phrases: tuple[Phrase, ...]
    sentences: tuple[int, ...]
    quote_ids: tuple[int, ...]
    counts: Counter[str]
    marks: tuple[int, ...]
    parts_of_speech: tuple[int, ...]
    followings: tuple[int, ...]
    ancestors: tuple[list[int], ...]
    """For each phrase the tokens above its head, itself first."""


def frame_text(doc: Doc, phrases: list[Phrase]) -> TextFrame:
    """Prepare a text for ``pair_features``."""
    heads, text = [doc[phrase.head] for phrase in phrases], doc.text
    return TextFrame(
        doc=doc,
        phrases=tuple(phrases),
        sentences=tuple(sentence_indices(doc)),
        quote_ids=tuple(_quote_ids(doc)),
        counts=Counter(phrase.text for phrase in phrases),
        marks=tuple(map(_particle_class, heads)),
        parts_of_speech=tuple(_POS_INDEX.get(head.pos_, 0) for head in heads),
        followings=tuple(_following_class(text, phrase) for phrase in phrases),
        ancestors=tuple(map(_ancestors, heads)),
    )


def _quote_ids(doc: Doc) -> list[int]:
    """For each token the number of the innermost quotation that holds it, 0 outside of any."""
    ids, stack, count = [], [0], 0
    for token in doc:
        if token.text in _OPENING:
            count += 1
            stack.append(count)
        ids.append(stack[-1])
        if token.text in _CLOSING and len(stack) > 1:
            stack.pop()
    return ids


def _particle_class(head: Token) -> int:
    marks = particles(head)
    if marks in _PARTICLE_INDEX:
        return _PARTICLE_INDEX[marks]
    return next((_PARTICLE_INDEX[name] for name in _PARTICLE_PREFIXES if marks.startswith(name)), 30)


def pair_features(text: TextFrame, predication: Predication) -> npt.NDArray[np.int64]:
    """An array of shape (phrases, features) for one predicate."""
    anchor = text.doc[predication.anchor]
    cases = {argument.head: _CASE_INDEX[argument.case] for argument in predication.arguments}
    kind = _VOICE_INDEX[predication.voice] + (4 if anchor.pos_ not in {"VERB", "AUX", "ADJ"} else 0)
    ranks = _nearness_ranks(text, predication.anchor)
    above, sentence, quote_id = _ancestors(anchor), text.sentences[anchor.i], text.quote_ids[anchor.i]
    rows = []
    for index, phrase in enumerate(text.phrases):
        distance = text.sentences[phrase.head] - sentence
        path = _path_class(text.ancestors[index], above, predication.governor) if distance == 0 else 0
        rows.append((
            cases.get(phrase.head, 0), text.marks[index], path, min(max(distance, -3), 3) + 3,
            _distance_bucket(phrase.head - anchor.i), kind, text.parts_of_speech[index],
            _quote_class(quote_id, text.quote_ids[phrase.head]), min(text.counts[phrase.text], 5) - 1,
            min(ranks[index], 5), int(index == 0), text.followings[index],
        ))  # fmt: skip
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(FEATURE_SIZES))


def _nearness_ranks(text: TextFrame, anchor: int) -> list[int]:
    order = sorted(range(len(text.phrases)), key=lambda index: abs(text.phrases[index].head - anchor))
    ranks = [0] * len(order)
    for rank, index in enumerate(order):
        ranks[index] = rank
    return ranks


def _distance_bucket(distance: int) -> int:
    size = bisect_left(_DISTANCES, abs(distance))
    return size + (8 if distance > 0 else 0)


def _quote_class(predicate_quote: int, phrase_quote: int) -> int:
    if predicate_quote == phrase_quote:
        return 0
    if predicate_quote == 0:
        return 1
    return 2 if phrase_quote == 0 else 3


def _following_class(text: str, phrase: Phrase) -> int:
    following = text[phrase.end : phrase.end + 1]
    if following in {"氏", "さ", "ら", "側"}:
        return 1
    return 2 if following in {"（", "("} else 3 if following in {"」", "』"} else 0


def _ancestors(token: Token) -> list[int]:
    chain = [token.i]
    while token.head is not token and len(chain) < 12:
        token = token.head
        chain.append(token.i)
    return chain


def _path_class(up: list[int], down: list[int], governor: int) -> int:
    """How a phrase with ``up`` above its head hangs on the predicate with ``down`` above it, in the same sentence.

    0 no path, 1-4 below it, 5-6 below its light verb, 7-8 above, 9-14 beside, 15 the predicate itself.
    """
    head, anchor = up[0], down[0]
    if head == anchor:
        return 15
    if anchor in up:
        return min(up.index(anchor), 4)
    if governor in up:
        return 4 + min(up.index(governor), 2)
    if head in down:
        return 6 + min(down.index(head), 2)
    for steps, ancestor in enumerate(down):
        if ancestor in up:
            below = 0 if up.index(ancestor) == 1 else 1
            return 9 + min(steps - 1, 2) * 2 + below
    return 0
