"""Names, anaphors and gold chains of the Wikipedia Annotated Corpus, in text with its bracketed asides put back.

The corpus cuts （…） out into sentences of their own that say at which character they stood; what a bracket defines can
only be read where it stood, so unlike ``extractors.training.wac`` this reader restores them.
"""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rhoknp import Document as KnpDocument
from rhoknp import Sentence

from extractors.anaphora import is_anaphor
from extractors.definitions import Name
from extractors.records import EntityType
from extractors.training.wac import FUNCTION_POS, narrow

_TYPES = {
    "PERSON": EntityType.PERSON,
    "ORGANIZATION": EntityType.ORGANIZATION,
    "LOCATION": EntityType.PLACE,
    "ARTIFACT": EntityType.PRODUCT,
}
_ASIDE = re.compile(r"括弧始.*括弧位置[:：](\d+)")


@dataclass(frozen=True, slots=True)
class Article:
    """One annotated article: its names and anaphors by position, and for each the number of its gold chain."""

    id: str
    text: str
    names: tuple[Name, ...]
    name_chains: tuple[int, ...]
    anaphors: tuple[Name, ...]
    anaphor_chains: tuple[int, ...]


def read_articles(path: Path) -> Iterator[Article]:
    """The articles of a gzipped KNP file, in order."""
    block: list[str] = []
    current = ""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# S-ID:"):
                article = line[7:].split()[0].split("-")[0]
                if block and article != current:
                    yield _read_article(current, "".join(block))
                    block = []
                current = article
            block.append(line)
    if block:
        yield _read_article(current, "".join(block))


def _read_article(identifier: str, knp: str) -> Article:
    document = KnpDocument.from_knp(knp)
    text, offsets = _restore_text(document.sentences)
    chains, by_end = _read_chains(document.sentences, offsets)
    names: list[tuple[int, int, EntityType | None]] = []
    for sentence, places in zip(document.sentences, offsets, strict=True):
        for entity in sentence.named_entities:
            kind = _TYPES.get(entity.category.value)
            if kind is not None:
                names.append((places[entity.morphemes[0].index][0], places[entity.morphemes[-1].index][1], kind))
    names.sort(key=lambda name: name[:2])
    anaphors = [
        (start, end, phrase)
        for start, end, phrase in _phrases(document.sentences, offsets)
        if is_anaphor(text[start:end])
    ]
    # A name that ends within a base phrase is in no chain.
    name_chains = [chains[by_end[end]] if end in by_end else -1 - place for place, (_, end, _) in enumerate(names)]
    return Article(
        identifier,
        text,
        tuple(names),
        tuple(name_chains),
        tuple((start, end, None) for start, end, _ in anaphors),
        tuple(chains[phrase] for _, _, phrase in anaphors),
    )


def _phrases(
    sentences: Sequence[Sentence], offsets: Sequence[Sequence[tuple[int, int]]]
) -> Iterator[tuple[int, int, int]]:
    """Offsets and number of each base phrase without its particles, and of each with the one before it (同 + 社)."""
    number = itertools.count()
    for sentence, places in zip(sentences, offsets, strict=True):
        before: int | None = None
        for phrase in sentence.base_phrases:
            index = next(number)
            content = [each.index for each in phrase.morphemes if each.pos not in FUNCTION_POS]
            start = places[phrase.morphemes[0].index][0]
            end = places[(content or [phrase.morphemes[-1].index])[-1]][1]
            yield start, end, index
            if before is not None:
                yield before, end, index
            before = start


def _read_chains(
    sentences: Sequence[Sentence], offsets: Sequence[Sequence[tuple[int, int]]]
) -> tuple[list[int], dict[int, int]]:
    """For each base phrase the number of its chain, and base phrases by where they end in the text."""
    counts = [len(sentence.base_phrases) for sentence in sentences]
    firsts = dict(zip((each.sid for each in sentences), itertools.accumulate(counts[:-1], initial=0), strict=True))
    parents = list(range(sum(counts)))

    def root(index: int) -> int:
        while parents[index] != index:
            index = parents[index]
        return index

    phrases = [phrase for sentence in sentences for phrase in sentence.base_phrases]
    for index, phrase in enumerate(phrases):
        same = [tag for tag in phrase.rel_tags if tag.type == "=" and tag.sid in firsts]
        # Several targets mean a plural (両社): its chain is none of theirs.
        if len(same) == 1 and same[0].base_phrase_index is not None:
            parents[root(index)] = root(firsts[str(same[0].sid)] + same[0].base_phrase_index)
    return [root(index) for index in range(len(parents))], {
        end: index for _, end, index in _phrases(sentences, offsets)
    }


def _restore_text(sentences: Sequence[Sentence]) -> tuple[str, list[list[tuple[int, int]]]]:
    """The text, and for each sentence the half-open offsets of its morphemes in it."""
    cells: list[tuple[int, int, str]] = []
    host_start = 0
    for number, sentence in enumerate(sentences):
        own = [(number, place, letter) for place, letter in enumerate(sentence.text)]
        aside = _ASIDE.search(sentence.comment or "")
        if aside:
            place = min(host_start + int(aside.group(1)), len(cells))
            cells[place:place] = [(number, -1, "（"), *own, (number, -1, "）")]
        else:
            host_start = len(cells)
            cells.extend(own)
    position = {(number, place): offset for offset, (number, place, _) in enumerate(cells)}
    offsets = []
    for number, sentence in enumerate(sentences):
        ends = list(itertools.accumulate(len(morpheme.text) for morpheme in sentence.morphemes))
        starts = [0, *ends[:-1]]
        offsets.append([
            (position[number, start], position[number, end - 1] + 1) for start, end in zip(starts, ends, strict=True)
        ])  # fmt: skip
    return narrow("".join(letter for _, _, letter in cells)), offsets
