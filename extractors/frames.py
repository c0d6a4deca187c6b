"""Frames: a relation's Japanese sentences compiled to patterns over predications.

甲 stands for the subject and 乙 for the object. Each sentence is parsed by the pipeline that parses the text; what is
kept of it is the word that carries the meaning (the anchor), the words that must stand beside it, and the deep cases
that 甲 and 乙 fill. As the cases are deep ones, one sentence serves passives, relative clauses and nominal wordings.
As the words are known in all their spellings, it serves 申立てる beside 申し立てる.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache

from spacy.language import Language
from spacy.tokens import Doc, Token

from extractors.parsing import particles
from extractors.predications import Case, Predication, read_predication
from extractors.records import OBJECT_MARK, SUBJECT_MARK, Relation
from extractors.spellings import spellings

_EMPTY_LEMMAS = frozenset({
    SUBJECT_MARK, OBJECT_MARK, "する", "なる", "ある", "いる", "だ", "である", "おる", "行う",
    "こと", "の", "もの", "ため", "者", "人", "側",
    "対", "対する", "よる", "めぐる", "巡る", "つく", "れる", "られる", "くる", "いく",
    "その", "この", "とする", "共", "共に", "という",
})  # fmt: skip
_CONTENT_POS = frozenset({"NOUN", "VERB", "ADJ", "PROPN", "ADV", "NUM"})
_CASE_OF_PARTICLE = {
    "の": Case.NO, "に": Case.NI, "へ": Case.NI, "と": Case.TO, "から": Case.KARA, "より": Case.YORI,
}  # fmt: skip
_MOST_ALTERNATIVES = 256
"""A set of companions that could be spelt in more ways than these is known in its wording's spelling alone."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One anchor word of a relation: where it stands beside its companions, its cases name subject and object."""

    relation: str
    anchor: str
    """The lemma of the word that carries the meaning."""
    companions: tuple[frozenset[str], ...]
    """Alternative sets of lemmas, one of which must stand in the anchor's sentence; an empty set asks for nothing."""
    subject_case: Case
    object_case: Case
    sentences: tuple[str, ...]
    beside: tuple[tuple[frozenset[str], ...], ...]
    """For each of the sentences the alternative sets of lemmas that it has beside the anchor."""

    def sentence_for(self, lemmas: Set[str]) -> str:
        """The one that most words of a text's sentence, given as ``lemmas``, agree with; the first among equals."""
        return max(zip(self.sentences, self.beside, strict=True), key=lambda each: _agreement(each[1], lemmas))[0]


def _agreement(alternatives: Iterable[frozenset[str]], lemmas: Set[str]) -> int:
    """How many words the longest of the sets has that stands in the text whole; -1 where none does."""
    return max((len(each) for each in alternatives if each <= lemmas), default=-1)


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """A place in a text where a pattern's words stand: the reading that is still to be judged."""

    pattern: Pattern
    anchor: int
    sentence: str


class FrameError(ValueError):
    """A wording that cannot be compiled; carries the sentence and the remedy."""

    def __init__(self, relation: str, sentence: str, reason: str) -> None:
        self.relation, self.sentence, self.reason = relation, sentence, reason
        super().__init__(
            f"{relation}: the wording 「{sentence}」 cannot be used: {reason}. "
            f"Write one plain sentence with {SUBJECT_MARK} for the subject and {OBJECT_MARK} for the object, "
            "such as 甲が乙を買収する."
        )

    def __reduce__(self) -> tuple[type[FrameError], tuple[str, str, str]]:
        return type(self), (self.relation, self.sentence, self.reason)


@dataclass(frozen=True, slots=True)
class _Compiled:
    anchor: str
    companions: frozenset[str]
    cases: tuple[Case, Case]
    verbal: bool
    sentence: str

    def turns(self, cases: tuple[Case, Case]) -> bool:
        """Whether one side stands in the case that is the other's by ``cases``."""
        return self.cases[0] is cases[1] or self.cases[1] is cases[0]


def compile_frames(nlp: Language, relations: Iterable[Relation]) -> tuple[Pattern, ...]:
    """The patterns of all relations, one for each relation and spelling of an anchor word.

    Where the sentences of one anchor disagree on the cases, the commonest pair of those with a verb for anchor holds,
    and those that turn the two sides around (乙が甲の傘下に入る beside 甲が乙を傘下に収める) make a second pattern.
    A wording that only repeats another's anchor with more words (批判する声明を出す) adds no pattern.

    Raises:
        FrameError: a sentence lacks 甲 or 乙, or has no word of its own.
    """
    patterns: list[Pattern] = []
    for relation in relations:
        grouped: dict[str, list[_Compiled]] = defaultdict(list)
        sentences = [wording.sentence for wording in relation.wordings]
        for sentence, doc in zip(sentences, nlp.pipe(sentences), strict=True):
            compiled = _compile(relation.name, sentence, doc)
            grouped[compiled.anchor].append(compiled)
        alone = {anchor for anchor, group in grouped.items() if any(not each.companions for each in group)}
        for anchor, group in grouped.items():
            for wordings in _by_direction(group):
                companions = tuple(
                    each for each in _minimal([each.companions for each in wordings]) if not each & alone
                )
                if companions:
                    patterns.append(_pattern(relation.name, anchor, wordings, companions))
    return _spell_out(nlp, patterns)


def _by_direction(group: Sequence[_Compiled]) -> tuple[list[_Compiled], list[_Compiled]]:
    """The wordings as most of their cases have it, and those that turn the sides around in words of their own."""
    cases = _voted(group)
    straight = [each.companions for each in group if not each.turns(cases)]
    turned = [
        each for each in group
        if each.turns(cases) and not any(companions <= each.companions for companions in straight)
    ]  # fmt: skip
    return [each for each in group if each not in turned], turned


def _voted(group: Sequence[_Compiled]) -> tuple[Case, Case]:
    voters = [each for each in group if each.verbal] or group
    return Counter(each.cases for each in voters).most_common(1)[0][0]


def _pattern(
    relation: str, anchor: str, wordings: Sequence[_Compiled], companions: tuple[frozenset[str], ...]
) -> Pattern:
    sentences = tuple(each.sentence for each in wordings)
    return Pattern(
        relation, anchor, companions, *_voted(wordings), sentences, tuple((each.companions,) for each in wordings)
    )


def _spell_out(nlp: Language, patterns: Iterable[Pattern]) -> tuple[Pattern, ...]:
    """The patterns in all the spellings of their words; where two meet in one anchor, the wording's own one leads."""
    spell = cache(lambda lemma: spellings(nlp, lemma))
    spelt = [_respelt(each, spell) for each in patterns]
    leading = {(each.relation, each.anchor) for each in spelt}
    found = {_key(each): each for each in spelt}
    for pattern in spelt:
        for anchor in spell(pattern.anchor)[1:]:
            other = replace(pattern, anchor=anchor)
            known = found.get(_key(other))
            if known is not None:
                companions = _minimal((*known.companions, *pattern.companions))
                found[_key(other)] = replace(known, companions=companions)
            elif (pattern.relation, anchor) not in leading:
                found[_key(other)] = other
    return tuple(found.values())


def _key(pattern: Pattern) -> tuple[str, str, Case, Case]:
    return pattern.relation, pattern.anchor, pattern.subject_case, pattern.object_case


def _respelt(pattern: Pattern, spell: Callable[[str], tuple[str, ...]]) -> Pattern:
    companions = tuple(other for group in pattern.companions for other in _respellings(group, spell))
    beside = tuple(
        tuple(other for group in groups for other in _respellings(group, spell)) for groups in pattern.beside
    )
    return replace(pattern, companions=companions, beside=beside)


def _respellings(lemmas: frozenset[str], spell: Callable[[str], tuple[str, ...]]) -> Iterator[frozenset[str]]:
    choices = [spell(lemma) for lemma in sorted(lemmas)]
    if math.prod(map(len, choices)) > _MOST_ALTERNATIVES:
        yield lemmas
    else:
        yield from map(frozenset, itertools.product(*choices))


def _minimal(sets: Sequence[frozenset[str]]) -> tuple[frozenset[str], ...]:
    unique = sorted(set(sets), key=lambda each: (len(each), sorted(each)))
    kept: list[frozenset[str]] = []
    for each in unique:
        if not any(other <= each for other in kept):
            kept.append(each)
    return tuple(kept)


def _compile(relation: str, sentence: str, doc: Doc) -> _Compiled:
    if SUBJECT_MARK not in sentence or OBJECT_MARK not in sentence:
        raise FrameError(relation, sentence, f"it does not name both {SUBJECT_MARK} and {OBJECT_MARK}")
    content = [
        token
        for token in doc
        if token.pos_ in _CONTENT_POS
        and content_lemma(token) not in _EMPTY_LEMMAS
        and not {SUBJECT_MARK, OBJECT_MARK} & set(token.text)
    ]
    if not content:
        raise FrameError(relation, sentence, "it has no word beside 甲 and 乙 to be found by")
    best = max(content, key=lambda token: (*_reach(doc, token), token.pos_ == "NOUN", token.i))
    cases = _cases(doc, read_predication(doc, best.i))
    others = frozenset(content_lemma(token) for token in content if token.i != best.i)
    return _Compiled(content_lemma(best), others, cases, best.pos_ == "VERB", sentence)


def content_lemma(token: Token) -> str:
    """The lemma by which frames know a token; the surface where the dictionary has no lemma."""
    return token.lemma_ or token.text


def _places(doc: Doc, letter: str) -> set[int]:
    return {token.i for token in doc if letter in token.text}


def _reach(doc: Doc, token: Token) -> tuple[int]:
    arguments = {argument.head for argument in read_predication(doc, token.i).arguments}
    return (bool(arguments & _places(doc, SUBJECT_MARK)) + bool(arguments & _places(doc, OBJECT_MARK)),)


def _cases(doc: Doc, predication: Predication) -> tuple[Case, Case]:
    found: dict[str, Case] = {}
    for argument in predication.arguments:
        for letter in (SUBJECT_MARK, OBJECT_MARK):
            if letter in doc[argument.head].text:
                found.setdefault(letter, argument.case)
    subject = found.get(SUBJECT_MARK, Case.GA)
    object_ = found.get(OBJECT_MARK) or _object_case(doc)
    if subject is object_:
        object_ = Case.WO if subject is Case.GA else object_
    return subject, object_


def _object_case(doc: Doc) -> Case:
    marks = next((particles(token) for token in doc if OBJECT_MARK in token.text), "")
    return next((case for particle, case in _CASE_OF_PARTICLE.items() if marks.startswith(particle)), Case.WO)


def find_frames(doc: Doc, index: Mapping[str, Sequence[Pattern]]) -> list[FrameMatch]:
    """Every place where a pattern's anchor stands with its companions, in order of text.

    ``index`` maps anchor lemmas to patterns, as ``index_patterns`` makes it.
    """
    matches: list[FrameMatch] = []
    for sentence in doc.sents:
        lemmas = {content_lemma(token) for token in sentence}
        for token in sentence:
            matches.extend(
                FrameMatch(pattern, token.i, pattern.sentence_for(lemmas))
                for pattern in index.get(content_lemma(token), ())
                if any(companions <= lemmas for companions in pattern.companions)
            )
    return matches


def index_patterns(patterns: Iterable[Pattern]) -> dict[str, list[Pattern]]:
    """Patterns by anchor lemma."""
    index: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        index[pattern.anchor].append(pattern)
    return dict(index)
