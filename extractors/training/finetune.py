"""The second phase: claims read by hand, with the corpora of the first phase replayed beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from extractors.training.claim_examples import ClaimText, FramePredicate
from extractors.training.examples import IGNORED, RoleText, TaggedText
from extractors.training.hyperparameters import FineTuning, Hyperparameters
from extractors.training.learning import Learner, Phase, batches, pad, role_loss, tag_loss, unmarked_states
from extractors.training.network import ReaderNetwork, pair_up, span_states

_STRETCH = 16
_NO_LOGIT = -30.0
_UNKNOWN = 3
"""The piece that stands for what the tokenizer does not know."""
_LEAST_SHARE = 1e-6


def finetune(
    network: ReaderNetwork,
    passages: Sequence[ClaimText],
    texts: Sequence[RoleText],
    sentences: Sequence[TaggedText],
    settings: Hyperparameters,
    tuning: FineTuning,
    *,
    report: Callable[[str], None],
    after_epoch: Callable[[], None] = lambda: None,
) -> None:
    """One round, in place, on ``passages``; ``texts`` (WAC) and ``sentences`` keep what was learned before."""
    chance = random.Random(settings.seed)
    positive = [each for each in passages if each.states_claims]
    negative = [each for each in passages if not each.states_claims]
    share = int(len(negative) * settings.negative_share)
    steps = max(1, tuning.epochs * (len(positive) + share) // tuning.passages)
    learner = Learner(
        network, Phase(tuning.encoder_rate, tuning.head_rate, tuning.warmup_steps, steps), settings, report
    )
    replay = _Replay(network, texts, sentences, settings, tuning, chance)
    for epoch in range(tuning.epochs):
        report(f"fine-tuning, epoch {epoch + 1} of {tuning.epochs}")
        pool = positive + chance.sample(negative, share)
        for batch in batches(pool, tuning.passages, _length, stretch=_STRETCH, chance=chance):
            network.train()
            with torch.autocast("cpu", torch.bfloat16):
                claims = claim_loss(network, batch, settings, choice_weight=tuning.choice_weight)
                other = replay.loss()
            learner.learn(claims, other)
        after_epoch()


def _length(text: ClaimText) -> int:
    return len(text.pieces.ids)


class _Replay:
    """Losses on batches of the first phase, roles and tags by turns; a step of both has roles alone."""

    def __init__(
        self, network: ReaderNetwork, texts: Sequence[RoleText], sentences: Sequence[TaggedText],
        settings: Hyperparameters, tuning: FineTuning, chance: random.Random,
    ) -> None:  # fmt: skip
        self._network, self._texts, self._sentences = network, texts, sentences
        self._settings, self._tuning, self._chance = settings, tuning, chance
        self._step = 0

    def loss(self) -> Tensor:
        """The loss on the next step's batch, zero on a step without one."""
        step, tuning = self._step, self._tuning
        self._step += 1
        if step % tuning.replay_text_period == 0:
            return self._roles()
        return self._tags() if step % tuning.replay_sentence_period == 1 else torch.zeros(())

    def _roles(self) -> Tensor:
        settings = self._settings
        drawn = self._chance.sample(self._texts, min(settings.replay_texts, len(self._texts)))
        states = unmarked_states(self._network, [text.tagged.pieces for text in drawn])
        roles = role_loss(self._network, states, drawn, most_predicates=settings.replay_predicates, chance=self._chance)
        tags = tag_loss(self._network, states, [text.tagged for text in drawn])
        return settings.replay_role_weight * roles + settings.replay_tag_weight * tags

    def _tags(self) -> Tensor:
        drawn = self._chance.sample(self._sentences, min(self._tuning.replay_sentences, len(self._sentences)))
        states = unmarked_states(self._network, [each.pieces for each in drawn])
        return self._tuning.replay_sentence_weight * tag_loss(self._network, states, drawn)


def marked_states(network: ReaderNetwork, texts: Sequence[ClaimText], *, dropped: float = 0.0) -> Tensor:
    """States (texts, L, W) with every predicate marked; the share ``dropped`` of the other pieces is made unknown."""
    ids, mask = pad([text.pieces for text in texts])
    kinds = torch.zeros_like(ids)
    for row, text in enumerate(texts):
        for predicate in text.predicates:
            kinds[row, predicate.span[0] : predicate.span[1] + 1] = 1
    if dropped and network.training:
        inner = mask & (kinds == 0)
        inner[:, 0] = False
        inner[torch.arange(len(texts)), mask.sum(1) - 1] = False
        ids = torch.where(inner & (torch.rand(ids.shape) < dropped), _UNKNOWN, ids)
    states: Tensor = network.enc(ids, kinds, mask)
    return states


def claim_loss(
    network: ReaderNetwork, texts: Sequence[ClaimText], settings: Hyperparameters, *, choice_weight: float
) -> Tensor:
    """The loss of roles, by thing and not by phrase, and of the judgements on each predicate of the texts.

    Every text has a predicate and a phrase.
    """
    states = marked_states(network, texts, dropped=settings.dropped_pieces)
    pairs = pair_up([(text.phrases, text.predicates) for text in texts])
    predicates, phrases = span_states(states, pairs.predicate_spans), span_states(states, pairs.phrase_spans)
    ties = network.ties(predicates, phrases, pairs)
    logits = network.role_logits(ties).float()
    by_predicate = torch.split(logits, list(pairs.phrase_count))
    examples = [(text, predicate) for text in texts for predicate in text.predicates]
    losses = [
        loss for (text, predicate), each in zip(examples, by_predicate, strict=True) if predicate.valid == 1
        for loss in _role_losses(text, predicate, each, choice_weight)
    ]  # fmt: skip
    total = logits.sum() * 0
    if losses:
        total = total + torch.stack(losses).mean()
    total = total + settings.pair_weight * _pair_loss(network, examples, ties, by_predicate, settings.pair_things)
    judged = [predicate for _, predicate in examples]
    valid, status = network.valid(predicates).float()[:, 0], network.status(predicates).float()
    total = total + _judgement_loss(valid, status, judged, settings)
    rows, wanted = _named(judged, pairs.first_phrase)
    if rows:
        named = network.named(phrases).float()[rows, 0]
        total = total + settings.named_weight * functional.binary_cross_entropy_with_logits(named, torch.tensor(wanted))
    return total


def _role_losses(text: ClaimText, predicate: FramePredicate, logits: Tensor, choice_weight: float) -> list[Tensor]:
    """One loss for each side that some phrase fills: a thing's logit is that of its best phrase.

    Each thing is judged by itself (binary cross-entropy); ``choice_weight`` adds the choice of one among all of them
    (softmax cross-entropy, any right one being right).
    """
    groups = torch.from_numpy(text.groups)
    count = int(text.groups.max()) + 1
    losses = []
    for side, role in enumerate(predicate.roles):
        labels = predicate.labels[:, side]
        if not (labels == 1).any():
            continue
        best = torch.full((count,), _NO_LOGIT).scatter_reduce(0, groups, logits[:, role], "amax")
        right, counted = torch.zeros(count, dtype=torch.bool), torch.ones(count)
        counted[text.groups[labels == IGNORED]] = 0.0
        right[text.groups[labels == 1]] = True
        counted[right] = 1.0
        each = functional.binary_cross_entropy_with_logits(best, right.float(), reduction="none")
        loss = (each * counted).sum()
        if choice_weight:
            among = torch.logsumexp(best + counted.clamp(min=_LEAST_SHARE).log(), 0)
            loss = loss + choice_weight * (among - torch.logsumexp(best[right], 0))
        losses.append(loss)
    return losses


def _pair_loss(
    network: ReaderNetwork, examples: Sequence[tuple[ClaimText, FramePredicate]], ties: Tensor,
    logits: Sequence[Tensor], most_things: int,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy, summed by predicate, of the pairs of likely and right things in its two roles."""
    subjects: list[int] = []
    objects: list[int] = []
    roles: list[tuple[int, int]] = []
    right: list[float] = []
    first = told = 0
    for (text, predicate), each in zip(examples, logits, strict=True):
        if predicate.valid != IGNORED:
            told += 1
            for pair, stated in _likely_pairs(text, predicate, each.detach(), most_things):
                subjects.append(first + pair[0])
                objects.append(first + pair[1])
                roles.append(predicate.roles)
                right.append(float(stated))
        first += len(each)
    if not right:
        return ties.sum() * 0
    chosen = torch.tensor(roles)
    together = network.pair_logits(ties[subjects], ties[objects], chosen[:, 0], chosen[:, 1]).float()
    return functional.binary_cross_entropy_with_logits(together, torch.tensor(right), reduction="sum") / told


def _likely_pairs(
    text: ClaimText, predicate: FramePredicate, logits: Tensor, most_things: int
) -> Iterator[tuple[tuple[int, int], bool]]:
    """Pairs of phrases (subject, object), each the best of its thing, and whether a claim of them is stated here.

    What the passage states elsewhere is neither right nor wrong here, and left out.
    """
    sides: list[dict[int, int]] = []
    for side, role in enumerate(predicate.roles):
        scores = logits[:, role].tolist()
        best: dict[int, int] = {}
        for phrase, thing in enumerate(text.groups.tolist()):
            if thing not in best or scores[phrase] > scores[best[thing]]:
                best[thing] = phrase
        likely = sorted(best, key=lambda thing: -scores[best[thing]])[:most_things]
        stated = (thing for claim in predicate.stated for thing in sorted(claim[side]))
        sides.append({thing: best[thing] for thing in dict.fromkeys((*likely, *stated))})
    for subject, subject_phrase in sides[0].items():
        for object_, object_phrase in sides[1].items():
            here = any(subject in one and object_ in other for one, other in predicate.stated)
            elsewhere = any(subject in one and object_ in other for one, other in predicate.stated_elsewhere)
            if subject != object_ and (here or not elsewhere):
                yield (subject_phrase, object_phrase), here


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
