"""What claims depend on besides a document's bytes, as one string, without loading any of it.

A run whose documents have not changed compares this string and ends: no spaCy, no model, no weights in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from extractors.records import KnownEntity, Relation
from extractors.settings import MODEL_NAME, ExtractSettings, model_folder

PARSER_PACKAGES = ("spacy", "ginza", MODEL_NAME, "SudachiPy", "SudachiDict-core")
"""The distributions that the parse of a sentence depends on."""
_PACKAGES = (*PARSER_PACKAGES, "onnxruntime", "tokenizers", "trafilatura", "lxml", "feedparser", "markdown-it-py")
_ROOM = Path(__file__).parent


def reader_fingerprint(
    relations: Sequence[Relation], known: Sequence[KnownEntity] = (), *, settings: ExtractSettings | None = None
) -> str:
    """SHA-256, in hex, of relations, known names, settings, code, weights and the versions of the libraries.

    The same as ``fingerprint`` of the reader that ``load_reader`` gives for these arguments, in a tenth of a second.
    """
    parts = [*map(_canonical, sorted(relations, key=lambda each: each.name)), *map(repr, known)]
    parts.append(repr(_meaning(settings or ExtractSettings())))
    parts.extend(f"{name} {version(name)}" for name in _PACKAGES)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", errors="surrogatepass") + b"\0")
    for path in sorted((*_ROOM.glob("*.py"), *(_ROOM / "reading").glob("*.py"), *_weights())):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def parser_fingerprint() -> str:
    """SHA-256, in hex, of what the parse of a sentence depends on besides the sentence."""
    packages = " ".join(f"{name} {version(name)}" for name in PARSER_PACKAGES)
    return hashlib.sha256(packages.encode() + (_ROOM / "parsing.py").read_bytes()).hexdigest()


def _weights() -> Iterable[Path]:
    return (path for path in model_folder().glob("*") if path.is_file())


def _meaning(settings: ExtractSettings) -> ExtractSettings:
    """The settings without those that claims do not depend on."""
    return replace(settings, threads=1, cache_folder=None, cache_limit_bytes=0)


def _canonical(relation: Relation) -> str:
    """The relation as text that is the same in every process, which the order of a frozenset is not."""
    types = sorted(relation.subject_types), sorted(relation.object_types)
    return repr((relation.name, relation.wordings, *types, relation.symmetric))
