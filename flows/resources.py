"""What a run needs in memory, loaded once a process and only when it is asked for."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.ingestion import Reader
    from ontology.validation import Validator
    from ontology.vocabulary import Vocabulary


@functools.lru_cache(maxsize=4)
def load_resources(ontology: tuple[Path, ...] = ()) -> Resources:
    """The resources for the built-in ontology and the Turtle files ``ontology``; the same object for the same files."""
    return Resources(ontology)


@dataclass
class Resources:
    """Vocabulary, reader and validator. Each attribute raises what its room raises when it is loaded first."""

    ontology: tuple[Path, ...]

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

        return load_reader(vocabulary.relations, vocabulary.known_entities)

    @functools.cached_property
    def validator(self) -> Validator:
        """The check of documents' graphs against the shapes."""
        from ontology.validation import load_validator

        return load_validator(self.vocabulary)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Changes with whatever a document's graph depends on besides its text: reader, ontology, mapping code."""
        code = hashlib.sha256()
        for entry in sorted(resources.files("ontology").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                code.update(entry.read_bytes())
        parts = (self.reader.fingerprint, self.vocabulary.fingerprint, code.hexdigest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def run_iri(self) -> str:
        """Names the reading that graphs come from: the same for the same fingerprint, whenever it happens."""
        from ontology.namespaces import RUN

        return RUN + self.fingerprint[:16]
