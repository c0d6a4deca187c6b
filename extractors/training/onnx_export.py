"""From torch to what ships: the encoder as ONNX with 8-bit weights, the heads as half-precision arrays."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from extractors.encoder import MAX_PIECES, Encoder, PieceTokenizer
from extractors.training.integer_layers import quantise_layers
from extractors.training.network import ReaderNetwork

_OPSET = 17


class _ByteEmbedding(nn.Module):
    """An embedding in signed bytes with a scale for each row."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True) / 127
        self.register_buffer("codes", (weight / scale).round().clamp(-127, 127).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, L) to (B, L, W)."""
        result: Tensor = self.codes[ids].to(torch.float32) * self.scale[ids]
        return result


def export(network: ReaderNetwork, tokenizer: Path, folder: Path, *, samples: Sequence[str]) -> None:
    """Write ``encoder.onnx``, ``heads.npz`` and ``tokenizer.json.gz`` to the folder.

    The encoder takes ``ids`` and ``kinds`` of shape (1, L) and gives ``states`` of shape (1, L, W). ``samples`` are
    texts of the kind that it will read, after which its layers are quantised.
    """
    network.eval()
    folder.mkdir(parents=True, exist_ok=True)
    ids = torch.arange(5, 42)[None, :]
    encoder = copy.deepcopy(network.enc)
    encoder.word = _ByteEmbedding(network.enc.word.weight.detach())
    with TemporaryDirectory() as temporary, torch.no_grad():
        whole = Path(temporary) / "encoder.onnx"
        torch.onnx.export(
            encoder, (ids, torch.zeros_like(ids)), str(whole),
            input_names=["ids", "kinds"], output_names=["states"], opset_version=_OPSET, dynamo=False,
            dynamic_axes={name: {1: "pieces"} for name in ("ids", "kinds", "states")},
        )  # fmt: skip
        model = onnx.load(whole)
        tokenize = PieceTokenizer(tokenizer)
        quantise_layers(model, [tokenize(sample).ids[:MAX_PIECES] for sample in samples])
        onnx.save(model, folder / "encoder.onnx")
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
