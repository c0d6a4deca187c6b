"""The project's own queries, one ``.rq`` file each, commented at their heads."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def load_query(name: str) -> str:
    """The text of ``store/queries/<name>.rq``. Raises FileNotFoundError where there is none."""
    return Path(__file__).with_name(f"{name}.rq").read_text(encoding="utf-8")
