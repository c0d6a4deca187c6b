"""The small pretrained encoder on onnxruntime: text to one vector a piece, with predicates marked where asked.

Pieces are SentencePiece units of multilingual-e5-small, cut at every change between hiragana and other scripts, so
that a particle never shares a piece with the name before it.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Regex, Tokenizer, pre_tokenizers

from extractors.settings import model_folder as model_folder

Vectors = npt.NDArray[np.float32]
MAX_PIECES = 510
_REMEMBERED_TEXTS = 64
"""More than the windows that are parsed together: each is looked at before, and read after."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text cut for the encoder: ids with the begin and end marks, and each piece's half-open character offsets."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    piece_at: npt.NDArray[np.int64]
    """For each character the last piece that holds it, or the piece before where none does."""

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """The pieces (inclusive) of the first and the last of the characters ``start:end``."""
        return int(self.piece_at[start]), int(self.piece_at[end - 1])


def _pieces_by_character(length: int, offsets: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    at = np.zeros(length, dtype=np.int64)
    for index, (start, end) in enumerate(offsets):
        at[start:end] = index
    # A character in no piece (a space) takes the piece before it; piece 0 is the begin mark.
    filled: npt.NDArray[np.int64] = np.maximum(np.maximum.accumulate(at), 1)
    return filled


class PieceTokenizer:
    """SentencePiece with a cut at every edge of a hiragana run."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_str(gzip.decompress(path.read_bytes()).decode("utf-8"))
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex("[ぁ-ゖ]+"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
        ])  # fmt: skip

    def __call__(self, text: str) -> Pieces:
        """The text's pieces, with the begin and end marks."""
        encoding = self._tokenizer.encode(text)
        offsets = tuple(encoding.offsets)
        return Pieces(tuple(encoding.ids), offsets, _pieces_by_character(len(text), offsets))


class Encoder:
    """The encoder's session; ``threads`` of 0 lets onnxruntime choose.

    The last few texts are remembered, as several components ask for the same one.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.tokenize = lru_cache(maxsize=_REMEMBERED_TEXTS)(PieceTokenizer(folder / "tokenizer.json.gz"))
        self._states = lru_cache(maxsize=_REMEMBERED_TEXTS)(self._read)
        self._session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def states(self, pieces: Pieces, marks: Sequence[tuple[int, int]] = ()) -> Vectors:
        """An array of shape (pieces, width): one vector a piece, with the piece ranges in ``marks`` (inclusive) marked.

        Text of more than ``MAX_PIECES`` pieces is read in stretches of that length, each without the others' context.
        The array is shared with later callers: do not write to it.
        """
        return self._states(pieces.ids, tuple(marks))

    def _read(self, piece_ids: tuple[int, ...], marks: tuple[tuple[int, int], ...]) -> Vectors:
        ids = np.asarray(piece_ids, dtype=np.int64)
        kinds = np.zeros_like(ids)
        for first, last in marks:
            kinds[first : last + 1] = 1
        parts = [
            self._run(ids[left : left + MAX_PIECES], kinds[left : left + MAX_PIECES])
            for left in range(0, len(ids), MAX_PIECES)
        ]
        return np.concatenate(parts)

    def _run(self, ids: npt.NDArray[np.int64], kinds: npt.NDArray[np.int64]) -> Vectors:
        (states,) = self._session.run(None, {"ids": ids[None, :], "kinds": kinds[None, :]})
        return np.asarray(states[0], dtype=np.float32)


@lru_cache(maxsize=1)
def load_encoder(*, threads: int = 1) -> Encoder:
    """The encoder that ships with the project, loaded once a process."""
    return Encoder(model_folder(), threads=threads)
