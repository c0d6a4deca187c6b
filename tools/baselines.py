"""What simpler readers score on a gold file, for comparison: python tools/baselines.py GOLD.json

textbook   GiNZA's entities that are the subject and the object or oblique of a frame's anchor word
tree       noun phrases in the roles that the dependency tree alone gives, voice and relatives undone; no learning
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from spacy.tokens import Doc

from extractors.evaluation import ClaimDict, Mode, evaluate
from extractors.frames import compile_frames, find_frames, index_patterns
from extractors.parsing import load_ginza
from extractors.phrases import noun_phrases
from extractors.predications import read_predication
from flows.gold import read_gold
from ontology.vocabulary import load_vocabulary


def textbook(doc: Doc, index: dict) -> Iterator[ClaimDict]:
    """Entities beside the anchor: nsubj for the subject, obj or obl for the object."""
    entity_at = {token.i: entity for entity in doc.ents for token in entity}
    for match in find_frames(doc, index):
        children = list(doc[match.anchor].children)
        subjects = [entity_at[child.i] for child in children if child.dep_ == "nsubj" and child.i in entity_at]
        objects = [entity_at[child.i] for child in children if child.dep_ in {"obj", "obl"} and child.i in entity_at]
        for subject in subjects:
            for object_ in objects:
                yield claim(match.pattern.relation, subject.text, object_.text)


def tree(doc: Doc, index: dict) -> Iterator[ClaimDict]:
    """Phrases whose heads the predication layer puts in the frame's cases."""
    phrases = {phrase.head: phrase for phrase in noun_phrases(doc)}
    for match in find_frames(doc, index):
        arguments = read_predication(doc, match.anchor).arguments
        found = [(each.case, phrases[each.head]) for each in arguments if each.head in phrases]
        subjects = [phrase for case, phrase in found if case is match.pattern.subject_case]
        objects = [phrase for case, phrase in found if case is match.pattern.object_case]
        for subject in subjects:
            for object_ in objects:
                yield claim(match.pattern.relation, subject.text, object_.text)


def claim(relation: str, subject: str, object_: str) -> ClaimDict:
    """A claim with one label a side, asserted."""
    sides = {"subject": {"labels": [subject]}, "object": {"labels": [object_]}}
    return {"relation": relation, **sides, "status": "asserted"}


def main() -> None:
    """Print precision, recall and F1 (named, micro) of each baseline."""
    passages = read_gold(Path(sys.argv[1]))
    ginza = load_ginza(with_recogniser=True)
    index = index_patterns(compile_frames(ginza, load_vocabulary().relations))
    docs = list(ginza.pipe(passage.text for passage in passages))
    readers: dict[str, Callable[[Doc, dict], Iterator[ClaimDict]]] = {"textbook": textbook, "tree": tree}
    for name, reader in readers.items():
        predictions = {passage.id: list(reader(doc, index)) for passage, doc in zip(passages, docs, strict=True)}
        score = evaluate(passages, predictions, mode=Mode.NAMED).micro
        print(f"{name:<9} P {score.precision:.3f}  R {score.recall:.3f}  F1 {score.f1:.3f}")


if __name__ == "__main__":
    main()
