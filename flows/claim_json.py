"""Claims as the JSON of ``enishi extract``, which the gold's scorer reads as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from extractors.records import Argument, Claim
from ontology.iris import description_iri, document_iri, entity_iri


def to_json_line(name: str, document_id: str, claims: Iterable[Claim]) -> str:
    """One document's claims on one line, Japanese kept readable; ``name`` is what the line calls the document."""
    return json_line({"id": name, "claims": [claim_fields(claim, document_id) for claim in claims]})


def json_line(record: dict[str, Any]) -> str:
    """The record as JSON on one line that no reader and no terminal takes for anything else."""
    line = json.dumps(record, ensure_ascii=False)
    # U+2028 and its like end a line for many readers of JSON Lines, and bidi marks turn a terminal's line around.
    return "".join(character if character.isprintable() else _escaped(character) for character in line)


def claim_fields(claim: Claim, document_id: str) -> dict[str, Any]:
    """A claim of a document, with its fields in the order in which a person reads them."""
    return {
        "relation": claim.relation,
        "subject": argument_fields(claim.subject, document_id),
        "object": argument_fields(claim.object, document_id),
        "status": claim.status.value,
        "held_by": claim.held_by,
        "holder_named": claim.holder_named,
        "event_time": claim.event_time,
        "amount": claim.amount,
        "evidence": {"start": claim.evidence.start, "end": claim.evidence.end, "text": claim.evidence.text},
        "frame": claim.frame,
        "confidence": round(claim.confidence, 4),
    }


def argument_fields(argument: Argument, document_id: str) -> dict[str, Any]:
    """One side of a claim; ``iri`` is the one that the graph uses."""
    name = argument.labels[0]
    minted = entity_iri(name) if argument.named else description_iri(name, document_iri(document_id))
    return {
        "labels": list(argument.labels),
        "iri": argument.iri or minted,
        "type": argument.type.value,
        "named": argument.named,
        "start": argument.start,
        "end": argument.end,
    }


def _escaped(character: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _utf16_units(ord(character)))


def _utf16_units(code: int) -> tuple[int, ...]:
    if code <= 0xFFFF:
        return (code,)
    code -= 0x10000
    return (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
