"""The second phase: claims read by hand, with the corpora of the first phase replayed beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from extractors.training.claim_examples import ClaimText, FramePredicate
from extractors.training.examples import IGNORED, RoleText, TaggedText
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.learning import Learner, Phase, batches, pad, role_loss, tag_loss, unmarked_states
from extractors.training.network import ReaderNetwork, pair_up, span_states

_STRETCH = 16
_NO_LOGIT = -30.0


def finetune(
    network: ReaderNetwork,
    passages: Sequence[ClaimText],
    texts: Sequence[RoleText],
    sentences: Sequence[TaggedText],
    settings: Hyperparameters,
    *,
    report: Callable[[str], None],
    after_epoch: Callable[[], None] = lambda: None,
) -> None:
    """Train the network in place on ``passages``; ``texts`` (WAC) and ``sentences`` keep what was learned before."""
    chance = random.Random(settings.seed)
    positive = [each for each in passages if each.states_claims]
    negative = [each for each in passages if not each.states_claims]
    share = int(len(negative) * settings.negative_share)
    a_batch = settings.finetune_passages
    steps = max(1, settings.finetune_epochs * (len(positive) + share) // a_batch)
    phase = Phase(settings.finetune_encoder_rate, settings.finetune_head_rate, settings.finetune_warmup_steps, steps)
    learner = Learner(network, phase, settings, report)
    replay = _Replay(network, texts, sentences, settings, chance)
    for epoch in range(settings.finetune_epochs):
        report(f"fine-tuning, epoch {epoch + 1} of {settings.finetune_epochs}")
        pool = positive + chance.sample(negative, share)
        for batch in batches(pool, a_batch, _length, stretch=_STRETCH, chance=chance):
            network.train()
            with torch.autocast("cpu", torch.bfloat16):
                claims, other = claim_loss(network, batch, settings), replay.loss()
            learner.learn(claims, other)
        after_epoch()


def _length(text: ClaimText) -> int:
    return len(text.pieces.ids)


class _Replay:
    """Losses on batches of the first phase, roles and tags by turns."""

    def __init__(
        self, network: ReaderNetwork, texts: Sequence[RoleText], sentences: Sequence[TaggedText],
        settings: Hyperparameters, chance: random.Random,
    ) -> None:  # fmt: skip
        self._network, self._texts, self._sentences = network, texts, sentences
        self._settings, self._chance = settings, chance
        self._turn = 0

    def loss(self) -> Tensor:
        """The loss on the next batch."""
        self._turn += 1
        return self._roles() if self._turn % 2 else self._tags()

    def _roles(self) -> Tensor:
        settings = self._settings
        drawn = self._chance.sample(self._texts, min(settings.replay_texts, len(self._texts)))
        states = unmarked_states(self._network, [text.tagged.pieces for text in drawn])
        roles = role_loss(self._network, states, drawn, most_predicates=settings.replay_predicates, chance=self._chance)
        tags = tag_loss(self._network, states, [text.tagged for text in drawn])
        return settings.replay_role_weight * roles + settings.replay_tag_weight * tags

    def _tags(self) -> Tensor:
        drawn = self._chance.sample(self._sentences, min(self._settings.replay_sentences, len(self._sentences)))
        states = unmarked_states(self._network, [each.pieces for each in drawn])
        return self._settings.replay_sentence_weight * tag_loss(self._network, states, drawn)


def marked_states(network: ReaderNetwork, texts: Sequence[ClaimText]) -> Tensor:
    """States (texts, L, W) with every predicate of the texts marked."""
    ids, mask = pad([text.pieces for text in texts])
    kinds = torch.zeros_like(ids)
    for row, text in enumerate(texts):
        for predicate in text.predicates:
            kinds[row, predicate.span[0] : predicate.span[1] + 1] = 1
    states: Tensor = network.enc(ids, kinds, mask)
    return states


def claim_loss(network: ReaderNetwork, texts: Sequence[ClaimText], settings: Hyperparameters) -> Tensor:
    """The loss of roles, by thing and not by phrase, and of the judgements on each predicate of the texts.

    Every text has a predicate and a phrase.
    """
    states = marked_states(network, texts)
    pairs = pair_up([(text.phrases, text.predicates) for text in texts])
    predicates, phrases = span_states(states, pairs.predicate_spans), span_states(states, pairs.phrase_spans)
    logits = network.role_logits(predicates, phrases, pairs).float()
    by_predicate = torch.split(logits, list(pairs.phrase_count))
    examples = [(text, predicate) for text in texts for predicate in text.predicates]
    losses = [
        loss for (text, predicate), each in zip(examples, by_predicate, strict=True) if predicate.valid == 1
        for loss in _role_losses(text, predicate, each)
    ]  # fmt: skip
    total = logits.sum() * 0
    if losses:
        total = total + torch.stack(losses).mean()
    judged = [predicate for _, predicate in examples]
    valid, status = network.valid(predicates).float()[:, 0], network.status(predicates).float()
    total = total + _judgement_loss(valid, status, judged, settings)
    rows, wanted = _named(judged, pairs.first_phrase)
    if rows:
        named = network.named(phrases).float()[rows, 0]
        total = total + settings.named_weight * functional.binary_cross_entropy_with_logits(named, torch.tensor(wanted))
    return total


def _role_losses(text: ClaimText, predicate: FramePredicate, logits: Tensor) -> list[Tensor]:
    """One loss for each side that some phrase fills: a thing's logit is that of its best phrase."""
    groups = torch.from_numpy(text.groups)
    count = int(text.groups.max()) + 1
    losses = []
    for side, role in enumerate(predicate.roles):
        labels = predicate.labels[:, side]
        if not (labels == 1).any():
            continue
        best = torch.full((count,), _NO_LOGIT).scatter_reduce(0, groups, logits[:, role], "amax")
        wanted, weights = np.zeros(count, dtype=np.float32), np.ones(count, dtype=np.float32)
        weights[text.groups[labels == IGNORED]] = 0.0
        right = text.groups[labels == 1]
        wanted[right] = weights[right] = 1.0
        each = functional.binary_cross_entropy_with_logits(best, torch.from_numpy(wanted), reduction="none")
        losses.append((each * torch.from_numpy(weights)).sum())
    return losses


def _judgement_loss(
    valid: Tensor, status: Tensor, predicates: Sequence[FramePredicate], settings: Hyperparameters
) -> Tensor:
    total = valid.sum() * 0
    told = [row for row, predicate in enumerate(predicates) if predicate.valid != IGNORED]
    if told:
        wanted = torch.tensor([float(predicates[row].valid) for row in told])
        total = total + functional.binary_cross_entropy_with_logits(valid[told], wanted)
    stated = [row for row, predicate in enumerate(predicates) if predicate.valid == 1]
    if stated:
        classes = torch.tensor([predicates[row].status for row in stated])
        weights = torch.tensor(settings.status_class_weights)
        total = total + settings.status_weight * functional.cross_entropy(status[stated], classes, weight=weights)
    return total


def _named(predicates: Sequence[FramePredicate], first_phrase: Sequence[int]) -> tuple[list[int], list[float]]:
    rows, wanted = [], []
    for predicate, first in zip(predicates, first_phrase, strict=True):
        for phrase, named in predicate.named.items():
            rows.append(first + phrase)
            wanted.append(float(named))
    return rows, wanted
