"""Endings of predicates, particles of nouns and the verb over them, read from the surface where trees often err.

The parser knows which words end a predicate but not always where the next one hangs; what stands right after an
ending or a particle is certain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from extractors.parsing import is_nominal

NEGATIVE_LEMMAS = frozenset({"ない", "ず", "ぬ", "無い", "まい"})
_ENDING_POS = frozenset({"AUX", "SCONJ", "PART", "ADP"})
_ENDING_DEPS = frozenset({"fixed", "aux", "mark", "cop"})
_SUBSIDIARY = frozenset(
    {"いる", "おる", "居る", "ある", "しまう", "いく", "くる", "みる", "べし", "おく", "ゆく", "いただく", "ござる"}
)
_QUOTE_ENDS = frozenset("」』”")
_COMMAS = frozenset("、，")
_QUOTING = ("と", "って", "との", "など", "とも", "とは", "という")
_CONTINUING = re.compile(r"[てで](?:は|も)?(?:い|お|き|来)|てる")


@dataclass(frozen=True, slots=True)
class Ending:
    """What follows a predicate: its tokens, their text without punctuation, the index of the token after them."""

    text: str
    tokens: tuple[Token, ...]
    end: int

    @property
    def past(self) -> bool:
        """Whether it is the past た (and not たら or たり)."""
        return any(token.lemma_ == "た" and token.text in {"た", "だ"} for token in self.tokens)

    @property
    def continuing(self) -> bool:
        """Whether it is 〜ている, 〜てきた and the like."""
        return bool(_CONTINUING.search(self.text))

    @property
    def finished(self) -> bool:
        """Whether the act lies in the past or goes on, so that it is no plan."""
        return self.past or self.continuing

    @property
    def negations(self) -> int:
        """How many negative endings it has."""
        return sum(token.lemma_ in NEGATIVE_LEMMAS for token in self.tokens)


def ending_of(doc: Doc, node: Token) -> Ending:
    """The run of endings and particles right after the predicate, up to the next word of content or punctuation."""
    tokens: list[Token] = []
    index = node.i + 1
    while index < len(doc) and not doc[index].is_sent_start and _is_ending(doc, index, tokens):
        tokens.append(doc[index])
        index += 1
    text = "".join(token.text for token in tokens if token.text not in _QUOTE_ENDS | _COMMAS)
    return Ending(text, tuple(tokens), index)


def _is_ending(doc: Doc, index: int, before: list[Token]) -> bool:
    token = doc[index]
    if token.pos_ in _ENDING_POS or token.dep_ in _ENDING_DEPS:
        return True
    if token.text in _QUOTE_ENDS:
        return index + 1 < len(doc) and doc[index + 1].text in _QUOTING
    if token.text == "す" and index + 1 < len(doc) and doc[index + 1].text.startswith("べ"):
        return True
    if not before:
        return False
    if token.text in _COMMAS:
        following = doc[index + 1 : index + 4]
        return following.text.startswith("という") and (following[-1].text == "の" or is_nominal(following[-1]))
    if token.lemma_ in NEGATIVE_LEMMAS:
        return True
    if token.text in {"こと", "事"}:
        return token.dep_ in {"compound", "fixed"}
    return token.lemma_ in _SUBSIDIARY and before[-1].text in {"て", "で", "は", "も", "す"}


def inflects(doc: Doc, node: Token) -> bool:
    """Whether the token is a predicate: a verb, an adjective, a verbal noun with する, a noun with だ or である."""
    if node.pos_ in {"VERB", "ADJ", "AUX"} or inflection(node):
        return True
    following = next_token(doc, node.i + 1)
    return following is not None and following.pos_ == "AUX"


def inflection(token: Token) -> str:
    """How the dictionary inflects the token (五段-ラ行;終止形-一般), empty for a word without inflection."""
    return ";".join(token.morph.get("Inflection", []))


def next_token(doc: Doc, index: int) -> Token | None:
    """The token at the index, or None past the end of the sentence before it."""
    if index >= len(doc) or doc[index].is_sent_start:
        return None
    return doc[index]


def run_end(doc: Doc, token: Token) -> Token:
    """The last noun of the run of nouns that the token stands in: 委員会 for 準備 in 準備委員会."""
    following = next_token(doc, token.i + 1)
    while following is not None and is_nominal(following) and not inflection(following):
        token = following
        following = next_token(doc, token.i + 1)
    return token


def particle_after(doc: Doc, noun: Token) -> tuple[str, int]:
    """The particles right after a noun, a bracketed remark passed over, and the index of the token after them."""
    index = _after_brackets(doc, noun.i + 1)
    text = ""
    while (token := next_token(doc, index)) is not None:
        if token.pos_ not in {"ADP", "PART"} and not (text and token.dep_ == "fixed"):
            break
        text += token.text
        index += 1
    return text, index


def _after_brackets(doc: Doc, index: int) -> int:
    if index < len(doc) and doc[index].text in {"(", "（"}:
        for other in range(index + 1, min(index + 25, len(doc) - 1)):
            if doc[other].text in {")", "）"}:
                return other + 1
    if index < len(doc) and doc[index].text in _QUOTE_ENDS:
        return index + 1
    return index


def verb_over(doc: Doc, node: Token, after: int) -> Token | None:
    """The predicate that a phrase depends on: the one right after its particle, or else its head to the right."""
    adjacent = next_token(doc, after)
    if adjacent is not None and (adjacent.pos_ == "VERB" or inflection(adjacent)):
        return adjacent
    return node.head if node.head.i > node.i else None
