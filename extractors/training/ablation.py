"""``python -m extractors.training.ablation --shared ../shared``: what features and states each give to roles.

Three networks with the same start, steps and batches learn the roles of WAC: one sees the features of the tree alone,
one the encoder's states alone, one both. Prints their F1 on WAC-dev as JSON. Less training than ``make model`` does,
so the figures tell the three apart and nothing else. An epoch takes some twenty minutes on two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import logging
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from extractors.encoder import PieceTokenizer
from extractors.parsing import load_ginza
from extractors.training.corpora import Corpora, load_corpora
from extractors.training.gold import DATA, labelled_documents
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.network import WIDTH, ReaderNetwork
from extractors.training.pretrain import network_chooser, pretrain
from extractors.training.role_score import role_figures, score_roles


class Sight(enum.StrEnum):
    """What the heads are given."""

    FEATURES = "features"
    STATES = "states"
    BOTH = "both"


class _NoStates(nn.Module):
    """In the encoder's place: every state is zero."""

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, L) to (B, L, W)."""
        return torch.zeros(*ids.shape, WIDTH)


def limit_sight(network: ReaderNetwork, sight: Sight) -> None:
    """Take from the network, in place and for good, what ``sight`` does not hold."""
    if sight is Sight.FEATURES:
        network.enc = _NoStates()
    elif sight is Sight.STATES:
        network.embs.weight.data.zero_()
        network.embs.requires_grad_(requires_grad=False)


def role_f1(sight: Sight, corpora: Corpora, base: Path, settings: Hyperparameters) -> dict[str, float]:
    """F1 of roles on the development texts after pre-training with that sight from ``base``."""
    torch.manual_seed(settings.seed)
    random.seed(settings.seed)
    network = ReaderNetwork(settings)
    network.enc.load_base(base)
    limit_sight(network, sight)
    pretrain(network, corpora.texts, corpora.sentences, settings, report=_say)
    choose = network_chooser(network, threshold=settings.role_threshold)
    return role_figures(score_roles(corpora.test_texts, choose))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the three and print what each reaches."""
    parser = argparse.ArgumentParser(prog="python -m extractors.training.ablation", description=main.__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with corpora/ and models/")
    parser.add_argument("--epochs", type=int, default=3, metavar="N")
    parser.add_argument("--sight", type=Sight, choices=list(Sight), nargs="+", default=list(Sight), help="only these")
    parser.add_argument("--limit", type=int, metavar="N", help="take N texts of each corpus only, to try the machinery")
    options = parser.parse_args(arguments)
    settings = dataclasses.replace(Hyperparameters(), pretrain_epochs=options.epochs)
    torch.set_num_threads(settings.threads)
    logging.getLogger("rhoknp").setLevel(logging.CRITICAL)  # it tells of every oddity of the corpus
    base = options.shared / "models" / "e5-small-ja"
    corpora = load_corpora(
        options.shared / "corpora", load_ginza(), PieceTokenizer(base / "tokenizer.json.gz"),
        sentence_fold=settings.sentence_fold, labelled=labelled_documents(DATA), limit=options.limit,
    )  # fmt: skip
    figures = {}
    for sight in options.sight:
        _say(f"{sight}:")
        figures[sight.value] = role_f1(sight, corpora, base / "encoder.npz", settings)
        _say(json.dumps(figures[sight.value], ensure_ascii=False))
    print(json.dumps(figures, ensure_ascii=False, indent=2))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
