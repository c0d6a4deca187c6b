"""Settings of a run, from ``ENISHI_*`` variables of the environment, and the environment Prefect gets."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

BATCH_DOCUMENTS = 100
BATCH_CHARACTERS = 100_000
KEPT_RUNS = 200


class SettingsError(ValueError):
    """A variable of the environment holds a value that cannot be used."""

    def __init__(self, variable: str, value: str, remedy: str) -> None:
        super().__init__(f"{variable}={value!r} cannot be used. {remedy}")
        self.variable = variable
        self.value = value
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[SettingsError], tuple[str, str, str]]:
        return type(self), (self.variable, self.value, self.remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are kept and how much is done at once.

    ``home`` (ENISHI_HOME) holds whatever Enishi writes: the store unless ``store`` (ENISHI_STORE: a folder or a
    URL) says otherwise, reports of quarantined documents, and Prefect's own database. ``ontology`` (ENISHI_ONTOLOGY,
    separated by ``:``) lists Turtle files read beside the built-in ones. A batch ends at ``batch_documents``
    (ENISHI_BATCH_DOCUMENTS) or ``batch_characters`` (ENISHI_BATCH_CHARACTERS), whichever comes first. Prefect's
    database remembers the latest ``kept_runs`` (ENISHI_KEPT_RUNS).
    """

    home: Path = Path("var")
    store: str = "var/store"
    ontology: tuple[Path, ...] = ()
    batch_documents: int = BATCH_DOCUMENTS
    batch_characters: int = BATCH_CHARACTERS
    kept_runs: int = KEPT_RUNS

    @property
    def quarantine(self) -> Path:
        """Folder of the reports about documents whose graph broke a shape."""
        return self.home / "quarantine"

    @property
    def prefect_home(self) -> Path:
        """Folder of Prefect's database and logs."""
        return self.home / "prefect"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``environment`` (default: this process's). Raises SettingsError."""
    environment = os.environ if environment is None else environment
    home = Path(environment.get("ENISHI_HOME") or "var")
    extra = environment.get("ENISHI_ONTOLOGY", "")
    return Settings(
        home=home,
        store=environment.get("ENISHI_STORE") or str(home / "store"),
        ontology=tuple(Path(path) for path in extra.split(os.pathsep) if path),
        batch_documents=_positive(environment, "ENISHI_BATCH_DOCUMENTS", BATCH_DOCUMENTS),
        batch_characters=_positive(environment, "ENISHI_BATCH_CHARACTERS", BATCH_CHARACTERS),
        kept_runs=_positive(environment, "ENISHI_KEPT_RUNS", KEPT_RUNS),
    )


def prepare_prefect(settings: Settings, environment: MutableMapping[str, str] | None = None) -> None:
    """Put what Prefect reads at its import into ``environment``, and make its home; what the user has set stays.

    No telemetry, everything under ``settings.prefect_home``, events of three days, and the recorder batched, without
    which a run waits tens of seconds for the task runs of the run before it. Prefect would make its home, but no
    folder above it, and then wait for a server that has no database. Raises SettingsError where it cannot be made.
    """
    environment = os.environ if environment is None else environment
    for name, value in {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(settings.prefect_home.resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P3D",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    }.items():
        environment.setdefault(name, value)
    try:
        Path(environment["PREFECT_HOME"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        own = environment["PREFECT_HOME"] == str(settings.prefect_home.resolve())
        variable, value = ("ENISHI_HOME", str(settings.home)) if own else ("PREFECT_HOME", environment["PREFECT_HOME"])
        remedy = f"Name a folder that can be made and written to ({error.strerror}: {error.filename})."
        raise SettingsError(variable, value, remedy) from error


def _positive(environment: Mapping[str, str], variable: str, default: int) -> int:
    value = environment.get(variable)
    if not value:
        return default
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(variable, value, "Give a whole number above zero.")
    return int(value)
