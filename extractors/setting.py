"""The setting of an act: when it happened, how much it was about, and who says so.

A date or a sum belongs to the act where it hangs on the act's own predicate or noun; a date of an announcement, of a
relative clause or of another noun does not.
"""

from __future__ import annotations

from spacy.tokens import Doc, Span, Token

from extractors import modality
from extractors.dates import DateMention, find_dates
from extractors.endings import ending_of, inflects, next_token, particle_after, run_end
from extractors.parsing import is_nominal
from extractors.predications import governor_of
from extractors.records import Status
from extractors.setting_lexicon import AMOUNT, LIGHT, NOT_OF_THE_ACT, SUMS
from extractors.speakers import holder, subjects_of, tells, verb_over_clause
from extractors.status import read_status

__all__ = ["amount", "event_time", "holder"]


def event_time(doc: Doc, anchor: int, *, published: str | None) -> str | None:
    """When the act in the token at ``anchor`` happened: an ISO 8601 year, year-month or date, None where unsaid.

    The date that hangs on the act, else the nearest before it in the clauses that its own runs on from. ``published``
    is the document's date, from which 昨年 and 14日 are reckoned; 7月 of an act in the past is never after it.
    """
    act = doc[anchor]
    sentence, spine, teller = act.sent, _spine(act), verb_over_clause(act)
    past = read_status(doc, anchor) is not Status.HYPOTHETICAL and any(_is_past(token) for token in spine)
    mentions = [
        mention
        for mention in find_dates(doc.text, published=published, past=past)
        if sentence.start_char <= mention.start < sentence.end_char
    ]
    found: list[tuple[int, int, str]] = []
    for mention in mentions:
        span = doc.char_span(mention.start, mention.end, alignment_mode="expand")
        if mention.value is None or span is None or (teller is not None and _dates_telling(span, teller)):
            continue
        alone = not any(mention.start < other.start < act.idx for other in mentions)
        if _hangs_on(span, spine) or _in_brackets_after(doc, act, mention):
            rank = 0
        elif alone and _stands_beside_topic(span, act, spine):
            rank = 1
        elif mention.end <= act.idx and _leads_to(span.root, spine):
            rank = 2
        else:
            continue
        found.append((rank, abs(act.idx - mention.start), mention.value))
    return min(found)[2] if found else None


def amount(doc: Doc, anchor: int, *, object_span: tuple[int, int] | None = None) -> str | None:
    """The sum or share that the act in the token at ``anchor`` is about, as written; None where none hangs on it.

    Where several do, ``object_span``, the half-open character offsets of the phrase of whom it is done to, chooses the
    first after that phrase and before the next with its particle (甲に3億円、乙に5億円を出資), or the one that を joins
    to the phrase where a comma ends it: 3億円を甲に、5億円を乙に出資.
    """
    act = doc[anchor]
    spine = _spine(act, sums=True)
    found: list[tuple[bool, int, str]] = []
    sums: list[Span] = []
    places: list[tuple[int, int]] = []
    sentence = act.sent
    if object_span is not None and not sentence.start_char <= object_span[0] < sentence.end_char:
        object_span = None
    for match in reversed(list(AMOUNT.finditer(sentence.text))):
        start, end = sentence.start_char + match.start(), sentence.start_char + match.end()
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is None or NOT_OF_THE_ACT.search(doc.text[max(0, start - 8) : start]):
            continue
        direct = _is_sum_of(span, spine)
        if direct or _is_sum_within(span, spine):
            found.append((not direct, abs(act.idx - start), match.group()))
        elif not _is_listed_with(span, sums) and not _is_joined_to(span, object_span):
            continue
        sums.append(span)
        places.append((start, end))
    if object_span is not None and len(places) > 1:
        before = [place for place in places if doc.text[place[1] : object_span[0]] == "を"]
        after = min((place for place in places if place[0] >= object_span[1]), default=None)
        if before and (after is None or "、" in doc.text[object_span[1] : after[0]]):
            return doc.text[slice(*before[0])]
        if after is not None:
            return None if _has_rival(doc, object_span, after[0]) else doc.text[slice(*after)]
    return min(found)[2] if found else None


def _is_listed_with(span: Span, sums: list[Span]) -> bool:
    """Whether the tree lists the sum with one of those after it: 甲に3億円、乙に5億円."""
    following = next_token(span.doc, span.end)
    return following is not None and following.text == "、" and any(span[-1].head in each for each in sums)


def _is_joined_to(span: Span, object_span: tuple[int, int] | None) -> bool:
    """Whether を joins the sum to the object's phrase, in the text and in the tree: 3億円を甲に、5億円を乙に."""
    if object_span is None or span.doc.text[span.end_char : object_span[0]] != "を":
        return False
    return object_span[0] <= span[-1].head.idx < object_span[1]


def _has_rival(doc: Doc, object_span: tuple[int, int], end: int) -> bool:
    """Whether another phrase with the particle of the object's stands between it and the offset ``end``."""
    span = doc.char_span(*object_span, alignment_mode="expand")
    between = doc.char_span(object_span[1], end, alignment_mode="expand")
    if span is None or between is None:
        return False
    particle, first = particle_after(doc, span[-1])
    return bool(particle) and any(
        token.i >= first and is_nominal(token) and particle_after(doc, token)[0] == particle for token in between
    )


def _is_past(verb: Token) -> bool:
    """Whether the verb, or the one that its clause runs on to, is past: 提訴した, 提訴し、争った."""
    for _ in range(4):
        ending = ending_of(verb.doc, verb)
        following = next_token(verb.doc, ending.end)
        after = following.text if following is not None else ""
        if ending.past:
            return not modality.NOUNS[modality.Cue.CONDITION].search(after)
        runs_on = not ending.text.strip("しされせてでい") and (ending.text or after == "、" or verb.text != verb.lemma_)
        if verb.dep_ not in {"advcl", "conj", "dep"} or not runs_on:
            return False
        verb = verb.head
    return False


def _does(verb: Token) -> bool:
    """Whether the verb over an act says that it is done, not told, planned, feared or asked for."""
    if tells(verb):
        return False
    return verb.lemma_ in modality.ASKING or not any(verb.lemma_ in lemmas for lemmas in modality.VERBS.values())


def _spine(act: Token, *, sums: bool = False) -> tuple[Token, ...]:
    """The act's noun and verb: what a date or a sum of the act may hang on.

    With ``sums`` also the nouns and verbs within the act that name what it is about: 損害賠償を求める of a suit.
    """
    spine = [act]
    governor = governor_of(act)
    if governor != act and _does(governor):
        spine.append(governor)
    head = act.head
    if act.dep_ == "compound" and head.i > act.i and "サ変可能" in head.tag_:
        spine.append(head)
        outer = governor_of(head)
        if outer != head and _does(outer):
            spine.append(outer)
    if is_nominal(act):
        spine.extend(child for child in act.lefts if child.dep_ == "acl" and child.lemma_ in LIGHT)
    if sums:
        spine.extend(child for token in tuple(spine) for child in token.lefts if _names_sum(child))
    return tuple(spine)


def _names_sum(token: Token) -> bool:
    if is_nominal(token):
        return bool(SUMS.search(token.text))
    return token.dep_ in {"acl", "advcl"} and token.lemma_ in {"求める", "請求", "要求", "求む"}


def _path(token: Token) -> list[Token]:
    """The heads of a phrase up to and with its first predicate."""
    path: list[Token] = []
    while token.head != token and len(path) < 8:
        token = token.head
        path.append(token)
        if token.pos_ in {"VERB", "ADJ"}:
            break
    return path


def _hangs_on(span: Span, spine: tuple[Token, ...]) -> bool:
    root = span.root
    if root in spine:
        return True
    path = _path(root)
    if path and (path[0] in spine or (len(path) > 1 and _is_temporal(path[0]) and path[1] in spine)):
        return True
    return inflects(root.doc, span[-1]) and any(each.head == root and each.i < root.i for each in spine)


def _dates_telling(span: Span, teller: Token) -> bool:
    """Whether the date stands beside the subject of the verb of telling: 同社は14日、提訴したと発表した."""
    for subject in subjects_of(teller):
        after = particle_after(span.doc, run_end(span.doc, subject))[1]
        if span.end <= subject.i or after <= span.start <= after + 1:
            return True
    return False


def _stands_beside_topic(span: Span, act: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the date stands right after the topic of the act's main clause, as in news: 同社は14日、…提訴した."""
    start = span.start - 1 if span.start > 0 and span.doc[span.start - 1].text == "、" else span.start
    if start < 2 or span.doc[start - 1].text != "は" or span.start <= span.sent.start or act.i < span.start:
        return False
    own = _path(span.root)[-1:]
    comma = span.end < len(span.doc) and span.doc[span.end].text == "、"
    if not comma and any(each.dep_ == "acl" and each not in spine for each in own):
        # 同社は1998年に倒産した乙の株式を取得した: the date is of the relative clause.
        return False
    predicate = span.doc[start - 2].head
    return predicate in spine or (not tells(predicate) and any(_runs_on_to(each, predicate) for each in spine))


def _runs_on_to(lower: Token, upper: Token) -> bool:
    """Whether the clause of one verb runs on, unquoted, to that of the other."""
    for _ in range(4):
        if lower == upper:
            return True
        if lower.dep_ not in {"advcl", "conj", "dep"} or lower.head == lower or _is_quoted(lower):
            return False
        lower = lower.head
    return False


def _is_temporal(token: Token) -> bool:
    return token.text in {
        "年",
        "月",
        "日",
        "頃",
        "ごろ",
        "中",
        "末",
        "春",
        "夏",
        "秋",
        "冬",
        "初め",
        "半ば",
        "時点",
        "以降",
        "付",
    }


def _leads_to(token: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the date's clause runs on to the act's (2005年に退職し、会社を設立した), or the act's to the date's."""
    path = _path(token)
    predicate = path[-1] if path else token
    if len(path) != 1 or predicate.pos_ not in {"VERB", "ADJ"}:
        return False
    if tells(predicate):
        return False
    return any(_runs_on_to(predicate, each) or _runs_on_to(each, predicate) for each in spine)


def _is_quoted(verb: Token) -> bool:
    text = ending_of(verb.doc, verb).text
    return text.endswith(("と", "とも", "とは", "って", "ば", "たら"))


def _in_brackets_after(doc: Doc, act: Token, mention: DateMention) -> bool:
    between = doc.text[act.idx + len(act) : mention.start]
    return between in {"(", "（"}


def _is_sum_of(span: Span, spine: tuple[Token, ...]) -> bool:
    """Whether the sum is itself the act's argument or modifies its noun: 5億円を出資, 5億円の損害賠償."""
    last = span[-1]
    if any(token in spine for token in span):
        return True
    token = last
    while token.head in span and token.head != token:
        token = token.head
    if token.head in spine:
        return True
    following = next_token(last.doc, last.i + 1)
    if following is not None and following.text == "の":
        after = next_token(last.doc, last.i + 2)
        return after is not None and run_end(last.doc, after) in spine
    return following is not None and is_nominal(following) and run_end(last.doc, following) in spine


def _is_sum_within(span: Span, spine: tuple[Token, ...]) -> bool:
    """Whether the sum stands in the act's clause with nothing between but nouns that name sums."""
    token = span[-1]
    for _ in range(5):
        if token in spine:
            return True
        if token.head == token:
            return False
        head = token.head
        if is_nominal(head) and head not in spine and head not in span and not SUMS.search(head.text):
            return False
        if head.pos_ == "VERB" and head not in spine and not _runs_into(head, spine):
            return False
        token = head
    return token in spine


def _runs_into(verb: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the verb's clause is part of the act's: 5億円を求めて提訴した."""
    return (
        verb.head in spine
        and verb.dep_ in {"advcl", "acl"}
        and verb.lemma_ in {"求める", "請求", "投じる", "投ずる", "払う", "支払う", "充てる", "払い込む"}
    )
