from __future__ import annotations

import pytest
from spacy.language import Language

from extractors.spellings import spellings


@pytest.mark.parametrize(
    ("lemma", "among"),
    [
        ("立ち上げる", {"立上げる"}),
        ("申し立てる", {"申立てる"}),
        ("起こす", {"起す", "おこす"}),
        ("噛みつく", {"噛み付く", "噛付く", "かみつく"}),
        ("こき下ろす", {"こきおろす", "扱き下ろす"}),
        ("切り捨てる", {"切捨てる", "きりすてる"}),
        ("差し止め", {"差止"}),
        ("けなす", {"貶す"}),
    ],
)
def test_spellings_are_the_dictionarys_forms_of_one_word(ginza: Language, lemma: str, among: set[str]) -> None:
    found = spellings(ginza, lemma)
    assert found[0] == lemma
    assert among <= set(found)
    assert len(set(found)) == len(found)
    assert {ginza.make_doc(each)[0].norm_ for each in found} == {ginza.make_doc(lemma)[0].norm_}


@pytest.mark.parametrize("lemma", ["批判", "創る", "興す", "ボイコット", "", "甲が乙を訴える", "あ" * 500])
def test_spellings_of_other_words_and_of_no_word_are_themselves(ginza: Language, lemma: str) -> None:
    assert spellings(ginza, lemma) == (lemma,)


@pytest.mark.parametrize(("lemma", "unwritten"), [("訴える", "訴る"), ("断じる", "断ずる")])
def test_spellings_leave_out_those_that_would_set_off_the_scan_everywhere(
    ginza: Language, lemma: str, unwritten: str
) -> None:
    assert unwritten not in spellings(ginza, lemma)
