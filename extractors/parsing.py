"""Loading GiNZA for speed, and the small questions about its trees that the other modules ask.

The model's recogniser is left out unless asked for, and so is what GiNZA adds for its own commands: the splits of
compounds and the bunsetu with their clauses. Every layer computes on plain NumPy: thinc's BLIS build is four times
slower here, with identical output.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token
from thinc.api import NumpyOps

from extractors.settings import MODEL_NAME

_NOMINAL_POS = frozenset({"NOUN", "PROPN", "PRON", "NUM"})
_CASE_DEPS = frozenset({"case", "fixed", "mark"})
_BUNSETU_SUFFIX = "_bunsetu"


@lru_cache(maxsize=2)
def load_ginza(*, with_recogniser: bool = False) -> Language:
    """GiNZA's pipeline on NumPy operations, loaded once a process; its recogniser only ``with_recogniser``."""
    unused = ["compound_splitter", "bunsetu_recognizer"]
    nlp = spacy.load(MODEL_NAME, exclude=unused if with_recogniser else [*unused, "ner"])
    nlp.add_pipe("enishi_plain_labels")
    nlp.tokenizer.need_subtokens = False  # type: ignore[union-attr]
    ops = NumpyOps(use_blis=False)
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        for node in model.walk() if model is not None and hasattr(model, "walk") else ():
            node.ops = ops
    return nlp


@Language.component("enishi_plain_labels")
def plain_labels(doc: Doc) -> Doc:
    """Take from the labels of the dependencies the mark of a bunsetu's head, as GiNZA's bunsetu recogniser would."""
    for token in doc:
        label = token.dep_
        if label.endswith(_BUNSETU_SUFFIX):
            token.dep_ = label.removesuffix(_BUNSETU_SUFFIX)
    return doc


def is_nominal(token: Token) -> bool:
    """Whether the token can head a noun phrase; the verb-tagged サ変 noun of 批判する cannot."""
    return token.pos_ in _NOMINAL_POS


def particles(token: Token) -> str:
    """The case particles after a phrase head, concatenated by lemma: は, に対する, による; or the empty string."""
    return "".join(child.lemma_ if child.pos_ == "VERB" else child.text for child in _marking(token))


def _marking(token: Token) -> Iterator[Token]:
    for child in token.rights:
        if child.dep_ in _CASE_DEPS and child.pos_ in {"ADP", "SCONJ", "VERB", "AUX", "PART"}:
            yield child
            yield from (grandchild for grandchild in child.rights if grandchild.dep_ in _CASE_DEPS)


def auxiliaries(token: Token) -> list[Token]:
    """The auxiliaries and fixed expressions that inflect a predicate, in order of text."""
    found = [child for child in token.rights if child.dep_ in {"aux", "cop", "fixed", "mark"}]
    for child in list(found):
        found.extend(grandchild for grandchild in child.rights if grandchild.dep_ in {"fixed", "aux"})
    return sorted(found, key=lambda each: each.i)


def sentence_indices(doc: Doc) -> list[int]:
    """For each token, the index of its sentence."""
    indices: list[int] = []
    for index, sentence in enumerate(doc.sents):
        indices.extend([index] * len(sentence))
    return indices
