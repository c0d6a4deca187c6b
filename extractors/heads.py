"""What is read off the encoder's states: entity tags, roles of phrases, and judgements on a predicate.

Plain NumPy over a few small matrices; trained in ``extractors.training`` together with the encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from extractors.encoder import Vectors, model_folder
from extractors.features import FEATURE_SIZES
from extractors.records import EntityType, Status

ENTITY_TYPES = (
    EntityType.PERSON, EntityType.ORGANIZATION, EntityType.PLACE,
    EntityType.FACILITY, EntityType.PRODUCT, EntityType.EVENT,
)  # fmt: skip
STATUSES = (Status.ASSERTED, Status.NEGATED, Status.HYPOTHETICAL)
"""In the order of the status logits."""
_FEATURE_OFFSETS = np.concatenate([[0], np.cumsum(FEATURE_SIZES)[:-1]])


@dataclass(frozen=True, slots=True)
class Heads:
    """Matrices by name, as trained; see ``extractors.training`` for their shapes."""

    weights: dict[str, Vectors]

    def _linear(self, name: str, values: Vectors) -> Vectors:
        result: Vectors = values @ self.weights[f"{name}.weight"].T
        bias = self.weights.get(f"{name}.bias")
        return result if bias is None else result + bias

    def _perceptron(self, name: str, values: Vectors) -> Vectors:
        return self._linear(f"{name}.3", _gelu(self._linear(f"{name}.0", values)))

    def entity_logits(self, states: Vectors) -> Vectors:
        """Shape (pieces, 13): outside, then begin and inside of each of ``ENTITY_TYPES``."""
        return self._linear("ner", states)

    def ties(self, predicate: Vectors, phrases: Vectors, features: npt.NDArray[np.int64]) -> Vectors:
        """Shape (phrases, hidden): how each phrase stands to one predicate, from both vectors and the pair features."""
        predicate_part = self._linear("pred", predicate[None, :])
        phrase_part = self._linear("arg", phrases)
        embedded = self.weights["embs.weight"][features + _FEATURE_OFFSETS].reshape(len(features), -1)
        product = self._linear("bil", predicate_part) / 16.0 * phrase_part
        hidden = np.concatenate([_gelu(predicate_part + phrase_part + self._linear("feat", embedded)), product], axis=1)
        return _gelu(self._linear("out1", hidden))

    def role_logits(self, ties: Vectors) -> Vectors:
        """Shape (phrases, roles)."""
        return self._linear("role", ties)

    def pair_logits(self, subjects: Vectors, objects: Vectors, *, roles: tuple[int, int]) -> Vectors:
        """Shape (subjects, objects): how far each two fill the predicate's two roles together, from their ties."""
        layer, width = self.weights["pair.0.weight"], subjects.shape[1]
        role_count = (layer.shape[1] - 2 * width) // 2
        chosen = layer[:, 2 * width + roles[0]] + layer[:, 2 * width + role_count + roles[1]]
        subject_part, object_part = subjects @ layer[:, :width].T, objects @ layer[:, width : 2 * width].T
        summed = subject_part[:, None, :] + object_part[None, :, :] + chosen + self.weights["pair.0.bias"]
        return self._linear("pair.3", _gelu(summed))[:, :, 0]

    def claim_logit(self, predicate: Vectors) -> float:
        """How far the predicate states what its frame means (訴える before a court, not to the public)."""
        return float(self._perceptron("valid", predicate[None, :])[0, 0])

    def status_logits(self, predicate: Vectors) -> Vectors:
        """Shape (3,), in the order of ``STATUSES``."""
        logits: Vectors = self._perceptron("status", predicate[None, :])[0]
        return logits

    def named_logits(self, phrases: Vectors) -> Vectors:
        """Shape (phrases,): how far each phrase names somebody or something in particular."""
        logits: Vectors = self._perceptron("named", phrases)[:, 0]
        return logits


def _gelu(values: Vectors) -> Vectors:
    """The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016)."""
    inner = values * values
    inner *= np.float32(0.044715)
    inner += 1
    inner *= values
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= values
    inner *= np.float32(0.5)
    return inner


def span_vectors(states: Vectors, spans: npt.NDArray[np.int64]) -> Vectors:
    """Shape (spans, 2 × width): the states of each span's first and last piece, side by side."""
    return np.concatenate([states[spans[:, 0]], states[spans[:, 1]]], axis=1)


@lru_cache(maxsize=1)
def load_heads(folder: Path | None = None) -> Heads:
    """The heads that ship with the project, loaded once a process."""
    with np.load((folder or model_folder()) / "heads.npz") as stored:
        return Heads({name: stored[name].astype(np.float32) for name in stored.files})
