import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from extractors.reading import ReadFailure, ReadSettings, Source, SourceKind, list_sources, names_one_source
from extractors.reading.sources import file_address


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a/2.md", "a/1.txt", "a/deep/er/3.txt", ".hidden/x.txt", "a/.x.txt", "a.txt"):
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("青葉電機", encoding="utf-8")
    return tmp_path


def addresses(*paths: str, settings: ReadSettings | None = None) -> list[str]:
    found = list_sources(paths, settings=settings)
    return [item.address if isinstance(item, Source) else f"! {item.source}: {item.reason}" for item in found]


def test_list_sources_lists_folders_recursively_in_order_without_hidden_files(folder: Path) -> None:
    names = ["a/1.txt", "a/2.md", "a/deep/er/3.txt", "a.txt", "b.txt"]
    assert addresses("articles") == [f"articles/{name}" for name in names]


@pytest.fixture
def home(folder: Path) -> Path:
    """A folder of texts in which Enishi's own home, and an exported graph, have come to lie."""
    home = folder / "articles/var"
    for name in (
        *("store/CURRENT", "store/MANIFEST-000005", "store/LOG", "store/enishi-snapshot-x/store/CURRENT"),
        *("prepared/enishi-owner.json", "prepared/readme.txt"),
        *("store.lock", "locks/0123456789abcdef.lock"),
        *("quarantine/store-1f3a90c2/0123456789abcdef.txt", "quarantine/store-1f3a90c2/problems.jsonl"),
        *("parses/parses.sqlite3", "parses/parses.sqlite3-wal", "prefect/prefect.db", "prefect/server.log"),
        *("graph.ttl", "graph.jsonld", "backup.nq.gz"),
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("青葉電機", encoding="utf-8")
    (home / "note.txt").write_text("青葉電機", encoding="utf-8")
    return home


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("articles", ["articles/var/note.txt"]),
        ("articles/var", ["articles/var/note.txt"]),
        ("articles/var/*", ["articles/var/note.txt"]),
        ("articles/**/*", ["articles/var/note.txt"]),
        ("articles/var/*/*/*.txt", []),
        ("articles/var/store", ["! articles/var/store: it is a folder that Enishi itself writes"]),
        ("articles/var/*.ttl", ["articles/var/graph.ttl"]),
        ("articles/var/graph.ttl", ["articles/var/graph.ttl"]),
    ],
)
def test_list_sources_passes_over_what_enishi_itself_writes(home: Path, path: str, own: list[str]) -> None:
    assert [line for line in addresses(path) if "/var/" in line and "nothing matches" not in line] == own


def test_list_sources_reads_folders_that_only_sound_like_enishis_own(folder: Path) -> None:
    names = [
        "x/CURRENT",
        "x/quarantine/a.txt",
        "x/quarantine/news-20240501/a.txt",
        "x/quarantine/store/b.txt",
        "x/store/c.txt",
        "x/var/d.txt",
    ]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("青葉電機", encoding="utf-8")
    assert addresses("x") == names


def test_list_sources_names_a_file_the_same_however_it_is_reached(folder: Path) -> None:
    paths = [
        "articles/b.txt",
        "./articles/b.txt",
        str(folder / "articles/b.txt"),
        "articles/../articles/*b.txt",
        "articles",
    ]
    assert [address for address in addresses(*paths) if address.endswith("b.txt")] == ["articles/b.txt"]


def test_list_sources_gives_files_elsewhere_absolute_addresses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    outside = folder / "articles/b.txt"
    monkeypatch.chdir(folder / "articles/a")
    assert addresses(str(outside)) == [outside.as_posix()]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("articles/*.txt", ["articles/a.txt", "articles/b.txt"]),
        ("articles/**/*.txt", ["articles/a/1.txt", "articles/a/deep/er/3.txt", "articles/a.txt", "articles/b.txt"]),
        ("articles/?", ["articles/a/1.txt", "articles/a/2.md", "articles/a/deep/er/3.txt"]),
        ("*/a/[12].*", ["articles/a/1.txt", "articles/a/2.md"]),
        ("articles/**/**/er", ["articles/a/deep/er/3.txt"]),
        ("none/*", ["! none/*: nothing matches the pattern"]),
    ],
)
def test_list_sources_expands_patterns(folder: Path, pattern: str, names: list[str]) -> None:
    assert addresses(pattern) == names


def test_list_sources_lists_a_folder_under_a_pattern_that_is_named_like_an_export(folder: Path) -> None:
    (folder / "archive.nt").mkdir()
    (folder / "archive.nt/a.txt").write_text("青葉電機", encoding="utf-8")
    (folder / "archive.ttl").write_text("", encoding="utf-8")
    assert addresses("archive*") == ["archive.nt/a.txt"]


def test_list_sources_takes_an_existing_name_before_a_pattern(folder: Path) -> None:
    (folder / "[12].txt").write_text("ある", encoding="utf-8")
    assert addresses("[12].txt") == ["[12].txt"]


def test_list_sources_reports_a_link_into_its_own_folder_and_lists_the_rest(folder: Path) -> None:
    (folder / "articles/a/loop").symlink_to(folder / "articles")
    (folder / "articles/self").symlink_to("self")
    found = addresses("articles")
    assert next(line for line in found if line.startswith("!")).startswith(
        "! articles/a/loop: it is a symbolic link into"
    )
    assert any(line.startswith("! articles/self: the system cannot open it") for line in found)
    assert "articles/b.txt" in found


def test_list_sources_visits_each_real_folder_once_in_a_maze_of_links(tmp_path: Path) -> None:
    rooms = [tmp_path / f"room{index:02}" for index in range(40)]
    for room in rooms:
        room.mkdir()
    for room, following in itertools.pairwise(rooms):
        (room / "left").symlink_to(following)
        (room / "right").symlink_to(following)
    (rooms[-1] / "end.txt").write_text("終", encoding="utf-8")
    assert len(addresses(str(tmp_path))) == 1
    assert len(addresses(f"{rooms[0]}/**/*.txt")) == 1


def test_list_sources_leaves_links_out_on_request(folder: Path) -> None:
    (folder / "articles/link.txt").symlink_to("b.txt")
    assert "articles/link.txt" in addresses("articles")
    assert "articles/link.txt" not in addresses("articles", settings=ReadSettings(follow_symlinks=False))


def test_list_sources_reports_what_is_no_regular_file(folder: Path) -> None:
    os.mkfifo(folder / "articles/pipe.txt")
    assert "! articles/pipe.txt: it is a FIFO" in addresses("articles")
    assert addresses("/dev/zero") == ["! /dev/zero: it is a device"]


@contextmanager
def unprivileged() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_list_sources_reports_a_forbidden_folder_and_goes_on(folder: Path) -> None:
    for path in [folder, *folder.parents[:-1]]:
        if path.stat().st_uid == os.geteuid() and path.name.startswith(("pytest-", folder.name)):
            path.chmod(0o755)
    (folder / "articles/a").chmod(0)
    try:
        with unprivileged():
            found = addresses("articles")
    finally:
        (folder / "articles/a").chmod(0o755)
    assert found == ["! articles/a: permission to read it is denied", "articles/a.txt", "articles/b.txt"]


@pytest.mark.parametrize("pattern", ["articles/**/*.txt", "articles/*/*.txt"])
def test_list_sources_reports_a_forbidden_folder_under_a_pattern_and_goes_on(folder: Path, pattern: str) -> None:
    (folder / "articles/z").mkdir()
    (folder / "articles/z/1.txt").write_text("青葉電機", encoding="utf-8")
    for path in [folder, *folder.parents[:-1]]:
        if path.stat().st_uid == os.geteuid() and path.name.startswith(("pytest-", folder.name)):
            path.chmod(0o755)
    (folder / "articles/a").chmod(0)
    try:
        with unprivileged():
            found = addresses(pattern)
    finally:
        (folder / "articles/a").chmod(0o755)
    assert found[0] == "! articles/a: permission to read it is denied"
    assert "articles/z/1.txt" in found


def test_list_sources_reports_a_link_to_nothing_under_a_pattern_of_any_depth(folder: Path) -> None:
    (folder / "articles/disk").symlink_to(folder / "unmounted")
    assert addresses("articles/**/*.txt")[0].startswith("! articles/disk: it is not there (any more)")


@pytest.mark.parametrize(
    ("pattern", "address"),
    [("none/a/*/*.txt", "none/a"), ("articles/*.doc", "articles"), ("/none/**", "/none"), ("*.doc", "{here}")],
)
def test_list_sources_says_which_folder_a_pattern_without_a_match_begins_with(
    folder: Path, pattern: str, address: str
) -> None:
    [failure] = list_sources([pattern])
    assert isinstance(failure, ReadFailure)
    assert (failure.source, failure.address) == (pattern, address.format(here=folder))


@pytest.mark.parametrize(
    ("path", "single"),
    [("-", True), ("http://example.jp/a", True), ("articles/a.txt", True), ("articles", False), ("*/a.txt", False)],
)
def test_names_one_source_tells_files_and_pages_from_folders_and_patterns(
    folder: Path, path: str, single: bool
) -> None:
    assert names_one_source(path) is single


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.jp/a.txt", "ftp is not http or https"),
        ("file:///etc/hosts", "file is not http or https"),
        ("http://user:secret@example.jp/", "it holds a user name or password"),
        ("http://", "it is no valid URL"),
        ("http://[::1", "it is no valid URL"),
        ("http://example.jp:99999999/", "it is no valid URL"),
        ("http://example.jp/a\nb", "it is no valid URL"),
    ],
)
def test_list_sources_refuses_urls_that_it_must_not_open(url: str, reason: str) -> None:
    [failure] = list_sources([url])
    assert isinstance(failure, ReadFailure)
    assert failure.reason.startswith(reason)
    assert "secret" not in repr(failure)


def test_list_sources_drops_the_fragment_of_a_url() -> None:
    [source] = list_sources(["https://example.jp/記事#top"])
    assert source == Source("https://example.jp/記事", SourceKind.URL, "https://example.jp/記事")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("記事　一.txt", "記事　一.txt"),
        ("a#b%c.txt", "a%23b%25c.txt"),
        ("a\nb\x1b[31m.txt", "a%0Ab%1B[31m.txt"),
        (os.fsdecode(b"\xe9.txt"), "%E9.txt"),
        ("\u202egpj.txt", "%E2%80%AEgpj.txt"),
    ],
)
def test_file_address_escapes_what_would_break_an_id_or_a_terminal(name: str, address: str) -> None:
    assert file_address(name) == address


@pytest.mark.parametrize("path", ["", "no/such/file.txt", "a\x00b", "x" * 5000])
def test_list_sources_reports_paths_that_are_none(path: str) -> None:
    [failure] = list_sources([path])
    assert isinstance(failure, ReadFailure)
    assert failure.remedy
