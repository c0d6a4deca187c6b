"""Reading Turtle files of the ontology, with errors that name the file, the line and the remedy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from ontology.errors import OntologyError

HERE = Path(__file__).parent
CORE_FILES: tuple[Path, ...] = tuple(HERE / name for name in ("enishi.ttl", "frames.ttl", "entities.ttl"))
"""The project's own Turtle, in the order in which it is read."""


def read_turtle(path: Path) -> TurtleFile:
    """Read one Turtle file. Raises OntologyError where it is missing, not UTF-8 or not Turtle."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OntologyError(
            path, None, f"The file cannot be read ({error.strerror}).", "Check the path and its permissions."
        ) from error
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OntologyError(path, line, "The file is not UTF-8.", "Save it as UTF-8.") from error
    try:
        quads = ox.parse(content, format=ox.RdfFormat.TURTLE)
        triples = tuple(ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    except SyntaxError as error:
        raise OntologyError(
            path, error.lineno, f"This is not Turtle: {error.msg}.", "Mend the syntax at that place."
        ) from error
    except ValueError as error:
        raise OntologyError(path, None, f"This is not Turtle: {error}.", "Mend the syntax.") from error
    return TurtleFile(path=path, text=text, triples=triples, content_hash=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class TurtleFile:
    """One Turtle file as read: its text, its triples, and the SHA-256 of its bytes in hex."""

    path: Path
    text: str = field(repr=False)
    triples: tuple[ox.Triple, ...] = field(repr=False)
    content_hash: str

    def line_of(self, needle: str) -> int | None:
        """The number (from 1) of the first line that holds ``needle``, or None."""
        position = self.text.find(needle)
        return None if position < 0 else self.text.count("\n", 0, position) + 1
