"""Candidate arguments: the noun phrases of a parsed text, as half-open character spans.

A candidate is a maximal run of nominal tokens without honorifics and 株 (titles stay: 鈴木社長), the whole of a
quotation in brackets that is a name rather than speech, and every named mention that the recogniser found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from spacy.tokens import Doc, Token

from extractors.anaphora import is_anaphor
from extractors.records import Mention

_RUN_POS = frozenset({"NOUN", "PROPN", "PRON", "NUM", "X"})
_RUN_TAGS = ("名詞", "代名詞", "接尾辞-名詞的", "接頭辞", "形状詞")
_JOINERS = frozenset("・=＝&＆-－‐/／.．")
_POINTER_LENGTH = len("この")
_EDGES = frozenset("「」『』（）()[]［］【】〈〉《》、。,，")
_HONORIFIC = re.compile(
    r"(?<=.{2})(?:氏|さん|さま|様|(?:(?<![ぁ-ん])|(?<=さん|さま))(?:ら|たち)|達|側|など|等|君|(?<![本神社宮])殿"
    r"|被告|容疑者|元社長|株式?)$"
)
_BRACKETED = re.compile(r"[「『“〈《]([^「」『』“”〈〉《》。！？!?\n]{1,40})[」』”〉》]")
_TEMPORAL = re.compile(
    r"^[0-9０-９〇一二三四五六七八九十百千約同昨今来翌前数]*(?:年度?|月|日|時|分|世紀|年代|週間?|か月|ヶ月|時期|当時|現在|以降|以来|頃)(?:[間後前頃末初半中旬上下午期度]|ごろ|[0-9０-９]+[年月日時分])*$"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A candidate argument; ``head`` is the index of the token that its grammatical relations hang on."""

    start: int
    end: int
    head: int
    text: str
    named: bool
    """Whether the recogniser took it for a name."""


def noun_phrases(doc: Doc, mentions: Iterable[Mention] = ()) -> list[Phrase]:
    """Every candidate argument of the text, by position; overlapping ones are all kept, equal spans once."""
    spans: dict[tuple[int, int], Phrase] = {}
    text = doc.text  # spaCy puts it together anew at every call
    named = sorted((mention.start, mention.end) for mention in mentions)
    for start, end in named:
        _add(spans, doc, text, start, end, named=True)
    for run in _nominal_runs(doc):
        start, end = run[0].idx, run[-1].idx + len(run[-1])
        end -= _honorific_length(text[start:end])
        if start >= _POINTER_LENGTH and is_anaphor(text[start - _POINTER_LENGTH : end]):
            start -= _POINTER_LENGTH
        if not _is_list(text, start, end, named) and not _TEMPORAL.match(text[start:end]):
            _add(spans, doc, text, start, end, named=False)
    for match in _BRACKETED.finditer(text):
        _add(spans, doc, text, match.start(1), match.end(1), named=False)
    return [spans[key] for key in sorted(spans)]


def _is_list(text: str, start: int, end: int, named: Sequence[tuple[int, int]]) -> bool:
    """Whether the stretch is names side by side (甲社・乙社), each of which is a candidate by itself."""
    inner = [span for span in named if start <= span[0] and span[1] <= end]
    gaps = [text[left:right] for (_, left), (right, _) in pairwise(inner)]
    return any(gap in _JOINERS for gap in gaps)


def _honorific_length(text: str) -> int:
    total = 0
    while match := _HONORIFIC.search(text):
        total += len(match.group())
        text = text[: match.start()]
    return total


def _add(spans: dict[tuple[int, int], Phrase], doc: Doc, text: str, start: int, end: int, *, named: bool) -> None:
    if (start, end) in spans or start >= end:
        return
    span = doc.char_span(start, end, alignment_mode="expand")
    if span is not None:
        spans[start, end] = Phrase(start, end, _phrase_head(span[-1]).i, text[start:end], named)


def _phrase_head(last: Token) -> Token:
    """The end of the compound that the token belongs to: 氏 for 鈴木 in 鈴木氏, and the token itself otherwise."""
    head = last
    while head.dep_ == "compound" and head.head.i == head.i + 1 and head.head.pos_ in _RUN_POS:
        head = head.head
    return head


def _nominal_runs(doc: Doc) -> Iterable[list[Token]]:
    run: list[Token] = []
    for token in doc:
        inside = token.pos_ in _RUN_POS or (token.pos_ not in {"VERB", "AUX"} and token.tag_.startswith(_RUN_TAGS))
        joins = bool(run) and token.text in _JOINERS
        sentence_break = bool(token.is_sent_start)
        if run and (sentence_break or not (inside or joins)):
            yield from _trimmed(run)
            run = []
        if inside or (joins and run):
            run.append(token)
    yield from _trimmed(run)


def _trimmed(run: list[Token]) -> Iterable[list[Token]]:
    while run and run[0].text in _EDGES:
        run = run[1:]
    while run and (run[-1].text in _JOINERS or run[-1].text in _EDGES):
        run = run[:-1]
    if run:
        yield run
