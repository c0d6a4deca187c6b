"""The record of a bulk load under way, so that one that a dying process leaves behind can be taken back.

Oxigraph's fast path gives no promise that a killed load is there as a whole or not at all. So the graphs to be loaded
are written down first; whoever opens the folder next and finds the record removes them, and they are missing, not half
there. Only graphs that did not exist before are loaded so, as what they held could not be brought back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

RECORD_FILE = "enishi-bulk-load.json"
LEAST_QUADS = 5_000
"""Below this the fast path's files cost more than a plain transaction."""


def begin(folder: Path, graph_iris: Iterable[str]) -> None:
    """Write down, on the disk itself, that these graphs are being loaded."""
    path = folder / RECORD_FILE
    with path.open("w", encoding="utf-8") as file:
        json.dump(list(graph_iris), file)
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)


def end(folder: Path) -> None:
    """Say that they are there."""
    (folder / RECORD_FILE).unlink()
    _sync(folder)


def interrupted(folder: Path) -> list[str]:
    """The graphs of a load that did not come to its end; none where the record itself was not finished."""
    try:
        found = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except ValueError:  # its writer died in it, before it loaded anything
        return []
    return [graph_iri for graph_iri in found if isinstance(graph_iri, str)]


def is_recorded(folder: Path) -> bool:
    """Whether there is a record, whole or not."""
    return (folder / RECORD_FILE).exists()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
