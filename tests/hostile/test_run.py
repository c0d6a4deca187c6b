"""A small run of the hostile corpus; ``python -m tests.hostile.run --documents 10000`` is the whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_run_takes_two_hundred_hostile_files_all_the_way() -> None:
    command = [sys.executable, "-m", "tests.hostile.run", "--documents", "200", "--extracted", "5", "--seconds", "500"]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=580, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "200 files" in finished.stdout
    assert "0 problems" in finished.stdout
    read = re.search(r"([\d,]+) documents through the real extractor, ([\d,]+) claims", finished.stdout)
    assert read is not None and int(read[1]) >= 40 and int(read[2]) >= 5, finished.stdout
