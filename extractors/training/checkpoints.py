"""Checkpoints after each epoch, so that hours of training survive a stop: what goes on gives the same weights."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from torch import nn

from extractors.training.learning import Learner


class EpochCheckpoint:
    """The state of one phase in one file, replaced whole after each epoch."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path, self._resume = path, resume

    def restore(self, *parts: nn.Module, learner: Learner, chance: random.Random) -> int:
        """Take up the state of the file; the number of epochs behind it, 0 where there is none or none is wanted.

        ``parts`` are the modules whose weights belong to the state, in the order in which they were kept.
        """
        if not self._resume or not self._path.exists():
            return 0
        # Its own files alone are read here: the random state is no tensor.
        stored: dict[str, Any] = torch.load(self._path, weights_only=False)
        for part, weights in zip(parts, stored["parts"], strict=True):
            part.load_state_dict(weights)
        learner.restore(stored["learner"])
        chance.setstate(stored["chance"])
        torch.set_rng_state(stored["torch"])
        return int(stored["epochs"])

    def keep(self, epochs: int, *parts: nn.Module, learner: Learner, chance: random.Random) -> None:
        """Write the state after so many epochs."""
        state = {
            "epochs": epochs, "parts": [part.state_dict() for part in parts], "learner": learner.state(),
            "chance": chance.getstate(), "torch": torch.get_rng_state(),
        }  # fmt: skip
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self._path)
