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
    "claim", "subject", "object", "weakest", "subject_near", "object_near", "subject_lead", "object_lead",
    "subject_name", "object_name", "subject_tree", "object_tree", "subject_person", "subject_organization",
    "subject_place", "object_person", "object_organization", "object_place", "object_product", "subject_distance",
    "object_distance", "subject_rivals", "object_rivals",
)  # fmt: skip
"""The evidence on a claim, in order: logits of the claim, subject and object heads and the least of them; whether each
argument has a mention in the predicate's sentence; each argument's lead over the best other thing; whether the
recogniser took each for a name; whether the tree alone agrees; their entity types; the sentences between each and the
predicate; how many other things could fill each role."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights of the regression, in the order of ``EVIDENCE_NAMES``, and the decision threshold that measured best."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def confidence(self, evidence: npt.NDArray[np.float64]) -> float:
        """The calibrated probability that the claim is right, in (0, 1)."""
        score = float(np.dot(evidence, self.weights)) + self.bias
        return float(1.0 / (1.0 + np.exp(-np.clip(score, -30.0, 30.0))))


@lru_cache(maxsize=1)
def load_judge(folder: Path | None = None) -> Judge:
    """The judge that ships with the project."""
    stored = json.loads(((folder or model_folder()) / "judge.json").read_text(encoding="utf-8"))
    return Judge(tuple(stored["weights"][name] for name in EVIDENCE_NAMES), stored["bias"], stored["threshold"])
