"""Predicates and their arguments per deep case, with voice undone: the layer below the relations.

One structure serves verbs (提訴する), verbal nouns (批判を受ける, 乙への出資) and nominal predicates (乙の創業者の甲).
Passive, light verbs of receiving, topics, relative clauses, te-form and coordination sharing, による, への and に対する
are normalised away, so that a predicate's ガ is always who acts and its ヲ or ニ whom it is done to.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from extractors.parsing import auxiliaries, is_nominal, particles


class Case(enum.StrEnum):
    """Deep cases, named by the particle of the plain active clause."""

    GA = "ガ"
    WO = "ヲ"
    NI = "ニ"
    TO = "ト"
    KARA = "カラ"
    YORI = "ヨリ"
    DE = "デ"
    NO = "ノ"


class Voice(enum.StrEnum):
    """Grammatical voice of the predicate's own form; ``RECEIVING`` is a passive by light verb (批判を浴びる)."""

    ACTIVE = "active"
    PASSIVE = "passive"
    CAUSATIVE = "causative"
    RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class RoleReading:
    """An argument that the tree offers: its deep case and the token that heads its phrase."""

    case: Case
    head: int


@dataclass(frozen=True, slots=True)
class Predication:
    """A predicate with its arguments as the dependency tree alone reads them.

    ``anchor`` is the token with the meaning (訴訟 in 訴訟を起こす), ``governor`` the one that inflects (起こす).
    """

    anchor: int
    governor: int
    voice: Voice
    arguments: tuple[RoleReading, ...]


_PARTICLES_OF = {
    Case.GA: (
        "が", "による", "によるて", "により", "によって", "によりて",
    ),
    Case.WO: (
        "を", "をめぐる", "をめぐるて", "についてるは", "について", "につくて",
        "につくては",
    ),
    Case.NI: (
        "に", "へ", "へと", "に対する", "に対するて", "に対し",
        "への", "に対しては", "に対するは", "に対するても", "に対しても", "にも",
        "には",
    ),
    Case.TO: (
        "と", "との", "とも", "とは",
    ),
    Case.KARA: (
        "から", "からの", "からも", "からは",
    ),
    Case.YORI: (
        "より",
    ),
    Case.DE: (
        "で",
    ),
    Case.NO: (
        "の",
    ),
}  # fmt: skip
_SURFACE_CASES = {particle: case for case, found in _PARTICLES_OF.items() for particle in found}
_TOPICS = frozenset({"は", "も", "こそ", "さえ"})
_RECEIVING_VERBS = frozenset({"受ける", "浴びる", "招く", "呼ぶ", "さらす", "晒す", "あう", "遭う"})
_BOUGHT_FEELINGS = frozenset({
    "批判", "非難", "反感", "反発", "反対", "不満", "不信", "不興", "不評", "悪評", "顰蹙", "ひんしゅく", "失笑",
    "嘲笑", "怒り", "憤り", "憤慨", "恨み", "怨み", "憎しみ", "憎悪", "嫌悪", "嫉妬", "妬み", "軽蔑", "歓心",
    "同情", "共感",
})  # fmt: skip
"""What 買う makes a passive of (批判を買う); anything else is bought."""
_GATHERED_GOODS = frozenset({"資金", "資本", "資本金", "出資金", "株式", "株", "新株", "持分"})
"""What 集める makes no passive of, as it does of 批判 and 出資: who gathers these is who acts."""
_AGENT_CASES = {Case.NI, Case.KARA}
_CLAUSE_DEPS = frozenset({"advcl", "conj", "acl", "ccomp", "dep"})


def governor_of(anchor: Token) -> Token:
    """The inflecting verb of a light-verb phrase (訴訟を起こす → 起こす), or the anchor itself."""
    head = anchor.head
    if (
        head is not anchor
        and is_nominal(anchor)
        and head.pos_ in {"VERB", "AUX", "ADJ"}
        and anchor.dep_ in {"obj", "nsubj", "obl"}
        and particles(anchor) in {"を", "が", "に", "の", "も", "は"}
        and anchor.i < head.i
    ):
        return head
    return anchor


def voice_of(anchor: Token, governor: Token) -> Voice:
    """The voice that the auxiliaries and the light verb give the predicate."""
    lemmas = {token.lemma_ for token in auxiliaries(governor)}
    passive = bool(lemmas & {"れる", "られる"})
    if governor is not anchor and _is_receiving(anchor.lemma_, governor.lemma_):
        return Voice.RECEIVING
    if governor is not anchor and particles(anchor) == "が":
        return Voice.ACTIVE
    if passive:
        return Voice.PASSIVE
    return Voice.CAUSATIVE if lemmas & {"せる", "させる"} else Voice.ACTIVE


def _is_receiving(noun: str, verb: str) -> bool:
    if verb == "買う":
        return noun in _BOUGHT_FEELINGS
    return noun not in _GATHERED_GOODS if verb == "集める" else verb in _RECEIVING_VERBS


def read_predication(doc: Doc, anchor_index: int) -> Predication:
    """The predication headed by the token at ``anchor_index``."""
    anchor = doc[anchor_index]
    governor = governor_of(anchor)
    voice = voice_of(anchor, governor)
    readings: dict[int, Case] = {}
    for token in (anchor,) if governor.i == anchor.i else (anchor, governor):
        _read_dependents(token, anchor, readings)
    _read_relative_head(anchor, governor, voice, readings)
    _read_shared_subject(governor, readings)
    if anchor.head is not anchor and is_nominal(anchor):
        _read_nominal_context(anchor, readings)
    readings.pop(anchor.i, None)
    deep = {head: _undo_voice(case, voice, agentive=_is_agentive(doc[head])) for head, case in readings.items()}
    arguments = tuple(RoleReading(case, head) for head, case in sorted(deep.items()))
    return Predication(anchor.i, governor.i, voice, arguments)


def _surface_case(token: Token) -> Case | None:
    marks = particles(token)
    if marks in _TOPICS:
        return Case.GA
    return _SURFACE_CASES.get(marks)


def _read_dependents(token: Token, anchor: Token, readings: dict[int, Case]) -> None:
    for child in token.children:
        if not is_nominal(child) or child.i in readings or child.dep_ in {"case", "aux", "cop", "fixed"}:
            continue
        case = _surface_case(child)
        if child.dep_ == "compound" and child.i < token.i and token is anchor:
            case = Case.WO
        elif case is None and child.dep_ == "nsubj":
            case = Case.GA
        elif case is None and child.dep_ == "obj":
            case = Case.WO
        if case is not None:
            for each in _coordinates(child):
                readings.setdefault(each.i, case)  # 乙 of 乙と同盟を結ぶ has been read: it is ト of 同盟


def _coordinates(token: Token) -> list[Token]:
    """The token and the phrases coordinated with it (AとBが, AやB、Cが)."""
    found = [token]
    for child in token.lefts:
        if (
            child.dep_ in {"nmod", "conj", "compound"}
            and is_nominal(child)
            and particles(child) in {"と", "や", "、", "および", "及び", "並びに", "か"}
        ):
            found.extend(_coordinates(child))
    return found


def _read_relative_head(anchor: Token, governor: Token, voice: Voice, readings: dict[int, Case]) -> None:
    if governor.dep_ != "acl" or governor.head.i < governor.i or governor.head.i in readings:
        return
    taken = set(readings.values())
    if voice in {Voice.PASSIVE, Voice.RECEIVING} or Case.GA not in taken:
        readings[governor.head.i] = Case.GA
    elif Case.WO not in taken and governor is anchor:
        readings[governor.head.i] = Case.WO
    else:
        readings[governor.head.i] = Case.NI


def _read_shared_subject(governor: Token, readings: dict[int, Case]) -> None:
    """Give a clause without a subject of its own that of the clause it leans on, or of the clause before it."""
    if Case.GA in readings.values():
        return
    clause, steps = governor, 0
    while clause.dep_ in _CLAUSE_DEPS and clause.head is not clause and steps < 4:
        clause, steps = clause.head, steps + 1
        subject = _own_subject(clause)
        if subject is not None and subject.i not in readings:
            readings.update({each.i: Case.GA for each in _coordinates(subject)})
            return
    for child in governor.lefts:
        if child.dep_ in {"advcl", "conj"}:
            subject = _own_subject(child)
            if subject is not None and subject.i not in readings:
                readings.update({each.i: Case.GA for each in _coordinates(subject)})
                return


def _own_subject(clause: Token) -> Token | None:
    subjects = [
        child
        for child in clause.lefts
        if is_nominal(child) and (child.dep_ == "nsubj" or particles(child) in {"は", "が"})
    ]
    return subjects[0] if subjects else None


def _read_nominal_context(anchor: Token, readings: dict[int, Case]) -> None:
    """甲 of 乙の創業者の甲 and 乙の創業者甲, where the nominal predicate itself depends on its subject."""
    head = anchor.head
    if (
        is_nominal(head)
        and head.i > anchor.i
        and head.i not in readings
        and anchor.dep_ in {"nmod", "compound", "acl", "appos"}
        and particles(anchor) in {"", "の", "で", "だ"}
    ):
        readings[head.i] = Case.GA


def _is_agentive(token: Token) -> bool:
    return particles(token).startswith(("による", "により", "によっ"))


def _undo_voice(case: Case, voice: Voice, *, agentive: bool) -> Case:
    if voice not in {Voice.PASSIVE, Voice.RECEIVING} or agentive:
        return case
    if case is Case.GA:
        return Case.WO
    return Case.GA if case in _AGENT_CASES else case
