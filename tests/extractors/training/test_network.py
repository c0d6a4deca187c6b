"""The network, where torch is installed (``make model`` installs it); nothing is trained to the end here."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is installed for training only")


from extractors.encoder import PieceTokenizer, model_folder  # noqa: E402
from extractors.features import FEATURE_SIZES  # noqa: E402
from extractors.heads import Heads, span_vectors  # noqa: E402
from extractors.readings import ROLE_CASES  # noqa: E402
from extractors.training.claim_examples import ClaimText, FramePredicate  # noqa: E402
from extractors.training.examples import IGNORED, RoleText  # noqa: E402
from extractors.training.finetune import _choice_loss, _full_name_loss, claim_loss, finetune  # noqa: E402
from extractors.training.hyperparameters import Hyperparameters  # noqa: E402
from extractors.training.learning import pad, role_loss, tag_loss, unmarked_states  # noqa: E402
from extractors.training.network import TAGS, WIDTH, Layer, ReaderNetwork, pair_up, span_states  # noqa: E402
from extractors.training.onnx_export import export, likeness  # noqa: E402
from extractors.training.pretrain import find_mentions, network_chooser, pretrain  # noqa: E402

BASE = Path(__file__).parents[4] / "shared" / "models" / "e5-small-ja"
SETTINGS = Hyperparameters(pretrain_epochs=1, threads=1)
ROUND = replace(SETTINGS.finetuning[0], epochs=1)


@pytest.fixture(scope="module")
def network() -> ReaderNetwork:
    torch.manual_seed(0)
    return ReaderNetwork(SETTINGS)


@pytest.fixture
def claims(example: RoleText) -> ClaimText:
    count = len(example.phrases)
    labels = np.zeros((count, 2), dtype=np.int8)
    labels[0, 0], labels[1, 1], labels[2, 1] = 1, 1, IGNORED
    predicate = example.predicates[0]
    pairs = ((frozenset({0}), frozenset({1})),)
    stated = FramePredicate(predicate.span, predicate.features, (0, 1), labels, 1, 0, {0: True, 1: False}, pairs, ())
    other = FramePredicate(predicate.span, predicate.features, (0, 1), labels * 0, IGNORED, IGNORED, {}, (), pairs)
    names = tuple(map(tuple, example.phrases[:2].tolist()))
    return ClaimText("1", example.tagged.pieces, example.phrases, np.arange(count), names, (stated, other))


def test_states_do_not_depend_on_padding(network: ReaderNetwork, tokenize: PieceTokenizer) -> None:
    network.eval()
    short, long = tokenize("青葉電機は争う。"), tokenize("青葉電機は港南商事を提訴した。" * 9)
    with torch.no_grad():
        together = unmarked_states(network, [short, long])
        alone = network.enc(torch.tensor(short.ids)[None, :], torch.zeros(1, len(short.ids), dtype=torch.long))
    assert together.shape[2] == WIDTH
    assert together.shape[1] % 32 == 0
    torch.testing.assert_close(together[0, : len(short.ids)], alone[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("length", [32, 160, 224])
def test_layer_attends_in_training_as_it_does_in_use(length: int) -> None:
    torch.manual_seed(2)
    layer, states = Layer(0.0), torch.randn(2, length, WIDTH)
    mask = torch.ones(2, 1, 1, length, dtype=torch.bool)
    mask[1, :, :, length // 2 :] = False
    trained, used = layer.train()(states, mask), layer.eval()(states, mask)
    torch.testing.assert_close(trained, used, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(used, layer(states, None), atol=1e-5)


def test_pad_masks_what_is_no_text(tokenize: PieceTokenizer) -> None:
    texts = [tokenize("青葉"), tokenize("青葉電機は港南商事を提訴した。")]
    ids, mask = pad(texts)
    assert mask.sum(1).tolist() == [len(each.ids) for each in texts]
    assert set(ids[~mask].tolist()) == {1}


def test_heads_agree_with_the_runtime(network: ReaderNetwork, example: RoleText) -> None:
    network.eval()
    heads = Heads({name: values.astype(np.float32) for name, values in network.heads().items()})
    states = np.random.default_rng(0).normal(size=(len(example.tagged.pieces.ids), WIDTH)).astype(np.float32)
    pairs = pair_up([(example.phrases, example.predicates)])
    with torch.no_grad():
        batch = torch.from_numpy(states)[None]
        predicates, phrases = span_states(batch, pairs.predicate_spans), span_states(batch, pairs.phrase_spans)
        ties = network.ties(predicates, phrases, pairs)
        logits = network.role_logits(ties).view(len(example.predicates), len(example.phrases), -1)
        together = network.pair_logits(ties[:2], ties[1:3], torch.tensor([0, 0]), torch.tensor([2, 2]))
        valid, status, named = network.valid(predicates), network.status(predicates), network.named(phrases)
        tags = network.ner(batch)[0]
    runtime_phrases = span_vectors(states, example.phrases)
    for number, predicate in enumerate(example.predicates):
        anchor = span_vectors(states, np.array([predicate.span]))[0]
        got = heads.ties(anchor, runtime_phrases, predicate.features.astype(np.int64))
        np.testing.assert_allclose(heads.role_logits(got), logits[number].numpy(), atol=0.02)
        np.testing.assert_allclose(heads.claim_logit(anchor), valid[number, 0], atol=0.02)
        np.testing.assert_allclose(heads.status_logits(anchor), status[number].numpy(), atol=0.02)
    both = heads.pair_logits(ties[:2].numpy(), ties[1:3].numpy(), roles=(0, 2))
    np.testing.assert_allclose(np.diagonal(both), together.numpy(), atol=0.02)
    np.testing.assert_allclose(heads.named_logits(runtime_phrases), named[:, 0].numpy(), atol=0.02)
    np.testing.assert_allclose(heads.entity_logits(states), tags.numpy(), atol=0.02)
    assert tags.shape[1] == TAGS


def test_pair_up_numbers_phrases_by_text(example: RoleText) -> None:
    pairs = pair_up([(example.phrases, example.predicates), (example.phrases[:2], _cut(example, 2))])
    count = len(example.phrases)
    assert pairs.phrase_count == (count, count, 2, 2)
    assert pairs.first_phrase == (0, 0, count, count)
    assert pairs.features.shape == (2 * count + 4, len(FEATURE_SIZES))
    assert pairs.phrase_of.tolist()[-2:] == [count, count + 1]
    assert pairs.phrase_spans[count].tolist() == [1, *example.phrases[0].tolist()]


def _cut(example: RoleText, count: int) -> list[FramePredicate]:
    return [
        FramePredicate(each.span, each.features[:count], (0, 1), each.labels[:count, :2], 0, IGNORED, {}, (), ())
        for each in example.predicates
    ]


def test_losses_reach_everything_but_the_frozen_layers(network: ReaderNetwork, claims: ClaimText) -> None:
    network.train()
    network.zero_grad()
    loss = claim_loss(network, [claims, claims], SETTINGS, choice_weight=0.5)
    assert torch.isfinite(loss)
    loss.backward()
    graded = {
        name for name, values in network.named_parameters() if values.grad is not None and values.grad.abs().sum() > 0
    }
    assert not {
        name for name in graded if name.startswith(("enc.word", "enc.pos", "enc.ln", "enc.layers.0.", "enc.layers.2."))
    }
    assert {
        "enc.kind.weight",
        "enc.layers.3.q.weight",
        "enc.layers.11.fo.weight",
        "role.weight",
        "valid.0.weight",
        "pair.0.weight",
    } <= graded
    assert {"status.3.weight", "named.0.weight", "embs.weight"} <= graded
    network.zero_grad()


def test_ignored_labels_cost_nothing(network: ReaderNetwork, example: RoleText) -> None:
    network.eval()
    with torch.no_grad():
        states = unmarked_states(network, [example.tagged.pieces])
        before = role_loss(network, states, [example], most_predicates=9, chance=random.Random(0))
        for predicate in example.predicates:
            predicate.labels[:] = IGNORED
        after = role_loss(network, states, [example], most_predicates=9, chance=random.Random(0))
        example.tagged.tags[2:] = IGNORED
        tags = tag_loss(network, states, [example.tagged])
    assert before > 0
    assert after == 0
    assert torch.isfinite(tags)


@pytest.mark.slow
def test_both_phases_run_and_lower_the_loss(example: RoleText, claims: ClaimText) -> None:
    torch.manual_seed(1)
    network = ReaderNetwork(SETTINGS)
    with torch.no_grad():
        network.eval()
        before = claim_loss(network, [claims], SETTINGS, choice_weight=0.5)
    lines: list[str] = []
    pretrain(network, [example], [example.tagged], SETTINGS, report=lines.append)
    finetune(network, [claims] * 36, [example], [example.tagged], SETTINGS, ROUND, report=lines.append)
    with torch.no_grad():
        network.eval()
        after = claim_loss(network, [claims], SETTINGS, choice_weight=0.5)
    assert after < before
    assert lines == ["pre-training, epoch 1 of 1", "fine-tuning, epoch 1 of 1"]


def test_evaluation_reads_every_text(network: ReaderNetwork, example: RoleText) -> None:
    (mentions,) = find_mentions(network, [example.tagged])
    assert all(example.tagged.text[each.start : each.end] == each.text for each in mentions)
    choices = network_chooser(network, threshold=0.4)(example)
    assert [len(each) for each in choices] == [len(ROLE_CASES)] * len(example.predicates)


@pytest.mark.slow
def test_export_is_read_by_the_runtime(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is installed for training only")
    if not BASE.exists():
        pytest.skip("the base model is not in ../shared")
    network = ReaderNetwork(SETTINGS)
    network.enc.load_base(BASE / "encoder.npz")
    sample = "白浜工業の創業者である川島涼子氏は、緑川銀行が出資する新会社の設立を批判した。"
    export(network, model_folder() / "tokenizer.json.gz", tmp_path, samples=[sample])
    assert likeness(network, tmp_path, "青葉電機は昨年、港南商事を提訴した。") > 0.99
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 60e6


def test_choice_is_cheap_where_the_stated_pair_or_none_stands_out() -> None:
    logits = torch.tensor([4.0, -4.0, -4.0])
    stated = torch.tensor([True, False, False])
    assert _choice_loss(logits, stated) < 0.1 < _choice_loss(-logits, stated)
    nothing = torch.zeros(3, dtype=torch.bool)
    assert _choice_loss(-logits.abs(), nothing) < 0.1 < _choice_loss(logits, nothing)


def test_full_names_teach_where_a_name_ends(claims: ClaimText) -> None:
    (first, last), *_ = claims.names
    right = torch.full((1, len(claims.pieces.ids), TAGS), -9.0)
    right[..., 0] = 0.0
    right[0, first, 1::2], right[0, first + 1 : last + 1, 2::2] = 9.0, 9.0
    one = replace(claims, names=((first, last),))
    endless = right.clone()
    endless[0, last + 1, 2] = 20.0
    sure, unsure = (
        _full_name_loss(SimpleNamespace(ner=lambda states: states), each, [one]) for each in (right, endless)
    )
    assert sure < 0.01 < unsure
