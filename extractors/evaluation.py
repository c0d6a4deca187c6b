"""Precision, recall and F1 of predicted claims against gold ones, with names compared the way a reader would.

Claims are the dictionaries of ``enishi extract`` and of the gold files: ``relation``, ``subject`` and ``object`` with
``labels`` (and ``named`` in gold), ``status``. Two claims match where their relations are equal and their arguments
name the same things; each gold claim is matched once, in the order of the predictions.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

ClaimDict = Mapping[str, Any]

_AS_STATED = ("subject", "object")

_ROLE_WORDS = re.compile(
    "(?:氏|さん|さま|様|ら|など|等|側|社長|会長|代表|首相|大統領|議員|知事|市長|大臣|教授|監督|選手|被告|容疑者|政権|政府)+$"
)
_PUNCTUATION = re.compile(r"[\s「」『』“”\"'()・=＝]")


class Mode(enum.StrEnum):
    """Which gold claims count."""

    NAMED = "named"
    """Asserted claims with two named arguments; a prediction that matches a nominal one is not counted."""
    ALL = "all"
    """Every asserted claim."""
    BLIND = "blind"
    """As NAMED, with the status ignored, which tells a missed relation from a wrong status."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A gold text and what it says; ``document`` is the id of the article that it is a passage of, if it is one."""

    id: str
    text: str
    claims: tuple[ClaimDict, ...]
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, wrong and missed claims; the ratios are 0 where nothing was there to divide by."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """The share of the predictions that are right."""
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the gold claims that were found."""
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.precision * self.recall, self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Errors:
    """The predictions of one passage that are wrong, and the gold claims that nothing found."""

    passage: Passage
    wrong: tuple[ClaimDict, ...]
    missed: tuple[ClaimDict, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of one mode, by relation, with the passages that hold an error."""

    mode: Mode
    by_relation: Mapping[str, Score]
    errors: tuple[Errors, ...]

    @property
    def micro(self) -> Score:
        """All relations' counts together."""
        return sum(self.by_relation.values(), Score())

    @property
    def macro_f1(self) -> float:
        """The mean of the relations' F1."""
        return _ratio(sum(score.f1 for score in self.by_relation.values()), len(self.by_relation))


def evaluate(
    passages: Sequence[Passage],
    predictions: Mapping[str, Sequence[ClaimDict]],
    *,
    mode: Mode,
    relations: Sequence[str] = (),
    symmetric: frozenset[str] = frozenset(),
) -> Evaluation:
    """Score ``predictions`` (claims by passage id) against ``passages``.

    ``relations`` names those to report and their order; others met in gold or predictions follow. Of a ``symmetric``
    relation the sides may stand in either order.
    """
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    errors = []
    for passage in passages:
        found, surplus, lacking = _judge(passage, predictions.get(passage.id, ()), mode, symmetric)
        right.update(claim["relation"] for claim in found)
        wrong.update(claim["relation"] for claim in surplus)
        missed.update(claim["relation"] for claim in lacking)
        if surplus or lacking:
            errors.append(Errors(passage, tuple(surplus), tuple(lacking)))
    names = dict.fromkeys([*relations, *sorted({*right, *wrong, *missed})])
    by_relation = {name: Score(right[name], wrong[name], missed[name]) for name in names}
    return Evaluation(mode, by_relation, tuple(errors))


def same_claim(claim: ClaimDict, other: ClaimDict, *, symmetric: frozenset[str] = frozenset()) -> bool:
    """Whether two claims relate the same things in the same way, or of a ``symmetric`` relation the other way round."""
    if claim["relation"] != other["relation"]:
        return False
    orders = [_AS_STATED, _AS_STATED[::-1]] if claim["relation"] in symmetric else [_AS_STATED]
    return any(
        same_entity(claim["subject"]["labels"], other[first]["labels"])
        and same_entity(claim["object"]["labels"], other[second]["labels"])
        for first, second in orders
    )


def same_entity(labels: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two lists of labels name the same thing: some pair is equal, or one is half of the other or more."""
    others = [normalize_label(label) for label in others]
    return any(_same_label(normalize_label(label), other) for label in labels for other in others)


def normalize_label(label: str) -> str:
    """``label`` without width, case, brackets, middle dots and the honorifics and role words at its end."""
    plain = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", label).strip().lower())
    bare = _ROLE_WORDS.sub("", plain)
    return bare if len(bare) >= 2 else plain


def _judge(
    passage: Passage, predicted: Sequence[ClaimDict], mode: Mode, symmetric: frozenset[str]
) -> tuple[list[ClaimDict], list[ClaimDict], list[ClaimDict]]:
    """The gold claims found, the predictions that are wrong, the gold claims missed."""
    gold: Sequence[ClaimDict] = passage.claims
    if mode is not Mode.BLIND:
        gold = [claim for claim in gold if claim["status"] == "asserted"]
        predicted = [claim for claim in predicted if claim.get("status", "asserted") == "asserted"]
    wanted = [claim for claim in gold if mode is Mode.ALL or _is_named(claim)]
    allowed = [claim for claim in gold if mode is not Mode.ALL and not _is_named(claim)]
    same = partial(same_claim, symmetric=symmetric)
    surplus, missed = _match(_distinct(predicted, same), wanted, same)
    surplus, _ = _match(surplus, allowed, same)
    # A second wording of a claim that was found already is no error.
    surplus = [claim for claim in surplus if not any(same(claim, want) for want in wanted)]
    lacking = {id(claim) for claim in missed}
    # Right ones are counted under the gold claim's relation, which equals the prediction's.
    return [claim for claim in wanted if id(claim) not in lacking], surplus, missed


def _match(
    predicted: Iterable[ClaimDict], gold: Sequence[ClaimDict], same: Callable[[ClaimDict, ClaimDict], bool]
) -> tuple[list[ClaimDict], list[ClaimDict]]:
    """Match greedily, one to one; the predictions and the gold claims that are left over."""
    surplus, rest = [], list(gold)
    for claim in predicted:
        position = next((index for index, want in enumerate(rest) if same(claim, want)), None)
        if position is None:
            surplus.append(claim)
        else:
            del rest[position]
    return surplus, rest


def _distinct(claims: Iterable[ClaimDict], same: Callable[[ClaimDict, ClaimDict], bool]) -> list[ClaimDict]:
    kept: list[ClaimDict] = []
    for claim in claims:
        if not any(same(claim, other) for other in kept):
            kept.append(claim)
    return kept


def _same_label(label: str, other: str) -> bool:
    if not label or not other:
        return False
    short, long = sorted((label, other), key=len)
    return label == other or (len(short) >= 2 and short in long and 2 * len(short) >= len(long))


def _is_named(claim: ClaimDict) -> bool:
    return bool(claim["subject"].get("named") and claim["object"].get("named"))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
