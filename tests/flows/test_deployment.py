"""The deployment of ``prefect.yaml`` with real processes: a server, a process work pool, and a worker that runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from flows.running import read_states
from ontology.iris import document_iri

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240.0


def prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ask(api: str, path: str, content: dict[str, Any] | None = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"{api}/{path}", data=data, headers={"Content-Type": "application/json"})
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # So the server answers while its database is locked; Prefect's own client tries again, too.
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
        time.sleep(1)


def wait_for_server(api: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            if ask(api, "health"):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no server answers at {api}")


def wait_for_end(api: str, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + TIMEOUT_S
    state: dict[str, Any] = {}
    while time.monotonic() < deadline:
        state = ask(api, f"flow_runs/{run_id}")["state"]
        if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
            return state
        time.sleep(1)
    raise AssertionError(f"the run has not ended: {state}")


@pytest.mark.slow
def test_deployment_is_run_by_a_worker_of_a_process_pool(tmp_path: Path) -> None:
    shutil.copy(ROOT / "prefect.yaml", tmp_path)
    (tmp_path / "flows").symlink_to(ROOT / "flows")
    articles = tmp_path / "data" / "articles"
    articles.mkdir(parents=True)
    (tmp_path / "var" / "prefect").mkdir(parents=True)
    (articles / "a.txt").write_text("川端薫は2011年に青空電機を設立した。", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    api = f"http://127.0.0.1:{port}/api"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ENISHI_"))}
    environment |= {
        "PREFECT_API_URL": api, "PREFECT_HOME": str(tmp_path / "var" / "prefect"), "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_API_PORT": port,
    }  # fmt: skip

    def call(*arguments: str) -> None:
        done = subprocess.run(
            prefect(*arguments), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        assert done.returncode == 0, done.stdout + done.stderr

    worker_log = tmp_path / "worker.log"
    server = prefect("server", "start", "--host", "127.0.0.1", "--port", port)
    with running(server, tmp_path, environment, tmp_path / "server.log"):
        wait_for_server(api)
        call("work-pool", "create", "local", "--type", "process")
        call("--no-prompt", "deploy", "--all")
        (deployment,) = ask(api, "deployments/filter", {})
        assert deployment["name"] == "nightly"
        assert [each["schedule"]["cron"] for each in deployment["schedules"]] == ["0 3 * * *"]
        run = ask(api, f"deployments/{deployment['id']}/create_flow_run", {})
        worker = prefect("worker", "start", "--pool", "local", "--type", "process", "--limit", "1")
        with running(worker, tmp_path, environment, worker_log):
            state = wait_for_end(api, run["id"])
        assert state["type"] == "COMPLETED", worker_log.read_text(encoding="utf-8")
        assert "1 new" in state["message"]
        keys = {artifact["key"] for artifact in ask(api, "artifacts/filter", {})}
        assert {"ingest-summary", "ingest-documents", "ingest-claims"} <= keys
    assert set(read_states(str(tmp_path / "var" / "store"))) == {document_iri("data/articles/a.txt")}
