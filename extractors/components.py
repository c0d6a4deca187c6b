"""The stages as spaCy components, each writing one custom attribute of the Doc.

    doc._.matches       enishi_predications  predicates that a frame's words could be
    doc._.mentions      enishi_entities      named mentions, none looked for where there are no matches
    doc._.phrases       enishi_reference     candidate arguments; ``doc._.groups`` says which are one thing
    doc._.readings      enishi_frames        every phrase's score in every role
    doc._.claims        enishi_status        what the text states, with status and setting

The components are made by ``Language.factory`` and given what is not configuration (patterns, gazetteer, models) by
``equip``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from extractors.claims import Judged, ReadText, fill_roles, state_claims
from extractors.encoder import Encoder
from extractors.entities import Gazetteer, merge_mentions, recognise, to_whole_words
from extractors.frames import Pattern, find_frames, index_patterns
from extractors.heads import Heads, span_vectors
from extractors.judgement import Judge
from extractors.phrases import noun_phrases
from extractors.readings import Reading, anchor_marks, read_frames
from extractors.records import Relation
from extractors.reference import group_names

_ATTRIBUTES = ("mentions", "matches", "phrases", "groups", "readings", "claims", "core_start", "published")


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the components work with beside their configuration."""

    relations: dict[str, Relation]
    patterns: tuple[Pattern, ...]
    gazetteer: Gazetteer
    encoder: Encoder
    heads: Heads
    judge: Judge


class Component(ABC):
    """A stage; ``equipment`` is set by ``equip`` before the first document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._equipment: Equipment | None = None

    @abstractmethod
    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with the attribute that the stage writes."""

    @property
    def equipment(self) -> Equipment:
        """What ``equip`` gave.

        Raises:
            RuntimeError: nothing was given yet.
        """
        if self._equipment is None:
            raise RuntimeError(
                f"the component {self.name} has no equipment; call extractors.components.equip(nlp, …) first"
            )
        return self._equipment

    def equip(self, equipment: Equipment) -> None:
        """Take what the stage works with."""
        self._equipment = equipment


class EntityComponent(Component):
    """Writes ``doc._.mentions``: what the recogniser finds, and the gazetteer's after it.

    Names are read off the states with the predicates marked, so ``doc._.matches`` must be there.
    """

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with its mentions."""
        if not doc._.matches:
            doc._.mentions = ()
            return doc
        encoder, heads = self.equipment.encoder, self.equipment.heads
        marks = anchor_marks(doc, encoder.tokenize(doc.text), doc._.matches)
        mentions = to_whole_words(recognise(doc.text, encoder=encoder, heads=heads, marks=marks), doc)
        doc._.mentions = tuple(merge_mentions(mentions, self.equipment.gazetteer.mentions(doc.text)))
        return doc


class PredicationComponent(Component):
    """Writes ``doc._.matches``: the predicates in the core sentences that a frame could fit."""

    def equip(self, equipment: Equipment) -> None:
        """Index the patterns by their anchors."""
        super().equip(equipment)
        self._index = index_patterns(equipment.patterns)

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with its matches."""
        start = doc._.core_start or 0
        doc._.matches = tuple(match for match in find_frames(doc, self._index) if doc[match.anchor].idx >= start)
        return doc


class ReferenceComponent(Component):
    """Writes ``doc._.phrases`` and ``doc._.groups``, the number of the thing that each phrase names."""

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with its phrases and their groups."""
        types = {(mention.start, mention.end): mention.type for mention in doc._.mentions}
        doc._.phrases = tuple(noun_phrases(doc, doc._.mentions) if doc._.matches else ())
        spans = [(phrase.start, phrase.end, types.get((phrase.start, phrase.end))) for phrase in doc._.phrases]
        doc._.groups = tuple(group_names(doc.text, spans))
        return doc


class FrameComponent(Component):
    """Writes ``doc._.readings``."""

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with the scores of its phrases in the roles of its matches."""
        doc._.readings = tuple(
            read_frames(doc, doc._.phrases, doc._.matches, encoder=self.equipment.encoder, heads=self.equipment.heads)
        )
        return doc


class StatusComponent(Component):
    """Writes ``doc._.claims``: what is sure enough, with its status, holder, time and amount."""

    def __init__(self, name: str, *, least_confidence: float | None) -> None:
        super().__init__(name)
        self.least_confidence = least_confidence

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc, with its claims; offsets are into ``doc.text``."""
        doc._.claims = ()
        if not doc._.readings:
            return doc
        text = read_text(doc, encoder=self.equipment.encoder, heads=self.equipment.heads)
        judged = fill_all(text, doc._.readings, self.equipment)
        doc._.claims = tuple(state_claims(
            text, judged, judge=self.equipment.judge, relations=self.equipment.relations,
            gazetteer=self.equipment.gazetteer, least_confidence=self.least_confidence,
        ))  # fmt: skip
        return doc


READING_COMPONENTS: Mapping[str, type[Component]] = {
    "enishi_predications": PredicationComponent,
    "enishi_entities": EntityComponent,
    "enishi_reference": ReferenceComponent,
    "enishi_frames": FrameComponent,
}
"""What reads a text up to the judgement, in order, by factory name."""
COMPONENTS = (*READING_COMPONENTS, "enishi_status")


def fill_all(text: ReadText, readings: Iterable[Reading], equipment: Equipment) -> list[Judged]:
    """Every way to fill the roles of every reading, with the evidence for it."""
    return [
        each
        for reading in readings
        for each in fill_roles(
            text, reading, heads=equipment.heads,
            symmetric=equipment.relations[reading.match.pattern.relation].symmetric,
        )
    ]  # fmt: skip


def read_text(doc: Doc, *, encoder: Encoder, heads: Heads) -> ReadText:
    """What ``claims`` needs of a Doc that went through the components up to ``enishi_frames``."""
    types = {(mention.start, mention.end): mention.type for mention in doc._.mentions}
    pieces = encoder.tokenize(doc.text)
    spans = np.array([pieces.covering(each.start, each.end) for each in doc._.phrases], dtype=np.int64)
    states = encoder.states(pieces, anchor_marks(doc, pieces, doc._.matches))
    named = heads.named_logits(span_vectors(states, spans))
    kinds = tuple(types.get((each.start, each.end)) for each in doc._.phrases)
    return ReadText(doc, doc._.phrases, doc._.groups, kinds, tuple(map(float, named)), doc._.published)


@Language.factory("enishi_entities")
def make_entities(nlp: Language, name: str) -> EntityComponent:
    """The factory of ``EntityComponent``."""
    return EntityComponent(name)


@Language.factory("enishi_predications")
def make_predications(nlp: Language, name: str) -> PredicationComponent:
    """The factory of ``PredicationComponent``."""
    return PredicationComponent(name)


@Language.factory("enishi_reference")
def make_reference(nlp: Language, name: str) -> ReferenceComponent:
    """The factory of ``ReferenceComponent``."""
    return ReferenceComponent(name)


@Language.factory("enishi_frames")
def make_frames(nlp: Language, name: str) -> FrameComponent:
    """The factory of ``FrameComponent``."""
    return FrameComponent(name)


@Language.factory("enishi_status", default_config={"least_confidence": None})
def make_status(nlp: Language, name: str, least_confidence: float | None) -> StatusComponent:
    """The factory of ``StatusComponent``; claims under ``least_confidence``, or the judge's own, are dropped."""
    return StatusComponent(name, least_confidence=least_confidence)


def register_attributes() -> None:
    """Declare the custom attributes of Doc that the components write, once a process."""
    for attribute in _ATTRIBUTES:
        if not Doc.has_extension(attribute):
            Doc.set_extension(attribute, default=None)


def equip(nlp: Language, equipment: Equipment) -> None:
    """Give every component of ours in the pipeline what it works with."""
    components: list[object] = [component for _, component in nlp.pipeline]
    for component in components:
        if isinstance(component, Component):
            component.equip(equipment)
