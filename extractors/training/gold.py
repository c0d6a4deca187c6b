"""Passages with claims read by hand: the gold files, our own passages, and labels that stand off from their corpus.

Stand-off labels hold offsets alone, so a corpus whose text is not ours to ship can still be learned from where it is
at hand. A line of ``data/annotations.jsonl`` and its like:

    {"id", "doc", "start", "end", "claims": [{"relation", "status", "hard", "evidence": [start, end],
     "subject": {"named", "spans": [[start, end], …]}, "object": {…}}]}

``doc`` is the corpus document's id, its ``start`` and ``end`` are offsets into that document's text, and all others
are offsets into the passage. ``extractors.training.stand_off`` writes such lines.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extractors.evaluation import ClaimDict, Passage
from extractors.training.wac import read_wac

DATA = Path(__file__).parents[2] / "data"
"""The project's own passages and labels."""
JUDGED = DATA / "judge" / "hard-passages.jsonl"
"""Passages that the judge is fitted on, beside those held out of training."""
STAND_OFF_STEM = "annotations"
"""How the names of files with stand-off labels begin."""
CORPORA = ("wikinews.jsonl.gz", "jaquad.jsonl.gz", "ner-train.jsonl.gz")
WAC = "wac-train.knp.gz"
"""Where the documents of stand-off labels are, under ``corpora`` of the shared folder."""
_GOLD_SOURCE = "gold"


class CorpusError(ValueError):
    """Labels whose documents are not in the corpora; carries the documents' ids and the remedy."""

    def __init__(self, path: Path, missing: Sequence[str]) -> None:
        self.path, self.missing = path, tuple(missing)
        super().__init__(
            f"{path}: {len(missing)} labelled documents are not in the corpora, such as {missing[0]}. "
            "Give --shared the folder whose corpora/ the labels were made on."
        )


def read_passages(path: Path) -> list[Passage]:
    """The passages of a JSON list or, by its suffix ``.jsonl``, of JSON Lines."""
    content = path.read_text(encoding="utf-8")
    lines = path.suffix == ".jsonl"
    items = [json.loads(line) for line in content.splitlines() if line.strip()] if lines else json.loads(content)
    return [Passage(item["id"], item["text"], tuple(item["claims"]), item.get("doc")) for item in items]


def read_annotations(path: Path, corpora: Path) -> list[Passage]:
    """The passages of stand-off labels, with their text from ``CORPORA`` and ``WAC`` of the folder ``corpora``.

    Raises:
        CorpusError: a document is in none of the files.
    """
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = corpus_texts(corpora, {item["doc"] for item in items})
    missing = sorted({item["doc"] for item in items} - texts.keys())
    if missing:
        raise CorpusError(path, missing)
    return [_restore(item, texts[item["doc"]]) for item in items]


def corpus_texts(corpora: Path, wanted: set[str]) -> dict[str, str]:
    """The texts of the ``wanted`` documents by id, from ``CORPORA`` and ``WAC``; absent ones are left out."""
    texts: dict[str, str] = {}
    for name in CORPORA:
        path = corpora / name
        if not path.exists():
            continue
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            documents = map(json.loads, stream)
            texts.update((each["id"], each["text"]) for each in documents if each["id"] in wanted)
    if wanted - texts.keys() and (corpora / WAC).exists():
        texts.update((each.id, each.text) for each in read_wac(corpora / WAC) if each.id in wanted)
    return texts


def _restore(item: dict[str, Any], document: str) -> Passage:
    text = document[item["start"] : item["end"]]

    def argument(stored: dict[str, Any]) -> dict[str, Any]:
        return {"labels": [text[start:end] for start, end in stored["spans"]], "named": stored["named"]}

    claims = tuple(
        {
            "relation": claim["relation"],
            "subject": argument(claim["subject"]),
            "object": argument(claim["object"]),
            "status": claim["status"],
            "evidence": text[claim["evidence"][0] : claim["evidence"][1]],
            "hard": claim["hard"],
        }
        for claim in item["claims"]
    )
    return Passage(item["id"], text, claims, item["doc"])


def training_passages(shared: Path, data: Path) -> dict[str, list[Passage]]:
    """The passages to learn from by source: the gold training file, and each file of ``data``, stand-off or whole."""
    sources = {_GOLD_SOURCE: read_passages(shared / "gold" / "train.json")}
    for path in sorted(data.glob("*.jsonl")):
        stand_off = path.stem.startswith(STAND_OFF_STEM)
        sources[path.stem] = read_annotations(path, shared / "corpora") if stand_off else read_passages(path)
    return sources


def labelled_documents(data: Path) -> frozenset[str]:
    """The ids of the corpus documents of which the stand-off labels of a folder have passages."""
    paths = data.glob(f"{STAND_OFF_STEM}*.jsonl")
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return frozenset(json.loads(line)["doc"] for line in lines)


def relations_beside(data: Path, source: str) -> Path | None:
    """The Turtle file with the relations that a source's claims are of where they are not the project's own.

    It is named by what follows the first hyphen: ``other-relations.ttl`` for ``passages-other-relations``.
    """
    path = data / f"{source.partition('-')[2]}.ttl"
    return path if path.exists() else None


def is_held_out(source: str, passage: Passage, *, fold: int) -> bool:
    """Whether the passage is kept for fitting the judge: all of one in ``fold`` real articles, by a hash of the id.

    What was learned of an article's names makes the network too sure of the article's other passages.
    """
    name = passage.document or passage.id
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    real = source == _GOLD_SOURCE or source.startswith(STAND_OFF_STEM)
    return real and int(digest, 16) % fold == 0


def evidence_span(text: str, claim: ClaimDict) -> tuple[int, int]:
    """Where the claim's evidence first stands, half-open."""
    start = text.find(claim["evidence"])
    return start, start + len(claim["evidence"])
