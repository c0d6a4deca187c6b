"""Runs of the flow that fire by themselves: a Prefect server where none is set, and the flow served from here."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.settings import Settings, prepare_prefect
from store.serving import ending_with_its_parent, is_listening

SERVER_START_TIMEOUT_S = 300.0
POLL_S = 0.5
LONGEST_INTERVAL = timedelta(days=36_500)
"""Prefect plans some runs ahead, and its dates end with the year 9999."""


class SchedulingError(RuntimeError):
    """The schedule could not be started; ``remedy`` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason, self.remedy = reason, remedy

    def __reduce__(self) -> tuple[type[SchedulingError], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


def parse_interval(text: str) -> timedelta:
    """The interval that ``30s``, ``15m``, ``6h`` or ``1d`` stands for. Raises ValueError."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or int(number) < 1:
        raise ValueError(f"{text!r} is no interval. Write a number and s, m, h or d: 30s, 15m, 6h, 1d.")
    try:
        interval = timedelta(**{units[unit]: int(number)})
    except OverflowError:
        interval = timedelta.max
    if interval > LONGEST_INTERVAL:
        raise ValueError(f"{text!r} is too long. Write a number that comes to {LONGEST_INTERVAL.days}d at most.")
    return interval


def serve_schedule(
    settings: Settings,
    parameters: dict[str, Any],
    *,
    cron: str | None = None,
    interval: timedelta | None = None,
    port: int = 4200,
) -> None:
    """Serve the flow ``enishi-ingest`` until interrupted: by cron line (local time), or at once and at an interval.

    Uses the server of PREFECT_API_URL, or starts one of its own on loopback, which ends with this process. One run at
    a time: a run that is due while another is at work is cancelled. Each machine's store has a deployment of its own,
    for the server may be shared. Raises SchedulingError.
    """
    prepare_prefect(settings)
    # Until Prefect sets a handler of its own, so that the server ends with us however early the signal comes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        lasting = bool(os.environ.get("PREFECT_API_URL"))
        if not lasting:
            os.environ["PREFECT_API_URL"] = stack.enter_context(server(settings, port=port))
        with contextlib.suppress(KeyboardInterrupt):
            _serve(settings, parameters, cron=cron, interval=interval, lasting=lasting)


def _serve(
    settings: Settings, parameters: dict[str, Any], *, cron: str | None, interval: timedelta | None, lasting: bool
) -> None:
    import asyncio

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.runner import Runner
    from prefect.schedules import Cron, Interval

    from flows.abandoned import let_runs_end_with_this_process, store_tag
    from flows.ingest import ingest

    tag = store_tag(parameters["store"])
    name = f"scheduled-{hashlib.sha256(tag.encode()).hexdigest()[:8]}"
    # A server that goes on must not pile up runs that nobody serves; one of our own ends with us.
    runner = Runner(name=name, limit=1, pause_on_shutdown=lasting)
    deployment_id: Any = runner.add_flow(
        ingest,
        name=name,
        tags=[tag],
        schedule=Cron(cron, timezone=local_timezone()) if cron else Interval(interval or timedelta(days=1)),
        parameters=parameters,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
    )
    _crash_what_a_killed_schedule_left(settings, parameters["store"])
    if cron is None:
        with get_client(sync_client=True) as client:
            client.create_flow_run_from_deployment(deployment_id)
    let_runs_end_with_this_process()
    asyncio.run(runner.start())


def _crash_what_a_killed_schedule_left(settings: Settings, store: str) -> None:
    """Set runs without a process to Crashed: one that seems to be at work would have the first run cancelled."""
    from flows.abandoned import crash_abandoned_runs
    from flows.locking import StoreBusyError, writing

    with contextlib.suppress(StoreBusyError), writing(store, settings.home, purpose="schedule"):
        crash_abandoned_runs(store=store, starting=True)


def page_address(port: int) -> str:
    """Where Prefect's page will be: at the server of PREFECT_API_URL, or on loopback at ``port``."""
    api = os.environ.get("PREFECT_API_URL")
    return os.environ.get("PREFECT_UI_URL") or (
        api.rstrip("/").removesuffix("/api") if api else f"http://127.0.0.1:{port}"
    )


@contextlib.contextmanager
def server(settings: Settings, *, port: int) -> Iterator[str]:
    """A Prefect server on loopback for the block, gone after it; gives the address of its API.

    Its log is ``server.log`` in Prefect's home. Raises SchedulingError where the port is taken or it does not start.
    """
    if is_listening(port):
        raise SchedulingError(
            f"Port {port} is taken.", f"Use --port, or PREFECT_API_URL=http://127.0.0.1:{port}/api if it is Prefect."
        )
    prepare_prefect(settings)
    home = Path(os.environ["PREFECT_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    environment = os.environ | {"PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as output:
        # In a session of its own: Ctrl-C must reach the served flow first, which still has to sign off with the server.
        process = subprocess.Popen(
            [*ending_with_its_parent(signal.SIGTERM), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
    try:
        _await_health(process, port, log)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def local_timezone() -> str:
    """The IANA name of this machine's time zone, in which cron lines are meant; UTC where it cannot be told."""
    from tzlocal import get_localzone_name

    return get_localzone_name() or "UTC"


def _await_health(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SERVER_START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SchedulingError("Prefect's server ended at its start.", f"Its log says why: {log}.")
        if _is_healthy(port):
            return
        time.sleep(POLL_S)
    raise SchedulingError(f"Prefect's server did not answer in {SERVER_START_TIMEOUT_S:.0f} s.", f"See {log}.")


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
