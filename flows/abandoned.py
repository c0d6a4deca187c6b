"""Flow runs that Prefect still believes to be running though their process was killed.

A Prefect server may be shared: by other machines, and by other folders of this one. So a run says by tags which store
it is for, on which machine, and by which process; a run without them is somebody else's.
"""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from flows.locking import store_name
from store.opening import is_endpoint

_PROCESS = "enishi-process:"
_SCHEDULE = "ENISHI_SCHEDULE_PROCESS"
_WATCH_EVERY_S = 0.5


def store_tag(store: str) -> str:
    """What marks the runs that write to this store from this machine."""
    return f"enishi-store:{platform.node()}:{store_name(store)}"


def process_tag(process_id: int) -> str:
    """What marks the runs of a process of this machine."""
    return f"{_PROCESS}{process_id}"


def mark_run(run_id: UUID, *, store: str) -> None:
    """Let a run say that it is this process's, on ``store``; its other tags stay."""
    with get_client(sync_client=True) as client:
        tags = [tag for tag in client.read_flow_run(run_id).tags if not tag.startswith(_PROCESS)]
        client.update_flow_run(run_id, tags=sorted({*tags, store_tag(store), process_tag(os.getpid())}))


def crash_abandoned_runs(*, store: str, starting: bool = False) -> list[UUID]:
    """Set every run on ``store`` that is running or cancelling without its process to Crashed; gives their ids.

    Only for the holder of the store's lock. Not all writers to a store behind an address share its lock: of runs on
    one, only those are crashed that say by which process of this machine, and without one they may have just begun.
    With ``starting``, for a schedule that has started no run yet, those that never came to say it are crashed as well:
    Prefect cancels what is due for up to five minutes on account of a run that was killed as it began.
    """
    types = [StateType.RUNNING, StateType.CANCELLING, *([StateType.PENDING] if starting else [])]
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
    ours = FlowRunFilter(state=states, tags=FlowRunFilterTags(all_=[store_tag(store)]))
    crashed = []
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=ours):
            processes = [tag.removeprefix(_PROCESS) for tag in run.tags if tag.startswith(_PROCESS)]
            if any(map(_is_alive, processes)):
                continue  # it waits for the lock, or is about to say that it has ended
            if not processes and not starting and is_endpoint(store):
                continue
            message = "Its process is gone: another run holds the store's lock."
            client.set_flow_run_state(run.id, Crashed(message=message), force=True)
            crashed.append(run.id)
    return crashed


def let_runs_end_with_this_process() -> None:
    """Have the runs that this process starts end where it is killed, rather than go on for minutes without a server."""
    os.environ[_SCHEDULE] = str(os.getpid())


def end_with_schedule() -> None:
    """In a run that a schedule has started: kill this process once the schedule is gone.

    That costs nothing, since a run may be killed at any instant, and the schedule's next start goes on where it was.
    A schedule that went while this process was still starting is no longer its parent: then it ends at once.
    """
    schedule = os.getppid()
    if (named := os.environ.get(_SCHEDULE)) != str(schedule):
        if named is not None and not _is_alive(named):
            os.kill(os.getpid(), signal.SIGKILL)
        return

    def watch() -> None:
        while os.getppid() == schedule:
            time.sleep(_WATCH_EVERY_S)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="end with the schedule", daemon=True).start()


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
