"""The Wikipedia Annotated Corpus (Hangyo, Kawahara and Kurohashi 2012): KNP files to texts with offsets.

A base phrase (基本句) is a content word with what is attached to it. Predicates and their arguments, zero pronouns and
other sentences included, are relations between base phrases, and so is coreference.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rhoknp import Document as KnpDocument
    from rhoknp import Sentence

_DOCUMENT_ID = re.compile(r"# S-ID:(wiki\d+)")
FUNCTION_POS = frozenset({"助詞", "特殊", "判定詞", "助動詞"})
"""The parts of speech of particles, punctuation, copulas and auxiliaries, as KNP names them."""
_BRACKETED_COMMENT = "括弧始"
"""Marks a sentence that stood in round brackets, which the corpus has removed."""
_FULL_WIDTH_KEPT = frozenset("（），．：；！？［］｛｝＝～")


@dataclass(frozen=True, slots=True)
class BasePhrase:
    """The content words of a base phrase as offsets into the text, and the base phrase that it depends on."""

    start: int
    end: int
    sentence: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class WacArgument:
    """An argument in the text: its surface case (ガ, ニタイシテ) and the number of its base phrase."""

    case: str
    target: int


@dataclass(frozen=True, slots=True)
class WacPredicate:
    """A base phrase that takes arguments; those that are not in the text are left out."""

    base_phrase: int
    arguments: tuple[WacArgument, ...]


@dataclass(frozen=True, slots=True)
class WacEntity:
    """A named entity with its category in the corpus (PERSON, ORGANIZATION, LOCATION, ARTIFACT, DATE …)."""

    start: int
    end: int
    category: str


@dataclass(frozen=True, slots=True)
class WacText:
    """One document, three sentences as a rule. Base phrases are numbered through the text."""

    id: str
    text: str
    base_phrases: tuple[BasePhrase, ...]
    predicates: tuple[WacPredicate, ...]
    coreferent: tuple[tuple[int, int], ...]
    """Pairs of base phrases that name the same thing."""
    entities: tuple[WacEntity, ...]

    def clusters(self) -> list[int]:
        """For each base phrase a number, equal for those that name the same thing."""
        parents = list(range(len(self.base_phrases)))

        def root(index: int) -> int:
            while parents[index] != index:
                index = parents[index]
            return index

        for one, other in self.coreferent:
            parents[root(one)] = root(other)
        return [root(index) for index in range(len(parents))]


def read_wac(path: Path) -> Iterator[WacText]:
    """The documents of a gzipped KNP file, in order."""
    lines: list[str] = []
    current = None
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if match := _DOCUMENT_ID.match(line):
                if lines and match.group(1) != current:
                    yield read_document("".join(lines))
                    lines = []
                current = match.group(1)
            lines.append(line)
    if lines:
        yield read_document("".join(lines))


def read_document(knp: str) -> WacText:
    """The document that the lines of KNP describe."""
    # Imported here, so that everything else about these texts can be had where rhoknp is not installed.
    from rhoknp import Document as KnpDocument

    document = KnpDocument.from_knp(knp)
    text = ""
    base_phrases: list[BasePhrase] = []
    entities: list[WacEntity] = []
    first_of: dict[str, int] = {}
    for number, sentence in enumerate(document.sentences):
        bracketed = _BRACKETED_COMMENT in (sentence.comment or "")
        text += "（" if bracketed else ""
        first_of[sentence.sid] = len(base_phrases)
        entities.extend(_entities(sentence, len(text)))
        base_phrases.extend(_base_phrases(sentence, number, len(text), len(base_phrases)))
        text += sentence.text + ("）" if bracketed else "")
    predicates, coreferent = _relations(document, first_of)
    name = document.sentences[0].sid.split("-")[0]
    return WacText(name, narrow(text), tuple(base_phrases), tuple(predicates), tuple(coreferent), tuple(entities))


def narrow(text: str) -> str:
    """The text with full-width letters and digits made ASCII, as running text has them; lengths stay equal."""
    return "".join(
        chr(ord(each) - 0xFEE0) if "！" <= each <= "～" and each not in _FULL_WIDTH_KEPT else each for each in text
    )


def _base_phrases(sentence: Sentence, number: int, offset: int, first: int) -> Iterator[BasePhrase]:
    position = offset
    for base_phrase in sentence.base_phrases:
        spans = []
        for morpheme in base_phrase.morphemes:
            spans.append((position, position + len(morpheme.text), morpheme.pos))
            position += len(morpheme.text)
        content = [span for span in spans if span[2] not in FUNCTION_POS] or spans
        above = base_phrase.parent_index
        parent = None if above is None or above < 0 else first + above
        yield BasePhrase(content[0][0], content[-1][1], number, parent)


def _entities(sentence: Sentence, offset: int) -> Iterator[WacEntity]:
    for entity in sentence.named_entities:
        before = sentence.morphemes[: entity.morphemes[0].index]
        start = offset + sum(len(morpheme.text) for morpheme in before)
        length = sum(len(morpheme.text) for morpheme in entity.morphemes)
        yield WacEntity(start, start + length, entity.category.value)


def _relations(document: KnpDocument, first_of: dict[str, int]) -> tuple[list[WacPredicate], list[tuple[int, int]]]:
    predicates: list[WacPredicate] = []
    coreferent: list[tuple[int, int]] = []
    for index, base_phrase in enumerate(document.base_phrases):
        arguments = []
        for tag in base_phrase.rel_tags:
            if tag.sid not in first_of or tag.base_phrase_index is None:
                continue
            target = first_of[tag.sid] + tag.base_phrase_index
            if tag.type == "=":
                coreferent.append((index, target))
            elif not tag.type.startswith("="):
                arguments.append(WacArgument(tag.type, target))
        # A predicate whose arguments are all outside of the text still teaches that nothing in it fills them.
        if any(not tag.type.startswith("=") for tag in base_phrase.rel_tags):
            predicates.append(WacPredicate(index, tuple(arguments)))
    return predicates, coreferent
