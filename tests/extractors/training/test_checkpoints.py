"""Training that was stopped goes on to the same weights, where torch is installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is installed for training only")


from extractors.training.checkpoints import EpochCheckpoint  # noqa: E402
from extractors.training.claim_examples import ClaimText, FramePredicate  # noqa: E402
from extractors.training.examples import RoleText  # noqa: E402
from extractors.training.finetune import finetune  # noqa: E402
from extractors.training.hyperparameters import Hyperparameters  # noqa: E402
from extractors.training.network import ReaderNetwork  # noqa: E402
from extractors.training.pretrain import pretrain  # noqa: E402

SETTINGS = Hyperparameters(pretrain_epochs=2, threads=1, frozen_layers=11)
ROUND = replace(SETTINGS.finetuning[0], epochs=2)


class StoppedError(Exception):
    """Raised in place of a kill."""


def stop() -> None:
    raise StoppedError


@pytest.fixture
def claims(example: RoleText) -> ClaimText:
    count = len(example.phrases)
    labels = np.zeros((count, 2), dtype=np.int8)
    labels[0, 0], labels[1, 1] = 1, 1
    predicate = example.predicates[0]
    pairs = ((frozenset({0}), frozenset({1})),)
    stated = FramePredicate(predicate.span, predicate.features, (0, 1), labels, 1, 0, {0: True, 1: True}, pairs, ())
    return ClaimText("1", example.tagged.pieces, example.phrases, np.arange(count), (), (stated,))


def network() -> ReaderNetwork:
    torch.manual_seed(1)
    return ReaderNetwork(SETTINGS)


def train(
    trained: ReaderNetwork, phase: str, example: RoleText, claims: ClaimText, checkpoint: EpochCheckpoint,
    *, stopping: bool = False,
) -> None:  # fmt: skip
    after = stop if stopping else lambda: None
    if phase == "pretraining":
        pretrain(
            trained, [example], [example.tagged], SETTINGS,
            report=lambda line: None, after_epoch=after, checkpoint=checkpoint,
        )  # fmt: skip
    else:
        finetune(
            trained, [claims] * 24, [example], [example.tagged], SETTINGS, ROUND,
            report=lambda line: None, after_epoch=after, checkpoint=checkpoint,
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["pretraining", "finetuning"])
def test_stopped_training_goes_on_to_the_same_weights(
    example: RoleText, claims: ClaimText, tmp_path: Path, phase: str
) -> None:
    whole = network()
    train(whole, phase, example, claims, EpochCheckpoint(tmp_path / "whole.pt", resume=False))
    stopped = network()
    with pytest.raises(StoppedError):
        train(stopped, phase, example, claims, EpochCheckpoint(tmp_path / "phase.pt", resume=False), stopping=True)
    resumed = network()
    torch.manual_seed(9)  # what the new process starts with does not count
    train(resumed, phase, example, claims, EpochCheckpoint(tmp_path / "phase.pt", resume=True))
    different = [
        name for name, values in whole.state_dict().items() if not torch.equal(values, resumed.state_dict()[name])
    ]
    assert different == []
    assert not torch.equal(whole.role.weight, stopped.role.weight)


def test_checkpoint_is_left_alone_where_nothing_is_to_be_gone_on_with(
    example: RoleText, claims: ClaimText, tmp_path: Path
) -> None:
    path = tmp_path / "phase.pt"
    path.write_bytes(b"of another run")
    short = replace(SETTINGS, pretrain_epochs=1)
    pretrain(
        network(), [example], [example.tagged], short,
        report=lambda line: None, checkpoint=EpochCheckpoint(path, resume=False),
    )  # fmt: skip
    assert path.read_bytes() != b"of another run"
