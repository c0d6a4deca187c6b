"""The windows of passages with claims to arrays: every predicate that a frame could fit, and what the claims say of it.

A window is read here as the reader reads it: its own names, phrases, groups and features, and no word around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from extractors.claims import are_listed
from extractors.encoder import MAX_PIECES, Pieces, PieceTokenizer
from extractors.evaluation import ClaimDict, Passage, same_entity
from extractors.features import frame_text, pair_features
from extractors.frames import FrameMatch, Pattern, find_frames
from extractors.heads import STATUSES
from extractors.parses import ParseCache, parse_sentences
from extractors.phrases import Phrase, noun_phrases
from extractors.predications import read_predication
from extractors.readings import ROLE_CASES
from extractors.records import Mention
from extractors.reference import group_names
from extractors.training.examples import IGNORED, Bytes, Integers, phrase_pieces
from extractors.training.gold import evidence_span
from extractors.windows import Window, bounded_sentences

ThingPair = tuple[frozenset[int], frozenset[int]]
"""The things that the two sides of a claim could be."""
_TEXTS_AT_ONCE = 400
_SIDES = ("subject", "object")
_LONGEST_NAME = 24
_NO_NAME = re.compile(r"[、。「」]|の.*[はがをに]")


@dataclass(frozen=True, slots=True)
class FramePredicate:
    """A place where a pattern's words stand."""

    span: tuple[int, int]
    features: Bytes
    roles: tuple[int, int]
    """The indices in ``ROLE_CASES`` of the subject's and the object's case."""
    labels: Bytes
    """Shape (phrases, 2): 1 where the phrase names the subject or object of a claim that is stated here, ``IGNORED``
    where of the same relation's claim elsewhere in the passage, 0 otherwise."""
    valid: int
    """1 where a claim is stated here, 0 where its relation is stated nowhere, ``IGNORED`` where elsewhere."""
    status: int
    """The index in ``extractors.heads.STATUSES``; ``IGNORED`` where no claim is stated here."""
    named: dict[int, bool]
    """For the phrases that are labelled 1: whether they stand for something that is named."""
    stated: tuple[ThingPair, ...]
    """For each claim that is stated here the things that its subject and its object could be."""
    stated_elsewhere: tuple[ThingPair, ...]
    """The same for the claims of the relation elsewhere in the passage."""


@dataclass(frozen=True, slots=True)
class ClaimText:
    """A window with its candidate phrases, the number of the thing that each names (from 0, without gaps), and its
    frames' places in the core."""

    id: str
    pieces: Pieces
    phrases: Integers
    groups: Integers
    names: tuple[tuple[int, int], ...]
    """The first and last piece of each place where the full name of a claim's named side stands."""
    predicates: tuple[FramePredicate, ...]

    @property
    def states_claims(self) -> bool:
        """Whether some claim is stated."""
        return any(each.valid == 1 for each in self.predicates)


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A gold claim with the window's phrases that name its two sides, shape (phrases, 2), what they teach of the roles,
    of the same shape, and where in the passage its evidence is."""

    claim: ClaimDict
    orders: tuple[Bytes, ...]
    """As gold has it and, of a symmetric relation, the other way round."""
    roles: Bytes
    start: int
    end: int

    @property
    def sides(self) -> Bytes:
        """1 where the phrase names the subject or the object, 0 otherwise."""
        return self.orders[0]


def parse_passages(nlp: Language, texts: Sequence[str], *, cache: ParseCache | None = None) -> Iterator[Doc]:
    """The texts parsed sentence by sentence, as the reader does; some hundreds at once go into the cache."""
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = [
            [text[first:last] for first, last in bounded_sentences(text)]
            for text in texts[start : start + _TEXTS_AT_ONCE]
        ]
        parses = iter(parse_sentences(nlp, list(chain.from_iterable(some)), cache=cache))
        for sentences in some:
            docs = list(islice(parses, len(sentences)))
            # spaCy's stub lacks the option that keeps it from warning of every note that GiNZA leaves on a Doc.
            yield Doc.from_docs(docs, ensure_whitespace=False, exclude=["user_data", "tensor"])  # type: ignore[call-arg]


def claim_text(
    passage: Passage, window: Window, doc: Doc, mentions: Sequence[Mention], index: dict[str, list[Pattern]],
    tokenize: PieceTokenizer, *, symmetric: frozenset[str] = frozenset(),
) -> ClaimText | None:  # fmt: skip
    """A window of the passage as an example; None where it is too long, or nothing in its core could be read.

    ``doc`` and ``mentions`` are the window's alone, with offsets from its start. Of a ``symmetric`` relation a claim is
    stated in both orders; sides in one list (甲と乙が提携した) are both subjects, as the reader takes them.
    """
    pieces = tokenize(doc.text)
    phrases = noun_phrases(doc, mentions)
    places = [each for each in _distinct(find_frames(doc, index)) if doc[each.anchor].idx >= window.core_start]
    if len(pieces.ids) > MAX_PIECES or not phrases or not places:
        return None
    types = {(mention.start, mention.end): mention.type for mention in mentions}
    spans = [(phrase.start, phrase.end, types.get((phrase.start, phrase.end))) for phrase in phrases]
    _, groups = np.unique(group_names(doc.text, spans), return_inverse=True)
    labelled = [
        _label(passage.text, claim, doc.text, phrases, symmetric=claim["relation"] in symmetric)
        for claim in passage.claims
    ]
    frame = frame_text(doc, phrases)
    predicates = []
    for match in places:
        token = doc[match.anchor]
        features = pair_features(frame, read_predication(doc, match.anchor)).astype(np.int8)
        span = pieces.covering(token.idx, token.idx + len(token))
        same = [each for each in labelled if each.claim["relation"] == match.pattern.relation]
        predicates.append(_predicate(span, features, match.pattern, same, window.start + token.idx, groups))
    return ClaimText(
        f"{passage.id}@{window.start}", pieces, phrase_pieces(phrases, pieces), groups.astype(np.int64),
        full_names(doc.text, passage.claims, pieces), tuple(predicates),
    )  # fmt: skip


def full_names(text: str, claims: Sequence[ClaimDict], pieces: Pieces) -> tuple[tuple[int, int], ...]:
    """Where the first labels of the claims' named sides stand, as first and last piece; of nested ones the longest.

    Labels that look like more than a name, and places that cut a piece in two, are left out.
    """
    labels = {claim[side]["labels"][0] for claim in claims for side in _SIDES if claim[side]["named"]}
    found: list[tuple[int, int]] = []
    for label in sorted(labels, key=lambda each: (-len(each), each)):
        if not 2 <= len(label) <= _LONGEST_NAME or _NO_NAME.search(label):
            continue
        for place in re.finditer(re.escape(label), text):
            first, last = pieces.covering(*place.span())
            exact = (pieces.offsets[first][0], pieces.offsets[last][1]) == place.span()
            if exact and not any(start <= last and first <= end for start, end in found):
                found.append((first, last))
    return tuple(sorted(found))


def _distinct(matches: Sequence[FrameMatch]) -> list[FrameMatch]:
    """One match for each anchor, relation and pair of cases."""
    kept: dict[tuple[int, str, str, str], FrameMatch] = {}
    for match in matches:
        pattern = match.pattern
        kept.setdefault((match.anchor, pattern.relation, pattern.subject_case, pattern.object_case), match)
    return list(kept.values())


def _label(passage: str, claim: ClaimDict, text: str, phrases: Sequence[Phrase], *, symmetric: bool) -> _Labelled:
    named = [[same_entity([phrase.text], claim[side]["labels"]) for side in _SIDES] for phrase in phrases]
    sides = np.array(named, dtype=np.int8)
    start, end = evidence_span(passage, claim)
    if not symmetric:
        return _Labelled(claim, (sides,), sides, start, end)
    turned = np.ascontiguousarray(sides[:, ::-1])
    roles = np.where(sides == 1, sides, -turned)
    subjects, objects = ([phrases[row] for row in np.flatnonzero(column).tolist()] for column in sides.T)
    if any(are_listed(text, phrases, one, other) for one, other in product(subjects, objects)):
        either = sides.any(1).astype(np.int8)
        roles = np.stack([either, IGNORED * either], 1)
    return _Labelled(claim, (sides, turned), roles, start, end)


def _predicate(
    span: tuple[int, int], features: Bytes, pattern: Pattern, claims: Sequence[_Labelled], position: int,
    groups: Integers,
) -> FramePredicate:  # fmt: skip
    here = [each for each in claims if each.start <= position < each.end]
    elsewhere = [each for each in claims if not each.start <= position < each.end]
    labels = np.zeros((len(features), 2), dtype=np.int8)
    for each in elsewhere:
        labels[each.roles != 0] = IGNORED
    for each in here:
        labels[(each.roles == IGNORED) & (labels == 0)] = IGNORED
        labels[each.roles == 1] = 1
    named = {
        int(phrase): bool(each.claim[_SIDES[side]]["named"])
        for each in here
        for phrase, side in np.argwhere(each.sides)
    }
    status = Counter(each.claim["status"] for each in here).most_common(1)
    roles = (ROLE_CASES.index(pattern.subject_case), ROLE_CASES.index(pattern.object_case))
    return FramePredicate(
        span, features, roles, labels,
        valid=1 if here else IGNORED if elsewhere else 0,
        status=STATUSES.index(status[0][0]) if status else IGNORED,
        named=named,
        stated=tuple(_things(sides, groups) for each in here for sides in each.orders),
        stated_elsewhere=tuple(_things(sides, groups) for each in elsewhere for sides in each.orders),
    )  # fmt: skip


def _things(sides: Bytes, groups: Integers) -> ThingPair:
    subjects, objects = (frozenset(map(int, groups[sides[:, side] == 1])) for side in (0, 1))
    return subjects, objects
