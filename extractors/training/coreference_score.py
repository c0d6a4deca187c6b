"""How well names of one thing are grouped: B³ over the gold names of the Wikipedia Annotated Corpus.

``python -m extractors.training.coreference_score CORPUS.knp.gz`` prints the figures.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.reference import group_names
from extractors.training.coreference_corpus import Article, read_articles


@dataclass(frozen=True, slots=True)
class BCubed:
    """Precision and recall in [0, 1]."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean, 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class AnaphorScore:
    """Of the anaphors whose chain holds a name: how many were led to a name of it, how many to another, and all."""

    right: int
    wrong: int
    total: int


def b_cubed(groupings: Iterable[tuple[Sequence[Hashable], Sequence[Hashable]]]) -> BCubed:
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
    return BCubed(precision / total, recall / total) if total else BCubed(0.0, 0.0)


def score_anaphors(articles: Iterable[Article]) -> AnaphorScore:
    """How many anaphors (同社, 彼) are led to the right name, the gold names being given."""
    right = wrong = total = 0
    for article in articles:
        names = sorted({*article.names, *article.anaphors}, key=lambda name: name[:2])
        groups = group_names(article.text, names)
        chains = dict(zip(article.names, article.name_chains, strict=True))
        found: dict[int, set[int]] = defaultdict(set)
        for name, group in zip(names, groups, strict=True):
            if name in chains:
                found[group].add(chains[name])
        for anaphor, chain in zip(article.anaphors, article.anaphor_chains, strict=True):
            if chain in article.name_chains:
                reached = found[groups[names.index(anaphor)]]
                total += 1
                right += chain in reached
                wrong += bool(reached) and chain not in reached
    return AnaphorScore(right, wrong, total)


def coreference_figures(corpus: Path) -> dict[str, float]:
    """B³ of ``group_names`` and of leaving every name alone, and the anaphors resolved, on a gzipped KNP file."""
    logging.getLogger("rhoknp").setLevel(logging.ERROR)
    articles = list(read_articles(corpus))
    score = b_cubed((each.name_chains, group_names(each.text, each.names)) for each in articles)
    alone = b_cubed((each.name_chains, range(len(each.names))) for each in articles)
    anaphors = score_anaphors(articles)
    return {
        "names": sum(len(each.names) for each in articles),
        "precision": round(score.precision, 4),
        "recall": round(score.recall, 4),
        "f1": round(score.f1, 4),
        "f1_alone": round(alone.f1, 4),
        "anaphors": anaphors.total,
        "anaphors_right": anaphors.right,
        "anaphors_wrong": anaphors.wrong,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one corpus file as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a gzipped KNP file of the Wikipedia Annotated Corpus")
    figures = coreference_figures(parser.parse_args(arguments).corpus)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
