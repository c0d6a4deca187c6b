"""What a run needs in memory, loaded once a process and only when it is asked for."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractors.settings import ExtractSettings
    from flows.ingestion import Reader
    from ontology.validation import Validator
    from ontology.vocabulary import Vocabulary


@functools.lru_cache(maxsize=4)
def load_resources(
    ontology: tuple[Path, ...] = (),
    parses: Path | None = None,
    *,
    least_confidence: float | None = None,
    named_only: bool = True,
) -> Resources:
    """The resources for the built-in ontology and the Turtle files ``ontology``; the same object for the same files.

    Parses of sentences are kept in the folder ``parses``, where one is given. ``least_confidence`` and ``named_only``
    are as in ``ExtractSettings``.
    """
    return Resources(ontology, parses, least_confidence, named_only)


@dataclass
class Resources:
    """Vocabulary, reader and validator. Each attribute raises what its room raises when it is loaded first."""

    ontology: tuple[Path, ...]
    parses: Path | None = None
    least_confidence: float | None = None
    named_only: bool = True

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        """The relations and known entities."""
        from ontology.vocabulary import load_vocabulary

        return load_vocabulary(self.ontology)

    @functools.cached_property
    def reader(self) -> Reader:
        """The extraction pipeline."""
        vocabulary = self.vocabulary  # first, for what is wrong with it is found in milliseconds
        from extractors.pipeline import load_reader

        return load_reader(vocabulary.relations, vocabulary.known_entities, settings=self.extract_settings)

    @property
    def extract_settings(self) -> ExtractSettings:
        """How the reader reads, in this process or in another."""
        from extractors.settings import ExtractSettings

        return ExtractSettings(
            cache_folder=self.parses, least_confidence=self.least_confidence, named_only=self.named_only
        )

    @functools.cached_property
    def curated_graphs(self) -> dict[str, list[Any]]:
        """The quads of the ontology's and of the entities' graph, by graph IRI."""
        from ontology.curated import curated_graphs

        return curated_graphs(self.vocabulary)

    @functools.cached_property
    def validator(self) -> Validator:
        """The check of documents' graphs against the shapes."""
        from ontology.validation import load_validator

        return load_validator(self.vocabulary)

    @property
    def reader_fingerprint(self) -> str:
        """The fingerprint of ``reader``, which need not be loaded for it."""
        from extractors.fingerprint import reader_fingerprint

        vocabulary = self.vocabulary
        return reader_fingerprint(vocabulary.relations, vocabulary.known_entities, settings=self.extract_settings)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Changes with whatever a document's graph depends on besides its bytes: reader, ontology, mapping code."""
        code = hashlib.sha256()
        for entry in sorted(resources.files("ontology").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                code.update(entry.read_bytes())
        parts = (self.reader_fingerprint, self.vocabulary.fingerprint, code.hexdigest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def run_iri(self) -> str:
        """Names the reading that graphs come from: the same for the same fingerprint, whenever it happens."""
        from ontology.namespaces import RUN

        return RUN + self.fingerprint[:16]
