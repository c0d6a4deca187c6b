"""Everything about the training that is a number, in one place; ``figures.json`` repeats it beside the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """One round of fine-tuning; every round starts from the names that the network finds by then."""

    epochs: int
    encoder_rate: float
    head_rate: float
    warmup_steps: int
    windows: int
    """Windows of passages a batch."""
    choice_weight: float
    """The weight of choosing among the things of a text, beside judging each by itself."""
    replay_text_period: int
    """Every so many steps a batch of texts with roles is replayed."""
    replay_sentence_period: int
    """Every so many steps, from the second on, a batch of sentences with entities is."""
    replay_sentences: int
    replay_sentence_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """The values of `make model`, which made the shipped weights."""

    seed: int = 1
    threads: int = 2
    """Torch's threads: sums run in another order with another number, so it is fixed like the seed."""

    # Network
    frozen_layers: int = 3
    """The embeddings and this many layers stay as pre-trained; marks on predicates are added after them."""
    encoder_dropout: float = 0.1
    head_dropout: float = 0.2
    feature_width: int = 12
    hidden_width: int = 256
    judgement_width: int = 128
    pair_width: int = 192
    pair_bias: float = -2.5
    """Where the pair head starts: most pairs are no claim."""

    # Both phases
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    least_rate_share: float = 0.02
    """The share of the learning rate that is left at the end."""

    # Pre-training on roles (WAC) and entity tags
    pretrain_epochs: int = 3
    pretrain_encoder_rate: float = 8e-5
    pretrain_head_rate: float = 1e-3
    pretrain_warmup_steps: int = 150
    pretrain_texts: int = 12
    """WAC texts a batch."""
    pretrain_sentences: int = 16
    """Sentences of the entity corpus a batch."""
    pretrain_predicates: int = 14
    """At most this many predicates of a text a batch."""
    pretrain_tag_weight: float = 0.5

    # Fine-tuning on claims
    finetuning: tuple[FineTuning, ...] = (
        FineTuning(
            epochs=5, encoder_rate=8e-5, head_rate=6.4e-4, warmup_steps=50, windows=16, choice_weight=0.5,
            replay_text_period=2, replay_sentence_period=2, replay_sentences=24, replay_sentence_weight=2.0,
        ),
    )  # fmt: skip
    negative_share: float = 0.5
    """The share of the windows without a claim that an epoch sees."""
    dropped_pieces: float = 0.04
    """The share of a window's pieces, predicates aside, that are hidden from the encoder."""
    claim_weight: float = 0.3
    """The weight of all that is learned from claims: with more, what is replayed is forgotten."""
    pair_weight: float = 0.6
    pair_choice_weight: float = 0.5
    """The weight of choosing the stated pairs among all, or none, beside judging each by itself."""
    pair_things: int = 5
    """So many of the likeliest things in each role are paired, beside the right ones."""
    status_weight: float = 0.5
    status_class_weights: tuple[float, float, float] = (1.0, 1.4, 1.4)
    named_weight: float = 0.3
    full_name_weight: float = 0.4
    """The weight of finding the ends of the arguments' full names, whatever their type."""
    replay_texts: int = 6
    replay_predicates: int = 14
    replay_role_weight: float = 1.0
    replay_tag_weight: float = 0.5
    replay_marked_period: int = 2
    """Every so many batches of replayed texts, some predicates are marked as the reader marks them."""
    average_decay: float = 0.996
    """What fine-tuning leaves is a moving average of the weights over its steps, with this share kept at each."""

    # What is kept from training
    sentence_fold: int = 8
    """Every so manieth sentence of the entity corpus is for testing."""
    passage_fold: int = 10
    """One in so many of the real training passages is held out, for the judge."""

    # Judgement
    role_threshold: float = 0.4
    """The probability from which a role counts as filled when roles are scored."""
    judge_inverse_regularisation: float = 0.03
    least_fact_lead: float = 1.0
    """In logits. Of the right pairs in held-out passages that a smaller lead would make facts, half are none (53 of
    106); of those with a lead from 1 to 2, one in twelve (7 of 79)."""
