"""Fits the judge on passages kept from training, read by the runtime's own components with the exported weights."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from extractors.claims import ClaimKey, Judged, ReadText, is_named, keep_surest, state_claims, status_of
from extractors.components import READING_COMPONENTS, Equipment, fill_all, read_text, register_attributes
from extractors.evaluation import ClaimDict, Evaluation, Mode, Passage, Score, evaluate, same_claim
from extractors.judgement import EVIDENCE_NAMES, Judge
from extractors.records import Claim, Status
from extractors.training.claim_examples import parse_passages
from extractors.triggers import compile_triggers
from extractors.windows import find_windows

THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
_SHOWN_CONFIDENCE = 0.02
"""Claims below it are left out of what is counted: nobody would ask for them."""
_RESAMPLES = 400
_BINS = 10


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """A window of a gold passage with everything that the components think it could say."""

    passage: Passage
    text: ReadText
    judged: tuple[Judged, ...]


def collect_evidence(nlp: Language, passages: Sequence[Passage], equipment: Equipment) -> Iterator[ReadWindow]:
    """The passages as the reader reads them, window by window, up to the judgement."""
    register_attributes()
    stages = [make(name) for name, make in READING_COMPONENTS.items()]
    for stage in stages:
        stage.equip(equipment)
    triggers = compile_triggers(equipment.patterns)
    windows = [(passage, window) for passage in passages for window in find_windows(passage.text, triggers)]
    docs = parse_passages(nlp, [passage.text[window.start : window.end] for passage, window in windows])
    for (passage, window), doc in zip(windows, docs, strict=True):
        doc._.core_start = window.core_start
        for stage in stages:
            stage(doc)
        if not doc._.readings:
            continue
        text = read_text(doc, encoder=equipment.encoder, heads=equipment.heads)
        yield ReadWindow(passage, text, tuple(fill_all(text, doc._.readings, equipment)))


def fit_judge(read: Sequence[ReadWindow], *, inverse_regularisation: float, least_fact_lead: float) -> Judge:
    """A logistic regression on the evidence of every pair of named things.

    A pair is right where some gold claim is the same and, if it would be stated as a fact, is one.
    Regularised as if every piece of evidence had unit variance.
    The threshold is left at 0.5.

    Raises:
        ValueError: there is nothing to tell right from wrong by.
    """
    # Imported here, so that claims can be scored and thresholds chosen where scikit-learn is not installed.
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    evidence: list[npt.NDArray[np.float64]] = []
    right: list[bool] = []
    for each in read:
        for judged in each.judged:
            if is_named(each.text, judged.subject.group) and is_named(each.text, judged.object.group):
                evidence.append(judged.evidence)
                right.append(_is_right(_as_claim(each.text, judged, least_fact_lead), each.passage))
    if len(set(right)) < 2:
        raise ValueError(
            f"The {len(right)} candidate claims of {len(read)} held-out windows are not right and wrong ones both. "
            "Hold out more passages."
        )
    scaler = StandardScaler().fit(np.array(evidence))
    model = LogisticRegression(C=inverse_regularisation, max_iter=5000)
    model.fit(scaler.transform(np.array(evidence)), np.array(right))
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - weights @ scaler.mean_)
    return Judge(tuple(map(float, weights)), bias, 0.5, least_fact_lead=least_fact_lead)


def _as_claim(text: ReadText, judged: Judged, least_fact_lead: float) -> ClaimDict:
    def labels(group: int) -> dict[str, object]:
        members = (index for index, each in enumerate(text.groups) if each == group)
        return {"labels": [text.phrases[index].text for index in members]}

    relation = judged.reading.match.pattern.relation
    return {
        "relation": relation, "subject": labels(judged.subject.group), "object": labels(judged.object.group),
        "status": status_of(judged.reading, text.doc, least_fact_lead=least_fact_lead).value,
    }  # fmt: skip


def _is_right(claim: ClaimDict, passage: Passage) -> bool:
    """Whether gold has the claim; a plan or denial of gold is no fact."""
    stated = claim["status"] == Status.ASSERTED.value
    return any(
        same_claim(claim, gold) and not (stated and gold["status"] != claim["status"]) for gold in passage.claims
    )


def stated(read: Iterable[ReadWindow], judge: Judge, equipment: Equipment) -> dict[str, list[Claim]]:
    """The claims about named things of each passage, surest first, by the passage's id."""
    claims: dict[str, dict[ClaimKey, Claim]] = {}
    for each in read:
        found = state_claims(
            each.text, each.judged, judge=judge, relations=equipment.relations, gazetteer=equipment.gazetteer,
            least_confidence=_SHOWN_CONFIDENCE,
        )  # fmt: skip
        kept = claims.setdefault(each.passage.id, {})
        for claim in found:
            if claim.subject.named and claim.object.named:
                keep_surest(kept, claim, symmetric=equipment.relations[claim.relation].symmetric)
    return {name: sorted(kept.values(), key=lambda claim: -claim.confidence) for name, kept in claims.items()}


def score(
    passages: Sequence[Passage],
    claims: Mapping[str, Sequence[Claim]],
    *,
    threshold: float,
    relations: Sequence[str] = (),
    symmetric: frozenset[str] = frozenset(),
) -> Evaluation:
    """The named claims that reach the threshold against gold."""
    predictions = {
        name: [_fields(claim) for claim in found if claim.confidence >= threshold] for name, found in claims.items()
    }
    return evaluate(passages, predictions, mode=Mode.NAMED, relations=relations, symmetric=symmetric)


def _fields(claim: Claim) -> ClaimDict:
    return {
        "relation": claim.relation,
        "subject": {"labels": claim.subject.labels},
        "object": {"labels": claim.object.labels},
        "status": claim.status.value,
    }


def best_threshold(
    passages: Sequence[Passage], claims: Mapping[str, Sequence[Claim]], *, symmetric: frozenset[str] = frozenset()
) -> float:
    """The lowest of the ``THRESHOLDS`` whose F0.5 is within a standard error of the best.

    Precision counts twice as much as recall in F0.5 (van Rijsbergen 1979): a wrong fact costs more than a missed one.
    Of thresholds that chance alone may tell apart, the one that states the most is taken (the one-standard-error rule
    of Breiman et al. 1984); the error is that of the best, over passages drawn anew with replacement (Efron 1979).
    """
    counts = [
        np.array([_counts(score([each], claims, threshold=threshold, symmetric=symmetric).micro) for each in passages])
        for threshold in THRESHOLDS
    ]
    qualities = [_precise_f(each.sum(0)) for each in counts]
    best = int(np.argmax(qualities))
    draws = np.random.default_rng(0).integers(len(passages), size=(_RESAMPLES, len(passages)))
    error = float(np.std([_precise_f(counts[best][each].sum(0)) for each in draws]))
    return next(
        threshold for threshold, quality in zip(THRESHOLDS, qualities, strict=True)
        if quality >= qualities[best] - error
    )  # fmt: skip


def _counts(micro: Score) -> tuple[int, int, int]:
    return micro.right, micro.wrong, micro.missed


def _precise_f(counts: npt.NDArray[np.int64]) -> float:
    """F0.5 of right, wrong and missed claims; 0 where none is right."""
    right, wrong, missed = map(int, counts)
    return 1.25 * right / (1.25 * right + wrong + 0.25 * missed) if right else 0.0


def calibration_error(passages: Sequence[Passage], claims: Mapping[str, Sequence[Claim]]) -> float:
    """The expected calibration error (Naeini et al. 2015) of the claims' confidences over ten bins of equal width."""
    gold = {passage.id: passage for passage in passages}
    pairs = [
        (claim.confidence, _is_right(_fields(claim), gold[name])) for name, found in claims.items() for claim in found
    ]
    if not pairs:
        return 0.0
    confidences, right = np.array([each[0] for each in pairs]), np.array([each[1] for each in pairs], dtype=np.float64)
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float(np.sum(confidences[bins == each] - right[bins == each]))) for each in range(_BINS)]
    return sum(gaps) / len(pairs)


def false_fact_rate(passages: Sequence[Passage], claims: Mapping[str, Sequence[Claim]], *, threshold: float) -> float:
    """The share of the denied and merely possible gold claims that come out as asserted."""
    denied = asserted = 0
    for passage in passages:
        facts = [
            _fields(claim) for claim in claims.get(passage.id, ())
            if claim.confidence >= threshold and claim.status.value == "asserted"
        ]  # fmt: skip
        true = [claim for claim in passage.claims if claim["status"] == "asserted"]
        for gold in passage.claims:
            if gold["status"] == "asserted" or any(same_claim(gold, other) for other in true):
                continue
            denied += 1
            asserted += any(same_claim(fact, gold) for fact in facts)
    return asserted / denied if denied else 0.0


def write_judge(judge: Judge, path: Path) -> None:
    """Store the judge as ``judgement.load_judge`` reads it."""
    stored = {
        "weights": {name: round(weight, 4) for name, weight in zip(EVIDENCE_NAMES, judge.weights, strict=True)},
        "bias": round(judge.bias, 4),
        "threshold": judge.threshold,
        "relations": sorted(judge.relations),
        "other_threshold": judge.other_threshold,
        "least_fact_lead": judge.least_fact_lead,
    }
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def claim_figures(evaluation: Evaluation) -> dict[str, object]:
    """Precision, recall and F1 of all claims, and of each relation."""

    def ratios(counts: Score) -> dict[str, float]:
        return {"precision": round(counts.precision, 4), "recall": round(counts.recall, 4), "f1": round(counts.f1, 4)}

    return {"micro": ratios(evaluation.micro), **{name: ratios(each) for name, each in evaluation.by_relation.items()}}
