"""The first phase: roles from WAC and entity tags from both corpora, without any claim."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch

from extractors.encoder import Vectors
from extractors.entities import read_tags
from extractors.records import Mention
from extractors.training.checkpoints import EpochCheckpoint
from extractors.training.examples import RoleText, TaggedText
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.learning import Learner, Phase, batches, pad, role_loss, tag_loss, unmarked_states
from extractors.training.network import ReaderNetwork, pair_up, span_states
from extractors.training.role_score import Choices, choose_by_logits

_STRETCH = 20
_EVALUATION_BATCH = 32


def pretrain(
    network: ReaderNetwork,
    texts: Sequence[RoleText],
    sentences: Sequence[TaggedText],
    settings: Hyperparameters,
    *,
    report: Callable[[str], None],
    after_epoch: Callable[[], None] = lambda: None,
    checkpoint: EpochCheckpoint | None = None,
) -> None:
    """Train the network in place; ``texts`` are WAC's, ``sentences`` the entity corpus's.

    ``checkpoint`` is gone on from, and kept after each epoch.
    """
    chance = random.Random(settings.seed)
    steps = settings.pretrain_epochs * max(1, len(texts) // settings.pretrain_texts)
    phase = Phase(settings.pretrain_encoder_rate, settings.pretrain_head_rate, settings.pretrain_warmup_steps, steps)
    learner = Learner(network, phase, settings, report)
    done = checkpoint.restore(network, learner=learner, chance=chance) if checkpoint else 0
    for epoch in range(done, settings.pretrain_epochs):
        report(f"pre-training, epoch {epoch + 1} of {settings.pretrain_epochs}")
        for batch in batches(texts, settings.pretrain_texts, _length, stretch=_STRETCH, chance=chance):
            network.train()
            drawn = chance.sample(sentences, min(settings.pretrain_sentences, len(sentences)))
            with torch.autocast("cpu", torch.bfloat16):
                states = unmarked_states(network, [text.tagged.pieces for text in batch])
                roles = role_loss(network, states, batch, most_predicates=settings.pretrain_predicates, chance=chance)
                tags = tag_loss(network, states, [text.tagged for text in batch])
                other = tag_loss(network, unmarked_states(network, [each.pieces for each in drawn]), drawn)
            learner.learn(roles + settings.pretrain_tag_weight * tags, other)
        if checkpoint:
            checkpoint.keep(epoch + 1, network, learner=learner, chance=chance)
        after_epoch()


def _length(text: RoleText) -> int:
    return len(text.tagged.pieces.ids)


@torch.no_grad()
def find_mentions(network: ReaderNetwork, texts: Sequence[TaggedText]) -> list[list[Mention]]:
    """The mentions that the network finds in each text."""
    network.eval()
    found: dict[int, list[Mention]] = {}
    order = sorted(range(len(texts)), key=lambda index: len(texts[index].pieces.ids))
    for start in range(0, len(order), _EVALUATION_BATCH):
        batch = order[start : start + _EVALUATION_BATCH]
        with torch.autocast("cpu", torch.bfloat16):
            logits = network.ner(unmarked_states(network, [texts[index].pieces for index in batch]))
        for row, index in enumerate(batch):
            text = texts[index]
            tags: Vectors = logits[row, : len(text.pieces.ids)].float().numpy()
            found[index] = read_tags(text.text, text.pieces, tags)
    return [found[index] for index in range(len(texts))]


def network_chooser(network: ReaderNetwork, *, threshold: float) -> Callable[[RoleText], list[Choices]]:
    """The choices of the network in training, for ``role_score``."""

    @torch.no_grad()
    def choose(text: RoleText) -> list[Choices]:
        if not text.predicates:
            return []
        network.eval()
        ids, mask = pad([text.tagged.pieces])
        pairs = pair_up([(text.phrases, text.predicates)])
        with torch.autocast("cpu", torch.bfloat16):
            states = network.enc(ids, torch.zeros_like(ids), mask)
            predicates, phrases = span_states(states, pairs.predicate_spans), span_states(states, pairs.phrase_spans)
            logits = network.role_logits(network.ties(predicates, phrases, pairs)).float()
        by_predicate = logits.view(len(text.predicates), len(text.phrases), -1).numpy()
        return [choose_by_logits(each, threshold=threshold) for each in by_predicate]

    return choose
