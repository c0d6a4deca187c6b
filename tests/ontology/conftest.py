"""Hand-made documents and claims, and the loaded ontology, for the tests of this room."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from ontology.validation import Validator, load_validator
from ontology.vocabulary import Vocabulary, load_vocabulary

settings.register_profile("ontology", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("ontology")

TEXT = "航空宇宙の南風工機は9月、北斗電子を相手取って東京地裁に訴訟を起こした。北斗電子の黒田理事はこれを批判した。"


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="session")
def validator(vocabulary: Vocabulary) -> Validator:
    return load_validator(vocabulary)


@pytest.fixture
def document() -> Document:
    return Document(
        id="articles/suit.txt",
        text=TEXT,
        source="articles/suit.txt",
        content_hash="0f" * 32,
        title="南風工機、北斗電子を提訴",
        published="2024-09-20",
    )


def argument(name: str, *, entity_type: EntityType = EntityType.ORGANIZATION, named: bool = True) -> Argument:
    start = max(TEXT.find(name), 0)
    return Argument((name,), entity_type, start, start + len(name), named)


@pytest.fixture
def make_claim() -> Callable[..., Claim]:
    """Build a claim of the first sentence: 南風工機 sued 北斗電子, with the fields that a test cares for."""

    def build(subject: Argument | str = "南風工機", target: Argument | str = "北斗電子", **fields: object) -> Claim:
        sentence = TEXT[: TEXT.index("。") + 1]
        claim = Claim(
            relation="sued",
            subject=argument(subject) if isinstance(subject, str) else subject,
            object=argument(target) if isinstance(target, str) else target,
            status=Status.ASSERTED,
            evidence=Evidence(0, len(sentence), sentence),
            frame="甲が乙を相手取って訴訟を起こす",
            confidence=0.875,
        )
        return dataclasses.replace(claim, **fields)

    return build


@pytest.fixture
def write_turtle(tmp_path: Path) -> Callable[[str], Path]:
    """Write a Turtle file with the usual prefixes on its first four lines."""

    def write(body: str, name: str = "extra.ttl") -> Path:
        path = tmp_path / name
        path.write_text(
            "@prefix enishi: <https://enishi.example/ontology#> .\n"
            "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
            "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
            "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n" + body,
            encoding="utf-8",
        )
        return path

    return write
