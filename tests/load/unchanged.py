"""What a run costs that has nothing to do: ten thousand files, read once and then looked at again.

Run from the checkout's root: ``python -m tests.load.unchanged``, or ``make unchanged``. Exit status 1 where the second
run takes ten seconds or more of processor time, start-up included, or writes anything.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.load.corpus import write_files

LIMIT_S = 10.0
COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]


def ingest(folder: Path) -> tuple[float, float, str]:
    """Seconds by the clock, seconds of the processor, and the last line of what a run says."""
    environment = os.environ | {"ENISHI_HOME": str(folder / "var")}
    command = [*COMMAND, "ingest", str(folder / "news"), "--quiet"]
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, busy_s, finished.stdout.strip().rpartition("\n")[2]


def newest(folder: Path) -> int:
    """When anything below a folder was last written to, in nanoseconds."""
    return max(path.stat().st_mtime_ns for path in folder.rglob("*"))


def main() -> int:
    """Measure and print; 1 where it is too slow or has written."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--telling", type=float, default=0.03, help="the share of documents with a relation's words")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="enishi-unchanged-") as name:
        folder = Path(name)
        write_files(folder / "news", arguments.documents, telling=arguments.telling)
        lines = ["| run | seconds | of the processor | what it says |", "| --- | ---: | ---: | --- |"]
        busy_s, written = 0.0, False
        for run in ("first", "second", "third"):
            before = newest(folder / "var" / "store") if run != "first" else 0
            seconds, busy_s, said = ingest(folder)
            written = run != "first" and newest(folder / "var" / "store") != before
            lines.append(f"| {run} | {seconds:.1f} | {busy_s:.1f} | {said} |")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if busy_s >= LIMIT_S or written else 0


if __name__ == "__main__":
    raise SystemExit(main())
