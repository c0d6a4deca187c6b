"""Flow runs that Prefect still believes to be running though their process was killed."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed


def crash_abandoned_runs(*, flow_name: str, store: str, own_id: str | None) -> list[UUID]:
    """Set every other run of the flow on ``store`` that is running or cancelling to Crashed; gives their ids.

    Only for the holder of the store's lock: it knows that no other run can be alive.
    """
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING]))
    crashed = []
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])), flow_run_filter=FlowRunFilter(state=states)
        )
        for run in runs:
            if str(run.id) == own_id or run.parameters.get("store", store) != store:
                continue
            message = "Its process is gone: another run holds the store's lock."
            client.set_flow_run_state(run.id, Crashed(message=message), force=True)
            crashed.append(run.id)
    return crashed
