"""Whether the text says that an act happened, that it did not, or that it is only planned, feared or supposed.

The act is followed outwards through the tree, layer by layer: its own endings, the light verb, the nouns of its
compound, the noun it modifies, the verb over that noun, the quotation. Each layer may deny the act or take it out of
what has happened; the first that does neither and is no part of the act ends the climb.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from extractors import modality
from extractors.modality import Cue
from extractors.parsing import is_nominal
from extractors.records import Status

STATUS_CUE_SIZES = (4, 2, 2, 2, 2, 2, 2, 4, 4, 2, 2, 3)
"""How many values each feature of ``status_cues`` has, in its order."""

_MAX_LAYERS = 9
_NEGATIVE_LEMMAS = frozenset({"ない", "ず", "ぬ", "無い", "まい"})
_TAIL_POS = frozenset({"AUX", "SCONJ", "PART", "ADP"})
_OBLIGATION = re.compile(r"な(?:ければ|くては|くちゃ|きゃ)(?:なら|いけ|だめ|$)|ねばなら|ざるを得|ざるをえ|ないと(?:いけ|だめ)|べき")
_POSSIBLE = re.compile(
    r"かね(?:な|ませ)|かも(?:しれ|知れ|$)|だろう|でしょう|であろう|ではないか|ではなかろう|じゃな(?:い|かろう)[かのよ]|んじゃな|に違いな|か否か|か$|か[をにはが]"
)
_CONDITIONAL = re.compile(r"たら(?!し)|だら|なら(?![なぬずば]|な[いかく])|ならば|とすれば|としたら|ものなら|[えけげせてねべめれ]ば(?!か)|^ば")
_QUOTED = re.compile(r"(?:と|って|とは|とも|とまで|などと)$")
_NOMINALISED = re.compile(r"の(?:を|が|は|も|に|で|には)?$")
_CONTRAST = re.compile(r"が$|ものの|けれど|けど|のに|つつも|ながらも")


class _Step(enum.Enum):
    """How a layer hangs on the one within it."""

    OWN = enum.auto()
    ARGUMENT = enum.auto()
    """The verb whose argument the act is."""
    COORDINATED = enum.auto()
    """The clause that the act's clause runs on into."""
    QUOTING = enum.auto()


@dataclass(slots=True)
class _Trace:
    """What the layers over one act have said of it so far."""

    speech: bool
    """Whether the act is one of speaking, to which the plans of the next clause do not extend."""
    cues: set[Cue] = field(default_factory=set)
    negations: int = 0
    denial: int = 0
    """0 none, 1 by an ending, 2 by the verb over it, 3 by a word of retraction or falsehood."""
    quotation_depth: int = 0
    last: int = 0
    """The furthest token that was read."""
    past: int = 0
    """Of the innermost predicate: 0 no predicate, 1 not past, 2 past, 3 continuing (〜ている)."""
    shared: bool = False
    """Whether the climb has left the act's own clause for one coordinated with it."""

    def deny(self, how: int) -> None:
        self.negations += 1
        self.denial = max(self.denial, how)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The endings that follow a predicate: their text, tokens, and the index of the token after them."""

    text: str
    tokens: tuple[Token, ...]
    end: int

    @property
    def past(self) -> bool:
        return any(token.lemma_ == "た" and token.pos_ == "AUX" for token in self.tokens)

    @property
    def continuing(self) -> bool:
        return bool(re.search(r"て(?:い|お)|で(?:い|お)|てる|中", self.text))


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
        trace.past,
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
    node: Token | None = doc[anchor]
    trace = _Trace(speech=bool(modality.SPEECH_ACTS.match(doc[anchor].lemma_)), last=anchor)
    step = _Step.OWN
    for _ in range(_MAX_LAYERS):
        if node is None:
            break
        trace.last = max(trace.last, node.i)
        found = _read_predicate(doc, node, step, trace) if _inflects(doc, node) else _read_nominal(doc, node, trace)
        node, step = found if found is not None else (None, step)
    _read_outcome(doc, trace)
    return trace


def _inflects(doc: Doc, node: Token) -> bool:
    if node.pos_ in {"VERB", "ADJ", "AUX"} or node.tag_.startswith("動詞"):
        return True
    following = doc[node.i + 1] if node.i + 1 < len(doc) else None
    return following is not None and following.pos_ == "AUX" and following.sent == node.sent


def _tail_of(doc: Doc, node: Token) -> _Tail:
    """The run of endings and particles right after the predicate, closing quotation marks passed over."""
    tokens: list[Token] = []
    end = node.i + 1
    while end < len(doc) and not doc[end].is_sent_start:
        token = doc[end]
        ending = token.pos_ in _TAIL_POS or token.dep_ in {"fixed", "aux", "mark", "cop"}
        negative = token.lemma_ in _NEGATIVE_LEMMAS and bool(tokens)
        quoted = token.text in {"」", "』", "”"} and end + 1 < len(doc) and doc[end + 1].text in {"と", "って", "との", "など", "とも", "とは"}
        if not (ending or quoted or negative or (token.pos_ == "VERB" and token.text in {"す", "し", "し得", "得"})):
            break
        tokens.append(token)
        end += 1
    text = "".join(token.text for token in tokens if token.text not in {"」", "』", "”"})
    return _Tail(text, tuple(tokens), end)


def _read_predicate(doc: Doc, node: Token, step: _Step, trace: _Trace) -> tuple[Token, _Step] | None:
    tail = _tail_of(doc, node)
    trace.last = max(trace.last, tail.end - 1)
    if not trace.past:
        trace.past = 2 if tail.past else 3 if tail.continuing else 1
    _read_endings(node, tail, step, trace)
    if _has_future_time(doc, node) and not (tail.past or tail.continuing):
        trace.cues.add(Cue.FUTURE)
    following = doc[tail.end] if tail.end < len(doc) and not doc[tail.end].is_sent_start else None
    if following is not None and following.text == "どう":
        trace.cues.add(Cue.POSSIBILITY)
    if _NOMINALISED.search(tail.text) and not tail.text.endswith("との"):
        return _read_case(doc, node, tail.text[-1], None, tail, trace) if node.head.i > node.i else None
    if tail.text.endswith("との") and following is not None:
        return _read_modified(doc, _run_end(doc, following), tail, trace, reported=True)
    if _QUOTED.search(tail.text):
        return _read_quoting(doc, node, tail, trace)
    if following is not None and is_nominal(following) and _is_attributive(tail):
        return _read_modified(doc, _run_end(doc, following), tail, trace, reported=node.lemma_ in {"する", "いう"})
    return _coordinated(node, tail, step, trace)


def _read_endings(node: Token, tail: _Tail, step: _Step, trace: _Trace) -> None:
    """Negation, desire, volition, obligation, possibility and condition in the predicate's own form."""
    text = tail.text
    if _CONDITIONAL.search(node.text[-1:] + text if node.text.endswith(("れ", "け", "せ", "え", "べ", "め", "て", "ね", "げ")) else text):
        if not _OBLIGATION.search(text):
            trace.cues.add(Cue.CONDITION)
    if step is _Step.COORDINATED:
        return
    if _OBLIGATION.search(text):
        trace.cues.add(Cue.DEMAND)
        return
    if _POSSIBLE.search(text):
        trace.cues.add(Cue.POSSIBILITY)
        if not re.search(r"[^は]な(?:い|かった)の?か", text) or "ではない" in text or "じゃな" in text:
            return
        trace.cues.discard(Cue.POSSIBILITY)
    if any(token.lemma_ == "たい" for token in tail.tokens) or "べく" in text:
        trace.cues.add(Cue.PLAN)
    if any("意志推量形" in part for token in (node, *tail.tokens) for part in token.morph.get("Inflection")):
        trace.cues.add(Cue.PLAN)
    for token in tail.tokens:
        if token.lemma_ in _NEGATIVE_LEMMAS:
            if node.lemma_ in modality.NEVER_DETERRED and step is _Step.ARGUMENT:
                trace.cues.add(Cue.POSSIBILITY)
            else:
                trace.deny(1 if step is _Step.OWN else 2)
    if node.lemma_ in {"ない", "無い"} and step is _Step.ARGUMENT:
        trace.deny(2)


def _has_future_time(doc: Doc, node: Token) -> bool:
    for child in node.lefts:
        if child.dep_ in {"obl", "advmod", "nsubj", "nmod", "dep", "advcl", "compound"}:
            text = doc[child.left_edge.i : child.right_edge.i + 1].text
            if len(text) <= 14 and modality.FUTURE_TIME.search(text):
                return True
    return False


def _is_attributive(tail: _Tail) -> bool:
    """Whether the endings can stand before a noun: none, or a form of する, た, ている, ない, たい, られる …"""
    return not tail.tokens or tail.tokens[-1].pos_ in {"AUX", "VERB"} or tail.text.endswith(("ている", "である", "という", "とする"))


def _run_end(doc: Doc, token: Token) -> Token:
    """The last noun of the run of nouns that begins at the token: 委員会 of 準備委員会."""
    while token.i + 1 < len(doc) and not doc[token.i + 1].is_sent_start and is_nominal(doc[token.i + 1]):
        token = doc[token.i + 1]
    return token


def _run_text(doc: Doc, end: Token) -> str:
    start = end.i
    while start > 0 and is_nominal(doc[start - 1]) and not doc[start].is_sent_start:
        start -= 1
    return doc[start : end.i + 1].text


def _read_nominal(doc: Doc, node: Token, trace: _Trace) -> tuple[Token, _Step] | None:
    """The nouns that follow in the act's compound, then what its particle says."""
    end = _run_end(doc, node)
    for index in range(node.i + 1, end.i + 1):
        if not _read_noun(doc, doc[index].text, None, trace) and index == end.i:
            if not _continues_act(doc[index]):
                return None
    trace.last = max(trace.last, end.i)
    particle = _particle(doc, end)
    if particle == "へ" and _is_headline(doc, end):
        trace.cues.add(Cue.PLAN)
        return None
    if _inflects(doc, end) and end is not node:
        return end, _Step.ARGUMENT
    if particle.endswith("の") and particle != "もの":
        return _read_modified(doc, _run_end(doc, end.head), None, trace, reported=particle == "との") if end.head.i > end.i else None
    return _read_case(doc, end, particle, end, None, trace)


def _particle(doc: Doc, noun: Token) -> str:
    text = ""
    for token in doc[noun.i + 1 : noun.i + 4]:
        if token.pos_ not in {"ADP", "PART"} or token.is_sent_start:
            break
        text += token.text
    return text


def _is_headline(doc: Doc, noun: Token) -> bool:
    index = noun.i + 2
    return index >= len(doc) or bool(doc[index].is_sent_start) or doc[index].pos_ in {"PUNCT", "SYM", "NOUN", "PROPN"} or doc[index].is_space


def _continues_act(noun: Token) -> bool:
    """Whether the act lives on in the noun that its word stands before: 訴訟 の 提起, 株式 の 40%."""
    return (
        "サ変可能" in noun.tag_
        or noun.pos_ == "NUM"
        or "助数詞" in noun.tag_
        or bool(modality.SUITS.search(noun.text))
        or noun.text in {"%", "％", "過半数", "過半", "大半", "一部", "全部", "声", "言葉", "権", "株", "株式", "持ち分", "持分", "等"}
    )


def _read_noun(doc: Doc, text: str, tail: _Tail | None, trace: _Trace) -> bool:
    """Add the cue that a noun over the act carries; whether it carries one."""
    del doc
    if tail is not None and tail.past and not tail.continuing:
        pattern = modality.NOUNS[Cue.POSSIBILITY]
        if pattern.search(text):
            trace.cues.add(Cue.POSSIBILITY)
            return True
        return False
    for cue, pattern in modality.NOUNS.items():
        if pattern.search(text):
            trace.cues.add(cue)
            return True
    if not trace.speech and modality.PURSUITS.search(text):
        trace.cues.add(Cue.PLAN)
        return True
    return False


def _read_modified(doc: Doc, noun: Token, tail: _Tail | None, trace: _Trace, *, reported: bool) -> tuple[Token, _Step] | None:
    """The noun that the act modifies: 方針 of 提訴する方針, 検討 of 出資の検討, 訴訟 of 賠償を求める訴訟."""
    text = _run_text(doc, noun)
    trace.last = max(trace.last, noun.i)
    if _read_noun(doc, text, tail, trace):
        return _after_noun(doc, noun, trace)
    if noun.text in modality.PURPOSES:
        if not trace.speech and (tail is None or not (tail.past or tail.continuing)):
            trace.cues.add(Cue.PLAN)
        return None
    formal = noun.text in modality.FORMAL_NOUNS
    if formal or modality.REPORTS.search(text):
        return _read_case(doc, noun, _particle(doc, noun), noun, tail, trace) if not _inflects(doc, noun) else (noun, _Step.ARGUMENT)
    if reported:
        return None
    if tail is None or modality.SUITS.search(text):
        return (noun, _Step.ARGUMENT) if _continues_act(noun) else None
    return None


def _after_noun(doc: Doc, noun: Token, trace: _Trace) -> tuple[Token, _Step] | None:
    """The verb over a plan may deny it, undo it or make it a fact: 計画はない, 方針を撤回した, 決議案を採択した."""
    if _inflects(doc, noun):
        return noun, _Step.ARGUMENT
    verb = noun.head
    if verb.i <= noun.i:
        return None
    tail = _tail_of(doc, verb)
    trace.last = max(trace.last, tail.end - 1)
    if verb.lemma_ in modality.RETRACTIONS:
        trace.deny(3)
    elif verb.lemma_ in modality.REALISATIONS and tail.past and not any(t.lemma_ in _NEGATIVE_LEMMAS for t in tail.tokens):
        trace.cues.discard(Cue.PLAN)
    elif verb.lemma_ in {"ない", "無い"} or (verb.lemma_ in {"ある", "持つ", "ござる"} and _is_negative(tail)):
        trace.deny(2)
    return None


def _is_negative(tail: _Tail) -> bool:
    return any(token.lemma_ in _NEGATIVE_LEMMAS for token in tail.tokens)


def _read_case(
    doc: Doc, node: Token, particle: str, noun: Token | None, tail: _Tail | None, trace: _Trace
) -> tuple[Token, _Step] | None:
    """The verb whose argument the act is; ``noun`` is the act's noun, None where a clause is nominalised by の."""
    verb = node.head
    if verb.i <= node.i:
        return None
    lemma = verb.lemma_
    over = _tail_of(doc, verb)
    trace.last = max(trace.last, over.end - 1)
    finished = tail is not None and tail.past
    if lemma in modality.RETRACTIONS:
        if not (trace.speech and lemma in modality.REPLIES and noun is not None and noun.text not in modality.FORMAL_NOUNS):
            trace.deny(3)
        return verb, _Step.ARGUMENT
    if modality.FALSEHOODS.search(_run_text(doc, verb)) and particle[:1] in {"は", "が", "も"}:
        trace.deny(3)
        return None
    if finished:
        return (verb, _Step.ARGUMENT) if lemma in {"ない", "無い", "ある", "ござる"} else None
    if lemma == "求める" and noun is not None and modality.REMEDIES.search(_run_text(doc, noun)):
        return verb, _Step.ARGUMENT
    if modality.AGENTS.search(node.text) and not (particle in {"に", "と"}):
        return None
    for cue, lemmas in modality.VERBS.items():
        if lemma in lemmas and particle not in {"で", "から", "により", "によって"}:
            trace.cues.add(cue)
            return verb, _Step.ARGUMENT
    if lemma in {"向ける", "向く"} and particle in {"に", "へ", "にも"}:
        trace.cues.add(Cue.PLAN)
        return None
    if noun is None or noun.text in modality.FORMAL_NOUNS:
        if lemma in modality.DECISIONS or lemma in modality.SAYING or (lemma == "できる" and not over.past):
            if tail is not None and not tail.continuing and not (lemma == "なる" and over.past):
                trace.cues.add(Cue.FUTURE)
    if lemma in modality.REACTIONS:
        return None
    return verb, _Step.ARGUMENT


def _read_quoting(doc: Doc, node: Token, tail: _Tail, trace: _Trace) -> tuple[Token, _Step] | None:
    """The verb over a quotation: a plan where the clause is not past (提訴すると発表した), a denial with 否定."""
    verb = node.head
    if verb.i <= node.i:
        return None
    over = _tail_of(doc, verb)
    trace.last = max(trace.last, over.end - 1)
    trace.quotation_depth += 1
    unfinished = not (tail.past or tail.continuing or _is_negative(tail))
    if verb.lemma_ in {"否定", "否認"}:
        trace.deny(3)
    elif _is_negative(over) and verb.lemma_ in {"言う", "いう", "言える", "いえる", "限る", "思う", "考える", "断言", "言い切れる", "認める", "確認"}:
        trace.deny(2)
    elif unfinished and not trace.speech and node.pos_ == "VERB" and node.lemma_ not in modality.STATIVE:
        trace.cues.add(Cue.FUTURE)
    if verb.lemma_ in {"する", "いう", "言う"} and not trace.negations:
        following = doc[over.end] if over.end < len(doc) else None
        if following is not None and is_nominal(following):
            return _read_modified(doc, _run_end(doc, following), over, trace, reported=True)
    return None


def _coordinated(node: Token, tail: _Tail, step: _Step, trace: _Trace) -> tuple[Token, _Step] | None:
    """The clause that the act's clause runs on into, if the plan there may be for both: 設立して上場する計画."""
    runs_on = tail.text in {"", "し", "て", "で", "して", "させ", "させて", "され", "されて"} or tail.text.endswith(("のではなく",))
    if trace.speech or not runs_on or node.dep_ not in {"advcl", "conj", "dep", "acl"} or node.head.i <= node.i:
        return None
    if step is _Step.ARGUMENT and node.lemma_ in {"受ける", "浴びる", "招く", "めぐる", "巡る"}:
        return None
    trace.shared = True
    return node.head, _Step.COORDINATED


def _read_outcome(doc: Doc, trace: _Trace) -> None:
    """What the rest of the sentence says became of the plan or the report: 検討したが、見送った."""
    sentence = doc[trace.last].sent
    rest = doc.text[doc[trace.last].idx : sentence.end_char]
    contrast = re.search(r"が、|ものの|けれども?、|けど、|ますが|のに、", rest)
    if contrast is None or trace.negations:
        return
    rest = rest[contrast.end() :]
    if trace.cues and modality.FAILURE.search(rest) or modality.FACT_DENIED.search(rest):
        trace.deny(3)
