"""How fast Enishi reads, beside stock ja_ginza on the same documents, in one run on the same cores.

    python tools/bench.py speed    stock in one process and in two, enishi in one and in two, and again with parses kept
    python tools/bench.py dense    the same on nothing but windows with triggers, where little can be skipped
    python tools/bench.py stages   where enishi's time goes
    python tools/bench.py growth   time and memory at 1, 4 and 16 times the text
    python tools/bench.py flame    a flame graph of `enishi extract`, to be looked at in a browser
    python tools/bench.py proof    claims with and without skipping, on whole corpora
    python tools/bench.py check    fails where a ratio to stock is 20 % under the one kept in tools/bench.json

Each reader runs in a process of its own with one thread for each process of its; loading is left out and stated apart.
The documents are Wikinews of the shared corpora where they are there, else the project's own articles, repeated.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stage_clock import StageClock

if TYPE_CHECKING:
    from extractors.parallel import ExtractFailure

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_suffix(".json")
FLAME = ROOT / "var" / "flame.svg"
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
STOCK_BATCH = 64
CHUNK_CHARACTERS = 10_000
TOLERATED_LOSS = 0.2
CHECK_DOCUMENTS = 300
"""Enough for ratios that hold within a few hundredths, in some three minutes of an idle machine."""
UNOPTIMISED_DOCUMENTS = 300
LEAST_DENSE_RATIO = 1 / 3
Reading = Callable[[list[str]], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Run:
    """One reader's run: seconds of loading and of reading, the peak of its processes' memory, what it gave back."""

    load_s: float
    read_s: float
    peak_mib: float
    result: Any


def main() -> None:
    """Do what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["speed", "stages", "growth", "flame", "proof"])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder with corpora/*.jsonl.gz")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="keep this run's ratios in tools/bench.json")
    arguments = parser.parse_args()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    for what in arguments.what:
        if what not in ACTIONS:
            parser.error(f"{what} is none of {', '.join(ACTIONS)}")
        print(f"\n== {what}")
        ACTIONS[what](arguments)


def speed(arguments: argparse.Namespace) -> dict[str, float]:
    """Print the table of all readers; the ratios that ``check`` compares."""
    return measured(arguments, arguments.documents, READERS)[0]


def measured(
    arguments: argparse.Namespace, count: int, readers: dict[str, Reading]
) -> tuple[dict[str, float], dict[str, Run]]:
    """Print the readers' table; the ratios between them, and the runs."""
    return compared(*documents(arguments.shared, count), readers)


def compared(texts: list[str], origin: str, readers: dict[str, Reading]) -> tuple[dict[str, float], dict[str, Run]]:
    """The same for texts that are given."""
    characters = sum(map(len, texts))
    print(f"{len(texts)} documents of {origin}, {characters:,} characters, {os.cpu_count()} cores")
    heads = (
        ("load s", 7),
        ("read s", 8),
        ("chars/s", 9),
        ("docs/s", 7),
        ("MiB", 6),
        ("× stock", 8),
        ("× stock, two", 13),
    )
    print(f"{'':36} " + " ".join(head.rjust(width) for head, width in heads))
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ENISHI_BENCH_CACHE"] = cache
        for name, reader in readers.items():
            run = runs[name] = in_own_process(reader, texts)
            shares = [f"{runs[stock].read_s / run.read_s:.2f}" if stock in runs else "" for stock in (STOCK, STOCK_TWO)]
            print(
                f"{name:36} {run.load_s:7.1f} {run.read_s:8.2f} {characters / run.read_s:9,.0f} "
                f"{len(texts) / run.read_s:7.1f} {run.peak_mib:6.0f} {shares[0]:>8} {shares[1]:>8}",
                flush=True,
            )
    results = [runs[name].result for name in runs if name.startswith("enishi")]
    if any(result != results[0] for result in results):
        sys.exit("The claims of the runs differ.")
    print(f"{sum(map(len, results[0]))} claims, the same in every run of enishi")
    ratios = {
        "times stock, one process each": runs[STOCK].read_s / runs[OWN].read_s,
        "times stock, two processes each": runs[STOCK_TWO].read_s / runs[OWN_TWO].read_s,
        "two workers, times one": runs[OWN].read_s / runs[OWN_TWO].read_s,
    }
    return ratios, runs


def check(arguments: argparse.Namespace) -> None:
    """Compare the ratios of a run with those kept; the exit status is 1 where one is a fifth lower."""
    if not arguments.write and not KEPT.exists():
        sys.exit(f"There is no {KEPT}; `tools/bench.py check --write` keeps this machine's ratios there.")
    kept_before = {} if arguments.write else json.loads(KEPT.read_text(encoding="utf-8"))
    count = kept_before.get("documents", CHECK_DOCUMENTS)
    found, _ = measured(arguments, count, BESIDE_STOCK)
    if arguments.write:
        ratios = {name: round(ratio, 2) for name, ratio in found.items()}
        KEPT.write_text(json.dumps({"documents": count, "ratios": ratios}, indent=1) + "\n", encoding="utf-8")
        print(f"kept in {KEPT.name}")
        return
    lost = []
    for name, kept in kept_before["ratios"].items():
        print(f"{name:36} {found[name]:8.2f}   kept {kept:8.2f}   {found[name] / kept - 1:+.0%}")
        if found[name] < (1 - TOLERATED_LOSS) * kept:
            lost.append(name)
    if lost:
        sys.exit(f"Slower than the kept ratio by over {TOLERATED_LOSS:.0%}: {'; '.join(lost)}")


def dense(arguments: argparse.Namespace) -> None:
    """Compare on the documents' windows alone; the exit status is 1 where stock ja_ginza is three times as fast."""
    texts, origin = documents(arguments.shared, arguments.documents)
    windows = in_own_process(windows_with_triggers, texts).result
    found, _ = compared(windows, f"windows with triggers of {origin}", BESIDE_STOCK)
    slow = [name for name in list(found)[:2] if found[name] < LEAST_DENSE_RATIO]
    if slow:
        sys.exit(f"On text with triggers slower than {LEAST_DENSE_RATIO:.2f}: {'; '.join(slow)}")


def stages(arguments: argparse.Namespace) -> None:
    """Print where a reader's time goes."""
    texts, _ = documents(arguments.shared, arguments.documents)
    run = in_own_process(enishi_by_stage, texts)
    print(f"{'stage':36} {'s':>8} {'share':>6} {'calls':>8}")
    for name, (seconds, calls) in sorted(run.result.items(), key=lambda item: -item[1][0]):
        print(f"{name:36} {seconds:8.2f} {seconds / run.read_s:6.1%} {calls:8}")
    rest = run.read_s - sum(seconds for seconds, _ in run.result.values())
    print(f"{'everything else':36} {rest:8.2f} {rest / run.read_s:6.1%}\n{'together':36} {run.read_s:8.2f}")


def growth(arguments: argparse.Namespace) -> None:
    """Print how time and memory grow with the text."""
    print(f"{'documents':>9} {'characters':>11} {'s':>8} {'chars/s':>9} {'MiB':>6}")
    for times in (1, 4, 16):
        texts, _ = documents(arguments.shared, arguments.documents * times // 4)
        run, characters = in_own_process(enishi_in_one, texts), sum(map(len, texts))
        print(f"{len(texts):9} {characters:11,} {run.read_s:8.2f} {characters / run.read_s:9,.0f} {run.peak_mib:6.0f}")


def flame(arguments: argparse.Namespace) -> None:
    """Draw the stacks of one reading process, by py-spy's samples, into var/flame.svg."""
    texts, origin = documents(arguments.shared, arguments.documents)
    FLAME.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        sampler = [
            str(Path(sys.executable).with_name("py-spy")),
            "record",
            "--rate",
            "50",
            "--output",
            str(FLAME),
            "--",
        ]
        reader = [sys.executable, "-c", "from flows.cli import main; main()", "extract", file.name, "--workers", "1"]
        subprocess.run([*sampler, *reader], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    print(f"{len(texts)} documents of {origin}: {FLAME.relative_to(ROOT)}")


def proof(arguments: argparse.Namespace) -> None:
    """Read whole corpora with skipping and without, and compare the claims; the exit status is 1 where they differ."""
    corpora = {"wikinews": 10**9, "jaquad": 2000} if (arguments.shared / "corpora").exists() else {"": 100}
    differing = 0
    for name, count in corpora.items():
        texts, origin = documents(arguments.shared, count, corpus=name)
        skipping, whole = (in_own_process(reader, texts) for reader in (enishi_in_two, enishi_without_skipping))
        differing += (different := sum(a != b for a, b in zip(skipping.result, whole.result, strict=True)))
        print(
            f"{origin}: {len(texts)} documents, {sum(map(len, skipping.result))} claims with skipping in "
            f"{skipping.read_s:.0f} s, {sum(map(len, whole.result))} without in {whole.read_s:.0f} s; "
            f"{different} documents differ",
            flush=True,
        )
    if differing:
        sys.exit("Skipping changes claims.")
    texts, origin = documents(arguments.shared, UNOPTIMISED_DOCUMENTS)
    plain, own = (in_own_process(reader, texts) for reader in (enishi_unoptimised, enishi_in_one))
    different = sum(a != b for a, b in zip(plain.result, own.result, strict=True))
    print(
        f"{origin}: {len(texts)} documents, stock ja_ginza's parse of every sentence alone in {plain.read_s:.0f} s, "
        f"ours in {own.read_s:.0f} s; {different} documents differ"
    )
    if different:
        sys.exit("The cheaper parse changes claims.")


ACTIONS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "speed": speed, "dense": dense, "stages": stages, "growth": growth, "flame": flame, "proof": proof, "check": check,
}  # fmt: skip


def documents(shared: Path, count: int, *, corpus: str = "wikinews") -> tuple[list[str], str]:
    """``count`` texts, those of a corpus at most once, and where they are from."""
    path = shared / "corpora" / f"{corpus}.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line)["text"] for line in islice(lines, count)], corpus
    gold = json.loads((ROOT / "data" / "gold" / "articles.json").read_text(encoding="utf-8"))
    return list(islice(cycle(item["text"] for item in gold), min(count, 10_000))), "data/articles"


def stock_in_one(texts: list[str]) -> Iterator[None]:
    """Stock ja_ginza by nlp.pipe, in the chunks that SudachiPy takes."""
    yield from _stock(texts, processes=1)


def stock_in_two(texts: list[str]) -> Iterator[None]:
    """The same with two processes."""
    yield from _stock(texts, processes=2)


def _stock(texts: list[str], *, processes: int) -> Iterator[None]:
    import spacy

    nlp = spacy.load("ja_ginza")
    size = CHUNK_CHARACTERS
    pieces = [text[start : start + size] for text in texts for start in range(0, len(text), size)]
    yield
    for _ in nlp.pipe(pieces, n_process=processes, batch_size=STOCK_BATCH):
        pass


def enishi_in_one(texts: list[str]) -> Iterator[Any]:
    """Enishi's reader with its default settings."""
    reader = _reader()
    yield
    yield [claims for _, claims in reader.extract(_records(texts))]


def enishi_in_two(texts: list[str]) -> Iterator[Any]:
    """The same with two worker processes."""
    from extractors.parallel import BATCH_DOCUMENTS, ReaderPool

    with ReaderPool(_reader, workers=2) as pool:
        for _ in pool.extract(_records([""] * BATCH_DOCUMENTS * 3), on_failure=_fail):  # so that both are loaded
            pass
        yield
        yield [claims for _, claims in pool.extract(_records(texts), on_failure=_fail)]


def _fail(failure: ExtractFailure) -> None:
    raise RuntimeError(f"{failure.document.id}: {failure.reason}")


def enishi_keeping(texts: list[str]) -> Iterator[Any]:
    """The same in one process, parses taken from and put into a cache on disk."""
    reader = _reader(cache_folder=Path(os.environ["ENISHI_BENCH_CACHE"]))
    yield
    yield [claims for _, claims in reader.extract(_records(texts))]


def windows_with_triggers(texts: list[str]) -> Iterator[Any]:
    """The stretches of the texts that the reader would read, each as a document."""
    from extractors.windows import find_windows

    triggers = _reader()._triggers
    yield
    yield [text[window.start : window.end] for text in texts for window in find_windows(text, triggers)]


def enishi_without_skipping(texts: list[str]) -> Iterator[Any]:
    """Two workers that parse every sentence there is, and read every window that some frame matches in."""
    from extractors.parallel import ReaderPool

    with ReaderPool(_unskipping_reader, workers=2) as pool:
        yield
        yield [claims for _, claims in pool.extract(_records(texts))]


def enishi_unoptimised(texts: list[str]) -> Iterator[Any]:
    """No skipping, one document and one sentence at a time, parsed by the whole of stock ja_ginza as it is loaded."""
    import spacy

    import extractors.pipeline as pipeline

    reader, stock = _unskipping_reader(), spacy.load("ja_ginza")
    stock.add_pipe("enishi_plain_labels")
    pipeline.parse_sentences = lambda ginza, sentences, cache: [stock(sentence) for sentence in sentences]
    yield
    yield [claims for record in _records(texts) for _, claims in reader.extract([record])]


def enishi_by_stage(texts: list[str]) -> Iterator[Any]:
    """Enishi's reader with a clock on each stage: seconds, without those of a stage inside it, and calls."""
    import extractors.pipeline as pipeline

    reader = _reader()
    yield
    clock = StageClock()
    pipeline.find_windows = clock.on_iterator("scan for triggers", pipeline.find_windows)
    pipeline.parse_sentences = clock.on("parse (GiNZA)", pipeline.parse_sentences)
    encoder = reader._equipment.encoder
    encoder._states = clock.on("encoder", encoder._states)
    reader._triage.passes = clock.on("triage (tokens, frames' words)", reader._triage.passes)
    pipeline._place = clock.on("full names from elsewhere", pipeline._place)
    components = reader._pipeline._components
    components[:] = [(name, clock.on(name, component.__call__)) for name, component in components]
    for _ in reader.extract(_records(texts)):
        pass
    yield dict(clock.spent)


def _reader(**settings: Any) -> Any:
    from extractors.pipeline import ExtractSettings, load_reader
    from ontology.vocabulary import load_vocabulary

    vocabulary = load_vocabulary()
    return load_reader(vocabulary.relations, vocabulary.known_entities, settings=ExtractSettings(**settings))


def _unskipping_reader() -> Any:
    """A reader that skips nothing: each sentence is parsed, and fires where its parse matches a frame or it would."""
    from extractors.frames import find_frames, index_patterns
    from extractors.parses import parse_sentences

    reader = _reader()
    triggers, index = reader._triggers, index_patterns(reader._equipment.patterns)

    class Everywhere:
        def fire(self, sentence: str) -> bool:
            return triggers.fire(sentence) or bool(find_frames(parse_sentences(reader._ginza, [sentence])[0], index))

        def passes(self, text: str, window: Any) -> bool:
            return True

    reader._triggers = reader._triage = Everywhere()
    return reader


def _records(texts: list[str]) -> list[Any]:
    from extractors.records import Document

    return [Document(id=str(number), text=text, source="bench", content_hash="") for number, text in enumerate(texts)]


STOCK, STOCK_TWO = "stock ja_ginza, one process", "stock ja_ginza, two processes"
OWN, OWN_TWO = "enishi extract, one process", "enishi extract, two workers"
READERS: dict[str, Reading] = {
    STOCK: stock_in_one, STOCK_TWO: stock_in_two, OWN: enishi_in_one, OWN_TWO: enishi_in_two,
    "enishi, one process, keeping parses": enishi_keeping, "enishi, one process, parses kept": enishi_keeping,
}  # fmt: skip

BESIDE_STOCK = {name: READERS[name] for name in (STOCK, STOCK_TWO, OWN, OWN_TWO)}


def in_own_process(reading: Reading, texts: list[str]) -> Run:
    """A reader's run in a process of its own, its memory watched."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(reading, texts, theirs))
    process.start()
    theirs.close()
    assert process.pid is not None
    peak_kib = 0
    while not ours.poll(0.2):
        peak_kib = max(peak_kib, tree_kib(process.pid))
    try:
        load_s, read_s, result = ours.recv()
    except EOFError:
        sys.exit(f"{reading.__name__} failed; see above.")
    process.join()
    return Run(load_s, read_s, peak_kib / 1024, result)


def _timed(reading: Reading, texts: list[str], answer: Connection) -> None:
    sys.path.insert(0, str(ROOT))
    started = time.perf_counter()
    steps = reading(texts)
    next(steps)
    loaded = time.perf_counter()
    result = next(steps, None)
    read = time.perf_counter()
    steps.close()  # type: ignore[attr-defined]
    answer.send((loaded - started, read - loaded, result))


def tree_kib(process_id: int) -> int:
    """The memory of a process and of all below it, what several share counted once."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    family = {process_id}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    total = 0
    for member in family:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


if __name__ == "__main__":
    main()
