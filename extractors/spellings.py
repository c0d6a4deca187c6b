"""The spellings of a word: 切捨てる and きりすてる for 切り捨てる, 起す and おこす for 起こす, 差止 for 差し止め.

SudachiPy gives spellings of one word the same normalised form, but does not list them. So they are made here, by
leaving out okurigana and writing kanji in kana, and those hold that the dictionary has as one word with that form.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Token

_KANA_RUN = re.compile("([ぁ-ゖー]+)")
_KANJI = re.compile("[々〆\u3400-\u9fff]")
_LARGEST_RUNS = 7
"""A word of more runs of kanji and kana than this is a phrase; it keeps the spelling that it has."""


def spellings(nlp: Language, lemma: str) -> tuple[str, ...]:
    """The dictionary forms that are written for ``lemma``, itself first, the others sorted.

    A word without kana has none but itself; nor has one whose normalised form has other kanji, as they were chosen for
    a narrower sense (創る, 興す: normalised, they are 作る and 起こす). 断ずる is left out beside 断じる: the scan
    would have to look for 断 alone.
    """
    token = _word(nlp, lemma)
    if token is None or not _KANA_RUN.search(lemma) or not set(_KANJI.findall(lemma)) <= set(token.norm_):
        return (lemma,)
    norm = token.norm_
    forms = (token, _word(nlp, norm))
    candidates = {norm, *itertools.chain.from_iterable(_variants(each) for each in forms if each is not None)}
    found = (_word(nlp, each) for each in sorted(candidates - {lemma, ""}) if not each.endswith("ずる"))
    return (lemma, *(each.text for each in found if each is not None and each.norm_ == norm))


def _word(nlp: Language, form: str) -> Token | None:
    """``form`` where the dictionary has it as one word, in the form that it is listed by."""
    doc = nlp.make_doc(form)
    return doc[0] if len(doc) == 1 and doc[0].lemma_ == form else None


def _variants(token: Token) -> Iterator[str]:
    runs = [run for run in _KANA_RUN.split(token.text) if run]
    if len(runs) > _LARGEST_RUNS:
        return
    readings = _readings(runs, "".join(token.morph.get("Reading", [])))
    options = [
        [run[at:] for at in range(len(run) + 1)] if _KANA_RUN.match(run) else [run, reading]
        for run, reading in zip(runs, readings, strict=True)
    ]
    if any("一段" in each for each in token.morph.get("Inflection", [])):
        options[-1] = [each for each in options[-1] if len(each) > 1]  # the dictionary has 訴る, no text has 訴た
    yield from map("".join, itertools.product(*options))


def _readings(runs: list[str], katakana: str) -> list[str]:
    """The share of each run in the reading of all, in hiragana; the runs as they are where they do not fit it."""
    hiragana = "".join(chr(ord(each) - 0x60) if "ァ" <= each <= "ヶ" else each for each in katakana)
    shape = "".join(f"({re.escape(run)})" if _KANA_RUN.match(run) else "(.+?)" for run in runs)
    match = re.fullmatch(shape, hiragana)
    return list(match.groups()) if match else runs
