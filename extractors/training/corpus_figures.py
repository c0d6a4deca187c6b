"""``python -m extractors.training.corpus_figures --shared ../shared``: what the shipped weights reach on corpora."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from extractors.encoder import PieceTokenizer
from extractors.parsing import load_ginza
from extractors.settings import model_folder
from extractors.training.corpora import load_measured
from extractors.training.figures import equipment_of, measure_corpora
from extractors.training.gold import DATA, labelled_documents
from extractors.training.hyperparameters import Hyperparameters


def main(arguments: Sequence[str] | None = None) -> None:
    """Print F1 of entities and roles by the runtime's encoder and heads, no predicate marked, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m extractors.training.corpus_figures", description=main.__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with corpora/")
    parser.add_argument(
        "--weights", type=Path, default=model_folder(), help="folder with encoder.onnx (default: the shipped)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="take N texts of each corpus only, to try the machinery")
    options = parser.parse_args(arguments)
    settings = Hyperparameters()
    logging.getLogger("rhoknp").setLevel(logging.CRITICAL)  # it tells of every oddity of the corpus
    equipment = equipment_of(options.weights, (), (), ())
    corpora = load_measured(
        options.shared / "corpora", load_ginza(), PieceTokenizer(options.weights / "tokenizer.json.gz"),
        sentence_fold=settings.sentence_fold, labelled=labelled_documents(DATA), limit=options.limit,
    )  # fmt: skip
    print(json.dumps(measure_corpora(equipment, corpora, settings), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
