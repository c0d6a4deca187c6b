"""Measure ``extractors.reference`` against the coreference chains of the Wikipedia Annotated Corpus.

Run as ``python tests/quality/coreference.py CORPUS.knp.gz``: it groups the gold names of each article, compares the groups
with the gold chains by B³, and says how many anaphors (同社, 彼) were led to the right name. Needs rhoknp.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import logging
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rhoknp import Document as KnpDocument
from rhoknp import Sentence

from extractors.records import EntityType
from extractors.reference import group_names, is_anaphor

TYPES = {
    "PERSON": EntityType.PERSON,
    "ORGANIZATION": EntityType.ORGANIZATION,
    "LOCATION": EntityType.PLACE,
    "ARTIFACT": EntityType.PRODUCT,
}
_BRACKETED = re.compile(r"括弧始[:：]?(.?).*?括弧位置[:：](\d+)")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall in [0, 1]."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean, 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Article:
    """One annotated article: its names, its anaphors, and for each of them in turn the number of its gold chain."""

    id: str
    text: str
    names: tuple[tuple[int, int, EntityType | None], ...]
    name_chains: tuple[int, ...]
    anaphors: tuple[tuple[int, int, EntityType | None], ...]
    anaphor_chains: tuple[int, ...]


def b_cubed(groupings: Iterable[tuple[Sequence[Hashable], Sequence[Hashable]]]) -> Score:
    """B³ (Bagga and Baldwin 1998) of (gold, predicted) cluster labels, one pair of equally long sequences a text.

    A mention's precision is the share of its predicted cluster that is in its gold cluster, its recall the share of its
    gold cluster that is in its predicted one; each mention of each text counts the same.
    """
    precision = recall = 0.0
    total = 0
    for gold, predicted in groupings:
        shared = Counter(zip(gold, predicted, strict=True))
        gold_sizes, predicted_sizes = Counter(gold), Counter(predicted)
        precision += sum(count * count / predicted_sizes[label] for (_, label), count in shared.items())
        recall += sum(count * count / gold_sizes[label] for (label, _), count in shared.items())
        total += len(gold)
    return Score(precision / total, recall / total) if total else Score(0.0, 0.0)


def read_articles(path: Path) -> Iterator[Article]:
    """The articles of a KNP file of the corpus, gzipped or not, with bracketed asides put back where they stood."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as lines:
        block: list[str] = []
        current = ""
        for line in lines:
            if line.startswith("# S-ID:"):
                article = line[7:].split()[0].split("-")[0]
                if block and article != current:
                    yield _article(current, "".join(block))
                    block = []
                current = article
            block.append(line)
        if block:
            yield _article(current, "".join(block))


def _article(identifier: str, knp: str) -> Article:
    document = KnpDocument.from_knp(knp)
    text, offsets = _restore_text(document.sentences)
    phrase_starts = dict(zip((s.sid for s in document.sentences), _running_total(document.sentences), strict=True))
    chain = list(range(sum(len(sentence.base_phrases) for sentence in document.sentences)))
    by_end: dict[int, int] = {}
    anaphors = []
    number = itertools.count()
    for sentence, places in zip(document.sentences, offsets, strict=True):
        for phrase in sentence.base_phrases:
            index = next(number)
            first, last = phrase.morphemes[0].index, phrase.morphemes[-1].index
            content = [m.index for m in phrase.morphemes if m.pos not in {"助詞", "特殊", "判定詞", "助動詞"}] or [last]
            start, end = places[first][0], places[content[-1]][1]
            by_end[end] = index
            if is_anaphor(text[start:end]):
                anaphors.append((start, end, index))
            same = [rel for rel in phrase.rel_tags if rel.type == "=" and rel.sid in phrase_starts]
            # Several targets mean a plural (両社): its chain is none of theirs.
            if len(same) == 1 and same[0].base_phrase_index is not None:
                _unite(chain, index, phrase_starts[same[0].sid] + same[0].base_phrase_index)
    names = []
    for sentence, places in zip(document.sentences, offsets, strict=True):
        for entity in sentence.named_entities:
            kind = TYPES.get(entity.category.value)
            if kind is not None:
                names.append((places[entity.morphemes[0].index][0], places[entity.morphemes[-1].index][1], kind))
    names.sort(key=lambda name: name[:2])
    return Article(
        identifier,
        text,
        tuple(names),
        tuple(_root(chain, by_end[end]) if end in by_end else -1 - place for place, (_, end, _) in enumerate(names)),
        tuple((start, end, None) for start, end, _ in anaphors),
        tuple(_root(chain, index) for _, _, index in anaphors),
    )


def _running_total(sentences: Sequence[Sentence]) -> Iterator[int]:
    return itertools.accumulate((len(sentence.base_phrases) for sentence in sentences[:-1]), initial=0)


def _root(chain: list[int], index: int) -> int:
    while chain[index] != index:
        index = chain[index]
    return index


def _unite(chain: list[int], left: int, right: int) -> None:
    left, right = sorted((_root(chain, left), _root(chain, right)))
    chain[right] = left


def _restore_text(sentences: Sequence[Sentence]) -> tuple[str, list[list[tuple[int, int]]]]:
    """The text, and for each sentence the half-open offsets of its morphemes in it.

    The corpus cuts bracketed asides out into sentences of their own that say at which character they stood.
    """
    cells: list[tuple[int, int, str]] = []
    host_start = 0
    for number, sentence in enumerate(sentences):
        own = [(number, place, letter) for place, letter in enumerate(sentence.text)]
        aside = _BRACKETED.search(sentence.comment or "")
        if aside:
            place = min(host_start + int(aside.group(2)), len(cells))
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
    return "".join(letter for _, _, letter in cells).translate(_NARROW), offsets


def anaphor_score(articles: Iterable[Article]) -> tuple[int, int, int]:
    """Of the anaphors whose chain holds a name: how many are led to a name of it, to another name, and how many there are."""
    right = wrong = total = 0
    for article in articles:
        names = sorted({*article.names, *article.anaphors}, key=lambda name: name[:2])
        groups = group_names(article.text, names)
        chains = dict(zip(article.names, article.name_chains, strict=True))
        by_group: dict[int, set[int]] = defaultdict(set)
        for name, group in zip(names, groups, strict=True):
            if name in chains:
                by_group[group].add(chains[name])
        for anaphor, chain in zip(article.anaphors, article.anaphor_chains, strict=True):
            if chain not in article.name_chains:
                continue
            total += 1
            found = by_group[groups[names.index(anaphor)]]
            right += chain in found
            wrong += bool(found) and chain not in found
    return right, wrong, total


def main(arguments: Sequence[str] | None = None) -> None:
    """Print B³ over the names of the corpus, for all and by type, and the anaphors resolved."""
    logging.getLogger("rhoknp").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="a KNP file of the Wikipedia Annotated Corpus, gzipped or not")
    articles = list(read_articles(parser.parse_args(arguments).corpus))
    pairs = [(article.name_chains, group_names(article.text, article.names)) for article in articles]
    alone = [(gold, list(range(len(gold)))) for gold, _ in pairs]
    for title, grouping in (("every name alone", alone), ("group_names", pairs)):
        score = b_cubed(grouping)
        count = sum(len(gold) for gold, _ in grouping)
        sys.stdout.write(
            f"{title}: B³ P {score.precision:.3f} R {score.recall:.3f} F1 {score.f1:.3f} on {count} names "
            f"of {len(articles)} articles\n"
        )
    right, wrong, total = anaphor_score(articles)
    sys.stdout.write(f"anaphors: {right} right, {wrong} wrong, {total - right - wrong} left alone, of {total}\n")


if __name__ == "__main__":
    main()
