"""The real reader on hostile texts: GiNZA, the encoder and every component, each document within its time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from extractors.pipeline import Reader, load_reader
from extractors.records import Argument, Claim, Document
from ontology.vocabulary import Vocabulary
from tests.hostile.corpus import NAMES

INVISIBLE = (*"\u200b\u202e\u2066\ufeff\u00ad\x07\u0301\u3099\u2028\n", "\x1b[31m")
WITH_TRIGGERS = (
    "{a}は二十日、特許を侵害されたとして{b}を東京地裁に提訴した。",
    "{a}が一九九八年に設立した{b}は、{c}に十億円を出資した。",
    "「{a}は無責任だ」と{b}社長の{c}氏は{a}の対応を批判した。",
    "{b}は{a}によって創業され、{c}から訴えられている。",
    "{a}は（{b}が（{c}を提訴した）と述べた）ことを批判した",
)


@dataclass
class RealReader:
    """The pipeline, loaded when it is needed first, and what came of it."""

    vocabulary: Vocabulary
    seed: int
    documents: int = 0
    claims: int = 0
    _reader: Reader | None = field(default=None, repr=False)

    def load(self) -> None:
        """Load the models, which is nobody's time limit."""
        self._reader = load_reader(self.vocabulary.relations, self.vocabulary.known_entities)

    def read(self, document: Document) -> list[Claim]:
        """The claims of a document, each of them true to its text."""
        assert self._reader is not None
        ((returned, claims),) = self._reader.extract([document])
        assert returned is document
        self.documents += 1
        self.claims += len(claims)
        for claim in claims:
            start, end = claim.evidence.start, claim.evidence.end
            assert 0 <= start < end <= len(document.text)
            assert document.text[start:end] == claim.evidence.text, f"no quotation: {claim.evidence}"
            assert 0 <= claim.confidence <= 1
            for argument in (claim.subject, claim.object):
                check_argument(argument, document)
        for mention in self._reader.recognise(document.text[:2000]):
            assert document.text[mention.start : mention.end] == mention.text, mention
        return claims

    def article(self, number: int) -> Document:
        """An article that has to be parsed: triggers in every sentence, hostile names and marks in their midst."""
        chance = random.Random(f"{self.seed}/real/{number}")
        sentences = []
        for _ in range(chance.randint(1, 4)):
            names = [chance.choice((*NAMES[:-1], "青葉電機", "港南商事", "山田太郎", "北都銀行")) for _ in "abc"]
            sentences.append(chance.choice(WITH_TRIGGERS).format(a=names[0], b=names[1], c=names[2]))
        text = list("".join(sentences))
        for _ in range(chance.choice((0, 0, 3, 20))):
            text.insert(chance.randint(0, len(text)), chance.choice(INVISIBLE))
        return Document(f"real/{number}", "".join(text), f"real/{number}", f"{number:064x}")


def check_argument(argument: Argument, document: Document) -> None:
    """An argument has labels, and a place in the text."""
    assert argument.labels and all(label.strip() for label in argument.labels), argument
    assert 0 <= argument.start < argument.end <= len(document.text), argument
