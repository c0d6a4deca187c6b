"""Whether the text says that an act happened, that it did not, or that it is only planned, feared or supposed.

The act is followed outwards, layer by layer: its own endings, the light verb, the nouns of its compound, the noun it
modifies, the verb over that noun, the quotation. Each layer may deny the act or take it out of what has happened; the
first that does neither and is no part of the act ends the climb.
"""

from __future__ import annotations

import re

from spacy.tokens import Doc, Token

from extractors import modality
from extractors.endings import Ending, ending_of, inflects, next_token, particle_after, run_end, verb_over
from extractors.layers import (
    Step,
    Trace,
    begin_trace,
    continues_act,
    has_future_time,
    is_attributive,
    is_copular,
    is_volitional,
    read_endings,
    read_noun,
)
from extractors.modality import Cue
from extractors.parsing import is_nominal
from extractors.records import Status

_MAX_LAYERS = 9
_QUOTED = re.compile(r"(?:と|って|とは|とも|とまで)$")
_NOMINALISED = re.compile(r"の(?:を|が|は|も|に|には)$")
_RUNS_ON = re.compile(r"^(?:し|さ?せ|され|れ|られ)?て?$|^で$")
_PURPOSE = re.compile(r"(?<![たい])ため")
_BIDDEN = re.compile(r"ように?$")
_CONTRAST = re.compile(r"が、|ものの|けれども?、|けど、|のに、")
_BEING = modality.ABSENT | {"ある", "ござる"}
_HEARSAY = re.compile(r"(?:報じ|伝え|報道さ|噂さ|うわささ|取り沙汰さ|と(?:さ|言わ|いわ))[らえ]?れ(?:てい)?た$")
_PLAIN = re.compile(r"^(?:する|して?、?[^、。はが「」]{1,14}する)。?$")
_HABIT = re.compile(r"投資$|[割%％]を?出資$")
_DATED = re.compile(r"[0-9０-９]{3,4}年|明治|大正|昭和")
_PLAN_TOLD = re.compile(r"計画(?:によると|によれば|では)")
_DEAL_TOLD = re.compile(r"(?:TOB|買収|合併|統合|提携|子会社化).{0,12}(?:合意|発表)した。?$")
_QUOTE_ENDS = frozenset("」』”")

_Next = tuple[Token, Step] | None


def read_status(doc: Doc, anchor: int) -> Status:
    """The status of the act whose meaning stands in the token at ``anchor`` (提訴 in 提訴する方針を固めた).

    Asserted is what the text, or anybody it quotes, says has happened or is so: the default where nothing speaks
    against it. Claims follow the annotation guidelines, section Status.
    """
    return _decide(_climb(doc, anchor))


def _decide(trace: Trace) -> Status:
    if trace.negations % 2 and Cue.CONDITION not in trace.cues:
        return Status.NEGATED
    return Status.HYPOTHETICAL if trace.cues else Status.ASSERTED


def _climb(doc: Doc, anchor: int) -> Trace:
    trace = begin_trace(doc, anchor)
    found: _Next = (trace.act, Step.OWN)
    for _ in range(_MAX_LAYERS):
        if found is None:
            break
        node, step = found
        found = _read_predicate(trace, node, step) if inflects(doc, node) else _read_nominal(trace, node, step)
    _read_plain(trace)
    _read_outcome(trace)
    return trace


def _read_predicate(trace: Trace, node: Token, step: Step) -> _Next:
    doc, ending = trace.doc, ending_of(trace.doc, node)
    read_endings(trace, node, ending, step)
    if not ending.finished and has_future_time(doc, node):
        trace.cues.add(Cue.FUTURE)
    if _PURPOSE.search(ending.text) and not ending.finished:
        _read_purpose(trace)
    if _NOMINALISED.search(ending.text):
        verb = verb_over(doc, node, ending.end)
        return _read_verb_over(trace, verb, ending.text[-1], ending=ending, noun=None)
    following = next_token(doc, ending.end)
    if following is not None:
        if ending.text.endswith("には") and not ending.finished and following.lemma_ != "至る":
            trace.cues.add(Cue.CONDITION)
        if following.text == "どう":
            trace.cues.add(Cue.POSSIBILITY)
        if _BIDDEN.search(ending.text) and following.lemma_ in modality.VERBS[Cue.DEMAND]:
            if trace.suit and following.lemma_ in modality.ASKING:
                return following, Step.OVER
            trace.cues.add(Cue.DEMAND)
        if ending.text.endswith("との"):
            return _read_modified(trace, run_end(doc, following), ending, reported=True)
    if _QUOTED.search(ending.text):
        return _read_quoting(trace, node, ending)
    if following is not None and is_nominal(following) and is_attributive(ending):
        reported = ending.text.endswith(("という", "とする", "とした"))
        return _read_modified(trace, run_end(doc, following), ending, reported=reported)
    return _read_coordinated(trace, node, ending, step)


def _read_purpose(trace: Trace) -> None:
    """A purpose is still to come; what somebody acts to avoid (批判を避けるため) is only feared."""
    if trace.denial == 3 and trace.negations:
        trace.negations -= 1
        trace.cues.add(Cue.POSSIBILITY)
    elif not trace.speech:
        trace.cues.add(Cue.PLAN)


def _read_nominal(trace: Trace, node: Token, step: Step) -> _Next:
    """The nouns that follow in the act's compound, then what its particle says."""
    doc, end = trace.doc, run_end(trace.doc, node)
    if step is Step.COORDINATED or not _read_compound(trace, node, end):
        return None
    if end is not node and inflects(doc, end):
        return end, Step.OVER
    particle, after = particle_after(doc, end)
    beside = next_token(doc, after)
    if particle == "へ" and (beside is None or beside.pos_ in {"PUNCT", "SYM", "NOUN", "PROPN", "SPACE"}):
        trace.cues.add(Cue.PLAN)
        return None
    if particle.endswith("の"):
        noun = run_end(doc, beside) if beside is not None and is_nominal(beside) else end.head
        return _read_modified(trace, noun, None, reported=particle == "との") if noun.i > end.i else None
    if particle in {"や", "と", "および", "及び", "とか"} and is_nominal(end.head) and end.head.i > end.i:
        return (end.head, Step.OVER) if continues_act(end.head) or trace.suit else None
    if beside is not None and particle in modality.ARGUMENT_PARTICLES:
        if modality.CANCELLED.search(beside.text):
            trace.deny(3)
            return None
        if modality.EAGERNESS.search(beside.text):
            trace.cues.add(Cue.PLAN)
            return None
    if not particle and not (beside is not None and beside.pos_ == "VERB"):
        return None
    return _read_verb_over(trace, verb_over(doc, end, after), particle, ending=None, noun=end)


def _read_compound(trace: Trace, node: Token, end: Token) -> bool:
    """Read the nouns after the act's own, up to ``end``; whether the compound still tells of the act.

    Of an act of speaking only the last noun is asked: 批判要請帰り plans nothing.
    """
    if end is node:
        return True
    nouns = [end] if trace.speech else trace.doc[node.i + 1 : end.i + 1]
    carried = [read_noun(trace, noun.text, None) for noun in nouns]
    return any(carried) or continues_act(end)


def _read_modified(trace: Trace, noun: Token, ending: Ending | None, *, reported: bool) -> _Next:
    """The noun that the act modifies: 方針 of 提訴する方針, 検討 of 出資の検討, 訴訟 of 賠償を求める訴訟."""
    doc, formal = trace.doc, noun.text in modality.FORMAL_NOUNS
    particle, after = particle_after(doc, noun)
    verb = verb_over(doc, noun, after)
    if read_noun(trace, noun.text, ending):
        trace.reported = trace.reported or bool(modality.REPORTS.search(noun.text))
        return _read_plan(trace, noun, verb)
    if noun.text in modality.PURPOSES:
        if ending is None or not ending.finished:
            _read_purpose(trace)
        return None
    if formal or modality.REPORTS.search(noun.text):
        trace.reported = trace.reported or not formal
        if inflects(doc, noun):
            return noun, Step.OVER
        return _read_verb_over(trace, verb, particle, ending=ending, noun=noun)
    if reported:
        over = particle == "の" and noun.head.i > noun.i
        return _read_modified(trace, run_end(doc, noun.head), ending, reported=True) if over else None
    if ending is not None and verb is not None and _is_absence(doc, verb):
        if particle[:1] in {"は", "が", "も"} and modality.PEOPLE.search(noun.text) and not _is_compared(trace):
            trace.deny(2)
        return None
    if (ending is None and continues_act(noun)) or modality.SUITS.search(noun.text):
        return noun, Step.OVER
    return None


def _is_compared(trace: Trace) -> bool:
    """Whether nobody did as much as somebody: 彼ほど批判した人はいない says that he did."""
    cases = (token for token in trace.doc[trace.act.sent.start : trace.act.i] if token.text in {"ほど", "程"})
    return any(is_nominal(case.head) and not any(each.pos_ == "NUM" for each in case.head.subtree) for case in cases)


def _is_absence(doc: Doc, verb: Token) -> bool:
    negative = verb.lemma_ in modality.ABSENCE and ending_of(doc, verb).negations % 2 == 1
    return negative or verb.lemma_ in modality.ABSENT


def _read_plan(trace: Trace, noun: Token, verb: Token | None) -> _Next:
    """The verb over a plan may deny it, undo it or make it a fact: 計画はない, 方針を撤回した, 決議案を採択した."""
    if inflects(trace.doc, noun):
        return noun, Step.OVER
    if verb is None:
        return None
    ending = ending_of(trace.doc, verb)
    if verb.lemma_ in modality.RETRACTIONS:
        trace.deny(3)
    elif verb.lemma_ in modality.REALISATIONS and ending.past and not ending.negations:
        trace.cues.discard(Cue.PLAN)
    elif verb.lemma_ in modality.ABSENT or (verb.lemma_ in {"ある", "持つ", "ござる"} and ending.negations):
        trace.deny(2)
    return None


def _read_verb_over(
    trace: Trace, verb: Token | None, particle: str, *, ending: Ending | None, noun: Token | None
) -> _Next:
    """The verb whose argument the act is.

    ``ending`` is that of the clause of which the argument is made, None for a noun that is the act itself; ``noun``
    is the noun before the particle, None where の makes the clause an argument.
    """
    if verb is None:
        return None
    if is_copular(verb):
        return _read_copula(trace, verb, particle)
    formal = noun is None or noun.text in modality.FORMAL_NOUNS
    past = ending is not None and ending.past
    if _is_retraction(trace, verb, particle, past=past):
        if formal or trace.reported or not (trace.speech and verb.lemma_ in modality.REPLIES):
            trace.deny(3)
        return verb, Step.OVER
    if past:
        return (verb, Step.OVER) if verb.lemma_ in _BEING else None
    agent = ending is None and not formal and bool(modality.AGENTS.search(trace.act.text))
    if not _is_argument(particle, verb.lemma_) or (agent and particle not in {"に", "と", "には"}):
        return None
    return _read_governing(trace, verb, particle, ending, formal=formal)


def _read_governing(trace: Trace, verb: Token, particle: str, ending: Ending | None, *, formal: bool) -> _Next:
    """A verb that plans, demands, fears or forbids its object, a light verb, a decision, or the end of the climb."""
    lemma = verb.lemma_
    if lemma in modality.ASKING and trace.suit and not formal:
        return verb, Step.OVER
    for cue, lemmas in modality.VERBS.items():
        if lemma in lemmas:
            trace.cues.add(cue)
            return verb, Step.OVER
    if lemma in {"向ける", "向く"} and particle in {"に", "へ", "にも"}:
        if not trace.speech:
            trace.cues.add(Cue.PLAN)
        return None
    _read_decision(trace, verb, particle, ending, formal=formal)
    if lemma in {"応じる", "応ずる"} and not trace.speech and not trace.suit:
        return verb, Step.OVER
    return None if lemma in modality.REACTIONS else (verb, Step.OVER)


def _is_retraction(trace: Trace, verb: Token, particle: str, *, past: bool) -> bool:
    if verb.lemma_ not in modality.RETRACTIONS or particle[:1] not in {"を", "は", "も", "が", "に"}:
        return False
    return not past or verb.lemma_ in modality.REPLIES or trace.reported


def _read_copula(trace: Trace, noun: Token, particle: str) -> _Next:
    """A noun said of the act: 設立は予定だ, 〜という説は誤りである."""
    if particle[:1] not in {"は", "が", "も"}:
        return None
    if modality.FALSEHOODS.search(noun.text):
        trace.deny(3)
    elif read_noun(trace, noun.text, None):
        return noun, Step.OVER
    return None


def _is_argument(particle: str, lemma: str) -> bool:
    if particle in {"と", "とは"}:
        return lemma in modality.DEEMING
    return particle in modality.ARGUMENT_PARTICLES or (particle == "で" and lemma in modality.AGREEING_ON)


def _read_decision(trace: Trace, verb: Token, particle: str, ending: Ending | None, *, formal: bool) -> None:
    """Decisions and announcements of an act still to come: 設立することを決めた, 創設が決まった."""
    past = ending_of(trace.doc, verb).past
    if verb.lemma_ == "決まる" and particle in {"が", "も", "は"} and not formal:
        trace.cues.add(Cue.FUTURE)
    if not formal or ending is None or ending.continuing:
        return
    said = verb.lemma_ in modality.SAYING and not trace.speech and not (verb.lemma_ == "なる" and past)
    able = verb.lemma_ == "できる" and not past and not trace.speech
    if said or able or verb.lemma_ in modality.DECISIONS:
        trace.cues.add(Cue.FUTURE)


def _read_quoting(trace: Trace, node: Token, ending: Ending) -> _Next:
    """The verb over a quotation: a plan where the clause is not past (提訴すると発表した), a denial with 否定."""
    verb = verb_over(trace.doc, node, ending.end)
    if verb is None:
        return None
    direct = any(token.text in _QUOTE_ENDS for token in ending.tokens)
    if not direct and verb.lemma_ not in modality.SAYING | modality.DENYING | modality.JUDGING:
        return None
    following = next_token(trace.doc, ending.end)
    if following is not None and following.text in {"、", ","} and ending.text.endswith("ると"):
        return None
    over = ending_of(trace.doc, verb)
    if verb.lemma_ in modality.DENYING:
        trace.deny(3)
    elif over.negations and verb.lemma_ in modality.JUDGING:
        trace.deny(2)
    elif _is_still_to_come(trace, node, ending):
        trace.cues.add(Cue.FUTURE)
    noun = next_token(trace.doc, over.end)
    if verb.lemma_ in {"する", "いう", "言う"} and noun is not None and is_nominal(noun):
        return _read_modified(trace, run_end(trace.doc, noun), ending if ending.past else over, reported=True)
    return None


def _is_still_to_come(trace: Trace, node: Token, ending: Ending) -> bool:
    """Whether a quoted clause tells of an act to come: not past, no state, no act of speaking, no noun for who acts."""
    if ending.finished or ending.negations or trace.speech or modality.AGENTS.search(trace.act.text):
        return False
    if trace.shared and is_volitional(node, ending):
        return False
    return node.pos_ != "ADJ" and node.lemma_ not in modality.STATIVE and not is_copular(node)


def _read_coordinated(trace: Trace, node: Token, ending: Ending, step: Step) -> _Next:
    """The clause that the act's clause runs on into, as the plan there may be for both: 設立して上場する計画."""
    if trace.speech or not _RUNS_ON.match(ending.text):
        return None
    if node.dep_ not in {"advcl", "conj", "dep", "acl"} or node.head.i <= node.i:
        return None
    if step is Step.OVER and node.lemma_ in modality.UNDERGOING:
        return None
    trace.shared = True
    return _clause_after(trace.doc, node, ending) or node.head, Step.COORDINATED


def _clause_after(doc: Doc, node: Token, ending: Ending) -> Token | None:
    """The next predicate before the clause's head, where no subject of its own stands before it."""
    for token in doc[ending.end : node.head.i]:
        if (token.text in {"が", "は"} and token.pos_ == "ADP") or token.text in {"「", "『", "“"}:
            return None
        if token.pos_ == "VERB" and token.dep_ not in {"fixed", "aux"}:
            return token
    return None


def _read_plain(trace: Trace) -> None:
    """A main clause that is not past, told of a plan or right after a deal: 計画によると、株式を取得する.

    Not where a year dates it (the historic present), nor of what is done by habit.
    """
    act, sentence = trace.act, trace.act.sent
    if trace.cues or trace.negations or trace.speech:
        return
    if not _PLAIN.match(trace.doc.text[act.idx + len(act) : sentence.end_char].strip()):
        return
    before = trace.doc[sentence.start - 1].sent.text.strip() if sentence.start else ""
    until = trace.doc.text[sentence.start_char : act.idx + len(act)]
    if _DATED.search(before + until) or _HABIT.search(until):
        return
    if _PLAN_TOLD.search(until) or _DEAL_TOLD.search(before):
        trace.cues.add(Cue.FUTURE)


def _read_outcome(trace: Trace) -> None:
    """What the rest of the sentence says became of the plan or the report: 検討したが、見送った.

    An answer to a reproach, to a suit or to an act that is over denies what it was about, not the act.
    """
    if trace.negations:
        return
    rest = trace.doc.text[trace.act.idx : trace.act.sent.end_char]
    contrast = _CONTRAST.search(rest)
    after = rest[contrast.end() :] if contrast is not None else ""
    failed = bool(trace.cues) and modality.FAILURE.search(after) is not None
    past = contrast is not None and rest[: contrast.start()].endswith(("た", "だ"))
    hearsay = contrast is not None and _HEARSAY.search(rest[: contrast.start()]) is not None
    deniable = trace.reported or hearsay or not (trace.speech or trace.suit or (past and not trace.cues))
    denied = deniable and modality.FACT_DENIED.search(after) is not None
    if failed or denied or (trace.reported and modality.REPORT_DENIED.search(rest)):
        trace.deny(3)
