"""Keeping Prefect's database from growing for ever: of a store's runs the latest stay, with their logs and artifacts.

Only runs of this machine on the same store count: the server may be shared, and other runs are for others to keep or
forget. Prefect's own cleanup goes by age alone and, for runs, works only in a server that stays up; an ``enishi ingest
--flow`` from cron has none. A deleted run's rows leave room in the database's file for the next ones.
"""

from __future__ import annotations

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import TERMINAL_STATES
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

AT_ONCE = 50
"""So many runs are forgotten at a time, so that a run with a long history before it starts soon nevertheless."""


def forget_old_runs(*, tag: str, keep: int) -> int:
    """Delete ended runs with ``tag`` beyond the latest ``keep``, at most ``AT_ONCE`` of them; gives their number."""
    ended = FlowRunFilterState(type=FlowRunFilterStateType(any_=sorted(TERMINAL_STATES)))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=ended, tags=FlowRunFilterTags(all_=[tag])),
            sort=FlowRunSort.END_TIME_DESC,
            offset=keep,
            limit=AT_ONCE,
        )
        for run in runs:
            _delete_artifacts(client, ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id])))
            client.delete_flow_run(run.id)
    return len(runs)


def _delete_artifacts(client: SyncPrefectClient, of_run: ArtifactFilter) -> None:
    for artifact in client.read_artifacts(artifact_filter=of_run):
        try:
            client.delete_artifact(artifact.id)
        except ObjectNotFound:
            continue
