from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is installed for training only")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from extractors.training.integer_layers import input_ranges, quantise_layers  # noqa: E402

PIECES, WIDTH = 50, 64
Floats = npt.NDArray[np.float32]


def two_layers(seed: int = 0) -> onnx.ModelProto:
    """A table of 50 pieces whose columns differ a thousandfold in size, and two layers with a gate between."""
    random = np.random.default_rng(seed)
    table = random.normal(size=(PIECES, WIDTH)) * np.geomspace(0.01, 10, WIDTH)
    table[0] = 0
    values = {"table": table, "first": random.normal(size=(WIDTH, 96)), "second": random.normal(size=(96, WIDTH))}
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["embedded"]),
        helper.make_node("MatMul", ["embedded", "first"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["gated"]),
        helper.make_node("MatMul", ["gated", "second"], ["states"]),
        helper.make_node("Identity", ["kinds"], ["unused"]),
    ]
    graph = helper.make_graph(
        nodes, "layers",
        [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "pieces"]) for name in ("ids", "kinds")],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, "pieces", WIDTH])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def states_of(model: onnx.ModelProto, ids: list[int]) -> Floats:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    array = np.array([ids], dtype=np.int64)
    (states,) = session.run(["states"], {"ids": array, "kinds": np.zeros_like(array)})
    return np.asarray(states[0], dtype=np.float32)


@pytest.mark.parametrize("ids", [[7], list(range(1, 50)), [3, 3, 40]])
def test_quantised_layers_give_nearly_the_same(ids: list[int]) -> None:
    expected = states_of(two_layers(), ids)
    model = two_layers()
    quantise_layers(model, [list(range(PIECES))])
    assert not any(node.op_type == "MatMul" for node in model.graph.node)
    found = states_of(model, ids)
    cosines = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.999
    assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_quantised_layers_read_each_piece_by_itself() -> None:
    model = two_layers()
    quantise_layers(model, [list(range(PIECES))])
    together = states_of(model, [1, 49, 20])
    assert np.array_equal(together[0], states_of(model, [1])[0])


def test_quantised_layers_give_nothing_for_nothing() -> None:
    model = two_layers()
    quantise_layers(model, [list(range(PIECES))])
    assert np.array_equal(states_of(model, [0, 5])[0], np.zeros(WIDTH, dtype=np.float32))


def test_quantised_weights_are_bytes() -> None:
    model = two_layers()
    quantise_layers(model, [list(range(PIECES))])
    kept = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert [value.dtype for name, value in kept.items() if name.endswith(".bytes")] == [np.int8, np.int8]
    assert "first" not in kept and "second" not in kept


def test_quantising_needs_samples() -> None:
    with pytest.raises(ValueError, match="No samples"):
        quantise_layers(two_layers(), [])


def test_input_ranges_are_the_largest_magnitudes() -> None:
    model = two_layers()
    (table,) = (numpy_helper.to_array(tensor) for tensor in model.graph.initializer if tensor.name == "table")
    found = input_ranges(model, ["embedded"], [[1, 2], [3]])["embedded"]
    assert np.array_equal(found, np.abs(table[1:4]).max(axis=0))
