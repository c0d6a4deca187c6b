from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.settings import Settings, SettingsError, load_settings, prepare_prefect


def test_load_settings_defaults_to_var() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.store == "var/store"
    assert settings.quarantine == Path("var/quarantine")


def test_load_settings_moves_everything_with_home() -> None:
    settings = load_settings({"ENISHI_HOME": "/srv/enishi", "ENISHI_ONTOLOGY": os.pathsep.join(["a.ttl", "b.ttl"])})
    assert settings.store == "/srv/enishi/store"
    assert settings.prefect_home == Path("/srv/enishi/prefect")
    assert settings.ontology == (Path("a.ttl"), Path("b.ttl"))


@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5", "²"])
def test_load_settings_names_the_variable_that_is_wrong(value: str) -> None:
    with pytest.raises(SettingsError, match="ENISHI_BATCH_DOCUMENTS") as caught:
        load_settings({"ENISHI_BATCH_DOCUMENTS": value})
    assert caught.value.remedy


def test_prepare_prefect_turns_telemetry_off_and_keeps_what_the_user_set() -> None:
    environment = {"PREFECT_HOME": "/elsewhere"}
    prepare_prefect(Settings(), environment)
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_HOME"] == "/elsewhere"
