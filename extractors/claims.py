"""Readings to claims: the things that fill a frame's two roles, the judge's confidence, the labels and the setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from extractors.entities import Gazetteer
from extractors.judgement import Judge
from extractors.phrases import Phrase
from extractors.readings import Reading
from extractors.records import Argument, Claim, EntityType, Evidence, Relation, Status
from extractors.reference import is_anaphor, labels
from extractors.setting import amount, event_time, holder

MAX_ROLE_CANDIDATES = 8
"""How many things are tried in one role of one predicate."""
_LEAST_ROLE_LOGIT = -4.0
_STATUSES = (Status.ASSERTED, Status.NEGATED, Status.HYPOTHETICAL)


@dataclass(frozen=True, slots=True)
class ReadText:
    """A window as the components left it. The sequences run along its phrases."""

    doc: Doc
    phrases: tuple[Phrase, ...]
    groups: tuple[int, ...]
    types: tuple[EntityType | None, ...]
    named_logits: tuple[float, ...]
    published: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing in a role: its group, its best phrase, the logit of that phrase and its lead over every other thing."""

    group: int
    phrase: int
    logit: float
    lead: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading with both roles filled, the evidence on it in the order of ``EVIDENCE_NAMES``."""

    reading: Reading
    subject: Candidate
    object: Candidate
    evidence: npt.NDArray[np.float64]


def fill_roles(text: ReadText, reading: Reading) -> Iterator[Judged]:
    """Every pair of different things that could fill the two roles, with the evidence for it."""
    anchor_sentence = text.doc[reading.match.anchor].sent
    subjects = _candidates(text, reading.subject_logits)
    objects = _candidates(text, reading.object_logits)
    for subject in subjects:
        for object_ in objects:
            if subject.group == object_.group:
                continue
            weakest = min(reading.claim_logit, subject.logit, object_.logit)
            near = [_is_near(text, each.group, anchor_sentence.start_char, anchor_sentence.end_char) for each in (subject, object_)]
            names = [_is_name(text, each.group) for each in (subject, object_)]
            yield Judged(reading, subject, object_, np.array([
                reading.claim_logit, subject.logit, object_.logit, weakest, *near, subject.lead, object_.lead, *names,
            ], dtype=np.float64))  # fmt: skip


def _candidates(text: ReadText, logits: Sequence[float]) -> list[Candidate]:
    best: dict[int, int] = {}
    for index, group in enumerate(text.groups):
        if group not in best or logits[index] > logits[best[group]]:
            best[group] = index
    order = sorted(best, key=lambda group: -logits[best[group]])
    found = []
    for rank, group in enumerate(order[:MAX_ROLE_CANDIDATES]):
        logit = logits[best[group]]
        if logit < _LEAST_ROLE_LOGIT:
            break
        rival = logits[best[order[1 if rank == 0 else 0]]] if len(order) > 1 else _LEAST_ROLE_LOGIT
        found.append(Candidate(group, best[group], logit, float(np.clip(logit - rival, -8.0, 8.0))))
    return found


def _members(text: ReadText, group: int) -> list[int]:
    return [index for index, each in enumerate(text.groups) if each == group]


def _is_near(text: ReadText, group: int, start: int, end: int) -> bool:
    return any(start <= text.phrases[index].start < end for index in _members(text, group))


def _is_name(text: ReadText, group: int) -> bool:
    return any(text.phrases[index].named for index in _members(text, group))


def is_named(text: ReadText, group: int) -> bool:
    """Whether the thing is called by a name somewhere in the text: the recogniser or the learned judgement says so."""
    return any(
        (text.phrases[index].named or text.named_logits[index] > 0.0) and not is_anaphor(text.phrases[index].text)
        for index in _members(text, group)
    )


def status_of(reading: Reading) -> Status:
    """The status that the learned judgement gives the predicate."""
    return _STATUSES[int(np.argmax(reading.status_logits))]


def state_claims(
    text: ReadText, judged: Sequence[Judged], *, judge: Judge, relations: dict[str, Relation], gazetteer: Gazetteer, least_confidence: float
) -> list[Claim]:
    """The claims of a window that reach ``least_confidence``, each thing pair of a relation once, surest first."""
    best: dict[tuple[str, int, int], tuple[float, Judged]] = {}
    for each in judged:
        confidence = judge.confidence(each.evidence)
        key = (each.reading.match.pattern.relation, each.subject.group, each.object.group)
        if confidence >= least_confidence and (key not in best or confidence > best[key][0]):
            best[key] = (confidence, each)
    claims = []
    for confidence, each in sorted(best.values(), key=lambda item: -item[0]):
        relation = relations[each.reading.match.pattern.relation]
        subject = _argument(text, each.subject, gazetteer)
        object_ = _argument(text, each.object, gazetteer)
        if _admits(relation.subject_types, subject.type) and _admits(relation.object_types, object_.type):
            claims.append(_claim(text, each, subject, object_, confidence))
    return claims


def _admits(types: frozenset[EntityType], kind: EntityType) -> bool:
    return not types or kind is EntityType.THING or kind in types


def _argument(text: ReadText, candidate: Candidate, gazetteer: Gazetteer) -> Argument:
    members = _members(text, candidate.group)
    names = labels([text.phrases[index].text for index in members]) or (text.phrases[candidate.phrase].text,)
    known = next((entity for name in names if (entity := gazetteer.lookup(name)) is not None), None)
    kinds = [kind for index in members if (kind := text.types[index]) is not None]
    kind = known.type if known else max(set(kinds), key=kinds.count) if kinds else EntityType.THING
    phrase = text.phrases[candidate.phrase]
    return Argument(names, kind, phrase.start, phrase.end, is_named(text, candidate.group), known.iri if known else None)


def _claim(text: ReadText, judged: Judged, subject: Argument, object_: Argument, confidence: float) -> Claim:
    anchor = judged.reading.match.anchor
    sentence = text.doc[anchor].sent
    quoted = sentence.text.strip()
    start = sentence.start_char + sentence.text.index(quoted)
    speaker = holder(text.doc, anchor)
    return Claim(
        relation=judged.reading.match.pattern.relation,
        subject=subject,
        object=object_,
        status=status_of(judged.reading),
        evidence=Evidence(start, start + len(quoted), quoted),
        frame=judged.reading.match.sentence,
        confidence=round(confidence, 4),
        held_by=text.doc.text[speaker[0] : speaker[1]] if speaker else None,
        event_time=event_time(text.doc, anchor, published=text.published),
        amount=amount(text.doc, anchor),
    )
