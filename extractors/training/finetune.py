"""The second phase: claims read by hand, with the corpora of the first phase replayed beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from extractors.encoder import Pieces
from extractors.training.checkpoints import EpochCheckpoint
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
_UNMARKED_SHARE = 0.5
_BEGINS, _GOES_ON, _ENDED = range(3)


def finetune(
    network: ReaderNetwork,
    windows: Sequence[ClaimText],
    texts: Sequence[RoleText],
    sentences: Sequence[TaggedText],
    settings: Hyperparameters,
    tuning: FineTuning,
    *,
    report: Callable[[str], None],
    after_epoch: Callable[[], None] = lambda: None,
    checkpoint: EpochCheckpoint | None = None,
) -> None:
    """One round, in place, on ``windows``; ``texts`` (WAC) and ``sentences`` keep what was learned before.

    What is left in the network is the moving average of its weights. ``checkpoint`` is gone on from, and kept after
    each epoch.
    """
    # A run that goes on here with the weights of the phase before has had no chance to draw what that one drew.
    torch.manual_seed(settings.seed)
    chance = random.Random(settings.seed)
    positive = [each for each in windows if each.states_claims]
    negative = [each for each in windows if not each.states_claims]
    share = int(len(negative) * settings.negative_share)
    steps = max(1, tuning.epochs * (len(positive) + share) // tuning.windows)
    learner = Learner(
        network, Phase(tuning.encoder_rate, tuning.head_rate, tuning.warmup_steps, steps), settings, report
    )
    replay = _Replay(network, texts, sentences, settings, tuning, chance)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.average_decay))
    done = checkpoint.restore(network, average, learner=learner, chance=chance) if checkpoint else 0
    for epoch in range(done, tuning.epochs):
        report(f"fine-tuning, epoch {epoch + 1} of {tuning.epochs}")
        pool = positive + chance.sample(negative, share)
        for batch in batches(pool, tuning.windows, _length, stretch=_STRETCH, chance=chance):
            network.train()
            with torch.autocast("cpu", torch.bfloat16):
                claims = claim_loss(network, batch, settings, choice_weight=tuning.choice_weight)
                other = replay.loss(learner.steps_done)
            learner.learn(claims, other)
            average.update_parameters(network)
        if checkpoint:
            checkpoint.keep(epoch + 1, network, average, learner=learner, chance=chance)
        after_epoch()
    network.load_state_dict(average.module.state_dict())


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

    def loss(self, step: int) -> Tensor:
        """The loss on the batch of the step, counted from 0; zero on a step without one."""
        tuning = self._tuning
        if step % tuning.replay_text_period == 0:
            batch = step // tuning.replay_text_period
            return self._roles(marked=batch % self._settings.replay_marked_period == 0)
        return self._tags() if step % tuning.replay_sentence_period == 1 else torch.zeros(())

    def _roles(self, *, marked: bool) -> Tensor:
        settings = self._settings
        drawn = self._chance.sample(self._texts, min(settings.replay_texts, len(self._texts)))
        spans = [self._some_spans(text) if marked else [] for text in drawn]
        states = marked_states(self._network, [text.tagged.pieces for text in drawn], spans)
        roles = role_loss(self._network, states, drawn, most_predicates=settings.replay_predicates, chance=self._chance)
        tags = tag_loss(self._network, states, [text.tagged for text in drawn])
        return settings.replay_role_weight * roles + settings.replay_tag_weight * tags

    def _some_spans(self, text: RoleText) -> list[tuple[int, int]]:
        """As many predicates as a window of the reader has, in one text of two; entities are read off marked states."""
        if not text.predicates or self._chance.random() < _UNMARKED_SHARE:
            return []
        count = min(len(text.predicates), self._chance.choice((1, 1, 2, 3)))
        return [predicate.span for predicate in self._chance.sample(text.predicates, count)]

    def _tags(self) -> Tensor:
        drawn = self._chance.sample(self._sentences, min(self._tuning.replay_sentences, len(self._sentences)))
        states = unmarked_states(self._network, [each.pieces for each in drawn])
        return self._tuning.replay_sentence_weight * tag_loss(self._network, states, drawn)


def marked_states(
    network: ReaderNetwork, texts: Sequence[Pieces], spans: Sequence[Sequence[tuple[int, int]]], *, dropped: float = 0.0
) -> Tensor:
    """States (texts, L, W) with each text's ``spans`` marked; the share ``dropped`` of the other pieces is unknown."""
    ids, mask = pad(texts)
    kinds = torch.zeros_like(ids)
    for row, marked in enumerate(spans):
        for first, last in marked:
            kinds[row, first : last + 1] = 1
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
    """The loss of roles, by thing and not by phrase, of the judgements on each predicate of the texts, and of names.

    Every text has a predicate and a phrase.
    """
    spans = [[predicate.span for predicate in text.predicates] for text in texts]
    states = marked_states(network, [text.pieces for text in texts], spans, dropped=settings.dropped_pieces)
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
    total = total + _pair_loss(network, examples, ties, by_predicate, settings)
    judged = [predicate for _, predicate in examples]
    valid, status = network.valid(predicates).float()[:, 0], network.status(predicates).float()
    total = total + _judgement_loss(valid, status, judged, settings)
    rows, wanted = _named(judged, pairs.first_phrase)
    if rows:
        named = network.named(phrases).float()[rows, 0]
        total = total + settings.named_weight * functional.binary_cross_entropy_with_logits(named, torch.tensor(wanted))
    return settings.claim_weight * total + settings.full_name_weight * _full_name_loss(network, states, texts)


def _full_name_loss(network: ReaderNetwork, states: Tensor, texts: Sequence[ClaimText]) -> Tensor:
    """The mean negative log-likelihood, over the pieces of full names and the pieces after them, that one begins there,
    goes on or has ended: the types' probabilities are summed, since claims do not say them."""
    rows, places, wanted = [], [], []
    for row, text in enumerate(texts):
        for first, last in text.names:
            after = [(last + 1, _ENDED)] if last + 2 < len(text.pieces.ids) else []
            for place, what in ((first, _BEGINS), *((inner, _GOES_ON) for inner in range(first + 1, last + 1)), *after):
                rows.append(row)
                places.append(place)
                wanted.append(what)
    if not rows:
        return states.sum() * 0
    logs = functional.log_softmax(network.ner(states[rows, places]).float(), -1)
    begins, goes_on = logs[:, 1::2], logs[:, 2::2]
    ended = torch.cat([logs[:, :1], begins], 1)
    each = torch.stack([torch.logsumexp(part, -1) for part in (begins, goes_on, ended)], 1)
    return functional.nll_loss(each, torch.tensor(wanted))


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
    logits: Sequence[Tensor], settings: Hyperparameters,
) -> Tensor:  # fmt: skip
    """The loss, by predicate, of the pairs of likely and right things in its two roles.

    Each pair is judged by itself (binary cross-entropy, summed), and the stated ones are chosen among all of the
    predicate's, or none where it states nothing.
    """
    subjects: list[int] = []
    objects: list[int] = []
    roles: list[tuple[int, int]] = []
    right: list[float] = []
    counts: list[int] = []
    first = 0
    for (text, predicate), each in zip(examples, logits, strict=True):
        if predicate.valid != IGNORED:
            pairs = list(_likely_pairs(text, predicate, each.detach(), settings.pair_things))
            counts.append(len(pairs))
            for pair, stated in pairs:
                subjects.append(first + pair[0])
                objects.append(first + pair[1])
                roles.append(predicate.roles)
                right.append(float(stated))
        first += len(each)
    if not right:
        return ties.sum() * 0
    chosen, wanted = torch.tensor(roles), torch.tensor(right)
    together = network.pair_logits(ties[subjects], ties[objects], chosen[:, 0], chosen[:, 1]).float()
    apart = functional.binary_cross_entropy_with_logits(together, wanted, reduction="sum")
    choices = [
        _choice_loss(some, stated > 0)
        for some, stated in zip(together.split(counts), wanted.split(counts), strict=True)
        if len(some)
    ]
    return (settings.pair_weight * apart + settings.pair_choice_weight * torch.stack(choices).sum()) / len(counts)


def _choice_loss(logits: Tensor, stated: Tensor) -> Tensor:
    """Softmax cross-entropy of the stated pairs among all and none, whose logit is 0; none where no pair is stated."""
    none = torch.zeros(1)
    wanted = logits[stated] if stated.any() else none
    return torch.logsumexp(torch.cat([logits, none]), 0) - torch.logsumexp(wanted, 0)


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
