"""How the reader reads, and where its weights lie: what is known of it before any of its libraries is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

MODEL_NAME = "ja_ginza"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """How the reader reads.

    ``least_confidence`` of None takes the thresholds that measured best; ``named_only`` drops claims about things that
    no name is given for (元従業員); ``threads`` is for the encoder. Parses are kept in ``cache_folder``, where one is
    given, up to ``cache_limit_bytes``.
    """

    least_confidence: float | None = None
    named_only: bool = True
    threads: int = 1
    cache_folder: Path | None = None
    cache_limit_bytes: int = 1 << 30


def model_folder() -> Path:
    """Where the weights that ship with the project lie."""
    return Path(str(files("extractors") / "models" / "reader"))
