"""A small run of the hostile corpus; ``python -m tests.hostile.run --documents 10000`` is the whole."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_run_takes_three_hundred_hostile_files_all_the_way() -> None:
    command = [sys.executable, "-m", "tests.hostile.run", "--documents", "300", "--seconds", "250"]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "300 files" in finished.stdout
    assert "0 problems" in finished.stdout
