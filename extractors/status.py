"""Whether the text says that an act happened, that it did not, or that it is only planned, feared or supposed.

The act is followed outwards, layer by layer: its own endings, the light verb, the nouns of its compound, the noun it
modifies, the verb over that noun, the quotation. Each layer may deny the act or take it out of what has happened; the
first that does neither and is no part of the act ends the climb.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from extractors import modality
from extractors.endings import (
    NEGATIVE_LEMMAS,
    Ending,
    ending_of,
    inflects,
    next_token,
    particle_after,
    run_end,
    run_text,
    verb_over,
)
from extractors.modality import Cue
from extractors.parsing import is_nominal
from extractors.records import Status

STATUS_CUE_SIZES = (4, 2, 2, 2, 2, 2, 2, 4, 4, 2, 2, 3)
"""How many values each feature of ``status_cues`` has, in its order."""

_MAX_LAYERS = 9
_OBLIGATION = re.compile(r"な(?:ければ|くては|くちゃ|きゃ)(?:なら|いけ|だめ|$)|ねばなら|ざるを得|ざるをえ|ないと(?:いけ|だめ)|べき")
_POSSIBLE = re.compile(
    r"かね(?:な|ませ)|かも(?:しれ|知れ|$)|だろう|でしょう|であろう|ではないか|ではなかろう|じゃな(?:い|かろう)[かのよ]|んじゃな|に違いな|か否か"
)
_ASKED = re.compile(r"か$|か[をにはが]")
_CONDITIONAL = re.compile(r"たら(?!し)|だら|なら(?![なぬずばさ]|な[いかく])|ならば|とすれば|としたら|ものなら|[えけげせてねべめれ]ば(?!か)")
_QUOTED = re.compile(r"(?:と|って|とは|とも|とまで)$")
_NOMINALISED = re.compile(r"の(?:を|が|は|も|に|には)$")
_RUNS_ON = re.compile(r"^(?:し|さ?せ|され|れ|られ)?て?$|^で$")
_PURPOSE = re.compile(r"(?<![たい])ため")
_CONTRAST = re.compile(r"が、|ものの|けれども?、|けど、|のに、")


class _Step(enum.Enum):
    """How a layer hangs on the one within it."""

    OWN = enum.auto()
    OVER = enum.auto()
    """It is the verb whose argument the act is, or the noun that the act modifies."""
    COORDINATED = enum.auto()
    """It is the clause that the act's clause runs on into."""


_Next = tuple[Token, _Step] | None


@dataclass(slots=True)
class _Trace:
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
    quotation_depth: int = 0
    tense: int = 0
    """Of the innermost predicate: 0 no predicate, 1 not past, 2 past, 3 continuing (〜ている)."""
    shared: bool = False
    """Whether the climb has left the act's own clause for one coordinated with it."""
    reported: bool = False
    """Whether the act is what a report, rumour or theory says."""

    def deny(self, how: int) -> None:
        self.negations += 1
        self.denial = max(self.denial, how)


def read_status(doc: Doc, anchor: int) -> Status:
    """The status of the act whose meaning stands in the token at ``anchor`` (提訴 in 提訴する方針を固めた).

    Asserted is what the text, or anybody it quotes, says has happened or is so: the default where nothing speaks
    against it. Claims follow the annotation guidelines, section Status.
    """
    return _decide(_trace(doc, anchor))


def status_cues(doc: Doc, anchor: int) -> tuple[int, ...]:
    """Features of the same reading for a learned classifier, each below its bound in ``STATUS_CUE_SIZES``.

    In order: how the act is denied (0 not, 1 by an ending, 2 by the verb over it, 3 by a word of retraction);
    whether a plan, demand, condition, possibility, prohibition, future time was read; the tense of the innermost
    predicate (0 none, 1 not past, 2 past, 3 continuing); depth of quotation; whether the act is one of speaking;
    whether the climb left its clause; and what ``read_status`` makes of it (0 asserted, 1 negated, 2 hypothetical).
    """
    trace = _trace(doc, anchor)
    return (
        trace.denial if trace.negations % 2 else 0,
        *(int(cue in trace.cues) for cue in Cue),
        trace.tense,
        min(3, trace.quotation_depth),
        int(trace.speech),
        int(trace.shared),
        (Status.ASSERTED, Status.NEGATED, Status.HYPOTHETICAL).index(_decide(trace)),
    )


def _decide(trace: _Trace) -> Status:
    if trace.negations % 2 and Cue.CONDITION not in trace.cues:
        return Status.NEGATED
    return Status.HYPOTHETICAL if trace.cues else Status.ASSERTED


def _trace(doc: Doc, anchor: int) -> _Trace:
    act = doc[anchor]
    suit = bool(modality.REMEDIES.search(act.text) or modality.SUITS.search(act.lemma_))
    trace = _Trace(doc, act, speech=bool(modality.SPEECH_ACTS.match(act.lemma_)), suit=suit)
    found: _Next = (act, _Step.OWN)
    for _ in range(_MAX_LAYERS):
        if found is None:
            break
        node, step = found
        found = _read_predicate(trace, node, step) if inflects(doc, node) else _read_nominal(trace, node, step)
    _read_outcome(trace)
    return trace


def _read_predicate(trace: _Trace, node: Token, step: _Step) -> _Next:
    doc, ending = trace.doc, ending_of(trace.doc, node)
    if not trace.tense:
        trace.tense = 3 if ending.continuing else 2 if ending.past else 1
    _read_endings(trace, node, ending, step)
    if not ending.finished and _has_future_time(doc, node):
        trace.cues.add(Cue.FUTURE)
    following = next_token(doc, ending.end)
    if following is not None and following.text == "どう":
        trace.cues.add(Cue.POSSIBILITY)
    if _PURPOSE.search(ending.text) and not trace.speech and not ending.finished:
        trace.cues.add(Cue.PLAN)
    if _NOMINALISED.search(ending.text):
        verb = verb_over(doc, node, ending.end)
        return _read_verb_over(trace, verb, ending.text[-1], ending=ending, noun=None)
    if ending.text.endswith("との") and following is not None:
        return _read_modified(trace, run_end(doc, following), ending, reported=True)
    if _QUOTED.search(ending.text):
        return _read_quoting(trace, node, ending)
    if following is not None and is_nominal(following) and _is_attributive(ending):
        noun = run_end(doc, following)
        return _read_modified(trace, noun, ending, reported=ending.text.endswith(("という", "とする", "とした")))
    return _coordinated(trace, node, ending, step)


def _read_endings(trace: _Trace, node: Token, ending: Ending, step: _Step) -> None:
    """Negation, desire, volition, obligation, possibility and condition in the predicate's own form."""
    text = ending.text
    obliged = _OBLIGATION.search(text)
    if _CONDITIONAL.search(node.text[-1:] + text) and not obliged and "ければ" not in text[-3:] + "x":
        trace.cues.add(Cue.CONDITION)
    elif text.endswith("ければ") and not obliged:
        trace.cues.add(Cue.CONDITION)
    if step is _Step.COORDINATED:
        return
    if obliged:
        trace.cues.add(Cue.DEMAND)
        return
    if _POSSIBLE.search(text):
        trace.cues.add(Cue.POSSIBILITY)
        return
    if _ASKED.search(text) and not ending.negations:
        trace.cues.add(Cue.POSSIBILITY)
    if any(token.lemma_ == "たい" for token in ending.tokens) or "べく" in text:
        trace.cues.add(Cue.PLAN)
    if _is_volitional(node, ending):
        trace.cues.add(Cue.PLAN)
    negations = ending.negations + (node.lemma_ in {"ない", "無い"} and step is _Step.OVER)
    if negations and step is _Step.OVER and node.lemma_ in modality.NEVER_DETERRED:
        trace.cues.add(Cue.POSSIBILITY)
        trace.negations = 0
        return
    for _ in range(negations):
        trace.deny(1 if step is _Step.OWN else 2)


def _has_future_time(doc: Doc, node: Token) -> bool:
    for child in node.lefts:
        if child.dep_ in {"obl", "advmod", "nsubj", "nmod", "dep", "advcl", "compound"}:
            text = doc[child.left_edge.i : child.right_edge.i + 1].text
            if len(text) <= 14 and modality.FUTURE_TIME.search(text):
                return True
    return False


def _is_volitional(node: Token, ending: Ending) -> bool:
    return any("意志推量形" in form for token in (node, *ending.tokens) for form in token.morph.get("Inflection"))


def _is_copular(node: Token) -> bool:
    """Whether the predicate is a noun with だ or である; a verbal noun with する is none."""
    return is_nominal(node) and not node.morph.get("Inflection")


def _is_attributive(ending: Ending) -> bool:
    """Whether the endings can stand before a noun: none, or a form of する, た, ている, ない, たい, られる …"""
    if not ending.tokens:
        return True
    return ending.tokens[-1].pos_ in {"AUX", "VERB", "ADJ"} or ending.text.endswith(("ている", "である", "という", "とする"))


def _read_nominal(trace: _Trace, node: Token, step: _Step) -> _Next:
    """The nouns that follow in the act's compound, then what its particle says."""
    doc, end = trace.doc, run_end(trace.doc, node)
    if step is _Step.COORDINATED:
        return None
    if end is not node:
        carried = any(_read_noun(trace, doc[index].text, None) for index in range(node.i + 1 + _tail_only(trace, node, end), end.i + 1))
        if not carried and not _continues_act(end):
            return None
    if inflects(doc, end) and end is not node:
        return end, _Step.OVER
    particle, after = particle_after(doc, end)
    if particle == "へ" and _is_headline(next_token(doc, after)):
        trace.cues.add(Cue.PLAN)
        return None
    if particle.endswith("の"):
        head = next_token(doc, after)
        noun = run_end(doc, head) if head is not None and is_nominal(head) else end.head
        return _read_modified(trace, noun, None, reported=particle == "との") if noun.i > end.i else None
    if particle in {"や", "と", "および", "及び", "とか"} and is_nominal(end.head) and end.head.i > end.i:
        return (end.head, _Step.OVER) if _continues_act(end.head) or trace.suit else None
    beside = next_token(doc, after)
    if particle in {"に", "へ", "も", "を", "は", "には", "にも"} and beside is not None and modality.EAGERNESS.search(beside.text):
        trace.cues.add(Cue.PLAN)
        return None
    if not particle and not (beside is not None and beside.pos_ == "VERB"):
        return None
    return _read_verb_over(trace, verb_over(doc, end, after), particle, ending=None, noun=end)


def _tail_only(trace: _Trace, node: Token, end: Token) -> int:
    """For an act of speaking only the last noun of its compound is asked: 批判要請帰り plans nothing."""
    return end.i - node.i - 1 if trace.speech else 0


def _is_headline(following: Token | None) -> bool:
    return following is None or following.pos_ in {"PUNCT", "SYM", "NOUN", "PROPN", "SPACE"}


def _continues_act(noun: Token) -> bool:
    """Whether the act lives on in the noun that its word stands before: 訴訟 の 提起, 株式 の 40%."""
    return (
        "サ変可能" in noun.tag_
        or noun.pos_ == "NUM"
        or "助数詞" in noun.tag_
        or bool(modality.SUITS.search(noun.text) or modality.CONTINUATIONS.search(noun.text))
    )


def _read_noun(trace: _Trace, text: str, ending: Ending | None) -> bool:
    """Add the cue that a noun over the act carries; whether it carries one."""
    finished = ending is not None and ending.past
    for cue, pattern in modality.NOUNS.items():
        if (finished and cue is not Cue.POSSIBILITY) or (cue is Cue.DEMAND and (trace.speech or trace.suit)):
            continue
        if pattern.search(text):
            trace.cues.add(cue)
            return True
    if not finished and not trace.speech and not trace.shared and modality.PURSUITS.search(text):
        trace.cues.add(Cue.PLAN)
        return True
    return False


def _read_modified(trace: _Trace, noun: Token, ending: Ending | None, *, reported: bool) -> _Next:
    """The noun that the act modifies: 方針 of 提訴する方針, 検討 of 出資の検討, 訴訟 of 賠償を求める訴訟."""
    doc, text = trace.doc, noun.text
    particle, after = particle_after(doc, noun)
    if _read_noun(trace, text, ending):
        return _read_plan(trace, noun, after)
    if noun.text in modality.PURPOSES:
        if not trace.speech and (ending is None or not ending.finished):
            trace.cues.add(Cue.PLAN)
        return None
    if reported and particle == "の" and not modality.REPORTS.search(text):
        return _read_modified(trace, run_end(doc, noun.head), ending, reported=True) if noun.head.i > noun.i else None
    verb = verb_over(doc, noun, after)
    if noun.text in modality.FORMAL_NOUNS or modality.REPORTS.search(text):
        trace.reported = trace.reported or noun.text not in modality.FORMAL_NOUNS
        if inflects(doc, noun):
            return noun, _Step.OVER
        return _read_verb_over(trace, verb, particle, ending=ending, noun=noun)
    if reported:
        return None
    if ending is not None and verb is not None and verb.lemma_ in modality.ABSENCE and ending_of(doc, verb).negations:
        if particle[:1] in {"は", "が", "も"} and modality.PEOPLE.search(noun.text):
            trace.deny(2)
        return None
    if (ending is None and _continues_act(noun)) or modality.SUITS.search(text):
        return noun, _Step.OVER
    return None


def _read_plan(trace: _Trace, noun: Token, after: int) -> _Next:
    """The verb over a plan may deny it, undo it or make it a fact: 計画はない, 方針を撤回した, 決議案を採択した."""
    if inflects(trace.doc, noun):
        return noun, _Step.OVER
    verb = verb_over(trace.doc, noun, after)
    if verb is None:
        return None
    ending = ending_of(trace.doc, verb)
    if verb.lemma_ in modality.RETRACTIONS:
        trace.deny(3)
    elif verb.lemma_ in modality.REALISATIONS and ending.past and not ending.negations:
        trace.cues.discard(Cue.PLAN)
    elif verb.lemma_ in {"ない", "無い"} or (verb.lemma_ in {"ある", "持つ", "ござる"} and ending.negations):
        trace.deny(2)
    return None


def _read_verb_over(
    trace: _Trace, verb: Token | None, particle: str, *, ending: Ending | None, noun: Token | None
) -> _Next:
    """The verb whose argument the act is.

    ``ending`` is that of the clause of which the argument is made, None for a noun that is the act itself; ``noun``
    is the noun before the particle, None where の makes the clause an argument.
    """
    if verb is None:
        return None
    lemma, formal = verb.lemma_, noun is None or noun.text in modality.FORMAL_NOUNS
    past = ending is not None and ending.past
    if _is_copular(verb):
        return _read_copula(trace, verb, particle)
    if lemma in modality.RETRACTIONS and particle[:1] in {"を", "は", "も", "が", "に"} and not (past and lemma not in modality.REPLIES):
        if not (trace.speech and lemma in modality.REPLIES and not formal and not trace.reported):
            trace.deny(3)
        return verb, _Step.OVER
    if past:
        return (verb, _Step.OVER) if lemma in {"ない", "無い", "ある", "ござる"} else None
    if noun is not None and not formal and ending is None and modality.AGENTS.search(trace.act.text):
        if particle not in {"に", "と", "には"}:
            return None
    if not _is_argument(particle, lemma):
        return None
    if lemma in modality.ASKING and trace.suit and not formal:
        return verb, _Step.OVER
    for cue, lemmas in modality.VERBS.items():
        if lemma in lemmas:
            trace.cues.add(cue)
            return verb, _Step.OVER
    if lemma in {"向ける", "向く"} and particle in {"に", "へ", "にも"}:
        if not trace.speech:
            trace.cues.add(Cue.PLAN)
        return None
    _read_decision(trace, verb, particle, ending, formal=formal)
    if lemma in modality.REACTIONS and not (lemma in {"応じる", "応ずる"} and not trace.speech and not trace.suit):
        return None
    return verb, _Step.OVER


def _read_copula(trace: _Trace, noun: Token, particle: str) -> _Next:
    """A noun said of the act: 設立は予定だ, 〜という説は誤りである."""
    if particle[:1] not in {"は", "が", "も"}:
        return None
    if modality.FALSEHOODS.search(noun.text):
        trace.deny(3)
    elif _read_noun(trace, noun.text, None):
        return noun, _Step.OVER
    return None


def _is_argument(particle: str, lemma: str) -> bool:
    if particle in {"と", "とは"}:
        return lemma in {"する", "見る", "みなす", "見なす", "書く", "呼ぶ", "言う", "いう", "なる", "考える", "思う"}
    return particle in {"", "を", "が", "は", "も", "に", "へ", "には", "にも", "をも", "すら", "さえ", "まで", "こそ", "をめぐり"} or (
        particle == "で" and lemma in {"合意", "調整", "一致", "検討", "協議"}
    )


def _read_decision(trace: _Trace, verb: Token, particle: str, ending: Ending | None, *, formal: bool) -> None:
    """Decisions and announcements of an act still to come: 設立することを決めた, 創設が決まった."""
    over = ending_of(trace.doc, verb)
    if verb.lemma_ == "決まる" and particle in {"が", "も", "は"} and not formal:
        trace.cues.add(Cue.FUTURE)
    if not formal or ending is None or ending.continuing:
        return
    decided = verb.lemma_ in modality.DECISIONS or verb.lemma_ in modality.SAYING
    if (decided and not (verb.lemma_ == "なる" and over.past)) or (verb.lemma_ == "できる" and not over.past):
        if not (trace.speech and verb.lemma_ not in modality.DECISIONS):
            trace.cues.add(Cue.FUTURE)


def _read_quoting(trace: _Trace, node: Token, ending: Ending) -> _Next:
    """The verb over a quotation: a plan where the clause is not past (提訴すると発表した), a denial with 否定."""
    verb = verb_over(trace.doc, node, ending.end)
    following = next_token(trace.doc, ending.end)
    if verb is None:
        return None
    direct = any(token.text in {"」", "』", "”"} for token in ending.tokens)
    if not direct and verb.lemma_ not in modality.SAYING and verb.lemma_ not in modality.DENYING:
        return None
    if following is not None and following.text in {"、", ","} and ending.text.endswith("ると"):
        return None
    over = ending_of(trace.doc, verb)
    trace.quotation_depth += 1
    if verb.lemma_ in modality.DENYING:
        trace.deny(3)
    elif over.negations and verb.lemma_ in modality.JUDGING:
        trace.deny(2)
    elif not (ending.finished or ending.negations or trace.speech or modality.AGENTS.search(trace.act.text)):
        if not (trace.shared and _is_volitional(node, ending)) and node.pos_ != "ADJ" and node.lemma_ not in modality.STATIVE and not _is_copular(node):
            trace.cues.add(Cue.FUTURE)
    noun = next_token(trace.doc, over.end)
    if verb.lemma_ in {"する", "いう", "言う"} and noun is not None and is_nominal(noun):
        finished = Ending("た", ending.tokens, over.end) if ending.past else over
        return _read_modified(trace, run_end(trace.doc, noun), finished, reported=True)
    return None


def _coordinated(trace: _Trace, node: Token, ending: Ending, step: _Step) -> _Next:
    """The clause that the act's clause runs on into, as the plan there may be for both: 設立して上場する計画."""
    if ending.text.endswith("のではなく") or trace.speech or not _RUNS_ON.match(ending.text):
        return None
    if node.dep_ not in {"advcl", "conj", "dep", "acl"} or node.head.i <= node.i:
        return None
    if step is _Step.OVER and node.lemma_ in {"受ける", "浴びる", "招く", "めぐる", "巡る"}:
        return None
    trace.shared = True
    return _clause_after(trace.doc, node, ending) or node.head, _Step.COORDINATED


def _clause_after(doc: Doc, node: Token, ending: Ending) -> Token | None:
    """The next predicate before the clause's head, where no subject of its own stands before it."""
    for token in doc[ending.end : node.head.i]:
        if (token.text in {"が", "は"} and token.pos_ == "ADP") or token.text in {"「", "『", "“"}:
            return None
        if token.pos_ == "VERB" and token.dep_ not in {"fixed", "aux"}:
            return token
    return None


def _read_outcome(trace: _Trace) -> None:
    """What the rest of the sentence says became of the plan or the report: 検討したが、見送った."""
    rest = trace.doc.text[trace.act.idx : trace.act.sent.end_char]
    contrast = _CONTRAST.search(rest)
    if trace.negations:
        return
    if contrast is not None:
        after = rest[contrast.end() :]
        if (trace.cues and modality.FAILURE.search(after)) or modality.FACT_DENIED.search(after):
            trace.deny(3)
            return
    if trace.reported and modality.REPORT_DENIED.search(rest):
        trace.deny(3)
