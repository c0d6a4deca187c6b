"""A schedule that fires by itself, with real processes: Prefect's server, the served flow, and the run it starts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.running import read_states
from flows.scheduling import SchedulingError, local_timezone, page_address, parse_interval, server
from flows.settings import Settings
from ontology.iris import document_iri
from store.serving import free_port, is_listening

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 300.0
MAIN = "from flows.cli import main; main()"


@pytest.mark.parametrize(
    ("text", "interval"),
    [("30s", timedelta(seconds=30)), ("15m", timedelta(minutes=15)), ("6h", timedelta(hours=6)), ("1d", timedelta(1))],
)
def test_parse_interval_reads_number_and_unit(text: str, interval: timedelta) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "1.5h", "0s", "1w", "５m5"])
def test_parse_interval_refuses_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="Write a number"):
        parse_interval(text)


@pytest.mark.parametrize("text", ["36501d", "999999999d", "999999999999d", "3153600001s"])
def test_parse_interval_refuses_what_no_date_is_left_for(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is too long.*36500d"):
        parse_interval(text)


def test_local_timezone_is_a_name_that_python_knows() -> None:
    from zoneinfo import ZoneInfo

    assert ZoneInfo(local_timezone()).key


@pytest.mark.parametrize(
    ("api", "page"),
    [("", "http://127.0.0.1:4201"), ("http://prefect.example:4200/api", "http://prefect.example:4200")],
)
def test_page_address_is_at_the_server_that_is_used(api: str, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_UI_URL", raising=False)
    monkeypatch.setenv("PREFECT_API_URL", api)
    assert page_address(4201) == page


def test_server_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SchedulingError, match=f"Port {port} is taken.*--port"),
            server(Settings(home=tmp_path), port=port),
        ):
            pass


def post(port: int, path: str, content: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{path}",
        data=json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def finished_runs(port: int) -> list[dict[str, Any]]:
    final = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}
    try:
        runs = post(port, "flow_runs/filter", {"flow_runs": final})
    except OSError:
        return []
    assert isinstance(runs, list)
    return runs


@contextlib.contextmanager
def scheduling(folder: Path, *options: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``enishi schedule articles`` in a process group of its own, as a shell gives it; ended with Ctrl-C.

    Ctrl-C then reaches everything that the command started.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ENISHI_"))}
    environment |= {"ENISHI_BATCH_DOCUMENTS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MAIN, "schedule", "articles", *options, "--port", str(port)]
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(240)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def await_true(condition: Callable[[], bool], folder: Path, *, timeout_s: float = TIMEOUT_S) -> None:
    """Return once ``condition`` holds; fails with the log of the schedule where it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, (folder / "log.txt").read_text(encoding="utf-8")
        time.sleep(0.2)


def states(port: int) -> list[str]:
    """The types of the states of all runs but those to come."""
    try:
        runs = post(port, "flow_runs/filter", {})
    except OSError:
        return []
    found = (run["state"]["type"] for run in runs if run["state"])  # a run has none at the instant it is made
    return sorted(state for state in found if state != "SCHEDULED")


@pytest.mark.slow
def test_schedule_runs_at_once_and_again_by_itself(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("川端薫は2011年に青空電機を設立した。", encoding="utf-8")
    port = free_port()
    with scheduling(tmp_path, "--every", "10s", port=port) as process:

        def has_run_twice() -> bool:
            assert process.poll() is None, (tmp_path / "log.txt").read_text(encoding="utf-8")
            return {run["auto_scheduled"] for run in finished_runs(port)} == {False, True}

        await_true(has_run_twice, tmp_path)
        first, *others = sorted(finished_runs(port), key=lambda run: str(run["start_time"]))
        assert {run["state"]["type"] for run in (first, *others)} == {"COMPLETED"}
        assert not first["auto_scheduled"]
        assert first["name"] == f"{tmp_path / 'articles'} into {tmp_path / 'var' / 'store'}"
        assert "1 new" in first["state"]["message"]
        assert all("Nothing changed" in run["state"]["message"] for run in others)
        keys = {artifact["key"] for artifact in post(port, "artifacts/filter", {})}
        assert {"ingest-summary", "ingest-documents", "ingest-claims"} <= keys
    # The document is called what `enishi ingest articles` in the same folder calls it.
    assert set(read_states(str(tmp_path / "var" / "store"))) == {document_iri("articles/a.txt")}
    assert not is_listening(port)


@pytest.mark.slow
def test_schedule_by_cron_line_waits_for_its_time(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    port = free_port()
    with scheduling(tmp_path, "--cron", "0 3 29 2 *", port=port) as process:

        def is_deployed() -> bool:
            with contextlib.suppress(OSError):  # the server is starting
                return len(post(port, "deployments/filter", {})) == 1
            return False

        await_true(is_deployed, tmp_path)
        time.sleep(8)  # a run at once is made right after the deployment
        assert process.poll() is None
        assert all(run["auto_scheduled"] for run in post(port, "flow_runs/filter", {}))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kill",
    [pytest.param(os.kill, id="alone"), pytest.param(os.killpg, id="with its runs", marks=pytest.mark.soak)],
)
def test_schedule_killed_in_a_run_goes_on_when_started_again(tmp_path: Path, kill: Callable[[int, int], None]) -> None:
    names = [f"articles/{number:02}.txt" for number in range(40)]
    (tmp_path / "articles").mkdir()
    for number, name in enumerate(names):
        (tmp_path / name).write_text(f"川端薫は2011年に青空電機{number}を設立した。", encoding="utf-8")
    store = tmp_path / "var" / "store"
    port = free_port()
    with scheduling(tmp_path, "--every", "1d", port=port) as process:
        await_true(lambda: "load articles/01.txt" in (tmp_path / "log.txt").read_text(encoding="utf-8"), tmp_path)
        kill(process.pid, signal.SIGKILL)
        process.wait(60)
        await_true(lambda: not is_listening(port), tmp_path)  # the server goes when its parent has gone
    assert 0 < len(read_states(str(store))) < len(names)
    with scheduling(tmp_path, "--every", "1d", port=port):
        await_true(lambda: states(port) == ["COMPLETED", "CRASHED"], tmp_path)
    assert set(read_states(str(store))) == {document_iri(name) for name in names}
