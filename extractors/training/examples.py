"""Texts to arrays, for what is learned from the corpora: entity tags, and the roles of phrases to predicates."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from extractors.encoder import MAX_PIECES, Pieces, PieceTokenizer
from extractors.features import TextFrame, frame_text, pair_features
from extractors.heads import ENTITY_TYPES
from extractors.phrases import Phrase, noun_phrases
from extractors.predications import Case, Voice, read_predication
from extractors.readings import ROLE_CASES
from extractors.records import EntityType, Mention
from extractors.training.ner_corpus import LabelledSentence
from extractors.training.wac import BasePhrase, WacPredicate, WacText

Bytes = npt.NDArray[np.int8]
Integers = npt.NDArray[np.int64]

IGNORED = -1
"""The label of what is neither right nor wrong."""
_CANDIDATE_POS = frozenset({"NOUN", "VERB", "ADJ", "PROPN", "PRON", "ADV", "NUM"})
_WAC_TYPES = {
    "PERSON": EntityType.PERSON, "ORGANIZATION": EntityType.ORGANIZATION, "LOCATION": EntityType.PLACE,
    "ARTIFACT": EntityType.THING,
}  # fmt: skip
"""The categories that name something; artifacts are of three of our types and teach none of them."""
_AGENTIVE_CATEGORIES = frozenset({"PERSON", "ORGANIZATION"})
_COMPOUND_CASES = {"ニタイシテ": "ニ", "ヘ": "ニ", "ヲメグッテ": "ヲ"}
_ROLE_INDEX = {case.value: index for index, case in enumerate(ROLE_CASES)}


class Locality(enum.IntEnum):
    """Where an argument stands to its predicate, as evaluations of zero anaphora divide it."""

    OVERT = 0
    """One depends directly on the other."""
    SENTENCE = 1
    """Elsewhere in the sentence."""
    TEXT = 2
    """In another sentence."""


class ScoredPredicate(Protocol):
    """A predicate with the features of every phrase to it."""

    @property
    def span(self) -> tuple[int, int]:
        """Its first and last piece."""

    @property
    def features(self) -> Bytes:
        """Shape (phrases, features)."""


@dataclass(frozen=True, slots=True)
class TaggedText:
    """A text with the tag of every piece: 0 outside, then begin and inside of each type, ``IGNORED`` unknown."""

    id: str
    text: str
    pieces: Pieces
    tags: Integers


@dataclass(frozen=True, slots=True)
class GoldRole:
    """An argument of a predicate: its role and every phrase that names it."""

    role: int
    phrases: frozenset[int]
    locality: Locality


@dataclass(frozen=True, slots=True)
class RolePredicate:
    """A predicate of the corpus."""

    span: tuple[int, int]
    features: Bytes
    labels: Bytes
    """Shape (phrases, roles): 1 the annotated argument, ``IGNORED`` another phrase that names it, 0 none."""
    gold: tuple[GoldRole, ...]
    localities: Bytes
    """Shape (phrases,): the ``Locality`` of each phrase."""


@dataclass(frozen=True, slots=True)
class RoleText:
    """A text with its candidate phrases (first and last piece of each) and its predicates."""

    tagged: TaggedText
    phrases: Integers
    predicates: tuple[RolePredicate, ...]


def tagged_text(name: str, text: str, mentions: Iterable[Mention], tokenize: PieceTokenizer) -> TaggedText | None:
    """The text with its tags; mentions of type Thing are ignored. None where it is too long for the encoder."""
    pieces = tokenize(text)
    if len(pieces.ids) > MAX_PIECES:
        return None
    tags = np.zeros(len(pieces.ids), dtype=np.int64)
    for mention in mentions:
        first, last = pieces.covering(mention.start, mention.end)
        if mention.type is EntityType.THING:
            tags[first : last + 1] = IGNORED
            continue
        kind = ENTITY_TYPES.index(mention.type)
        tags[first], tags[first + 1 : last + 1] = 1 + 2 * kind, 2 + 2 * kind
    return TaggedText(name, text, pieces, tags)


def tagged_sentences(sentences: Iterable[LabelledSentence], tokenize: PieceTokenizer) -> Iterator[TaggedText]:
    """The sentences of the entity corpus that the encoder can take."""
    for sentence in sentences:
        if (tagged := tagged_text(sentence.id, sentence.text, sentence.mentions, tokenize)) is not None:
            yield tagged


def role_text(wac: WacText, doc: Doc, tokenize: PieceTokenizer) -> RoleText | None:
    """The text's predicates over its candidate phrases; None where it is too long or has no phrase.

    ``doc`` is GiNZA's parse of ``wac.text``: what the reader will see is labelled with what the corpus knows.
    """
    mentions = [
        Mention(each.start, each.end, wac.text[each.start : each.end], _WAC_TYPES[each.category])
        for each in wac.entities
        if each.category in _WAC_TYPES
    ]
    tagged = tagged_text(wac.id, wac.text, mentions, tokenize)
    phrases = noun_phrases(doc, mentions)
    if tagged is None or not phrases:
        return None
    labeller = _Labeller(wac, doc, phrases, tagged.pieces)
    predicates = tuple(found for each in wac.predicates if (found := labeller.label(each)) is not None)
    return RoleText(tagged, phrase_pieces(phrases, tagged.pieces), predicates)


def phrase_pieces(phrases: Sequence[Phrase], pieces: Pieces) -> Integers:
    """Shape (phrases, 2): the first and the last piece of each phrase."""
    spans = [pieces.covering(phrase.start, phrase.end) for phrase in phrases]
    return np.array(spans, dtype=np.int64).reshape(len(spans), 2)


def align(base_phrases: Sequence[BasePhrase], phrases: Sequence[Phrase], doc: Doc) -> list[int | None]:
    """For each base phrase the candidate that it heads: the longest that ends with it, or the shortest around it.

    Where none holds its last character, the candidate whose grammatical head does.
    """
    return [_candidate(each, phrases, doc) for each in base_phrases]


def _candidate(base_phrase: BasePhrase, phrases: Sequence[Phrase], doc: Doc) -> int | None:
    last = base_phrase.end - 1
    around = [index for index, phrase in enumerate(phrases) if phrase.start <= last < phrase.end]
    if around:
        ending = [index for index in around if phrases[index].end == base_phrase.end]
        if ending:
            return max(ending, key=lambda index: phrases[index].end - phrases[index].start)
        return min(around, key=lambda index: phrases[index].end - phrases[index].start)
    headed = [
        index for index, phrase in enumerate(phrases)
        if doc[phrase.head].idx <= last < doc[phrase.head].idx + len(doc[phrase.head])
    ]  # fmt: skip
    return headed[-1] if headed else None


def deep_case(surface: str, *, passive: bool, agentive: bool) -> str:
    """The deep case of a surface case of the corpus; the particle itself where it is none of ``ROLE_CASES``.

    ``agentive`` tells whether the argument is a person or organisation, which makes ニ of a passive its agent.
    """
    case = surface.rstrip("？")
    case = _COMPOUND_CASES.get(case, case)
    if case == "ニヨッテ":
        return Case.GA if passive else Case.DE
    if passive and case == Case.GA:
        return Case.WO
    return Case.GA if passive and case == Case.NI and agentive else case


class _Labeller:
    """Labels predicates of one text."""

    def __init__(self, wac: WacText, doc: Doc, phrases: list[Phrase], pieces: Pieces) -> None:
        self._wac, self._doc, self._phrases, self._pieces = wac, doc, phrases, pieces
        self._frame: TextFrame = frame_text(doc, phrases)
        self._candidates = align(wac.base_phrases, phrases, doc)
        self._clusters = wac.clusters()
        self._members: dict[int, list[int]] = defaultdict(list)
        for index, cluster in enumerate(self._clusters):
            self._members[cluster].append(index)
        self._token_at = {at: token.i for token in doc for at in range(token.idx, token.idx + len(token))}
        self._categories = {at: each.category for each in wac.entities for at in range(each.start, each.end)}
        self._places = _base_phrases_by_character(wac)

    def label(self, predicate: WacPredicate) -> RolePredicate | None:
        """The predicate's example; None where GiNZA has no token at it."""
        anchor = self._anchor(predicate)
        if anchor is None:
            return None
        predication = read_predication(self._doc, anchor)
        passive = predication.voice is Voice.PASSIVE
        labels = np.zeros((len(self._phrases), len(ROLE_CASES)), dtype=np.int8)
        gold = []
        for argument in predicate.arguments:
            target = self._wac.base_phrases[argument.target]
            agentive = self._categories.get(target.end - 1) in _AGENTIVE_CATEGORIES
            role = _ROLE_INDEX.get(deep_case(argument.case, passive=passive, agentive=agentive))
            if role is None:
                continue
            named_by = [self._candidates[each] for each in self._members[self._clusters[argument.target]]]
            allowed = frozenset(each for each in named_by if each is not None)
            gold.append(GoldRole(role, allowed, self._locality(predicate.base_phrase, argument.target)))
            exact = self._candidates[argument.target]
            if exact is None:
                continue
            for index in allowed:
                labels[index, role] = labels[index, role] or IGNORED
            labels[exact, role] = 1
        token = self._doc[anchor]
        span = self._pieces.covering(token.idx, token.idx + len(token))
        features = pair_features(self._frame, predication).astype(np.int8)
        return RolePredicate(span, features, labels, tuple(gold), self._localities(predicate.base_phrase))

    def _anchor(self, predicate: WacPredicate) -> int | None:
        base_phrase = self._wac.base_phrases[predicate.base_phrase]
        covered = range(base_phrase.start, base_phrase.end)
        tokens = sorted({self._token_at[at] for at in covered if at in self._token_at})
        content = [index for index in tokens if self._doc[index].pos_ in _CANDIDATE_POS]
        chosen = content or tokens
        return chosen[-1] if chosen else None

    def _locality(self, predicate: int, argument: int) -> Locality:
        one, other = self._wac.base_phrases[predicate], self._wac.base_phrases[argument]
        if one.parent == argument or other.parent == predicate:
            return Locality.OVERT
        return Locality.SENTENCE if one.sentence == other.sentence else Locality.TEXT

    def _localities(self, predicate: int) -> Bytes:
        places = (int(self._places[phrase.end - 1]) for phrase in self._phrases)
        return np.array([self._locality(predicate, place) for place in places], dtype=np.int8)


def _base_phrases_by_character(wac: WacText) -> Integers:
    """For each character the number of the last base phrase that begins at it or before."""
    begins = np.zeros(len(wac.text), dtype=np.int64)
    for index, base_phrase in enumerate(wac.base_phrases):
        begins[base_phrase.start] = index
    result: Integers = np.maximum.accumulate(begins)
    return result
