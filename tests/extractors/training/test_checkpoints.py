"""Training that was stopped goes on to the same weights, where torch is installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is installed for training only")


from extractors.training.checkpoints import (  # noqa: E402
    EpochCheckpoint,
    StaleCheckpointError,
    keep_examples,
    keep_weights,
    take_examples,
    take_weights,
)
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
    train(whole, phase, example, claims, EpochCheckpoint(tmp_path / "whole.pt", origin="1", resume=False))
    stopped = network()
    with pytest.raises(StoppedError):
        train(
            stopped,
            phase,
            example,
            claims,
            EpochCheckpoint(tmp_path / "phase.pt", origin="1", resume=False),
            stopping=True,
        )
    resumed = network()
    torch.manual_seed(9)  # what the new process starts with does not count
    train(resumed, phase, example, claims, EpochCheckpoint(tmp_path / "phase.pt", origin="1", resume=True))
    different = [
        name for name, values in whole.state_dict().items() if not torch.equal(values, resumed.state_dict()[name])
    ]
    assert different == []
    assert not torch.equal(whole.role.weight, stopped.role.weight)


def test_checkpoint_of_another_run_is_replaced_where_none_is_to_be_gone_on_with(
    example: RoleText, tmp_path: Path
) -> None:
    path = tmp_path / "phase.pt"
    path.write_bytes(b"of another run")
    checkpoint = EpochCheckpoint(path, origin="1", resume=False)
    short = replace(SETTINGS, pretrain_epochs=1)
    pretrain(network(), [example], [example.tagged], short, report=lambda line: None, checkpoint=checkpoint)
    assert torch.load(path, weights_only=False)["epochs"] == 1


def test_checkpoint_of_another_origin_is_refused(example: RoleText, tmp_path: Path) -> None:
    path = tmp_path / "phase.pt"
    short = replace(SETTINGS, pretrain_epochs=1)
    made, met = (EpochCheckpoint(path, origin=each, resume=each == "2") for each in ("1", "2"))
    pretrain(network(), [example], [example.tagged], short, report=lambda line: None, checkpoint=made)
    with pytest.raises(StaleCheckpointError, match=r"phase\.pt was made with other settings"):
        pretrain(network(), [example], [example.tagged], short, report=lambda line: None, checkpoint=met)


def test_weights_are_taken_from_their_own_origin_or_from_any(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    kept, taken = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    keep_weights(kept, path, origin="1")
    with pytest.raises(StaleCheckpointError, match=r"weights\.pt"):
        take_weights(taken, path, origin="2")
    for origin in ("1", None):
        take_weights(taken, path, origin=origin)
        assert torch.equal(taken.weight, kept.weight)


def test_examples_are_taken_from_their_own_origin(claims: ClaimText, tmp_path: Path) -> None:
    path = tmp_path / "examples.pkl"
    keep_examples([claims, claims], path, origin="1")
    taken = take_examples(path, origin="1")
    assert [each.id for each in taken] == ["1", "1"]
    assert taken[0].pieces.ids == claims.pieces.ids
    assert np.array_equal(taken[0].predicates[0].labels, claims.predicates[0].labels)
    with pytest.raises(StaleCheckpointError, match=r"examples\.pkl"):
        take_examples(path, origin="2")


def test_finetuning_draws_the_same_whatever_was_drawn_before(example: RoleText, claims: ClaimText) -> None:
    """So a run that takes up the first phase's weights from a file ends as one that goes through."""
    one, other = network(), network()
    for seed, each in enumerate((one, other)):
        torch.manual_seed(seed)
        finetune(each, [claims] * 24, [example], [example.tagged], SETTINGS, ROUND, report=lambda line: None)
    assert torch.equal(one.role.weight, other.role.weight)
