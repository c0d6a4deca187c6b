"""What the ablation takes away, where torch is installed."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="torch is installed for training only")


from extractors.training.ablation import Sight, limit_sight  # noqa: E402
from extractors.training.examples import RoleText  # noqa: E402
from extractors.training.hyperparameters import Hyperparameters  # noqa: E402
from extractors.training.learning import unmarked_states  # noqa: E402
from extractors.training.network import ReaderNetwork, pair_up, span_states  # noqa: E402
from extractors.training.pretrain import pretrain  # noqa: E402

SETTINGS = Hyperparameters(pretrain_epochs=1, threads=1)


def role_logits(network: ReaderNetwork, text: RoleText) -> torch.Tensor:
    network.eval()
    pairs = pair_up([(text.phrases, text.predicates)])
    with torch.no_grad():
        states = unmarked_states(network, [text.tagged.pieces])
        predicates, phrases = span_states(states, pairs.predicate_spans), span_states(states, pairs.phrase_spans)
        return network.role_logits(network.ties(predicates, phrases, pairs))


@pytest.mark.parametrize(
    ("sight", "sees_features", "sees_states"),
    [(Sight.FEATURES, True, False), (Sight.STATES, False, True), (Sight.BOTH, True, True)],
)
def test_limited_network_still_learns_and_sees_no_more_than_it_may(
    example: RoleText, sight: Sight, sees_features: bool, sees_states: bool
) -> None:
    torch.manual_seed(0)
    network = ReaderNetwork(SETTINGS)
    limit_sight(network, sight)
    before = network.role.weight.detach().clone()
    pretrain(network, [example], [example.tagged], SETTINGS, report=lambda line: None)
    assert not torch.equal(before, network.role.weight)
    seen = role_logits(network, example)
    featureless = replace(
        example, predicates=tuple(replace(each, features=each.features * 0) for each in example.predicates)
    )
    assert torch.equal(role_logits(network, featureless), seen) != sees_features
    pieces = example.tagged.pieces
    reworded = replace(pieces, ids=tuple(5 for _ in pieces.ids))
    elsewhere = replace(example, tagged=replace(example.tagged, pieces=reworded))
    assert torch.equal(role_logits(network, elsewhere), seen) != sees_states
