"""The wheel, installed into a fresh environment and used outside of the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "extractors", "ontology", "store")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def enishi(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment with the wheel, which borrows the dependencies from this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, timeout=120)
    # A .pth file found through another one is not read, so the checkout's own installation stays out.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = folder / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return folder / "bin" / "enishi"


def run(enishi: Path, *arguments: str, folder: Path, text: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(enishi), *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_every_file_of_the_rooms(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert set(listed.stdout.splitlines()) <= held
    assert not any(name.startswith(("tests/", "data/", "tools/")) for name in held)


def test_wheel_carries_the_notices_of_what_it_holds(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (folder,) = {name.partition("/")[0] for name in archive.namelist() if ".dist-info/licenses/" in name}
    notices = ("LICENSE", "NOTICE", "docs/licences.md", "extractors/models/LICENSE-multilingual-e5-small")
    for notice in notices:
        assert archive.read(f"{folder}/licenses/{notice}") == (ROOT / notice).read_bytes()
    text = archive.read("extractors/models/LICENSE-multilingual-e5-small").decode()
    assert "Copyright (c) Microsoft Corporation" in text
    assert "Permission is hereby granted, free of charge" in text
    assert "License-Expression: Apache-2.0 AND MIT" in archive.read(f"{folder}/METADATA").decode().splitlines()


def test_wheel_runs_outside_of_the_checkout(enishi: Path, tmp_path: Path) -> None:
    python = enishi.with_name("python")
    code = "import flows, extractors, ontology, store; print(flows.__file__)"
    where = subprocess.run([str(python), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert not Path(where.strip()).is_relative_to(ROOT)
    assert "ingest" in run(enishi, "--help", folder=tmp_path)
    line = json.dumps({"id": "1", "text": "川端薫は2011年に青空電機を設立した。"}, ensure_ascii=False)
    (record,) = map(json.loads, run(enishi, "extract", folder=tmp_path, text=line + "\n").splitlines())
    assert record["id"] == "1"
    assert [claim["relation"] for claim in record["claims"]] == ["founded"]


def test_wheel_ingests_and_answers(enishi: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("川端薫は2011年に青空電機を設立した。", encoding="utf-8")
    run(enishi, "ingest", "a.txt", folder=tmp_path)
    answer = run(enishi, "query", "ASK { ?who enishi:founded ?what }", "--format", "csv", folder=tmp_path)
    assert answer.split() == ["boolean", "true"]
