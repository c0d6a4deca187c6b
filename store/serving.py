"""Oxigraph's own server on a store's folder."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from store import ownership
from store.errors import StoreError, StoreLocationError

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
POLL_S = 0.1


@contextlib.contextmanager
def serving(
    folder: Path, *, port: int = 7878, writable: bool = False, timeout_s: int = 30, wait_s: float = 10.0
) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the folder on loopback for the block; gives the server's process, which ends with the block.

    Read-only, it shares the folder with other readers and keeps writers out. With ``writable`` it is the folder's
    owner, and ``open_store`` leads whoever names the folder to it. Queries are stopped after ``timeout_s`` seconds.
    Raises StoreLockedError where another process writes, StoreLocationError where there is no store to read, and
    StoreError where the port is taken or the server does not start.
    """
    if not writable and not (folder / "CURRENT").exists():
        raise StoreLocationError(f"There is no store in {folder}.", "Load something with `enishi ingest`.")
    if _answers(port):
        raise StoreError(f"Port {port} is taken.", "Name another with --port.")
    folder.mkdir(parents=True, exist_ok=True)
    owned = ownership.acquire(folder, shared=not writable, wait_s=wait_s)
    command = [_executable(), "serve" if writable else "serve-read-only", "--location", str(folder)]
    command += ["--bind", f"{HOST}:{port}", "--union-default-graph", "--timeout-s", str(timeout_s)]
    inherited = [] if owned.descriptor is None else [owned.descriptor]
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=inherited)
        try:
            _await(process, port)
            endpoint = f"http://{HOST}:{port}/"
            owned.record(ownership.with_endpoint(ownership.this_process(), process_id=process.pid, endpoint=endpoint))
            yield process
        finally:
            _end(process)
    finally:
        owned.release()


def _executable() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "oxigraph"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("oxigraph")
    if found is None:
        raise StoreError("The command `oxigraph` is not installed.", "Run `make setup`, or install oxigraph.")
    return found


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StoreError("Oxigraph's server ended at its start.", "What it wrote above says why.")
        if _is_ready(port):
            return
        time.sleep(POLL_S)
    raise StoreError(f"Oxigraph's server did not answer in {START_TIMEOUT_S:.0f} s.", "Try again.")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/query?query=ASK%7B%7D", headers={"Accept": "application/sparql-results+json"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
