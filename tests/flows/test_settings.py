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


def test_prepare_prefect_turns_telemetry_off_and_keeps_what_the_user_set(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    environment = {"PREFECT_HOME": str(elsewhere)}
    prepare_prefect(Settings(home=tmp_path / "var"), environment)
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_HOME"] == str(elsewhere)
    assert elsewhere.is_dir()
    assert not (tmp_path / "var").exists()


def test_prepare_prefect_makes_its_home_with_all_folders_above_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "missing" / "too" / "var")
    environment: dict[str, str] = {}
    prepare_prefect(settings, environment)
    assert Path(environment["PREFECT_HOME"]) == settings.prefect_home
    assert settings.prefect_home.is_dir()


@pytest.mark.parametrize("variable", ["ENISHI_HOME", "PREFECT_HOME"])
def test_prepare_prefect_names_the_home_that_cannot_be_made(tmp_path: Path, variable: str) -> None:
    file = tmp_path / "file"
    file.touch()
    environment = {"PREFECT_HOME": str(file / "prefect")} if variable == "PREFECT_HOME" else {}
    with pytest.raises(SettingsError, match=f"{variable}='{file}.* cannot be used") as caught:
        prepare_prefect(Settings(home=file / "var"), environment)
    assert caught.value.remedy
