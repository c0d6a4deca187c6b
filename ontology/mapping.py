"""Claims to quads: everything that is known from one document, as its named graph.

The graph's shape is DESIGN's and is promised by ``shapes.ttl``: the document with its state, each claim with its
evidence as Web Annotation selectors, the plain triple for asserted claims only, and a description of each entity.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from extractors.records import Argument, Claim, Document, EntityType, Status
from ontology import iris
from ontology.namespaces import DCTERMS, OA, ONTOLOGY, PROV, RDF, RDFS, SKOS, XSD
from ontology.vocabulary import Vocabulary

LANGUAGE = "ja"

_TYPE = ox.NamedNode(RDF + "type")
_SUBJECT = ox.NamedNode(RDF + "subject")
_PREDICATE = ox.NamedNode(RDF + "predicate")
_OBJECT = ox.NamedNode(RDF + "object")
_LABEL = ox.NamedNode(RDFS + "label")
_PREF_LABEL = ox.NamedNode(SKOS + "prefLabel")
_ALT_LABEL = ox.NamedNode(SKOS + "altLabel")
_DERIVED_FROM = ox.NamedNode(PROV + "wasDerivedFrom")
_GENERATED_BY = ox.NamedNode(PROV + "wasGeneratedBy")
_HAS_SELECTOR = ox.NamedNode(OA + "hasSelector")
_POSITION_SELECTOR = ox.NamedNode(OA + "TextPositionSelector")
_QUOTE_SELECTOR = ox.NamedNode(OA + "TextQuoteSelector")
_START = ox.NamedNode(OA + "start")
_END = ox.NamedNode(OA + "end")
_EXACT = ox.NamedNode(OA + "exact")
_TITLE = ox.NamedNode(DCTERMS + "title")
_ISSUED = ox.NamedNode(DCTERMS + "issued")
_SOURCE = ox.NamedNode(DCTERMS + "source")
_FORMAT = ox.NamedNode(DCTERMS + "format")
_CLAIM = ox.NamedNode(ONTOLOGY + "Claim")
_DOCUMENT = ox.NamedNode(ONTOLOGY + "Document")
_STATUS = ox.NamedNode(ONTOLOGY + "status")
_CONFIDENCE = ox.NamedNode(ONTOLOGY + "confidence")
_FRAME = ox.NamedNode(ONTOLOGY + "frame")
_HELD_BY = ox.NamedNode(ONTOLOGY + "heldBy")
_EVENT_TIME = ox.NamedNode(ONTOLOGY + "eventTime")
_AMOUNT = ox.NamedNode(ONTOLOGY + "amount")
_NAMED = ox.NamedNode(ONTOLOGY + "named")
_CONTENT_HASH = ox.NamedNode(ONTOLOGY + "contentHash")
_FINGERPRINT = ox.NamedNode(ONTOLOGY + "fingerprint")
_FALSE = ox.Literal(False)
_INTEGER = ox.NamedNode(XSD + "integer")
_DECIMAL = ox.NamedNode(XSD + "decimal")
_G_YEAR = ox.NamedNode(XSD + "gYear")
_G_YEAR_MONTH = ox.NamedNode(XSD + "gYearMonth")
_DATE = ox.NamedNode(XSD + "date")
_DATE_TIME_TYPE = ox.NamedNode(XSD + "dateTime")
_STATUS_NODES = {status: ox.NamedNode(ONTOLOGY + status.value.capitalize()) for status in Status}
_TYPE_NODES = {entity_type: ox.NamedNode(ONTOLOGY + entity_type.value) for entity_type in EntityType}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_YEAR = re.compile(r"-?\d{4}", re.ASCII)
_YEAR_MONTH = re.compile(r"-?\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Term = ox.NamedNode | ox.Literal


def document_iri(document: Document) -> str:
    """The document's IRI, which is also the name of its graph."""
    return iris.document_iri(document.id)


def map_document(
    document: Document, claims: Iterable[Claim], *, vocabulary: Vocabulary, run_iri: str, fingerprint: str
) -> list[ox.Quad]:
    """The document's whole named graph: its state, its claims and what they are about, without duplicates.

    Of two records of the same claim from the same sentence the more confident stands. A claim of an irreflexive
    relation that has the same entity on both sides is a misreading and is left out. The plain triple of a symmetric
    relation stands in both directions, its claim in the one that was read. Raises KeyError for a relation that the
    vocabulary lacks and ValueError where ``run_iri`` is no IRI.
    """
    mapping = _Mapping(ox.NamedNode(document_iri(document)), ox.NamedNode(run_iri), vocabulary)
    mapping.describe_document(document, fingerprint)
    kept = [claim for claim in sorted(claims, key=_reading_order) if mapping.admits(claim)]
    for claim in kept:
        mapping.meet(claim.subject)
        mapping.meet(claim.object)
    for claim in kept:
        mapping.add_claim(claim)
    mapping.describe_entities()
    return list(mapping.quads)


def literal_text(text: str) -> str:
    """The text as an RDF literal can hold it: lone surrogates become U+FFFD, which keeps all offsets."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _reading_order(claim: Claim) -> tuple[object, ...]:
    return (
        *(claim.evidence.start, claim.evidence.end, -claim.confidence, claim.relation),
        *(claim.subject.start, claim.object.start, claim.status, claim.frame),
        *(claim.held_by or "", not claim.holder_named, claim.event_time or "", claim.amount or ""),
    )


def _time(text: str) -> ox.Literal:
    """A literal of the type that the ISO 8601 text has, or a plain one where it has none."""
    if _YEAR.fullmatch(text):
        return ox.Literal(text, datatype=_G_YEAR)
    if _YEAR_MONTH.fullmatch(text):
        return ox.Literal(text, datatype=_G_YEAR_MONTH)
    try:
        if text.isascii() and len(text) == len("2024-02-29"):
            return ox.Literal(datetime.date.fromisoformat(text).isoformat(), datatype=_DATE)
        if _DATE_TIME.fullmatch(text):
            datetime.datetime.fromisoformat(text)
            return ox.Literal(text, datatype=_DATE_TIME_TYPE)
    except ValueError:
        pass
    return ox.Literal(literal_text(text))


def _decimal(value: float) -> ox.Literal:
    digits = f"{value:.4f}".rstrip("0")
    return ox.Literal(digits + "0" if digits.endswith(".") else digits, datatype=_DECIMAL)


@dataclass(slots=True)
class _Entity:
    """What the claims of one document say of one entity."""

    names: dict[str, None] = field(default_factory=dict)
    types: Counter[EntityType] = field(default_factory=Counter)
    named: bool = True

    def type(self) -> EntityType:
        """The commonest type that says something; the first seen where two are as common."""
        telling = [(entity_type, count) for entity_type, count in self.types.items() if entity_type != EntityType.THING]
        return max(telling, key=lambda item: item[1])[0] if telling else EntityType.THING


class _Mapping:
    """The graph of one document while it is being built; ``quads`` keeps insertion order and drops duplicates."""

    def __init__(self, graph: ox.NamedNode, run: ox.NamedNode, vocabulary: Vocabulary) -> None:
        self.quads: dict[ox.Quad, None] = {}
        self._graph = graph
        self._run = run
        self._vocabulary = vocabulary
        self._symmetric = {relation.name for relation in vocabulary.relations if relation.symmetric}
        self._entities: dict[str, _Entity] = {}
        self._entity_of_name: dict[str, str] = {}

    def describe_document(self, document: Document, fingerprint: str) -> None:
        self._add(self._graph, _TYPE, _DOCUMENT)
        self._add(self._graph, _CONTENT_HASH, ox.Literal(document.content_hash))
        self._add(self._graph, _FINGERPRINT, ox.Literal(fingerprint))
        self._add(self._graph, _SOURCE, ox.Literal(literal_text(document.source)))
        self._add(self._graph, _FORMAT, ox.Literal(literal_text(document.media_type)))
        if document.title:
            self._add(self._graph, _TITLE, ox.Literal(literal_text(document.title), language=LANGUAGE))
        if document.published:
            self._add(self._graph, _ISSUED, _time(document.published))

    def admits(self, claim: Claim) -> bool:
        return claim.relation not in self._vocabulary.irreflexive or (
            self._argument_iri(claim.subject) != self._argument_iri(claim.object)
        )

    def meet(self, argument: Argument) -> None:
        """Take in the names and the type that an argument gives its entity, before any claim is written."""
        iri = self._argument_iri(argument)
        entity = self._entities.setdefault(iri, _Entity(named=argument.named or argument.iri is not None))
        entity.names.update(dict.fromkeys(argument.labels))
        entity.types[argument.type] += 1
        for label in argument.labels:
            self._entity_of_name.setdefault(iris.name_key(label), iri)

    def add_claim(self, claim: Claim) -> None:
        predicate = ox.NamedNode(self._vocabulary.property_iri(claim.relation))
        subject = ox.NamedNode(self._argument_iri(claim.subject))
        target = ox.NamedNode(self._argument_iri(claim.object))
        evidence = claim.evidence
        said = (subject.value, predicate.value, target.value, claim.status.value)
        node = ox.NamedNode(iris.claim_iri(self._graph.value, *said, evidence.start, evidence.end))
        if ox.Quad(node, _TYPE, _CLAIM, self._graph) in self.quads:
            return
        self._add(node, _TYPE, _CLAIM)
        self._add(node, _SUBJECT, subject)
        self._add(node, _PREDICATE, predicate)
        self._add(node, _OBJECT, target)
        self._add(node, _STATUS, _STATUS_NODES[claim.status])
        self._add(node, _CONFIDENCE, _decimal(claim.confidence))
        self._add(node, _FRAME, ox.Literal(literal_text(claim.frame), language=LANGUAGE))
        if claim.held_by:
            self._add(node, _HELD_BY, self._holder_node(claim.held_by, named=claim.holder_named))
        if claim.event_time:
            self._add(node, _EVENT_TIME, _time(claim.event_time))
        if claim.amount:
            self._add(node, _AMOUNT, ox.Literal(literal_text(claim.amount)))
        self._add(node, _DERIVED_FROM, self._graph)
        self._add(node, _GENERATED_BY, self._run)
        self._add_evidence(node, claim)
        if claim.status is Status.ASSERTED:
            self._add(subject, predicate, target)
            if claim.relation in self._symmetric:
                self._add(target, predicate, subject)

    def describe_entities(self) -> None:
        for iri, entity in self._entities.items():
            node = ox.NamedNode(iri)
            known = self._vocabulary.entity(iri)
            name, *others = ((known.name,) if known else ()) + tuple(entity.names)
            preferred = literal_text(iris.name_key(name))
            self._add(node, _TYPE, _TYPE_NODES[known.type if known else entity.type()])
            self._add(node, _PREF_LABEL, ox.Literal(preferred, language=LANGUAGE))
            self._add(node, _LABEL, ox.Literal(preferred, language=LANGUAGE))
            for other in others:
                label = literal_text(iris.name_key(other))
                if label and label != preferred:
                    self._add(node, _ALT_LABEL, ox.Literal(label, language=LANGUAGE))
            if not entity.named:
                self._add(node, _NAMED, _FALSE)

    def _add_evidence(self, claim_node: ox.NamedNode, claim: Claim) -> None:
        """Position and quotation of the sentence. Both selectors have IRIs, so that exports are stable."""
        position = ox.NamedNode(claim_node.value + "-position")
        quote = ox.NamedNode(claim_node.value + "-quote")
        self._add(claim_node, _HAS_SELECTOR, position)
        self._add(position, _TYPE, _POSITION_SELECTOR)
        self._add(position, _START, ox.Literal(str(claim.evidence.start), datatype=_INTEGER))
        self._add(position, _END, ox.Literal(str(claim.evidence.end), datatype=_INTEGER))
        self._add(claim_node, _HAS_SELECTOR, quote)
        self._add(quote, _TYPE, _QUOTE_SELECTOR)
        self._add(quote, _EXACT, ox.Literal(literal_text(claim.evidence.text)))

    def _argument_iri(self, argument: Argument) -> str:
        """The argument's IRI: the gazetteer's, one minted from its name, or one of this document's own."""
        if argument.iri is not None:
            return argument.iri
        if argument.named:
            return iris.entity_iri(argument.labels[0])
        return iris.description_iri(argument.labels[0], self._graph.value)

    def _holder_node(self, name: str, *, named: bool) -> ox.NamedNode:
        """Whoever says so: an entity of this document that has the name, a known one, or a new one.

        Who is only described is somebody of this document alone.
        """
        if not named:
            iri = iris.description_iri(name, self._graph.value)
        elif (met := self._entity_of_name.get(iris.name_key(name))) is not None:
            iri = met
        else:
            known = self._vocabulary.entity_named(name)
            iri = known.iri if known else iris.entity_iri(name)
        self._entities.setdefault(iri, _Entity(named=named)).names.setdefault(name, None)
        return ox.NamedNode(iri)

    def _add(self, subject: ox.NamedNode, predicate: ox.NamedNode, target: Term) -> None:
        self.quads[ox.Quad(subject, predicate, target, self._graph)] = None
