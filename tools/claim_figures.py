"""What the confidence of claims is worth on hand-read passages: ``python tools/claim_figures.py GOLD``.

Prints precision, recall, F1 (named, micro) and the share of denied or merely planned claims of gold that come out as
facts, from each confidence on, and the expected calibration error of the confidence, over every candidate claim and
over those that are stated by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

from extractors.judgement import load_judge
from extractors.pipeline import load_reader
from extractors.records import Document
from extractors.settings import ExtractSettings
from extractors.training import calibrate
from extractors.training.gold import read_passages
from ontology.vocabulary import load_vocabulary


def main() -> None:
    """Read the passages once, with every claim, and print a line for each confidence."""
    passages = read_passages(Path(sys.argv[1]))
    vocabulary = load_vocabulary()
    reader = load_reader(
        vocabulary.relations, vocabulary.known_entities, settings=ExtractSettings(least_confidence=0.0)
    )
    documents = [Document(passage.id, passage.text, passage.id, "") for passage in passages]
    claims = {document.id: found for document, found in reader.extract(documents)}
    default = load_judge().threshold
    for least in sorted({*calibrate.THRESHOLDS, default}):
        micro = calibrate.score(passages, claims, threshold=least).micro
        false_facts = calibrate.false_fact_rate(passages, claims, threshold=least)
        mark = "  default" if least == default else ""
        print(
            f"from {least:.2f}  P {micro.precision:.3f}  R {micro.recall:.3f}  F1 {micro.f1:.3f}  "
            f"false facts {false_facts:.3f}{mark}"
        )
    stated = {name: [each for each in found if each.confidence >= default] for name, found in claims.items()}
    print(
        f"expected calibration error of all candidates {calibrate.calibration_error(passages, claims):.3f}, "
        f"of what is stated by default {calibrate.calibration_error(passages, stated):.3f}"
    )


if __name__ == "__main__":
    main()
