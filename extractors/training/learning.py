"""What both phases of training share: batches, the optimiser and its schedule, and the losses on the corpora."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from extractors.encoder import Pieces
from extractors.training.examples import IGNORED, RoleText, TaggedText
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.network import TAGS, ReaderNetwork, pair_up, span_states

Item = TypeVar("Item")
_PAD = 1
_LENGTH_STEP = 32
_REPORT_STEPS = 50


@dataclass(frozen=True, slots=True)
class Phase:
    """How fast a phase learns and for how many steps."""

    encoder_rate: float
    head_rate: float
    warmup_steps: int
    steps: int


class Learner:
    """The optimiser of a network over one phase, with a linear rise and fall of both learning rates."""

    def __init__(
        self, network: ReaderNetwork, phase: Phase, settings: Hyperparameters, report: Callable[[str], None]
    ) -> None:
        named = list(network.named_parameters())
        groups = [
            {"params": [values for name, values in named if name.startswith("enc.")], "lr": phase.encoder_rate},
            {"params": [values for name, values in named if not name.startswith("enc.")], "lr": phase.head_rate},
        ]
        self._network, self._phase, self._settings, self._report = network, phase, settings, report
        self._optimiser = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, self._rate_share)
        self._step, self._started = 0, time.monotonic()
        self._sums = (0.0, 0.0)

    def _rate_share(self, step: int) -> float:
        falling = max(self._settings.least_rate_share, 1 - step / self._phase.steps)
        return min(1.0, (step + 1) / self._phase.warmup_steps) * falling

    @property
    def steps_done(self) -> int:
        """How many steps of the phase are behind."""
        return self._step

    def state(self) -> dict[str, Any]:
        """What ``restore`` needs to go on from here."""
        return {"optimiser": self._optimiser.state_dict(), "schedule": self._schedule.state_dict(), "step": self._step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._step = state["step"]

    def learn(self, main: Tensor, other: Tensor) -> None:
        """One step on the sum of two losses, which are reported apart."""
        torch.autograd.backward(main + other)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.gradient_norm)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self._schedule.step()
        self._step += 1
        self._sums = (self._sums[0] + float(main.detach()), self._sums[1] + float(other.detach()))
        if self._step % _REPORT_STEPS == 0:
            losses = " + ".join(f"{each / _REPORT_STEPS:.3f}" for each in self._sums)
            seconds = time.monotonic() - self._started
            self._report(f"step {self._step}/{self._phase.steps} loss {losses}, {seconds:.0f} s")
            self._sums = (0.0, 0.0)


def batches(
    items: Sequence[Item], size: int, length: Callable[[Item], int], *, stretch: int, chance: random.Random
) -> Iterator[list[Item]]:
    """All items once, shuffled, in batches of items of like length: sorted within stretches of ``stretch`` batches."""
    order = list(items)
    chance.shuffle(order)
    span = size * stretch
    stretches = (sorted(order[start : start + span], key=length) for start in range(0, len(order), span))
    found = [each[start : start + size] for each in stretches for start in range(0, len(each), size)]
    chance.shuffle(found)
    yield from found


def pad(texts: Sequence[Pieces]) -> tuple[Tensor, Tensor]:
    """Piece ids (texts, L) and a mask of the same shape that is false at padding."""
    longest = max(len(each.ids) for each in texts)
    length = min(512, -(-longest // _LENGTH_STEP) * _LENGTH_STEP)
    ids = torch.full((len(texts), length), _PAD)
    mask = torch.zeros(len(texts), length, dtype=torch.bool)
    for row, each in enumerate(texts):
        ids[row, : len(each.ids)] = torch.tensor(each.ids)
        mask[row, : len(each.ids)] = True
    return ids, mask


def unmarked_states(network: ReaderNetwork, texts: Sequence[Pieces]) -> Tensor:
    """States (texts, L, W) without any predicate marked."""
    ids, mask = pad(texts)
    states: Tensor = network.enc(ids, torch.zeros_like(ids), mask)
    return states


def tag_loss(network: ReaderNetwork, states: Tensor, texts: Sequence[TaggedText]) -> Tensor:
    """The mean cross-entropy of the entity tags, ignored ones left out."""
    logits = network.ner(states).float()
    wanted = torch.full(states.shape[:2], IGNORED)
    for row, text in enumerate(texts):
        wanted[row, : len(text.tags)] = torch.from_numpy(text.tags)
    return functional.cross_entropy(logits.view(-1, TAGS), wanted.view(-1), ignore_index=IGNORED)


def role_loss(
    network: ReaderNetwork, states: Tensor, texts: Sequence[RoleText], *, most_predicates: int, chance: random.Random
) -> Tensor:
    """Binary cross-entropy summed over phrases and roles, ignored ones left out, by predicate.

    Of a text with more than ``most_predicates``, that many are drawn.
    """
    drawn = [
        chance.sample(text.predicates, most_predicates) if len(text.predicates) > most_predicates else text.predicates
        for text in texts
    ]
    count = sum(map(len, drawn))
    if not count:
        return states.sum() * 0
    pairs = pair_up([(text.phrases, predicates) for text, predicates in zip(texts, drawn, strict=True)])
    predicates, phrases = span_states(states, pairs.predicate_spans), span_states(states, pairs.phrase_spans)
    logits = network.role_logits(network.ties(predicates, phrases, pairs)).float()
    labels = torch.cat([torch.from_numpy(each.labels).float() for found in drawn for each in found])
    losses = functional.binary_cross_entropy_with_logits(logits, labels.clamp(min=0), reduction="none")
    return (losses * (labels >= 0)).sum() / count
