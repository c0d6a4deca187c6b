"""How fast Enishi reads, beside stock ja_ginza on the same documents, in one run on the same machine.

Each reader is timed in a process of its own, loading left out and stated apart, on as many documents as --documents
says: Wikinews of the shared corpora where they are there, else the sample articles, repeated.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[1]

Figures = tuple[float, float, float]
Queue: TypeAlias = "SimpleQueue[Figures]"


def main() -> None:
    """Time every reader and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--documents", type=int, default=300)
    arguments = parser.parse_args()
    texts, origin = documents(arguments.shared, arguments.documents)
    characters = sum(map(len, texts))
    print(f"{len(texts)} documents of {origin}, {characters:,} characters")
    print(f"{'reader':34} {'load s':>7} {'read s':>8} {'chars/s':>10} {'docs/s':>8} {'MiB':>6} {'times stock':>12}")
    stock_s = 0.0
    for name, reader in (
        ("stock ja_ginza, one process", stock),
        ("stock ja_ginza, two processes", stock_in_two),
        ("enishi extract, one process", enishi),
    ):
        loading_s, reading_s, peak_mib = in_own_process(reader, texts)
        stock_s = stock_s or reading_s
        print(
            f"{name:34} {loading_s:7.1f} {reading_s:8.2f} {characters / reading_s:10,.0f} "
            f"{len(texts) / reading_s:8.1f} {peak_mib:6.0f} {stock_s / reading_s:12.1f}"
        )
        sys.stdout.flush()


def documents(shared: Path, count: int) -> tuple[list[str], str]:
    """``count`` texts and where they are from."""
    path = shared / "corpora" / "wikinews.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found = [json.loads(line)["text"] for line, _ in zip(lines, range(count), strict=False)]
        return found, "Wikinews"
    gold = json.loads((ROOT / "data" / "gold" / "articles.json").read_text(encoding="utf-8"))
    found = [item["text"] for item in gold]
    return [found[number % len(found)] for number in range(count)], "data/articles"


def stock(texts: list[str]) -> Iterator[None]:
    """Stock ja_ginza by nlp.pipe, in the chunks that SudachiPy takes."""
    yield from _stock(texts, processes=1)


def stock_in_two(texts: list[str]) -> Iterator[None]:
    """The same with two processes."""
    yield from _stock(texts, processes=2)


def _stock(texts: list[str], *, processes: int) -> Iterator[None]:
    import spacy

    nlp = spacy.load("ja_ginza")
    pieces = [text[start : start + 10_000] for text in texts for start in range(0, len(text), 10_000)]
    yield
    for _ in nlp.pipe(pieces, n_process=processes, batch_size=64):
        pass


def enishi(texts: list[str]) -> Iterator[None]:
    """Enishi's reader with its default settings."""
    from extractors.pipeline import load_reader
    from extractors.records import Document
    from ontology.vocabulary import load_vocabulary

    vocabulary = load_vocabulary()
    reader = load_reader(vocabulary.relations, vocabulary.known_entities)
    yield
    records = [
        Document(id=str(number), text=text, source="bench", content_hash="") for number, text in enumerate(texts)
    ]
    for _ in reader.extract(records):
        pass


def in_own_process(reader: Callable[[list[str]], Iterator[None]], texts: list[str]) -> Figures:
    """Seconds of loading and of reading, and the peak of memory in MiB, children included."""
    context = multiprocessing.get_context("spawn")
    queue: Queue = context.SimpleQueue()
    process = context.Process(target=_timed, args=(reader, texts, queue))
    process.start()
    figures = queue.get()
    process.join()
    return figures


def _timed(reader: Callable[[list[str]], Iterator[None]], texts: list[str], queue: Queue) -> None:
    started = time.perf_counter()
    steps = reader(texts)
    next(steps)
    loaded = time.perf_counter()
    for _ in steps:
        pass
    read = time.perf_counter()
    peak_kib = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    queue.put((loaded - started, read - loaded, peak_kib / 1024))


if __name__ == "__main__":
    main()
