"""How well roles are filled: F1 over the corpus's predicates, by role and by where the argument stands.

For each predicate and role one phrase is chosen or none. It is right where it names an annotated argument, itself or
by coreference. A role with arguments in several places counts under the nearest of them, and a wrong choice under the
place where it stands itself. KWJA (Ueda et al. 2023) reports 76.9 for ガヲニ on this corpus's test part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from extractors.encoder import Encoder, Vectors
from extractors.evaluation import Score
from extractors.heads import Heads, span_vectors
from extractors.predications import Case
from extractors.readings import ROLE_CASES
from extractors.training.examples import Locality, RolePredicate, RoleText

Choices = list[list[int]]
"""For each role the phrases that are chosen for it; where there are several, one that is right suffices."""
Scores = dict[tuple[Case, Locality], Score]
MAIN_CASES = (Case.GA, Case.WO, Case.NI)


def score_roles(texts: Iterable[RoleText], choose: Callable[[RoleText], Sequence[Choices]]) -> Scores:
    """Counts by role and place; ``choose`` gives the choices for each predicate of a text."""
    scores: Scores = defaultdict(Score)
    for text in texts:
        for predicate, choices in zip(text.predicates, choose(text), strict=True):
            for role, chosen in enumerate(choices):
                _count(scores, predicate, role, chosen)
    return dict(scores)


def _count(scores: Scores, predicate: RolePredicate, role: int, chosen: Sequence[int]) -> None:
    gold = [each for each in predicate.gold if each.role == role]
    allowed = frozenset[int]().union(*(each.phrases for each in gold))
    case = ROLE_CASES[role]
    if gold:
        hit = not allowed.isdisjoint(chosen)
        scores[case, min(each.locality for each in gold)] += Score(right=int(hit), missed=int(not hit))
    if chosen and allowed.isdisjoint(chosen):
        scores[case, Locality(int(predicate.localities[chosen[0]]))] += Score(wrong=1)


def choose_by_tree(text: RoleText) -> list[Choices]:
    """The plain dependency reading: what the predication layer alone says, which is the first of the features."""
    numbers = [list(Case).index(case) + 1 for case in ROLE_CASES]
    return [
        [np.flatnonzero(predicate.features[:, 0] == number).tolist() for number in numbers]
        for predicate in text.predicates
    ]


def choose_by_logits(logits: Vectors, *, threshold: float) -> Choices:
    """The best phrase of each role where its probability is over ``threshold``; ``logits`` are (phrases, roles)."""
    least = float(np.log(threshold / (1.0 - threshold)))
    best = logits.argmax(axis=0)
    return [[int(phrase)] if logits[phrase, role] > least else [] for role, phrase in enumerate(best)]


def role_chooser(encoder: Encoder, heads: Heads, *, threshold: float) -> Callable[[RoleText], list[Choices]]:
    """The choices of the weights that ship."""

    def choose(text: RoleText) -> list[Choices]:
        states = encoder.states(text.tagged.pieces)
        phrases = span_vectors(states, text.phrases)
        choices = []
        for predicate in text.predicates:
            anchor = span_vectors(states, np.array([predicate.span], dtype=np.int64))[0]
            logits = heads.role_logits(heads.ties(anchor, phrases, predicate.features.astype(np.int64)))
            choices.append(choose_by_logits(logits, threshold=threshold))
        return choices

    return choose


def role_figures(scores: Scores) -> dict[str, float]:
    """F1 of ガヲニ together and of these by place (overt, sentence, text), then of each role."""

    def f1(cases: Iterable[Case], places: Iterable[Locality]) -> float:
        wanted = [(case, place) for case in cases for place in places]
        return round(sum((scores.get(each, Score()) for each in wanted), Score()).f1, 4)

    places = {place.name.lower(): f1(MAIN_CASES, [place]) for place in Locality}
    roles = {case.value: f1([case], Locality) for case in ROLE_CASES}
    return {"ガヲニ": f1(MAIN_CASES, Locality), **places, **roles}
