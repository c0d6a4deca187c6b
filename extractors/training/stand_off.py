"""``python -m extractors.training.stand_off PASSAGES --corpora ../shared/corpora``: labels that hold offsets alone.

Reads labelled passages of a corpus in the format of ``data/README.md``, each with its document's id as ``doc``, and
prints a line of stand-off labels (``extractors.training.gold``) for each, to be added to ``data/annotations.jsonl``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from extractors.evaluation import Passage
from extractors.training.gold import CorpusError, corpus_texts, read_passages


class PassageError(ValueError):
    """A passage that does not stand in the document it names; carries the passage's and the document's id."""

    def __init__(self, passage: str, doc: str) -> None:
        self.passage, self.doc = passage, doc
        super().__init__(f"passage {passage} does not stand in document {doc}: copy its text whole, and check its doc.")


def stand_off(passage: Passage, *, doc: str, start: int) -> dict[str, Any]:
    """The passage as a line of stand-off labels; it begins at ``start`` in the corpus document ``doc``.

    Each label is kept as its first occurrence, and dropped where it does not occur.
    """

    def spans(labels: Iterable[str]) -> list[list[int]]:
        places = ((passage.text.find(label), len(label)) for label in labels)
        return [[place, place + length] for place, length in places if place >= 0]

    claims = []
    for claim in passage.claims:
        evidence = passage.text.index(claim["evidence"])
        claims.append({
            "relation": claim["relation"],
            "status": claim["status"],
            "hard": claim["hard"],
            **{
                side: {"named": claim[side]["named"], "spans": spans(claim[side]["labels"])}
                for side in ("subject", "object")
            },
            "evidence": [evidence, evidence + len(claim["evidence"])],
        })  # fmt: skip
    return {"id": passage.id, "doc": doc, "start": start, "end": start + len(passage.text), "claims": claims}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the lines, in the order of the passages.

    Raises:
        CorpusError: a document is in none of the corpora.
        PassageError: a passage does not stand in its document.
    """
    parser = argparse.ArgumentParser(prog="python -m extractors.training.stand_off", description="Labels as offsets.")
    parser.add_argument("passages", type=Path, help="labelled passages, JSON or JSON Lines, each with its doc")
    parser.add_argument("--corpora", type=Path, required=True, help="folder with the corpora that they are of")
    options = parser.parse_args(arguments)
    passages = read_passages(options.passages)
    wanted = {passage.document or "" for passage in passages}
    texts = corpus_texts(options.corpora, wanted)
    if missing := sorted(wanted - texts.keys()):
        raise CorpusError(options.passages, missing)
    for passage in passages:
        doc = passage.document or ""
        start = texts[doc].find(passage.text)
        if start < 0:
            raise PassageError(passage.id, doc)
        print(json.dumps(stand_off(passage, doc=doc, start=start), ensure_ascii=False))


if __name__ == "__main__":
    main()
