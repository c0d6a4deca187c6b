"""A hundred thousand short documents in one flow: memory, poison, Prefect's database and the log.

Run from the checkout's root: ``python -m tests.load.long_run``, or ``make long-run``. It runs ``enishi ingest --flow``
as a user would, watches the processes from outside, then runs the flow again and again on the unchanged documents, with
three runs kept, to see that Prefect's database stops growing. Exit status 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from store import open_store
from tests.load.corpus import write_lines

COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]
DONE = re.compile(r"Flow run .* - Finished in state Completed\(")
LOADED = re.compile(r"Task run 'load (.*)' - Finished in state Completed")
BATCH_DOCUMENTS = 100
KEPT_RUNS = 3
SHARES = (0.1, 0.5, 1.0)
GROWTH_MB = 200
"""The memory that may be taken between 10 % and 100 %, for allocators and caches of bounded size."""


@dataclass
class Run:
    """A run of the flow as seen from outside: its memory in MiB by process, when so many documents were loaded."""

    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    memory_mb: dict[float, dict[str, float]] = field(default_factory=dict)


def run_flow(folder: Path, sound: int) -> Run:
    """Run the flow once, its log written down as it comes; ``sound`` documents are there to be loaded."""
    environment = os.environ | {
        "ENISHI_HOME": str(folder / "var"),
        "ENISHI_BATCH_DOCUMENTS": str(BATCH_DOCUMENTS),
        "ENISHI_KEPT_RUNS": str(KEPT_RUNS),
    }
    environment.pop("PREFECT_API_URL", None)
    command = [*COMMAND, "ingest", str(folder / "news"), "--flow"]
    run, started, loaded = Run(), time.monotonic(), 0
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            run.lines.append(line.rstrip("\n"))
            loaded += bool(LOADED.search(line))
            for share in SHARES:
                if share not in run.memory_mb and loaded * BATCH_DOCUMENTS >= share * sound:
                    run.memory_mb[share] = memory_mb(process.pid)
    run.seconds = time.monotonic() - started
    if not came_to_its_end(process.returncode, run.lines):
        raise RuntimeError("\n".join(run.lines[-20:]))
    return run


def came_to_its_end(status: int, lines: list[str]) -> bool:
    """Whether the flow ran to its end: exit status 1 says that the poison was reported, or that the flow crashed."""
    return status in {0, 1} and any(map(DONE.search, lines))


def memory_mb(process_id: int) -> dict[str, float]:
    """The proportional memory of a flow's processes: the flow itself, its readers, and Prefect's server."""
    found: dict[str, float] = {}
    for child in descendants(process_id):
        command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        kind = (
            "flow" if child == process_id else "server" if "uvicorn" in command or "prefect" in command else "readers"
        )
        rollup = Path(f"/proc/{child}/smaps_rollup").read_text(encoding="ascii")
        found[kind] = (
            found.get(kind, 0) + next(int(each.split()[1]) for each in rollup.splitlines() if "Pss:" in each) / 1024
        )
    return found


def descendants(process_id: int) -> Iterator[int]:
    """The process and all below it."""
    yield process_id
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            yield from descendants(int(child))


def database_mb(folder: Path) -> float:
    """Prefect's database with its log, in MiB."""
    return sum(path.stat().st_size for path in (folder / "var" / "prefect").glob("prefect.db*")) / (1 << 20)


def unreadable(lines: list[str]) -> list[str]:
    """Lines of a log that no person can read: with control characters, or longer than a screen."""
    return [
        line for line in lines if len(line) > 1000 or any(unicodedata.category(each) in ("Cc", "Cf") for each in line)
    ]


def check(promises: list[tuple[bool, str]]) -> int:
    """Print each promise and whether it held; the number of the broken."""
    for held, promise in promises:
        write(f"- {'holds' if held else 'BROKEN'}: {promise}")
    return sum(not held for held, _ in promises)


def write(line: str) -> None:
    """One line of the report, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def measure(folder: Path, documents: int, *, telling: float, poison_every: int, repeats: int) -> int:
    """The whole measurement in ``folder``; the number of broken promises."""
    poisoned = write_lines(folder / "news", documents, telling=telling, poison_every=poison_every)
    first = run_flow(folder, documents - poisoned)
    (folder / "first.log").write_text("\n".join(first.lines), encoding="utf-8")
    sizes = [database_mb(folder)]
    problems = [
        json.loads(line)
        for path in (folder / "var" / "quarantine").glob("*/problems.jsonl")
        for line in path.read_text(encoding="ascii").splitlines()
    ]
    with open_store(folder / "var" / "store", read_only=True) as store:
        states = len(store.states())
    write(f"## {documents:,} documents in one flow: {first.seconds:.0f} s, {documents / first.seconds:.0f} a second\n")
    kinds = ("flow", "readers", "server")
    write(f"| documents done | {' | '.join(f'{kind}, MiB' for kind in kinds)} |\n| ---: |{' ---: |' * len(kinds)}")
    for share, found in first.memory_mb.items():
        write(f"| {share:.0%} | {' | '.join(f'{found.get(kind, 0):.0f}' for kind in kinds)} |")
    write(f"\nLog: {len(first.lines):,} lines, {len(first.lines) / documents * 1000:.0f} a thousand documents, such as")
    for line in first.lines[len(first.lines) // 2 :][:3]:
        write(f"    {line}")
    write("\n| run | seconds | Prefect's database, MiB |\n| --- | ---: | ---: |")
    write(f"| first | {first.seconds:.0f} | {sizes[0]:.1f} |")
    for number in range(repeats):
        again = run_flow(folder, documents - poisoned)
        sizes.append(database_mb(folder))
        write(f"| again, {number + 1} | {again.seconds:.0f} | {sizes[-1]:.1f} |")
    write("")
    early, late = (sum(first.memory_mb.get(share, {}).values()) for share in (SHARES[0], SHARES[-1]))
    return check([
        (states == documents - poisoned, f"{states:,} documents are in the store, all but {poisoned} poisoned ones"),
        (len(problems) == poisoned, f"{len(problems)} problems are listed"),
        (all(each["source"] and each["reason"] and each["remedy"] for each in problems), "each with reason and remedy"),
        (early > 0 and 0 < late < early + GROWTH_MB, f"memory from 10 % to 100 %: {late - early:+.0f} MiB"),
        (not unreadable(first.lines), "no line of the log is too long or holds control characters"),
        (
            len(sizes) <= KEPT_RUNS + 2 or sizes[-1] <= sizes[KEPT_RUNS + 1] * 1.05,
            f"the database stops growing: {sizes[-1]:.1f} MiB at the end",
        ),
    ])  # fmt: skip


def main() -> int:
    """Measure; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--telling", type=float, default=0.05, help="the share of documents with a relation's words")
    parser.add_argument("--poison-every", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=8, help="runs on the unchanged documents afterwards")
    parser.add_argument("--keep", type=Path, help="a folder that stays, for a look at what was written")
    arguments = parser.parse_args()
    options = {
        "telling": arguments.telling, "poison_every": arguments.poison_every, "repeats": arguments.repeats
    }  # fmt: skip
    if arguments.keep:
        return 1 if measure(arguments.keep.absolute(), arguments.documents, **options) else 0
    with tempfile.TemporaryDirectory(prefix="enishi-long-") as name:
        return 1 if measure(Path(name), arguments.documents, **options) else 0


if __name__ == "__main__":
    sys.exit(main())
