"""How sure the reader is of a claim: logistic regression over what the heads say, fitted on passages held out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from extractors.encoder import model_folder

EVIDENCE_NAMES = (
    "claim", "subject", "object", "weakest", "subject_name", "object_name", "subject_tree", "object_tree",
    "subject_distance", "object_distance", "asserted", "hypothetical_by_rule", "negated_by_rule", "pair", "pair_lead",
)  # fmt: skip
"""The evidence on a claim, in order: logits of the claim, subject and object heads and the least of them; whether the
recogniser took each argument for a name; whether the tree alone agrees; the sentences between each and the predicate;
how far the status head prefers a fact to all else, in logits, and whether the rules say otherwise; the logit of both
arguments together, and its lead over the best other two."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights of the regression, in the order of ``EVIDENCE_NAMES``, and the decision thresholds that measured best."""

    weights: tuple[float, ...]
    bias: float
    threshold: float
    """For the relations that it was fitted on."""
    relations: frozenset[str] = frozenset()
    """Their names."""
    other_threshold: float = 0.5
    """For all others, of which the reader is less sure than it might be."""
    least_fact_lead: float = 0.0
    """How far the status head must prefer a fact to a denial and to a plan for a claim to be one, in logits."""

    def least_confidence(self, relation: str) -> float:
        """The confidence from which a claim of the relation is stated where nothing else is asked for."""
        return self.threshold if relation in self.relations else self.other_threshold

    def confidence(self, evidence: npt.NDArray[np.float64]) -> float:
        """The calibrated probability that the claim is right, and a fact where it is called one, in (0, 1)."""
        score = float(np.dot(evidence, self.weights)) + self.bias
        return float(1.0 / (1.0 + np.exp(-np.clip(score, -30.0, 30.0))))


@lru_cache(maxsize=1)
def load_judge(folder: Path | None = None) -> Judge:
    """The judge that ships with the project."""
    stored = json.loads(((folder or model_folder()) / "judge.json").read_text(encoding="utf-8"))
    return Judge(
        tuple(stored["weights"][name] for name in EVIDENCE_NAMES),
        stored["bias"],
        stored["threshold"],
        frozenset(stored["relations"]),
        stored["other_threshold"],
        stored["least_fact_lead"],
    )
