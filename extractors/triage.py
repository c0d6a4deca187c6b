"""Which windows deserve a parse: two looks that cost little beside it.

The first asks the tokenizer alone, as a frame's words are known by lemmas and no later stage of GiNZA changes those;
what it lets go could never match. The second asks the encoder what it thinks of the predicates; what it lets go would
get no claim, since ``claims`` takes none from a predicate below ``LEAST_CLAIM_LOGIT``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from extractors.claims import LEAST_CLAIM_LOGIT
from extractors.encoder import Encoder
from extractors.frames import Pattern, content_lemma, index_patterns
from extractors.heads import Heads, span_vectors
from extractors.triggers import Triggers
from extractors.windows import Window

_MARGIN = 1.0
"""How far below ``LEAST_CLAIM_LOGIT`` the second look must be: GiNZA may end a sentence where ours goes on, and then
some of the predicates that are marked here will not be."""


class Triage:
    """The two looks; ``passes`` is true of every window that a claim could come from."""

    def __init__(
        self, ginza: Language, patterns: Sequence[Pattern], triggers: Triggers, *, encoder: Encoder, heads: Heads
    ) -> None:
        self._ginza = ginza
        self._triggers = triggers
        self._index = index_patterns(patterns)
        self._encoder = encoder
        self._heads = heads

    def passes(self, text: str, window: Window) -> bool:
        """Whether a predicate of the core sentences has a frame's words, and means by them what the frame means."""
        sentences = window.spans[window.context :]
        firing = [(start, end) for start, end in sentences if self._triggers.fire(text[start:end])]
        anchors = [anchor for start, end in firing for anchor in self._anchors(text, start, end)]
        if not anchors:
            return False
        pieces = self._encoder.tokenize(text[window.start : window.end])
        spans = sorted({pieces.covering(start - window.start, end - window.start) for start, end in anchors})
        vectors = span_vectors(self._encoder.states(pieces, spans), np.array(spans, dtype=np.int64))
        return any(self._heads.claim_logit(vector) >= LEAST_CLAIM_LOGIT - _MARGIN for vector in vectors)

    def _anchors(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        doc = self._ginza.make_doc(text[start:end])
        for index in frame_anchors(doc, self._index):
            token = doc[index]
            yield start + token.idx, start + token.idx + len(token)


def frame_anchors(doc: Doc, index: Mapping[str, Sequence[Pattern]]) -> list[int]:
    """The tokens of a sentence, tokenized only, at which some pattern of ``index`` could match once it is parsed."""
    lemmas = [content_lemma(token) for token in doc]
    present = frozenset(lemmas)
    return [
        position
        for position, lemma in enumerate(lemmas)
        if any(companions <= present for pattern in index.get(lemma, ()) for companions in pattern.companions)
    ]
