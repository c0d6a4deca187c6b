"""What can be wrong with an ontology file, said with its place and its remedy."""

from __future__ import annotations

from pathlib import Path


class OntologyError(Exception):
    """An ontology file cannot be used.

    ``path`` is the file, ``line`` the line (from 1) where it is known, ``reason`` what is wrong and ``remedy`` what
    to do about it.
    """

    def __init__(self, path: Path, line: int | None, reason: str, remedy: str) -> None:
        self.path = path
        self.line = line
        self.reason = reason
        self.remedy = remedy
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason} {remedy}")

    def __reduce__(self) -> tuple[type[OntologyError], tuple[Path, int | None, str, str]]:
        return type(self), (self.path, self.line, self.reason, self.remedy)
