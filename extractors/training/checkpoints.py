"""Checkpoints after each epoch, so that hours of training survive a stop: what goes on gives the same weights.

Every file names its ``origin``, a digest of what its weights depend on, so that a run never goes on with another's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from extractors.training.claim_examples import ClaimText
from extractors.training.learning import Learner


class StaleCheckpointError(ValueError):
    """A checkpoint that was made with other settings or other passages; carries its path and the remedy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} was made with other settings, relations or passages. Leave out --resume, or give another --work."
        )


class EpochCheckpoint:
    """The state of one phase in one file, replaced whole after each epoch."""

    def __init__(self, path: Path, *, origin: str, resume: bool) -> None:
        self._path, self._origin, self._resume = path, origin, resume

    def restore(self, *parts: nn.Module, learner: Learner, chance: random.Random) -> int:
        """Take up the state of the file; the number of epochs behind it, 0 where there is none or none is wanted.

        ``parts`` are the modules whose weights belong to the state, in the order in which they were kept.

        Raises:
            StaleCheckpointError: the state is of another origin.
        """
        if not self._resume or not self._path.exists():
            return 0
        # Its own files alone are read here: the random state is no tensor.
        stored: dict[str, Any] = torch.load(self._path, weights_only=False)
        if stored["origin"] != self._origin:
            raise StaleCheckpointError(self._path)
        for part, weights in zip(parts, stored["parts"], strict=True):
            part.load_state_dict(weights)
        learner.restore(stored["learner"])
        chance.setstate(stored["chance"])
        torch.set_rng_state(stored["torch"])
        return int(stored["epochs"])

    def keep(self, epochs: int, *parts: nn.Module, learner: Learner, chance: random.Random) -> None:
        """Write the state after so many epochs."""
        state = {
            "origin": self._origin, "epochs": epochs, "parts": [part.state_dict() for part in parts],
            "learner": learner.state(), "chance": chance.getstate(), "torch": torch.get_rng_state(),
        }  # fmt: skip
        _write(state, self._path)


def keep_weights(network: nn.Module, path: Path, *, origin: str) -> None:
    """Write the weights alone, whole or not at all."""
    _write({"origin": origin, "weights": network.state_dict()}, path)


def take_weights(network: nn.Module, path: Path, *, origin: str | None = None) -> None:
    """Load what ``keep_weights`` wrote, of any origin where none is given.

    Raises:
        StaleCheckpointError: the weights are of another origin.
    """
    stored = torch.load(path, weights_only=True)
    if origin not in {None, stored["origin"]}:
        raise StaleCheckpointError(path)
    network.load_state_dict(stored["weights"])


def keep_examples(examples: Sequence[ClaimText], path: Path, *, origin: str) -> None:
    """Write the examples, whole or not at all."""
    _write({"origin": origin, "examples": list(examples)}, path)


def take_examples(path: Path, *, origin: str) -> list[ClaimText]:
    """What ``keep_examples`` wrote.

    Raises:
        StaleCheckpointError: the examples are of another origin.
    """
    stored: dict[str, Any] = torch.load(path, weights_only=False)  # a file of our own, like an epoch's
    if stored["origin"] != origin:
        raise StaleCheckpointError(path)
    return list(stored["examples"])


def _write(state: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(path)
