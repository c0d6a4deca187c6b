from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = "from flows.abandoned import end_with_schedule; end_with_schedule(); print('goes on')"


@pytest.mark.parametrize(("schedule", "ended"), [("gone", True), ("this", False), ("alive", False), (None, False)])
def test_a_run_whose_schedule_went_while_it_was_starting_ends_at_once(
    schedule: str | None, ended: bool, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    processes = {"gone": gone.pid, "this": os.getpid(), "alive": os.getppid()}
    environment = os.environ | {"ENISHI_HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path)}
    environment.pop("ENISHI_SCHEDULE_PROCESS", None)
    if schedule is not None:
        environment["ENISHI_SCHEDULE_PROCESS"] = str(processes[schedule])
    ran = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=120)
    assert (ran.returncode == -signal.SIGKILL) is ended, ran.stderr
    assert ran.stdout == ("" if ended else "goes on\n")
