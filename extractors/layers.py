"""What the layers over one act have said of it, and what a single layer's endings and nouns add."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from extractors import modality
from extractors.endings import Ending, inflection
from extractors.modality import Cue
from extractors.parsing import is_nominal

_OBLIGATION = re.compile(
    r"な(?:ければ|くては|くちゃ|きゃ)(?:なら|いけ|だめ|$)|ねばなら|ざるを[得え]|ないと(?:いけ|だめ)|べき"
    r"|しか(?:ない|あ?りませ)"
)
_POSSIBLE = re.compile(
    r"かね(?:な|ませ)|かも(?:しれ|知れ|$)|だろう|でしょう|であろう|ではないか|ではなかろう"
    r"|じゃな(?:い|かろう)[かのよ]|んじゃな|に違いな|か否か"
)
_ASKED = re.compile(r"か$|か[をにはが]")
_CONDITIONAL = re.compile(
    r"たら(?!し)|だら|なら(?![なぬずばさ]|な[いかく])|ならば|とすれば|としたら|ものなら|[えけげせてねべめれ]ば(?!か)"
)

_NOT_ONLY = re.compile(r"(?:だけ|ばかり|のみ)(?:で|じゃ|なら)|しかな")
_ONLY = "しか"


class Step(enum.Enum):
    """How a layer hangs on the one within it."""

    OWN = enum.auto()
    OVER = enum.auto()
    """It is the verb whose argument the act is, or the noun that the act modifies."""
    COORDINATED = enum.auto()
    """It is the clause that the act's clause runs on into."""


@dataclass(slots=True)
class Trace:
    """What the layers over one act have said of it so far."""

    doc: Doc
    act: Token
    speech: bool
    """Whether the act is one of speaking, to which the plans of the next clause do not extend."""
    suit: bool
    """Whether it is a suit or what a suit asks for, so that 求める demands no act."""
    cues: set[Cue] = field(default_factory=set)
    negations: int = 0
    denial: int = 0
    """0 none, 1 by an ending, 2 by the verb over it, 3 by a word of retraction or falsehood."""
    shared: bool = False
    """Whether the climb has left the act's own clause for one coordinated with it."""
    reported: bool = False
    """Whether the act is what a report, rumour or theory says."""

    def deny(self, how: int) -> None:
        """Count one negation of the kind that ``denial`` lists."""
        self.negations += 1
        self.denial = max(self.denial, how)


def begin_trace(doc: Doc, anchor: int) -> Trace:
    """An empty trace for the act in the token at ``anchor``."""
    act = doc[anchor]
    sides = anchor > 0 and doc[anchor - 1].text == "相手" and act.lemma_ == "取る"
    suit = sides or bool(modality.REMEDIES.search(act.text) or modality.SUITS.search(act.lemma_))
    return Trace(doc, act, speech=bool(modality.SPEECH_ACTS.match(act.lemma_)), suit=suit)


def read_endings(trace: Trace, node: Token, ending: Ending, step: Step) -> None:
    """Add what the predicate's own form says: negation, desire, volition, obligation, possibility, condition."""
    obliged = bool(_OBLIGATION.search(ending.text))
    if _is_condition(node, ending, obliged=obliged):
        trace.cues.add(Cue.CONDITION)
    if step is Step.COORDINATED:
        return
    if obliged:
        trace.cues.add(Cue.DEMAND)
        return
    if _POSSIBLE.search(ending.text):
        trace.cues.add(Cue.POSSIBILITY)
        return
    if _ASKED.search(ending.text) and not ending.negations:
        trace.cues.add(Cue.POSSIBILITY)
    if any(token.lemma_ == "たい" for token in ending.tokens) or "べく" in ending.text or is_volitional(node, ending):
        trace.cues.add(Cue.PLAN)
    negations = ending.negations + (node.lemma_ in modality.ABSENT and step is Step.OVER)
    if negations and _is_only(node, ending):
        negations -= 1
    if negations and step is Step.OVER and node.lemma_ in modality.PERSISTENCE:
        return
    if negations and step is Step.OVER and node.lemma_ in modality.NEVER_DETERRED:
        if not ending.past or node.lemma_ in modality.LEFT_OPEN:
            trace.cues.add(Cue.POSSIBILITY)
        trace.negations = 0
        return
    for _ in range(negations):
        trace.deny(1 if step is Step.OWN else 2)


def _is_only(node: Token, ending: Ending) -> bool:
    """Whether one negation says "not only" or "nothing but": 提訴しただけでなく, 1億円しか出資していない."""
    if _NOT_ONLY.search(ending.text):
        return True
    return any(token.text == _ONLY for child in node.lefts for token in child.rights)


def _is_condition(node: Token, ending: Ending, *, obliged: bool) -> bool:
    if not obliged and _CONDITIONAL.search(node.text[-1:] + ending.text):
        return True
    return any(child.text in modality.SUPPOSING for child in node.lefts)


def read_noun(trace: Trace, text: str, ending: Ending | None) -> bool:
    """Add the cue that a noun over the act carries; whether it carries one.

    ``ending`` is that of the clause before the noun, None where the act itself is a noun.
    """
    finished = ending is not None and ending.past
    for cue, pattern in modality.NOUNS.items():
        if (finished and cue is not Cue.POSSIBILITY) or (cue is Cue.DEMAND and (trace.speech or trace.suit)):
            continue
        if pattern.search(text):
            trace.cues.add(cue)
            return True
    if finished or trace.speech or trace.shared or not modality.PURSUITS.search(text):
        return False
    trace.cues.add(Cue.PLAN)
    return True


def has_future_time(doc: Doc, node: Token) -> bool:
    """Whether a word of future time (来年, 年内に, 近く) depends on the predicate."""
    for child in node.lefts:
        if child.dep_ in {"obl", "advmod", "nsubj", "nmod", "dep", "advcl", "compound"}:
            text = doc[child.left_edge.i : child.right_edge.i + 1].text
            if len(text) <= 14 and modality.FUTURE_TIME.search(text):
                return True
    return False


def is_volitional(node: Token, ending: Ending) -> bool:
    """Whether the predicate's form is that of will: 訴えよう, しよう."""
    return any("意志推量形" in inflection(token) for token in (node, *ending.tokens))


def is_copular(node: Token) -> bool:
    """Whether the predicate is a noun with だ or である; a verbal noun with する is none."""
    return is_nominal(node) and not inflection(node)


def is_attributive(ending: Ending) -> bool:
    """Whether the endings can stand before a noun: none, or a form of する, た, ている, ない, たい, られる …"""
    if not ending.tokens or ending.tokens[-1].pos_ in {"AUX", "VERB", "ADJ"}:
        return True
    return ending.text.endswith(("ている", "である", "という", "とする"))


def continues_act(noun: Token) -> bool:
    """Whether the act lives on in the noun that its word stands before: 訴訟 の 提起, 株式 の 40%."""
    counted = noun.pos_ == "NUM" or "助数詞" in noun.tag_ or "サ変可能" in noun.tag_
    return counted or bool(modality.SUITS.search(noun.text) or modality.CONTINUATIONS.search(noun.text))
