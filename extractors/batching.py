"""Documents in lists that are worth reading together, and are not too much at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractors.records import Document


def batches(documents: Iterable[Document], *, max_documents: int, max_characters: int) -> Iterator[list[Document]]:
    """Cut a stream into lists of at most ``max_documents``, each ended once it holds ``max_characters``."""
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) >= max_documents or characters >= max_characters:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
