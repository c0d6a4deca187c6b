"""A schedule that fires by itself, with real processes: Prefect's server, the served flow, and the run it starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.running import read_states
from flows.scheduling import SchedulingError, local_timezone, page_address, parse_interval, server
from flows.settings import Settings
from ontology.iris import document_iri

TIMEOUT_S = 900.0
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


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


@pytest.mark.slow
def test_schedule_fires_by_itself(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("川端薫は2011年に青空電機を設立した。", encoding="utf-8")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ENISHI_"))}
    # A process group of its own, as a shell gives it, so that Ctrl-C reaches everything that the command started.
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "schedule", "articles", "--every", "10s", "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        runs: list[dict[str, Any]] = []
        deadline = time.monotonic() + TIMEOUT_S
        while not runs and time.monotonic() < deadline:
            assert process.poll() is None, (tmp_path / "log.txt").read_text(encoding="utf-8")
            time.sleep(1)
            runs = finished_runs(port)
        log_text = (tmp_path / "log.txt").read_text(encoding="utf-8")
        assert runs, log_text
        assert runs[0]["state"]["type"] == "COMPLETED", log_text
        assert runs[0]["auto_scheduled"]
        assert runs[0]["name"] == f"{tmp_path / 'articles'} into {tmp_path / 'var' / 'store'}"
        assert "1 new" in runs[0]["state"]["message"]
        keys = {artifact["key"] for artifact in post(port, "artifacts/filter", {})}
        assert {"ingest-summary", "ingest-documents", "ingest-claims"} <= keys
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(240)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    # The document is called what `enishi ingest articles` in the same folder calls it.
    assert set(read_states(str(tmp_path / "var" / "store"))) == {document_iri("articles/a.txt")}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
