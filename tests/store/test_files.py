"""Files that appear only when they are whole, and that others may read as the user has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import StoreError
from store.files import whole_file


@pytest.fixture(params=[0o022, 0o077, 0o002], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    former = os.umask(request.param)
    yield request.param
    os.umask(former)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_whole_file_is_made_as_the_umask_says(tmp_path: Path, umask: int) -> None:
    with whole_file(tmp_path / "graph.ttl") as file:
        file.write("甲".encode())
    assert mode(tmp_path / "graph.ttl") == 0o666 & ~umask


@pytest.mark.parametrize("former", [0o600, 0o640, 0o666], ids=oct)
def test_whole_file_keeps_the_mode_of_the_file_in_its_place(tmp_path: Path, umask: int, former: int) -> None:
    path = tmp_path / "backup.nq.gz"
    path.write_bytes(b"")
    path.chmod(former)
    with whole_file(path) as file:
        file.write("乙".encode())
        (unfinished,) = tmp_path.glob(".backup.nq.gz.*")
        assert mode(unfinished) & ~former == 0  # nobody reads it before it is whole who may not read it then
    assert (mode(path), path.read_text(encoding="utf-8")) == (former, "乙")


def test_whole_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "graph.ttl"
    with whole_file(path) as file:
        file.write(b"1")
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"%d" % (1 // 0))
    assert [entry.name for entry in path.parent.iterdir()] == ["graph.ttl"]
    assert path.read_bytes() == b"1"


def test_whole_file_says_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / ("名" * 200)):
        with pytest.raises(StoreError, match="cannot be written"), whole_file(path) as file:
            file.write(b"1")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]
