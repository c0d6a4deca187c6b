"""Examples cut as the reader cuts its text, so that training sees what reading sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from extractors.encoder import Pieces, PieceTokenizer
from extractors.training.claim_examples import ClaimText, FramePredicate, ThingPair
from extractors.training.examples import Integers
from extractors.windows import Window


def window_examples(
    example: ClaimText, text: str, windows: Sequence[Window], tokenize: PieceTokenizer
) -> Iterator[ClaimText]:
    """What of the example, which was made of ``text``, stands in each window; of the predicates those in its core.

    A window without a phrase or a predicate gives none.
    """
    for window in windows:
        cut = _Cut(example.pieces, window, tokenize(text[window.start : window.end]))
        kept = np.array([row for row, span in enumerate(example.phrases.tolist()) if cut.holds(span)], dtype=np.int64)
        predicates = [each for each in example.predicates if cut.holds_in_core(each.span)]
        if len(kept) and predicates:
            numbers, groups = np.unique(example.groups[kept], return_inverse=True)
            yield ClaimText(
                example.id, cut.pieces, np.array([cut.span(each) for each in example.phrases[kept].tolist()]),
                groups.astype(np.int64), tuple(cut.span(each) for each in example.names if cut.holds(each)),
                tuple(_cut_predicate(each, cut, kept, numbers) for each in predicates),
            )  # fmt: skip


class _Cut:
    """From the pieces of the whole text to those of a window; spans are first and last piece."""

    def __init__(self, whole: Pieces, window: Window, pieces: Pieces) -> None:
        self.pieces = pieces
        self._whole, self._window = whole, window

    def _characters(self, span: Sequence[int]) -> tuple[int, int]:
        start, end = self._whole.offsets[span[0]][0], self._whole.offsets[span[1]][1]
        return start - self._window.start, end - self._window.start

    def holds(self, span: Sequence[int]) -> bool:
        start, end = self._characters(span)
        return start >= 0 and end <= self._window.end - self._window.start

    def holds_in_core(self, span: Sequence[int]) -> bool:
        return self.holds(span) and self._characters(span)[0] >= self._window.core_start

    def span(self, span: Sequence[int]) -> tuple[int, int]:
        return self.pieces.covering(*self._characters(span))


def _cut_predicate(predicate: FramePredicate, cut: _Cut, kept: Integers, numbers: Integers) -> FramePredicate:
    """The predicate with the ``kept`` phrases alone; the thing ``numbers[n]`` of the text is the window's thing n."""
    places = {int(phrase): place for place, phrase in enumerate(kept)}
    things = {int(number): thing for thing, number in enumerate(numbers)}

    def within(pairs: Sequence[ThingPair]) -> tuple[ThingPair, ...]:
        return tuple((inside(subjects), inside(objects)) for subjects, objects in pairs)

    def inside(numbered: frozenset[int]) -> frozenset[int]:
        return frozenset(things[each] for each in numbered if each in things)

    return replace(
        predicate,
        span=cut.span(predicate.span),
        features=predicate.features[kept],
        labels=predicate.labels[kept],
        named={places[phrase]: named for phrase, named in predicate.named.items() if phrase in places},
        stated=within(predicate.stated),
        stated_elsewhere=within(predicate.stated_elsewhere),
    )
