"""The stretches of a document that are read: sentences with a trigger, and the context that reference needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.chunking import best_cut, sentences
from extractors.triggers import Triggers

CONTEXT_BEFORE_CHARACTERS = 100
WINDOW_CHARACTERS = 300
SENTENCE_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive sentences of a text, half-open character offsets into it. Claims are read from the core alone."""

    spans: tuple[tuple[int, int], ...]
    context: int
    """So many sentences at the beginning are there for reference; all after them are the core."""

    @property
    def start(self) -> int:
        """Where the window begins in the text."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the window ends in the text, exclusive."""
        return self.spans[-1][1]

    @property
    def core_start(self) -> int:
        """Where the core begins, in characters from the window's start."""
        return self.spans[self.context][0] - self.start


def bounded_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences; those over ``SENTENCE_CHARACTERS`` in runs of that length at most, cut after a comma where one is."""
    for start, end in sentences(text):
        left = start
        while end - left > SENTENCE_CHARACTERS:
            cut = best_cut(text, left, left + SENTENCE_CHARACTERS)
            yield left, cut
            left = cut
        yield left, end


def find_windows(text: str, triggers: Triggers) -> Iterator[Window]:
    """The windows of a text in order; their cores hold every sentence in which a trigger fires, each once."""
    spans = list(bounded_sentences(text))
    hits = [index for index, (start, end) in enumerate(spans) if triggers.fire(text[start:end])]
    position = 0
    while position < len(hits):
        first = last = hits[position]
        left = _extend_left(spans, first)
        while position + 1 < len(hits) and spans[hits[position + 1]][1] - spans[left][0] <= WINDOW_CHARACTERS:
            position += 1
            last = hits[position]
        position += 1
        yield Window(tuple(spans[left : last + 1]), context=first - left)


def _extend_left(spans: Sequence[tuple[int, int]], index: int) -> int:
    left = index
    while left > 0:
        before, whole = spans[index][0] - spans[left - 1][0], spans[index][1] - spans[left - 1][0]
        if before > CONTEXT_BEFORE_CHARACTERS or whole > WINDOW_CHARACTERS:
            break
        left -= 1
    return left
