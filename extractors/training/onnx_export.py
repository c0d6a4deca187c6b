"""From torch to what ships: the encoder as ONNX with 8-bit weights, the heads as half-precision arrays."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from extractors.encoder import Encoder, PieceTokenizer
from extractors.training.network import ReaderNetwork

_OPSET = 17
_QUANTISED_OPERATORS = ["MatMul", "Gather", "Gemm"]


def export(network: ReaderNetwork, tokenizer: Path, folder: Path) -> None:
    """Write ``encoder.onnx``, ``heads.npz`` and ``tokenizer.json.gz`` to the folder.

    The encoder takes ``ids`` and ``kinds`` of shape (1, L) and gives ``states`` of shape (1, L, W).
    """
    network.eval()
    folder.mkdir(parents=True, exist_ok=True)
    ids = torch.arange(5, 42)[None, :]
    with TemporaryDirectory() as temporary, torch.no_grad():
        whole = Path(temporary) / "encoder.onnx"
        torch.onnx.export(
            network.enc, (ids, torch.zeros_like(ids)), str(whole),
            input_names=["ids", "kinds"], output_names=["states"], opset_version=_OPSET, dynamo=False,
            dynamic_axes={name: {1: "pieces"} for name in ("ids", "kinds", "states")},
        )  # fmt: skip
        quantize_dynamic(
            whole, folder / "encoder.onnx",
            weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=_QUANTISED_OPERATORS,
        )  # fmt: skip
    heads: dict[str, Any] = dict(network.heads())
    np.savez_compressed(folder / "heads.npz", **heads)
    shutil.copyfile(tokenizer, folder / "tokenizer.json.gz")


@torch.no_grad()
def likeness(network: ReaderNetwork, folder: Path, text: str) -> float:
    """The mean cosine between a text's states as torch has them and as the exported encoder has them."""
    pieces = PieceTokenizer(folder / "tokenizer.json.gz")(text)
    ids = torch.tensor(pieces.ids)[None, :]
    network.eval()
    expected = network.enc(ids, torch.zeros_like(ids))[0]
    got = torch.from_numpy(Encoder(folder).states(pieces))
    return float(torch.cosine_similarity(expected, got, dim=-1).mean())
