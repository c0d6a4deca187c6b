"""Who fills the roles of a frame at one place of a text: the learned ranker over every noun phrase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from extractors.encoder import Encoder, Pieces, Vectors
from extractors.features import frame_text, pair_features
from extractors.frames import FrameMatch
from extractors.heads import Heads, span_vectors
from extractors.phrases import Phrase
from extractors.predications import Case, read_predication

ROLE_CASES = (Case.GA, Case.WO, Case.NI, Case.TO, Case.KARA, Case.YORI, Case.DE, Case.NO)
_ROLE_INDEX = {case: index for index, case in enumerate(ROLE_CASES)}
_TREE_CASE, _SENTENCES, _SAME_SENTENCE = 0, 3, 3
"""Columns of the pair features, and the value of the second one for a phrase in the predicate's own sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A frame's match with a logit for every phrase in either role; what they mean together is judged later."""

    match: FrameMatch
    claim_logit: float
    status_logits: tuple[float, float, float]
    roles: tuple[int, int]
    """The indices in ``ROLE_CASES`` of the subject's and the object's case."""
    ties: Vectors
    """Shape (phrases, hidden), how each stands to the predicate; ``Heads.pair_logits`` reads two of them together."""
    subject_logits: tuple[float, ...]
    object_logits: tuple[float, ...]
    subject_by_tree: tuple[bool, ...]
    """Whether the dependency tree alone puts the phrase in the subject's case."""
    object_by_tree: tuple[bool, ...]
    distances: tuple[int, ...]
    """How many sentences lie between phrase and predicate, 3 standing for more."""


def read_frames(
    doc: Doc, phrases: Sequence[Phrase], matches: Sequence[FrameMatch], *, encoder: Encoder, heads: Heads
) -> list[Reading]:
    """One reading for each match, in the order given; one pass of the encoder with every anchor marked."""
    if not matches or not phrases:
        return []
    text = frame_text(doc, list(phrases))
    pieces = encoder.tokenize(doc.text)
    anchors = {match.anchor: _anchor_pieces(doc, pieces, match.anchor) for match in matches}
    states = encoder.states(pieces, anchor_marks(doc, pieces, matches))
    phrase_vectors = span_vectors(
        states, np.array([pieces.covering(each.start, each.end) for each in phrases], dtype=np.int64)
    )
    features = {anchor: pair_features(text, read_predication(doc, anchor)) for anchor in anchors}
    ties = {anchor: _ties(anchors[anchor], states, phrase_vectors, features[anchor], heads) for anchor in anchors}
    logits = {anchor: heads.role_logits(each) for anchor, each in ties.items()}
    readings = []
    for match in matches:
        predicate = span_vectors(states, np.array([anchors[match.anchor]], dtype=np.int64))[0]
        subject, object_ = _ROLE_INDEX[match.pattern.subject_case], _ROLE_INDEX[match.pattern.object_case]
        status = heads.status_logits(predicate)
        readings.append(Reading(
            match, heads.claim_logit(predicate), (float(status[0]), float(status[1]), float(status[2])),
            (subject, object_), ties[match.anchor],
            tuple(map(float, logits[match.anchor][:, subject])), tuple(map(float, logits[match.anchor][:, object_])),
            _in_case(features[match.anchor], subject), _in_case(features[match.anchor], object_),
            tuple(map(int, np.abs(features[match.anchor][:, _SENTENCES] - _SAME_SENTENCE))),
        ))  # fmt: skip
    return readings


def anchor_marks(doc: Doc, pieces: Pieces, matches: Sequence[FrameMatch]) -> list[tuple[int, int]]:
    """The pieces of the predicates, as the encoder is to mark them.

    Whatever is read of a text is read off the states with these marks, so that one pass of the encoder serves all.
    """
    return sorted({_anchor_pieces(doc, pieces, match.anchor) for match in matches})


def _anchor_pieces(doc: Doc, pieces: Pieces, anchor: int) -> tuple[int, int]:
    token = doc[anchor]
    return pieces.covering(token.idx, token.idx + len(token))


def _ties(
    span: tuple[int, int], states: Vectors, phrases: Vectors, features: npt.NDArray[np.int64], heads: Heads
) -> Vectors:
    return heads.ties(span_vectors(states, np.array([span], dtype=np.int64))[0], phrases, features)


def _in_case(features: npt.NDArray[np.int64], role: int) -> tuple[bool, ...]:
    return tuple(map(bool, features[:, _TREE_CASE] == role + 1))
