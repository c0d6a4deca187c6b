"""Readings to claims: the things that fill a frame's two roles, the judge's confidence, the labels and the setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from extractors.apposition import name_within
from extractors.entities import Gazetteer
from extractors.heads import Heads
from extractors.judgement import Judge
from extractors.names import FOREIGN_WORD
from extractors.phrases import Phrase
from extractors.readings import Reading
from extractors.records import Argument, Claim, EntityType, Evidence, Relation, Status
from extractors.reference import is_anaphor, labels
from extractors.setting import amount, event_time, holder
from extractors.status import read_status

MAX_ROLE_CANDIDATES = 8
"""How many things are tried in one role of one predicate."""
LEAST_CLAIM_LOGIT = -3.0
"""A predicate that is less likely than this to mean what its frame means states nothing."""
_LEAST_ROLE_LOGIT = -4.0
_LEAST_PAIR_LOGIT = -8.0
"""What a pair leads over where it is the only one."""
_LISTED_LEAD = 2.0
"""What two sides in one list lead over: they do not rival each other."""
_SEPARATORS = re.compile(
    "(?:[^。、はがをにでと]{0,12}の)?(?:(?:[、,，・&＆/／\\s]|と|や|および|及び|並びに|ならびに|氏|さん)+(?:[^。、はがをにでと]{0,12}の)?)+"
)
_BRACKETED = re.compile("[（(][^（）()]*[）)]")
_LEAST_HOLDER_OVERLAP = 0.5
_OPENING = frozenset("「『〈《“")
_LISTED = re.compile("[・、,，/／と&＆]\0|\0[・、,，/／と&＆]")
_POINTERS = frozenset("同当両各某")
"""Words before a noun that point to what was named before, or to several (同工房, 両陣営)."""


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
    """A thing in a role: its group, its best phrase, and the logit of that phrase."""

    group: int
    phrase: int
    logit: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading with both roles filled, the evidence on it in the order of ``EVIDENCE_NAMES``."""

    reading: Reading
    subject: Candidate
    object: Candidate
    evidence: npt.NDArray[np.float64]


def fill_roles(text: ReadText, reading: Reading, *, heads: Heads, symmetric: bool = False) -> Iterator[Judged]:
    """Every pair of different things that could fill the two roles, with the evidence for it.

    Of a ``symmetric`` relation both sides may also stand in the subject's role as one list (甲と乙が提携する).
    """
    if reading.claim_logit < LEAST_CLAIM_LOGIT:
        return
    subjects = _candidates(text, reading.subject_logits)
    objects = _candidates(text, reading.object_logits)
    status = _status_evidence(text.doc, reading)
    if symmetric:
        yield from _listed_sides(text, reading, subjects, status)
    pairs = [
        (row, column) for row, subject in enumerate(subjects) for column, object_ in enumerate(objects)
        if subject.group != object_.group
    ]  # fmt: skip
    if not pairs:
        return
    ties = [reading.ties[[each.phrase for each in candidates]] for candidates in (subjects, objects)]
    logits = heads.pair_logits(*ties, roles=reading.roles)
    best, second, *_ = [*sorted((float(logits[pair]) for pair in pairs), reverse=True), _LEAST_PAIR_LOGIT]
    for row, column in pairs:
        logit = float(logits[row, column])
        lead = float(np.clip(logit - (best if logit < best else second), -8.0, 8.0))
        flags = (reading.subject_by_tree, reading.object_by_tree)
        evidence = _evidence(text, reading, subjects[row], objects[column], flags=flags, status=status)
        yield Judged(reading, subjects[row], objects[column], np.array([*evidence, logit, lead], dtype=np.float64))


def _listed_sides(
    text: ReadText, reading: Reading, candidates: Sequence[Candidate], status: Sequence[float]
) -> Iterator[Judged]:
    """Pairs of likely subjects that stand in one list; what speaks for the two together is the weaker of them."""
    likely = [each for each in candidates if each.logit > 0.0]
    for first, second in combinations(likely, 2):
        if are_listed(text.doc.text, text.phrases, text.phrases[first.phrase], text.phrases[second.phrase]):
            pair = sorted((first, second), key=lambda each: text.phrases[each.phrase].start)
            weaker = min(first.logit, second.logit)
            flags = (reading.subject_by_tree, reading.subject_by_tree)
            evidence = _evidence(text, reading, pair[0], pair[1], flags=flags, status=status)
            yield Judged(reading, pair[0], pair[1], np.array([*evidence, weaker, _LISTED_LEAD], dtype=np.float64))


def are_listed(text: str, phrases: Sequence[Phrase], one: Phrase, other: Phrase) -> bool:
    """Whether nothing but separators and further phrases stands between the two; what is in brackets is passed over."""
    first, last = sorted((one, other), key=lambda phrase: phrase.start)
    between = text[first.end : last.start]
    for phrase in phrases:
        if first.end <= phrase.start and phrase.end <= last.start:
            between = between.replace(phrase.text, "", 1)
    while (outside := _BRACKETED.sub("", between)) != between:
        between = outside
    return bool(_SEPARATORS.fullmatch(between))


def _evidence(
    text: ReadText, reading: Reading, subject: Candidate, object_: Candidate,
    *, flags: tuple[Sequence[bool], Sequence[bool]], status: Sequence[float],
) -> list[float]:  # fmt: skip
    """The numbers that the judge weighs, in the order of ``EVIDENCE_NAMES``, but for those on the two together.

    ``flags`` say for each phrase whether the tree alone takes it for the subject, and for the object; ``status`` is
    what speaks for a fact.
    """
    members = [_members(text, each.group) for each in (subject, object_)]
    trees = [any(by_tree[index] for index in group) for by_tree, group in zip(flags, members, strict=True)]
    return [
        reading.claim_logit, subject.logit, object_.logit, min(reading.claim_logit, subject.logit, object_.logit),
        *(any(text.phrases[index].named for index in group) for group in members), *trees,
        *(min(reading.distances[index] for index in group) for group in members), *status,
    ]  # fmt: skip


def _status_evidence(doc: Doc, reading: Reading) -> tuple[float, bool, bool]:
    by_rule = read_status(doc, reading.match.anchor)
    asserted, negated, hypothetical = reading.status_logits
    margin = asserted - float(np.logaddexp(negated, hypothetical))
    return margin, by_rule is Status.HYPOTHETICAL, by_rule is Status.NEGATED


def _candidates(text: ReadText, logits: Sequence[float]) -> list[Candidate]:
    best: dict[int, int] = {}
    for index, group in enumerate(text.groups):
        if group not in best or logits[index] > logits[best[group]]:
            best[group] = index
    likely = sorted(best, key=lambda group: -logits[best[group]])[:MAX_ROLE_CANDIDATES]
    found = (Candidate(group, best[group], logits[best[group]]) for group in likely)
    return [each for each in found if each.logit >= _LEAST_ROLE_LOGIT]


def _members(text: ReadText, group: int) -> list[int]:
    return [index for index, each in enumerate(text.groups) if each == group]


def is_named(text: ReadText, group: int) -> bool:
    """Whether the thing is called by a name somewhere in the text.

    The recogniser's word is enough; the learned judgement's is not where the phrase is a single common noun (会社).
    """
    for index in _members(text, group):
        phrase = text.phrases[index]
        if is_anaphor(phrase.text):
            continue
        if phrase.named or (text.named_logits[index] > 0.0 and _looks_like_name(text.doc, phrase)):
            return True
    return False


def _looks_like_name(doc: Doc, phrase: Phrase) -> bool:
    around = doc.text[max(phrase.start - 1, 0) : phrase.start] + doc.text[phrase.end : phrase.end + 1]
    if around in {"「」", "『』", "〈〉", "《》"}:
        return True
    span = doc.char_span(phrase.start, phrase.end, alignment_mode="expand")
    if span is None or (span[0].text in _POINTERS and len(span) > 1):
        return False
    return bool(FOREIGN_WORD.search(phrase.text)) or len(span) > 1 or "固有名詞" in span[0].tag_


def status_of(reading: Reading, doc: Doc, *, least_fact_lead: float) -> Status:
    """The status of a predicate: rules decide on denial, the learned judgement on what is only planned or feared.

    A claim is a fact where the judgement prefers that to both others by so many logits.
    """
    if read_status(doc, reading.match.anchor) is Status.NEGATED:
        return Status.NEGATED
    asserted, *others = reading.status_logits
    return Status.ASSERTED if asserted - max(others) >= least_fact_lead else Status.HYPOTHETICAL


def holder_of(text: ReadText, anchor: int) -> tuple[str, bool] | None:
    """Whoever says that the act in the token at ``anchor`` happened, and whether that is a name.

    An anaphor (同社) is resolved to the canonical name; who is only described (遺族, 原告) is no name. None where
    nobody says so, or only an anaphor of which the text does not tell whom it means.
    """
    span = holder(text.doc, anchor)
    if span is None:
        return None
    words = text.doc.text[span[0] : span[1]]
    index = max(range(len(text.phrases)), key=lambda each: _overlap(text.phrases[each], span), default=None)
    if index is None or _overlap(text.phrases[index], span) < _LEAST_HOLDER_OVERLAP:
        return None if is_anaphor(words) else (words, False)
    group = text.groups[_name_of(text, index)]
    names = labels([text.phrases[each].text for each in _members(text, group)])
    return (names[0], is_named(text, group)) if names else None


def _overlap(phrase: Phrase, span: tuple[int, int]) -> float:
    """The share that phrase and span have in common of the stretch that they cover together; 0 where they are apart."""
    shared = min(phrase.end, span[1]) - max(phrase.start, span[0])
    return max(shared, 0) / (max(phrase.end, span[1]) - min(phrase.start, span[0]))


def state_claims(
    text: ReadText,
    judged: Sequence[Judged],
    *,
    judge: Judge,
    relations: dict[str, Relation],
    gazetteer: Gazetteer,
    least_confidence: float | None = None,
) -> list[Claim]:
    """The claims of a window that reach ``least_confidence``, or what the judge asks of their relation, surest first.

    Each pair of things of a relation is there once for each status: what was planned may be said to have come true.
    Within one sentence the surest reading stands alone.
    """
    read = _without_nested(text, _surest(text, judged, judge, relations, least_confidence))
    named = [
        replace(each, subject=_by_name(text, each.subject), object=_by_name(text, each.object)) for _, each in read
    ]
    apart = [each for each in named if each.subject.group != each.object.group]
    claims = []
    for confidence, each in _without_nested(text, _surest(text, apart, judge, relations, least_confidence)):
        relation = relations[each.reading.match.pattern.relation]
        subject = _argument(text, each.subject, gazetteer, relation.subject_types)
        object_ = _argument(text, each.object, gazetteer, relation.object_types)
        status = status_of(each.reading, text.doc, least_fact_lead=judge.least_fact_lead)
        claims.append(_claim(text, each, subject, object_, status, confidence))
    return claims


def _by_name(text: ReadText, candidate: Candidate) -> Candidate:
    """The same thing under its name where it was read as part of a description (画家水野花子)."""
    name = _name_of(text, candidate.phrase)
    return replace(candidate, phrase=name, group=text.groups[name])


def _name_of(text: ReadText, index: int) -> int:
    """The phrase whose name the thing goes by: the one at ``index``, or one within it where nothing names the thing."""
    if any(text.phrases[each].named for each in _members(text, text.groups[index])):
        return index
    name = name_within(text.doc, text.phrases, text.types, index)
    return index if name is None else name


ClaimKey: TypeAlias = tuple[str, str, str, bool, Status]
"""Relation, both first labels, whether both are names, and status: what a document says once."""


def keep_surest(kept: dict[ClaimKey, Claim], claim: Claim, *, symmetric: bool) -> None:
    """Put the claim among those of one document, unless one that says the same is there and no less sure.

    Of a ``symmetric`` relation either order of the sides says the same.
    """
    sides = claim.subject.labels[0], claim.object.labels[0]
    if symmetric:
        sides = min(sides), max(sides)
    key = (claim.relation, *sides, claim.subject.named and claim.object.named, claim.status)
    if key not in kept or claim.confidence > kept[key].confidence:
        kept[key] = claim


def _surest(
    text: ReadText,
    judged: Sequence[Judged],
    judge: Judge,
    relations: dict[str, Relation],
    least_confidence: float | None,
) -> list[tuple[float, Judged]]:
    def least(each: Judged) -> float:
        name = each.reading.match.pattern.relation
        return judge.least_confidence(name) if least_confidence is None else least_confidence

    rated = [(judge.confidence(each.evidence), each) for each in judged]
    sure = sorted((item for item in rated if item[0] >= least(item[1])), key=lambda item: -item[0])
    kept: list[tuple[float, Judged]] = []
    sentences: set[tuple[str, int, int, int]] = set()
    statuses: set[tuple[str, int, int, Status]] = set()
    for confidence, each in sure:
        name, sides = each.reading.match.pattern.relation, (each.subject.group, each.object.group)
        if relations[name].symmetric:
            sides = (min(sides), max(sides))
        sentence = (name, *sides, text.doc[each.reading.match.anchor].sent.start)
        status = (name, *sides, status_of(each.reading, text.doc, least_fact_lead=judge.least_fact_lead))
        if sentence not in sentences and status not in statuses:
            kept.append((confidence, each))
            statuses.add(status)
        sentences.add(sentence)
    return kept


def _without_nested(text: ReadText, judged: Iterable[tuple[float, Judged]]) -> Iterator[tuple[float, Judged]]:
    """The claims, surest first, without those that say the same of a longer or shorter stretch of the same name."""
    kept: list[Judged] = []
    for confidence, each in judged:
        relation = each.reading.match.pattern.relation
        if not any(
            other.reading.match.pattern.relation == relation
            and (other.subject.group, other.object.group) != (each.subject.group, each.object.group)
            and _is_same_name(text, each.subject, other.subject)
            and _is_same_name(text, each.object, other.object)
            for other in kept
        ):
            kept.append(each)
            yield confidence, each


def _is_same_name(text: ReadText, one: Candidate, other: Candidate) -> bool:
    """Whether the two are one thing, in apposition (菓子店雪国), or one within the other and not just listed there.

    菓子店・雪国 says what 雪国 is; 青葉電機・雪国 lists two.
    """
    if one.group == other.group:
        return True
    inner, outer = sorted((text.phrases[each.phrase] for each in (one, other)), key=lambda phrase: len(phrase.text))
    if inner.start >= outer.end or outer.start >= inner.end:
        first, second = sorted((one.phrase, other.phrase), key=lambda index: text.phrases[index].start)
        return _is_in_apposition(text, first, second)
    if outer.named or not _LISTED.search(outer.text.replace(inner.text, "\0", 1)):
        return True
    beside = (each for each in text.phrases if outer.start <= each.start and each.end <= outer.end and each.named)
    return all(inner.start < each.end and each.start < inner.end for each in beside)


def _is_in_apposition(text: ReadText, first: int, second: int) -> bool:
    """Whether the first phrase is, or is in, what the text calls the second by way of description."""
    said, name = text.phrases[first], text.phrases[second]
    if text.doc.text[said.end : name.start] in _OPENING and not said.named:
        return True
    wholes = (index for index, each in enumerate(text.phrases) if each.start <= said.start and each.end == name.end)
    return any(name_within(text.doc, text.phrases, text.types, each) == second for each in wholes)


def _argument(text: ReadText, candidate: Candidate, gazetteer: Gazetteer, admitted: frozenset[EntityType]) -> Argument:
    members = _members(text, candidate.group)
    kinds = [kind for index in members if (kind := text.types[index]) is not None]
    usual = max(dict.fromkeys(kinds), key=kinds.count) if kinds else None
    names = labels([text.phrases[index].text for index in members], usual) or (text.phrases[candidate.phrase].text,)
    known = next((entity for name in names if (entity := gazetteer.lookup(name)) is not None), None)
    kind = known.type if known else usual or EntityType.THING
    if admitted and kind not in admitted:
        # The predicate knows better than the recogniser: who is sued is no product, whatever the name looks like.
        kind = EntityType.THING
    phrase = text.phrases[candidate.phrase]
    return Argument(
        names, kind, phrase.start, phrase.end, is_named(text, candidate.group), known.iri if known else None
    )


def _claim(
    text: ReadText, judged: Judged, subject: Argument, object_: Argument, status: Status, confidence: float
) -> Claim:
    anchor = judged.reading.match.anchor
    sentence = text.doc[anchor].sent
    quoted = sentence.text.strip()
    start = sentence.start_char + sentence.text.index(quoted)
    speaker = holder_of(text, anchor)
    return Claim(
        relation=judged.reading.match.pattern.relation,
        subject=subject,
        object=object_,
        status=status,
        evidence=Evidence(start, start + len(quoted), quoted),
        frame=judged.reading.match.sentence,
        confidence=round(confidence, 4),
        held_by=speaker[0] if speaker else None,
        holder_named=speaker is None or speaker[1],
        event_time=event_time(text.doc, anchor, published=text.published),
        amount=amount(text.doc, anchor, object_span=(object_.start, object_.end)),
    )
