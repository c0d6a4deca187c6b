from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.parsing import load_ginza


@pytest.fixture(scope="session")
def ginza() -> Language:
    """GiNZA's pipeline, loaded once for all tests of the room."""
    return load_ginza()
