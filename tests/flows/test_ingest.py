"""The Prefect flow itself, on a real ephemeral server: about twenty seconds, most of them the server's start."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.ingestion import Extracted, Listing
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
        prefect_test_harness(server_startup_timeout=300),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENISHI_HOME", str(tmp_path))


def wait_until(condition: Callable[[], object], *, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s"
        time.sleep(0.5)


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
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    from flows.ingest import ingest

    state = ingest(paths=["articles"], store=request_.store, prune=True, return_state=True)
    assert state.state_details.flow_run_id is not None
    batch = "articles/a.txt and 2 more"
    expected = {f"extract {batch}", f"load {batch}"}
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
        ours = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))

        def names() -> set[str]:
            return {each.name for each in client.read_task_runs(flow_run_filter=ours)}

        wait_until(lambda: expected <= names())  # task runs reach the database by way of events
        kinds = {name.rsplit("-", 1)[0] for name in names() - expected}
    assert run.name == f"articles into {request_.store}"
    assert kinds == {"list sources", "prune"}


def test_ingest_hands_its_tasks_records_alone(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import ingest as module

    handed: list[object] = []
    plain = module.quoted

    def watched(value: object) -> object:
        handed.append(value)
        return plain(value)

    monkeypatch.setattr(module, "quoted", watched)
    module.ingest(paths=["articles"], store=request_.store, prune=True)
    assert {type(value) for value in handed} == {Request, list, Extracted, dict, Listing}


def test_ingest_fails_at_once_where_another_run_writes(
    prefect_server: None, request_: Request, reader: PhraseReader
) -> None:
    from flows.ingest import ingest

    with writing(request_.store, request_.home, purpose="ingest by hand"):
        state = ingest(paths=["articles"], store=request_.store, return_state=True)
    assert state.is_failed()
    assert "ingest by hand" in str(state.message)


def test_ingest_waits_for_another_run_if_asked(prefect_server: None, request_: Request, reader: PhraseReader) -> None:
    from flows.ingest import ingest

    with contextlib.ExitStack() as held:
        held.enter_context(writing(request_.store, request_.home, purpose="ingest by hand"))
        threading.Timer(3, held.pop_all().close).start()
        state = ingest(paths=["articles"], store=request_.store, wait_s=120, return_state=True)
    assert state.is_completed()


def test_ingest_command_ends_as_its_flow_does(
    prefect_server: None, request_: Request, reader: PhraseReader, articles: Path
) -> None:
    from flows.cli import group

    arguments = ["ingest", "articles", "--flow", "--store", request_.store]
    assert not group(arguments, standalone_mode=False)
    (articles / "empty.txt").write_bytes(b"")
    assert group(arguments, standalone_mode=False) == 1


def test_ingest_takes_the_given_ontology_instead_of_the_environment_s(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.ingest import ingest

    monkeypatch.setenv("ENISHI_ONTOLOGY", "missing.ttl")
    assert ingest(paths=["articles"], store=request_.store, ontology=[], return_state=True).is_completed()
    assert ingest(paths=["articles"], store=request_.store, return_state=True).is_failed()


def test_ingest_refuses_standard_input(prefect_server: None, request_: Request) -> None:
    from flows.ingest import ingest

    state = ingest(paths=["-"], store=request_.store, return_state=True)
    assert state.is_failed()
    assert "standard input" in str(state.message)


def test_ingest_crashes_runs_whose_process_is_gone(
    prefect_server: None, request_: Request, reader: PhraseReader
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.states import Pending, Running

    from flows.abandoned import crash_abandoned_runs, process_tag, store_tag
    from flows.ingest import ingest

    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    ours, gone, alive = store_tag(request_.store), process_tag(ended.pid), process_tag(os.getpid())
    address = "http://127.0.0.1:9/"
    at_address = store_tag(address)
    with get_client(sync_client=True) as client:

        def running(*tags: str) -> Any:
            parameters = {"paths": ["articles"], "store": request_.store}
            return client.create_flow_run(ingest, parameters=parameters, tags=tags, state=Running()).id

        dead = running(ours, gone)
        others = [running(), running(ours, alive), running(store_tag("other"), gone), running("enishi", gone)]
        ingest(paths=["articles"], store=request_.store)
        assert client.read_flow_run(dead).state_type == "CRASHED"
        assert [client.read_flow_run(run).state_type for run in others] == ["RUNNING"] * len(others)
        # The lock of an address is not shared by all: what does not say its process may have just begun.
        dead = running(at_address, gone)
        others = [running(at_address), running(at_address, alive), running(gone)]
        assert crash_abandoned_runs(store=address) == [dead]
        assert client.read_flow_run(dead).state_type == "CRASHED"
        assert [client.read_flow_run(run).state_type for run in others] == ["RUNNING"] * len(others)
        # Nothing of a schedule that is only starting has begun.
        parameters = {"paths": ["articles"], "store": address}
        pending = client.create_flow_run(ingest, parameters=parameters, tags=[at_address], state=Pending()).id
        assert crash_abandoned_runs(store=address) == []
        assert set(crash_abandoned_runs(store=address, starting=True)) == {others[0], pending}


def test_ingest_forgets_old_runs_with_their_artifacts_and_logs(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        ArtifactFilter,
        ArtifactFilterFlowRunId,
        LogFilter,
        LogFilterFlowRunId,
    )
    from prefect.exceptions import ObjectNotFound
    from prefect.logging.handlers import APILogWorker
    from prefect.states import Completed

    from flows.ingest import ingest

    with get_client(sync_client=True) as client:

        def logs(run_id: Any) -> list[Any]:
            return list(client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))))

        parameters = {"paths": ["articles"], "store": request_.store}
        others = [client.create_flow_run(ingest, parameters=parameters, state=Completed()).id for _ in range(3)]
        ids = []
        for _ in range(3):
            monkeypatch.setenv("ENISHI_KEPT_RUNS", "2")
            state = ingest(paths=["articles"], store=request_.store, return_state=True)
            assert state.state_details.flow_run_id is not None
            ids.append(state.state_details.flow_run_id)
        APILogWorker.drain_all(timeout=60)
        assert logs(ids[0])
        monkeypatch.setenv("ENISHI_KEPT_RUNS", "1")
        ingest(paths=["articles"], store=request_.store)
        for old in ids[:2]:
            with pytest.raises(ObjectNotFound):
                client.read_flow_run(old)
            assert (
                client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[old])))
                == []
            )
            wait_until(lambda old=old: not logs(old))
        assert [client.read_flow_run(other).state_type for other in others] == ["COMPLETED"] * 3
        assert client.read_flow_run(ids[2]).state_type == "COMPLETED"


def test_ingest_retries_what_the_world_let_fail(
    prefect_server: None, request_: Request, reader: PhraseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import ingest as module
    from flows.running import load_step
    from store.errors import StoreLockedError, StoreUnavailableError

    failures = [
        StoreUnavailableError("The endpoint broke off.", "Try again."),
        StoreLockedError(request_.store, "process 1"),
    ]

    def unsteady(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return load_step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "load_step", unsteady)
    state = module.ingest(paths=["articles"], store=request_.store, return_state=True)
    assert state.is_completed()
    assert not failures
    assert len(read_states(request_.store)) == 3


@pytest.mark.parametrize(("task", "step"), [("load_task", "load_step"), ("prune_task", "prune_step")])
def test_ingest_tries_once_what_trying_again_does_not_help(
    prefect_server: None,
    request_: Request,
    reader: PhraseReader,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    step: str,
) -> None:
    from flows import ingest as module
    from store.errors import StoreWriteError

    tried = []

    def refuse(*_: object) -> object:
        tried.append(step)
        raise StoreWriteError("The endpoint refused the write.", "See its log.")

    monkeypatch.setattr(module, step, refuse)
    monkeypatch.setattr(getattr(module, task), "retry_delay_seconds", [0, 0, 0])
    state = module.ingest(paths=["articles"], store=request_.store, prune=True, return_state=True)
    assert state.is_failed()
    assert "refused the write" in str(state.message)
    assert tried == [step]
