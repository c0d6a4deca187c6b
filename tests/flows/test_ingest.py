"""The Prefect flow itself, on a real ephemeral server: about twenty seconds, most of them the server's start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.locking import writing
from flows.running import Request, read_states
from flows.settings import Settings, prepare_prefect
from tests.flows.conftest import PhraseReader


@pytest.fixture(scope="module")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    prepare_prefect(Settings(home=tmp_path_factory.mktemp("home")))
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENISHI_HOME", str(tmp_path))


def artifacts() -> dict[str, str]:
    """The data of the artifacts of all runs so far, by key, the latest of each key."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = sorted(client.read_artifacts(), key=lambda artifact: str(artifact.created))
    return {str(artifact.key): str(artifact.data) for artifact in found}


def test_ingest_loads_and_leaves_a_summary(
    prefect_server: None, request_: Request, reader: PhraseReader, articles: Path
) -> None:
    from flows.ingest import ingest

    (articles / "empty.txt").write_bytes(b"")
    state = ingest(paths=["articles"], store=request_.store, return_state=True)
    assert state.is_completed()
    assert "3 new, 1 failed" in str(state.message)
    assert len(read_states(request_.store)) == 3

    left = artifacts()
    assert "articles/empty.txt" in left["ingest-summary"]
    counts = {row["documents"]: row["count"] for row in json.loads(left["ingest-documents"])}
    assert counts == {"new": 3, "changed": 0, "unchanged": 0, "removed": 0, "quarantined": 0, "failed": 1}
    assert json.loads(left["ingest-claims"]) == [
        {"relation": "founded", "status": "asserted", "claims": 1},
        {"relation": "sued", "status": "asserted", "claims": 1},
    ]

    again = ingest(paths=["articles"], store=request_.store, return_state=True)
    assert "3 unchanged" in str(again.message)
    assert len(reader.read) == 3


def test_ingest_names_its_run_and_its_tasks(prefect_server: None, request_: Request, reader: PhraseReader) -> None:
    from prefect.client.orchestration import get_client

    from flows.ingest import ingest

    state = ingest(paths=["articles"], store=request_.store, prune=True, return_state=True)
    with get_client(sync_client=True) as client:
        assert state.state_details.flow_run_id is not None
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert run.name == f"articles into {request_.store}"


def test_ingest_fails_at_once_where_another_run_writes(
    prefect_server: None, request_: Request, reader: PhraseReader
) -> None:
    from flows.ingest import ingest

    with writing(request_.store, request_.home, purpose="ingest by hand"):
        state = ingest(paths=["articles"], store=request_.store, return_state=True)
    assert state.is_failed()
    assert "ingest by hand" in str(state.message)


def test_ingest_refuses_standard_input(prefect_server: None, request_: Request) -> None:
    from flows.ingest import ingest

    state = ingest(paths=["-"], store=request_.store, return_state=True)
    assert state.is_failed()
    assert "standard input" in str(state.message)


def test_ingest_crashes_runs_whose_process_is_gone(
    prefect_server: None, request_: Request, reader: PhraseReader
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.states import Running

    from flows.ingest import ingest

    with get_client(sync_client=True) as client:
        parameters = {"paths": ["articles"], "store": request_.store}
        dead = client.create_flow_run(ingest, parameters=parameters, state=Running())
        elsewhere = client.create_flow_run(ingest, parameters=parameters | {"store": "other"}, state=Running())
        ingest(paths=["articles"], store=request_.store)
        assert client.read_flow_run(dead.id).state_type == "CRASHED"
        assert client.read_flow_run(elsewhere.id).state_type == "RUNNING"


def test_ingest_forgets_old_runs_with_their_artifacts_and_logs(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
    from prefect.exceptions import ObjectNotFound

    from flows.ingest import ingest
    from flows.retention import forget_old_runs

    with get_client(sync_client=True) as client:
        forget_old_runs(flow_name="ingest", keep=1)
        ids = []
        for _ in range(3):
            monkeypatch.setenv("ENISHI_KEPT_RUNS", "2")
            state = ingest(paths=["articles"], store=request_.store, return_state=True)
            assert state.state_details.flow_run_id is not None
            ids.append(state.state_details.flow_run_id)
        monkeypatch.setenv("ENISHI_KEPT_RUNS", "1")
        ingest(paths=["articles"], store=request_.store)
        for old in ids[:2]:
            with pytest.raises(ObjectNotFound):
                client.read_flow_run(old)
            assert (
                client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[old])))
                == []
            )
        assert client.read_flow_run(ids[2]).state_type == "COMPLETED"


def test_ingest_retries_what_the_world_let_fail(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import ingest as module
    from flows.running import load_step
    from store.errors import StoreUnavailableError

    failures = [StoreUnavailableError("The endpoint broke off.", "Try again.")]

    def unsteady(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return load_step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "load_step", unsteady)
    state = module.ingest(paths=["articles"], store=request_.store, return_state=True)
    assert state.is_completed()
    assert len(read_states(request_.store)) == 3
