"""The records that travel between the stages: frozen, picklable, free of spaCy and RDF.

All offsets are half-open character offsets (Python code points) into ``Document.text``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class EntityType(enum.StrEnum):
    """What kind of thing a mention names; the values are local names of classes in ``ontology/enishi.ttl``."""

    PERSON = "Person"
    ORGANIZATION = "Organization"
    PLACE = "Place"
    FACILITY = "Facility"
    PRODUCT = "Product"
    EVENT = "Event"
    THING = "Thing"
    """Named or described, but of no type that the reader could tell."""


class Status(enum.StrEnum):
    """Whether the text says that it is so; the values are local names of individuals in ``ontology/enishi.ttl``."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"


@dataclass(frozen=True, slots=True)
class Document:
    """One text as it was read, with what is known of where it came from.

    ``id`` is stable from run to run (the source's address, with ``#line`` or an entry's own id where one
    source holds several documents). ``content_hash`` is the SHA-256, in hex, of the original bytes.
    """

    id: str
    text: str
    source: str
    content_hash: str
    title: str | None = None
    published: str | None = None
    """ISO 8601 date or date-time, where the source states one."""
    encoding: str | None = None
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names or describes an entity."""

    start: int
    end: int
    text: str
    type: EntityType
    named: bool = True
    """False for a description (元従業員, 市民団体), which names nobody in particular."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One side of a claim: the mention nearest to the predicate, and every name the text has for its entity.

    ``labels`` holds the canonical (fullest) name first, without honorifics. ``iri`` is set where the gazetteer
    knows the entity, and None where the ontology is to mint one.
    """

    labels: tuple[str, ...]
    type: EntityType
    start: int
    end: int
    named: bool = True
    iri: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence a claim was read from: ``document.text[start:end] == text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who did what to whom, as one sentence of a document says it.

    ``relation`` is the local name of an object property of the ontology (``sued``). ``held_by`` is the canonical name
    of whoever says so, or, where ``holder_named`` is false, a description that names nobody (遺族, 原告側);
    ``event_time`` is an ISO 8601 year, year-month or date, ``amount`` the sum as written, ``frame`` the wording of the
    ontology that was matched, and ``confidence`` a calibrated probability in [0, 1].
    """

    relation: str
    subject: Argument
    object: Argument
    status: Status
    evidence: Evidence
    frame: str
    confidence: float
    held_by: str | None = None
    event_time: str | None = None
    amount: str | None = None
    holder_named: bool = True


SUBJECT_MARK, OBJECT_MARK = "甲", "乙"
"""What stands for the subject and the object in a wording."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One Japanese sentence that expresses a relation, with ``SUBJECT_MARK`` and ``OBJECT_MARK`` for its two sides."""

    relation: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Relation:
    """What the reader needs to know of a relation: its name, its wordings, and the types its arguments may have.

    Empty type sets admit every type.
    """

    name: str
    wordings: tuple[Wording, ...]
    subject_types: frozenset[EntityType] = field(default_factory=frozenset)
    object_types: frozenset[EntityType] = field(default_factory=frozenset)
    symmetric: bool = False
    """Whether it holds in both directions (提携した): a pair of things is claimed once, in either order."""


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entry of the gazetteer: a canonical name, its aliases, its type and its IRI."""

    iri: str
    name: str
    aliases: tuple[str, ...]
    type: EntityType
