"""Claims made by hand for any text: true to their offsets, hostile in everything else."""

from __future__ import annotations

import random

from extractors.chunking import sentences
from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from tests.hostile.corpus import NAMES

EVENT_TIMES = (None, "2024", "2024-05", "2024-02-30", "昨年", '2024"^^<x>', "", "0000", "-0001")


def make_claims(document: Document, relations: tuple[str, ...], *, seed: int, at_most: int = 3) -> list[Claim]:
    """Up to ``at_most`` claims whose evidence is a sentence of ``document`` and whose arguments are pieces of it."""
    random_source = random.Random(f"{seed}/{document.id}".encode("utf-8", "replace"))
    spans = [(start, end) for start, end in sentences(document.text[:20_000]) if document.text[start:end].strip()]
    chosen = random_source.sample(spans, min(at_most, len(spans)))
    return [_claim(document, start, end, relations, random_source) for start, end in chosen]


def _claim(document: Document, start: int, end: int, relations: tuple[str, ...], random_source: random.Random) -> Claim:
    return Claim(
        relation=random_source.choice(relations),
        subject=_argument(document, start, end, random_source),
        object=_argument(document, start, end, random_source),
        status=random_source.choice(list(Status)),
        evidence=Evidence(start, end, document.text[start:end]),
        frame=random_source.choice(("甲が乙を提訴する", *NAMES)),
        confidence=random_source.choice((0.0, 0.5, 1.0, 1e-9, random_source.random())),
        held_by=random_source.choice((None, *NAMES)),
        event_time=random_source.choice(EVENT_TIMES),
        amount=random_source.choice((None, *NAMES)),
    )


def _argument(document: Document, start: int, end: int, random_source: random.Random) -> Argument:
    first = random_source.randrange(start, end)
    last = min(end, first + random_source.randint(1, 30))
    aliases = random_source.sample(NAMES, random_source.randint(0, 2))
    return Argument(
        labels=(document.text[first:last], *aliases),
        type=random_source.choice(list(EntityType)),
        start=first,
        end=last,
        named=random_source.random() < 0.8,
    )
