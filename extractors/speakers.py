"""Who says so: the source of 〜によると, or the subject of the verb of telling over a clause or a quotation."""

from __future__ import annotations

import re

from spacy.tokens import Doc, Token

from extractors import modality
from extractors.endings import ending_of, inflects, particle_after, run_end
from extractors.names import untitled
from extractors.parsing import is_nominal, particles

_SOURCE = re.compile(
    r"に(?:よると(?!(?:み|見|考え)られ|され|思われ|いう|の)|よれば|よりますと|よれ|言わせると|言わせれば|よるに)"
)
_SOURCE_NOUNS = re.compile(
    r"の(?:発表|説明|話|調べ|調査|報告|報道|証言|主張|集計|推計|まとめ|記事|見解|社説|声明|回想|回顧録|著書|日記|手記|伝記|研究|論文|談話|証言録)(?:では|によると|によれば|で、)"
)
_UNNAMED = re.compile(
    r"(?:関係者|関係筋|消息筋|記事|報道|報告書|訴状|起訴状|判決文?|発表|調べ|調査|話|情報|説明|資料|文献|伝承|伝説|一説|通説|逸話|噂|うわさ|声明|契約|規約|法律|推計|社説"
    r"|書籍|本書|同書|自伝|統計|論文|証言|議事録|記録|地元紙|各紙|地元メディア|周囲|専門家|市民|住民|本人|ところ|回想|回顧録|著書|日記|手記|伝記|研究|談話|社史|年表)"
    r"(?:ら|たち|達)?$|^(?:それ|これ|誰|みんな|多く|複数|市|国|県|側)$"
)
_HONORIFIC = re.compile(r"(?<=..)(?:氏|さん|様|君|容疑者|被告)$")
_TITLE_ENDS = frozenset({"』", "」"})
_STOPS = frozenset("。．！？!?")


def holder(doc: Doc, anchor: int) -> tuple[int, int] | None:
    """Half-open offsets of the name of whoever says that the act happened; None where the text itself does.

    The source of 〜によると and 〜の発表では before the act, or the subject of the verb of telling over the clause or
    quotation that holds it.
    """
    act = doc[anchor]
    return _quoting_subject(doc, act) or _named_source(doc, act)


def tells(verb: Token) -> bool:
    """Whether the verb is one of telling; 明らかにする is."""
    if verb.lemma_ == "する":
        return any(child.text == "明らか" for child in verb.lefts)
    return verb.lemma_ in modality.TELLING or bool(modality.SPEECH_ACTS.match(verb.lemma_))


def _named_source(doc: Doc, act: Token) -> tuple[int, int] | None:
    """The name before 〜によると or 〜の発表では in the act's sentence."""
    sentence = act.sent
    text = doc.text[sentence.start_char : act.idx]
    for pattern in (_SOURCE_NOUNS, _SOURCE):
        for match in reversed(list(pattern.finditer(text))):
            span = _name_before(doc, sentence.start_char + match.start())
            if span is not None:
                return span
    return None


def _name_before(doc: Doc, end: int) -> tuple[int, int] | None:
    """The name that ends at the offset, without honorifics and titles; None where it names nobody."""
    last = next((token for token in doc if token.idx + len(token) == end), None)
    if last is None:
        return None
    if last.text == "ところ":
        tellers = [child for child in last.lefts if child.dep_ == "acl"]
        subjects = [subject for teller in tellers for subject in subjects_of(teller)]
        return _name_of(run_end(doc, subjects[0])) if subjects else None
    return _name_of(last) if is_nominal(last) or last.text in _TITLE_ENDS else None


def _name_of(last: Token) -> tuple[int, int] | None:
    """The name that ends with the token: a title in 『』, else the run of nouns without what honors a person."""
    doc, first = last.doc, last
    if last.text in {"紙", "誌"} and last.i > 0 and doc[last.i - 1].text in _TITLE_ENDS:
        last = doc[last.i - 1]
    if last.text in _TITLE_ENDS:
        opening = _bracket(doc, last.i, -1)
        return (doc[opening].idx + 1, last.idx) if opening is not None and last.i - opening < 12 else None
    while first.i > 0 and not first.is_sent_start and _joins(doc[first.i - 1]):
        first = doc[first.i - 1]
    text = doc.text[first.idx : last.idx + len(last)]
    while (bare := untitled(_HONORIFIC.sub("", text))) != text:
        text = bare
    if len(text) < 2 or _UNNAMED.search(text):
        return None
    return first.idx, first.idx + len(text)


def _joins(before: Token) -> bool:
    """Whether the token is part of the name that goes on after it: 毎日 of 毎日新聞, the ・ of a foreign name."""
    if before.text in {"・", "=", "＝"}:
        return True
    nominal = is_nominal(before) or before.tag_.startswith(("名詞", "接頭辞"))
    return nominal and not before.whitespace_ and not _is_date(before)


def _is_date(token: Token) -> bool:
    return token.text.endswith(("日", "月", "年")) and token.i > 0 and token.nbor(-1).pos_ == "NUM"


def _quoting_subject(doc: Doc, act: Token) -> tuple[int, int] | None:
    """The subject of the verb of telling over the act, or the topic right before the quotation that holds it."""
    quotation = _quotation_around(doc, act)
    if quotation is not None:
        opening, closing, verb = quotation
        outside = [each for each in reversed(subjects_of(verb)) if not opening < each.i < closing]
        before = doc[max(_sentence_start(doc, opening), opening - 40) : opening]
        subjects = outside or [token for token in reversed(before) if _is_topic(token)][:1]
    else:
        over = verb_over_clause(act)
        if over is None or ending_of(doc, over).negations % 2:
            return None
        subjects = [each for each in reversed(subjects_of(over)) if _is_outside(each, act, over)]
    for subject in subjects:
        found = _name_of(run_end(doc, subject))
        if found is not None:
            return found
    return None


def _sentence_start(doc: Doc, index: int) -> int:
    """The token after the last full stop before the index, 0 where there is none."""
    return next((other + 1 for other in range(index - 1, -1, -1) if doc[other].text in _STOPS), 0)


def _is_topic(token: Token) -> bool:
    return is_nominal(token) and particles(token) in {"は", "が", "も"}


def _is_outside(subject: Token, act: Token, over: Token) -> bool:
    return subject != act and not act.is_ancestor(subject) and subject.i < over.i


def subjects_of(verb: Token) -> list[Token]:
    """The heads of the verb's subjects and topics, its own or those of a clause that it runs on from or to."""
    own = [child for child in verb.lefts if is_nominal(child) and particles(child) in {"は", "が", "も", "では"}]
    if own:
        return own
    linked = [child for child in verb.lefts if child.dep_ in {"advcl", "conj"}]
    upper = [verb.head] if verb.dep_ in {"advcl", "conj", "acl"} and verb.head != verb else []
    for clause in (*upper, *linked):
        found = [child for child in clause.lefts if is_nominal(child) and particles(child) in {"は", "が", "も"}]
        if found:
            return found
    return []


def _quotation_around(doc: Doc, act: Token) -> tuple[int, int, Token] | None:
    """Where the 「 and 」 of the quotation around the act stand, and the verb of telling right after it."""
    opening, closing = _bracket(doc, act.i, -1), _bracket(doc, act.i, 1)
    if opening is None or closing is None:
        return None
    if not doc.text[doc[closing].idx + 1 :].startswith(("と", "など", "って")):
        return None
    verbs = (token for token in doc[closing + 1 : closing + 12] if tells(token) and inflects(doc, token))
    verb = next(verbs, None)
    return (opening, closing, verb) if verb is not None else None


def _bracket(doc: Doc, index: int, step: int) -> int | None:
    """The token that opens (step -1) or closes (step 1) the innermost quotation around the index."""
    ends, begins = ({"「", "『"}, {"」", "』"}) if step < 0 else ({"」", "』"}, {"「", "『"})
    depth = 0
    for other in range(index + step, max(-1, index - 200) if step < 0 else min(len(doc), index + 200), step):
        if doc[other].text in begins:
            depth += 1
        elif doc[other].text in ends:
            depth -= 1
            if depth < 0:
                return other
    return None


def verb_over_clause(act: Token) -> Token | None:
    """The nearest verb of telling over the act's clause: 発表 for 提訴 in 提訴したと発表した."""
    token = act
    for _ in range(6):
        if token.head == token:
            return None
        ending = ending_of(act.doc, token).text if inflects(act.doc, token) else ""
        upper = token.head
        if upper.i > token.i and tells(upper) and upper != act:
            quoted = ending.endswith(("と", "とも", "とは", "って", "との"))
            reported = token.text in modality.FORMAL_NOUNS and particle_after(act.doc, token)[0] in {"を", "も", "は"}
            if quoted or reported:
                return upper
        token = upper
    return None
