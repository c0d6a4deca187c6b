"""What a run costs that has nothing to do: ten thousand files, read once and then looked at again.

Run from the checkout's root: ``python -m tests.load.unchanged``, or ``make unchanged``. Exit status 1 where one of the
later runs takes ten seconds or more, by the clock or of the processors, start-up included, finds anything to read, or
writes anything: a file below ENISHI_HOME that is new, gone or written to, its locks apart, which name the run.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.load.corpus import write_files

LIMIT_S = 10.0
COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]
LOCKS = ("store.lock", "store/enishi-owner.json", "store/LOCK")


@dataclass(frozen=True)
class Run:
    """Seconds by the clock, seconds of the processors, the last line that a run says, and the files it wrote to."""

    seconds: float
    busy_s: float
    said: str
    written: tuple[str, ...] = ()


def ingest(folder: Path) -> Run:
    """Run ``enishi ingest`` on the files in ``folder``, its home there too."""
    environment = os.environ | {"ENISHI_HOME": str(folder / "var")}
    for variable in ("ENISHI_STORE", "ENISHI_ONTOLOGY"):
        environment.pop(variable, None)
    command = [*COMMAND, "ingest", str(folder / "news")]
    before_files = files(folder / "var")
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    written = sorted(name for name, _ in before_files.items() ^ files(folder / "var").items())
    return Run(seconds, busy_s, finished.stdout.strip().rpartition("\n")[2], tuple(dict.fromkeys(written)))


def files(home: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below a folder but the locks: its inode, its size and when it was written to, in nanoseconds."""
    found = {}
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if name not in LOCKS and path.is_file():
            status = path.stat()
            found[name] = status.st_ino, status.st_size, status.st_mtime_ns
    return found


def broken(run: Run, documents: int) -> list[str]:
    """What a run on unchanged documents promises and did not keep."""
    promises = (
        (run.seconds < LIMIT_S, f"it took {run.seconds:.1f} s"),
        (run.busy_s < LIMIT_S, f"it took {run.busy_s:.1f} s of the processors"),
        (run.said.startswith(f"Nothing changed: {documents} documents "), f"it read documents: {run.said}"),
        (not run.written, f"it wrote to {', '.join(run.written[:5])}"),
    )
    return [failure for held, failure in promises if not held]


def main() -> int:
    """Measure and print; 1 where a later run is too slow, reads or writes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--telling", type=float, default=0.03, help="the share of documents with a relation's words")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="enishi-unchanged-") as name:
        folder = Path(name)
        write_files(folder / "news", arguments.documents, telling=arguments.telling)
        runs = {run: ingest(folder) for run in ("first", "second", "third")}
    lines = ["| run | seconds | of the processors | what it says |", "| --- | ---: | ---: | --- |"]
    lines += [f"| {name} | {run.seconds:.1f} | {run.busy_s:.1f} | {run.said} |" for name, run in runs.items()]
    failures = [
        f"BROKEN, {name}: {failure}"
        for name, run in runs.items()
        if name != "first"
        for failure in broken(run, arguments.documents)
    ]
    sys.stdout.write("\n".join(lines + failures) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
