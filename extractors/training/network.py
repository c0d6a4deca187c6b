"""The network that is trained: the encoder as torch has it, and the heads of ``extractors.heads``.

Parameters are named as the runtime's ``heads.npz`` and the base's ``encoder.npz`` name them. B texts, L pieces,
P predicates, N phrases, M (predicate, phrase) pairs, W = 384 wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from extractors.features import FEATURE_SIZES
from extractors.heads import ENTITY_TYPES
from extractors.readings import ROLE_CASES
from extractors.training.examples import Integers, ScoredPredicate
from extractors.training.hyperparameters import Hyperparameters

WIDTH = 384
ATTENTION_HEADS = 12
LAYERS = 12
PIECES = 32987
POSITIONS = 512
TAGS = 1 + 2 * len(ENTITY_TYPES)
_BLOCK = 32
"""Columns of a stored matrix that share a scale."""
_EPSILON = 1e-12
_FUSED_LENGTH = 192
"""Pieces from which fused attention trains faster on a CPU; with half as many it takes thrice as long."""
_HIDDEN = -1e4
"""Added to the logits of padding; bfloat16 holds it."""


class TextDropout(nn.Module):
    """Dropout with one mask for all pieces of a text, which serves as well here and is far cheaper to draw."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, states: Tensor) -> Tensor:
        """(B, L, W) to (B, L, W)."""
        if not self.training or self.share == 0:
            return states
        kept = torch.rand(states.shape[0], 1, states.shape[2]) > self.share
        return states * (kept.to(states.dtype) / (1 - self.share))


class Layer(nn.Module):
    """A transformer layer with normalisation after each half (Vaswani et al. 2017)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.q, self.k, self.v, self.ao = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.aln, self.oln = (nn.LayerNorm(WIDTH, eps=_EPSILON) for _ in range(2))
        self.fi, self.fo = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.drop = TextDropout(dropout)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        """(B, L, W) to (B, L, W); ``mask`` (B, 1, 1, L) is true at the pieces to attend to, None at all of them."""

        def split(values: Tensor) -> Tensor:
            return values.reshape(len(values), -1, ATTENTION_HEADS, WIDTH // ATTENTION_HEADS).transpose(1, 2)

        query, key, value = split(self.q(states)), split(self.k(states)), split(self.v(states))
        if self.training and states.shape[1] < _FUSED_LENGTH:
            attended = _attend(query, key, value, mask)
        else:
            attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = self.aln(states + self.drop(self.ao(attended.transpose(1, 2).reshape(states.shape))))
        result: Tensor = self.oln(states + self.drop(self.fo(functional.gelu(self.fi(states)))))
        return result


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """What ``scaled_dot_product_attention`` gives, step by step."""
    logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if mask is not None:
        logits = logits + torch.zeros(mask.shape, dtype=logits.dtype).masked_fill(~mask, _HIDDEN)
    return torch.softmax(logits, -1, dtype=logits.dtype) @ value


class EncoderNetwork(nn.Module):
    """The encoder; its embeddings and first ``frozen_layers`` are not trained, and predicates are marked after them."""

    def __init__(self, *, frozen_layers: int, dropout: float) -> None:
        super().__init__()
        self.word, self.pos = nn.Embedding(PIECES, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.kind = nn.Embedding(2, WIDTH)
        self.ln = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.layers = nn.ModuleList([Layer(0.0 if index < frozen_layers else dropout) for index in range(LAYERS)])
        self.drop = TextDropout(dropout)
        self.frozen_layers = frozen_layers

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor | None = None) -> Tensor:
        """States (B, L, W) of piece ids and marks (B, L); ``mask`` (B, L) is false at padding."""
        attended = None if mask is None else mask[:, None, None, :]
        with torch.no_grad():
            states = self.ln(self.word(ids) + self.pos(torch.arange(ids.shape[1])))
            for layer in self.layers[: self.frozen_layers]:
                states = layer(states, attended)
        states = self.drop(states + self.kind(kinds))
        for layer in self.layers[self.frozen_layers :]:
            states = layer(states, attended)
        return states

    def load_base(self, path: Path) -> None:
        """Take the weights of the pre-trained ``encoder.npz``: 4-bit blocks with scales, or plain arrays."""
        with np.load(path) as stored, torch.no_grad():
            kind = _stored_matrix(stored, "emb.type")[0]
            self.word.weight.copy_(_stored_matrix(stored, "emb.word") + kind)
            self.pos.weight.copy_(_stored_matrix(stored, "emb.pos"))
            self.kind.weight.zero_()
            self.ln.weight.copy_(_stored_matrix(stored, "emb.ln.w"))
            self.ln.bias.copy_(_stored_matrix(stored, "emb.ln.b"))
            for index, layer in enumerate(self.layers):
                for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                    part = getattr(layer, name)
                    part.weight.copy_(_stored_matrix(stored, f"l{index}.{name}.w"))
                    part.bias.copy_(_stored_matrix(stored, f"l{index}.{name}.b"))


def _stored_matrix(stored: np.lib.npyio.NpzFile, name: str) -> Tensor:
    if f"{name}.codes" not in stored.files:
        return torch.from_numpy(stored[name].astype(np.float32))
    scales = np.repeat(stored[f"{name}.scales"].astype(np.float32), _BLOCK, axis=1)
    return torch.from_numpy(stored[f"{name}.codes"].astype(np.float32) * scales)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every predicate of a batch with every phrase of its text.

    ``predicate_spans`` (P, 3) and ``phrase_spans`` (N, 3) are text, first piece, last piece; ``predicate_of`` and
    ``phrase_of`` (M,) number them for each pair; ``features`` is (M, features). Pairs run predicate by predicate, and
    the phrases of each in order: ``first_phrase`` and ``phrase_count`` (P,) say which rows they are.
    """

    predicate_spans: Tensor
    phrase_spans: Tensor
    predicate_of: Tensor
    phrase_of: Tensor
    features: Tensor
    first_phrase: tuple[int, ...]
    phrase_count: tuple[int, ...]


def pair_up(texts: Sequence[tuple[Integers, Sequence[ScoredPredicate]]]) -> Pairs:
    """The pairs of texts, each given as its phrases' pieces (phrases, 2) and its predicates; one predicate at least."""
    predicates: list[tuple[int, int, int]] = []
    features, predicate_of, phrase_of = [], [], []
    first_phrase, phrase_count, phrases = [], [], []
    start = 0
    for number, (spans, found) in enumerate(texts):
        phrases.append(np.column_stack([np.full(len(spans), number), spans]))
        for predicate in found:
            predicate_of.append(np.full(len(spans), len(predicates)))
            phrase_of.append(np.arange(start, start + len(spans)))
            features.append(predicate.features)
            first_phrase.append(start)
            phrase_count.append(len(spans))
            predicates.append((number, *predicate.span))
        start += len(spans)
    return Pairs(
        torch.tensor(predicates), _tensor(np.concatenate(phrases)), _tensor(np.concatenate(predicate_of)),
        _tensor(np.concatenate(phrase_of)), _tensor(np.concatenate(features)), tuple(first_phrase), tuple(phrase_count),
    )  # fmt: skip


def _tensor(values: npt.NDArray[np.signedinteger[npt.NBitBase]]) -> Tensor:
    return torch.from_numpy(values.astype(np.int64))


def span_states(states: Tensor, spans: Tensor) -> Tensor:
    """(spans, 2W): the states of the first and last piece of each span (text, first, last), from states (B, L, W)."""
    return torch.cat([states[spans[:, 0], spans[:, 1]], states[spans[:, 0], spans[:, 2]]], -1)


class ReaderNetwork(nn.Module):
    """The encoder with a head each for entity tags, roles, pairs of roles, and the three judgements on a predicate."""

    def __init__(self, settings: Hyperparameters) -> None:
        super().__init__()
        hidden, width = settings.hidden_width, settings.feature_width
        self.enc = EncoderNetwork(frozen_layers=settings.frozen_layers, dropout=settings.encoder_dropout)
        self.ner = nn.Linear(WIDTH, TAGS)
        self.embs = nn.Embedding(sum(FEATURE_SIZES), width)
        self.register_buffer("off", torch.tensor([sum(FEATURE_SIZES[:index]) for index in range(len(FEATURE_SIZES))]))
        self.pred, self.arg = nn.Linear(2 * WIDTH, hidden), nn.Linear(2 * WIDTH, hidden)
        self.feat = nn.Linear(width * len(FEATURE_SIZES), hidden)
        self.bil = nn.Linear(hidden, hidden, bias=False)
        self.out1, self.role = nn.Linear(2 * hidden, hidden), nn.Linear(hidden, len(ROLE_CASES))
        self.pair = nn.Sequential(
            nn.Linear(2 * (hidden + len(ROLE_CASES)), settings.pair_width), nn.GELU(),
            nn.Dropout(settings.head_dropout), nn.Linear(settings.pair_width, 1),
        )  # fmt: skip
        nn.init.constant_(self.pair[3].bias, settings.pair_bias)
        self.valid, self.status, self.named = (_judgement(settings, outputs) for outputs in (1, 3, 1))
        self.dp = nn.Dropout(settings.head_dropout)

    def ties(self, predicates: Tensor, phrases: Tensor, pairs: Pairs) -> Tensor:
        """(M, hidden), how each phrase stands to each predicate, from their span states (P, 2W) and (N, 2W)."""
        count = len(pairs.predicate_of)
        # Sizes are rounded up: the kernels are compiled once for each.
        rows = (-count) % 1024
        predicate_of, phrase_of = (functional.pad(each, (0, rows)) for each in (pairs.predicate_of, pairs.phrase_of))
        features = functional.pad(pairs.features, (0, 0, 0, rows))
        predicates = functional.pad(predicates, (0, 0, 0, (-len(predicates)) % 64))
        phrases = functional.pad(phrases, (0, 0, 0, (-len(phrases)) % 128))
        predicate_part, phrase_part = self.pred(self.dp(predicates)), self.arg(self.dp(phrases))[phrase_of]
        product = (self.bil(predicate_part) / 16.0)[predicate_of] * phrase_part
        feature_part = self.feat(self.dp(self.embs(features + self.off).flatten(1)))
        summed = functional.gelu(predicate_part[predicate_of] + phrase_part + feature_part)
        tied = functional.gelu(self.out1(torch.cat([summed, product], -1)))
        return tied[:count]

    def role_logits(self, ties: Tensor) -> Tensor:
        """(M, roles) from the ties (M, hidden)."""
        logits: Tensor = self.role(self.dp(ties))
        return logits

    def pair_logits(self, subjects: Tensor, objects: Tensor, subject_roles: Tensor, object_roles: Tensor) -> Tensor:
        """(K,) from the ties (K, hidden) of two phrases to one predicate, and the roles (K,) that they are to fill."""
        roles = torch.eye(len(ROLE_CASES), dtype=subjects.dtype)
        together = torch.cat([self.dp(subjects), self.dp(objects), roles[subject_roles], roles[object_roles]], -1)
        logits: Tensor = self.pair(together)[:, 0]
        return logits

    def heads(self) -> dict[str, npt.NDArray[np.float16]]:
        """The heads' parameters as ``heads.npz`` holds them."""
        return {
            name: values.numpy().astype(np.float16)
            for name, values in self.state_dict().items()
            if not name.startswith("enc.") and name != "off"
        }


def _judgement(settings: Hyperparameters, outputs: int) -> nn.Sequential:
    width = settings.judgement_width
    return nn.Sequential(
        nn.Linear(2 * WIDTH, width), nn.GELU(), nn.Dropout(settings.head_dropout), nn.Linear(width, outputs)
    )
