"""Which files, pages and streams the given paths name."""

# Folders hold hundreds of thousands of files: os.scandir and plain strings, not pathlib.
# ruff: noqa: PTH100, PTH109, PTH110, PTH113, PTH116, PTH118
from __future__ import annotations

import enum
import fnmatch
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import urlsplit, urlunsplit

from extractors.reading.failures import ReadFailure, UnreadableError
from extractors.reading.own_files import is_own_file, is_own_folder
from extractors.reading.settings import ReadSettings

STANDARD_INPUT = "-"
MAGIC_CHARACTERS = frozenset("*?[")
NOT_A_FILE = "name regular files, folders or URLs; pipe a stream in as -"


class SourceKind(enum.StrEnum):
    """How a source is opened."""

    FILE = "file"
    URL = "url"
    STANDARD_INPUT = "stdin"


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read: small, picklable, not opened yet.

    ``address`` names it in document ids and messages: the path relative to the working directory where it lies
    beneath it and absolute otherwise, with ``%``, ``#``, control characters and bytes that are no UTF-8
    percent-encoded; or the URL without its fragment; or ``-``. ``location`` is what the system opens.
    """

    address: str
    kind: SourceKind
    location: str


def list_sources(paths: Iterable[str], *, settings: ReadSettings | None = None) -> Iterator[Source | ReadFailure]:
    """The sources that ``paths`` name, each once: files, folders (recursive), globs, ``-`` and http(s) URLs.

    Folders are listed in the order of their names' code points, hidden entries left out; a real folder is listed
    before a symbolic link to it, so that adding a link renames nothing. Nothing is opened. What cannot be a source
    (a missing path, a FIFO, a link into its own folder) is reported in place. What Enishi itself writes is passed over
    where it lies in a folder or matches a pattern that does not name its suffix (see ``own_files``).
    """
    settings = settings or ReadSettings()
    seen: set[str] = set()
    for path in paths:
        for item in _list_path(path, settings):
            if isinstance(item, Source):
                if item.address in seen:
                    continue
                seen.add(item.address)
            yield item


def file_address(path: str) -> str:
    """The address of the file at ``path``; distinct files have distinct addresses."""
    absolute, here = os.path.abspath(path), os.path.join(os.getcwd(), "")
    shown = absolute.removeprefix(here)
    pieces = []
    for character in PurePath(shown).as_posix():
        if character in "%#" or (not character.isprintable() and character != "\u3000"):
            pieces.append("".join(f"%{byte:02X}" for byte in os.fsencode(character)))
        else:
            pieces.append(character)
    return "".join(pieces)


def _list_path(path: str, settings: ReadSettings) -> Iterator[Source | ReadFailure]:
    if path == STANDARD_INPUT:
        yield Source(STANDARD_INPUT, SourceKind.STANDARD_INPUT, STANDARD_INPUT)
    elif "://" in path and not os.path.exists(path):
        yield _url_source(path)
    elif "\x00" in path:
        yield ReadFailure(repr(path), "a path cannot hold a NUL", "correct the path")
    elif os.path.lexists(path):
        yield from _list_existing(path, settings)
    elif MAGIC_CHARACTERS & set(path):
        start = _fixed_folder(path)
        matches, unreadable = _expand(path) if os.path.exists(start or ".") else (set[str](), {})
        for folder in sorted(unreadable, key=_sort_key):
            yield as_unreadable(unreadable[folder]).as_failure(file_address(folder))
        if not matches and not unreadable:
            reason, remedy = "nothing matches the pattern", "correct the pattern"
            yield ReadFailure(file_address(path), reason, remedy, address=file_address(start))
        for match in sorted(matches - unreadable.keys(), key=_sort_key):
            if is_own_file(path) or not (os.path.isfile(match) and is_own_file(match)):
                yield from _list_existing(match, settings, named=False)
    else:
        yield ReadFailure(file_address(path), "there is no such file or folder", "correct the path")


def names_one_source(path: str) -> bool:
    """Whether ``path`` names one file, page or stream, and not whatever a folder holds or a pattern matches."""
    return path == STANDARD_INPUT or ("://" in path and not os.path.exists(path)) or Path(path).is_file()


def _url_source(url: str) -> Source | ReadFailure:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return ReadFailure(url, f"it is no valid URL ({error})", "correct the URL")
    if parts.scheme not in ("http", "https"):
        return ReadFailure(url, f"{parts.scheme or 'this'} is not http or https", "download it and name the file")
    if not host or any(character.isspace() or not character.isprintable() for character in url):
        return ReadFailure(url, "it is no valid URL", "correct the URL")
    if parts.username is not None:
        shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        return ReadFailure(shown, "it holds a user name or password", "download it and name the file")
    address = urlunsplit(parts._replace(fragment=""))
    return Source(address, SourceKind.URL, address)


def _list_existing(path: str, settings: ReadSettings, *, named: bool = True) -> Iterator[Source | ReadFailure]:
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        yield as_unreadable(error).as_failure(file_address(path))
        return
    if stat.S_ISDIR(mode):
        yield from _walk(path, settings, named=named)
    else:
        yield _file_item(path, mode)


def _file_item(path: str, mode: int) -> Source | ReadFailure:
    if stat.S_ISREG(mode):
        return Source(file_address(path), SourceKind.FILE, path)
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    kind = kinds.get(stat.S_IFMT(mode), "no regular file")
    return ReadFailure(file_address(path), f"it is {kind}", NOT_A_FILE)


def _walk(root: str, settings: ReadSettings, *, named: bool) -> Iterator[Source | ReadFailure]:
    """Everything beneath ``root`` in order; each real folder once, so that no maze of links can blow it up."""
    found: list[tuple[str, Source | ReadFailure]] = []
    pending, links = [root], list[str]()
    visited: dict[tuple[int, int], str] = {}
    while pending or links:
        folder = pending.pop() if pending else links.pop(0)
        try:
            entries = _visit(folder, visited)
        except UnreadableError as problem:
            found.append((folder, problem.as_failure(file_address(folder))))
            continue
        except OSError as error:
            found.append((folder, as_unreadable(error).as_failure(file_address(folder))))
            continue
        if is_own_folder(os.path.abspath(folder), {entry.name for entry in entries}):
            if named and folder == root:
                reason, remedy = "it is a folder that Enishi itself writes", "name the folders of your texts"
                found.append((folder, ReadFailure(file_address(folder), reason, remedy)))
            continue
        for entry in entries:
            if entry.name.startswith(".") or (entry.is_symlink() and not settings.follow_symlinks):
                continue
            try:
                mode = entry.stat().st_mode
            except OSError as error:
                found.append((entry.path, as_unreadable(error).as_failure(file_address(entry.path))))
                continue
            if stat.S_ISDIR(mode):
                (links if entry.is_symlink() else pending).append(entry.path)
            elif not (stat.S_ISREG(mode) and is_own_file(entry.name)):
                found.append((entry.path, _file_item(entry.path, mode)))
    found.sort(key=lambda pair: _sort_key(pair[0]))
    for _, item in found:
        yield item


def _visit(folder: str, visited: dict[tuple[int, int], str]) -> list[os.DirEntry[str]]:
    status = os.stat(folder)
    key = (status.st_dev, status.st_ino)
    earlier = visited.setdefault(key, folder)
    if earlier != folder:
        if folder.startswith(os.path.join(earlier, "")):
            raise UnreadableError("it is a symbolic link into its own folder", "remove the link; the rest is read")
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _sort_key(path: str) -> tuple[str, ...]:
    return PurePath(path).parts


def _fixed_folder(pattern: str) -> str:
    """The folder that a pattern begins with; empty for the working directory."""
    fixed = itertools.takewhile(lambda part: not MAGIC_CHARACTERS & set(part), PurePath(pattern).parts)
    return os.path.join("", *fixed)


def _expand(pattern: str) -> tuple[set[str], dict[str, OSError]]:
    """The paths that match ``pattern``, and the folders on the way that cannot be listed, each with the reason.

    ``**`` stands for any depth. Each folder and rest is tried once.
    """
    parts = PurePath(pattern).parts
    start = _fixed_folder(pattern)
    matches: set[str] = set()
    unreadable: dict[str, OSError] = {}
    tried: set[tuple[int, int, int]] = set()
    pending = [(start, len(PurePath(start).parts))]
    while pending:
        path, index = pending.pop()
        if index == len(parts):
            matches.add(path)
            continue
        try:
            status = os.stat(path or ".")
            if (status.st_dev, status.st_ino, index) in tried:
                continue
            tried.add((status.st_dev, status.st_ino, index))
            with os.scandir(path or ".") as scan:
                entries = sorted(scan, key=lambda entry: (entry.is_symlink(), entry.name), reverse=True)
        except OSError as error:
            if not isinstance(error, NotADirectoryError):
                unreadable[path] = error
            continue
        if is_own_folder(os.path.abspath(path), {entry.name for entry in entries}):
            continue
        if parts[index] == "**":
            pending += [(folder, index) for folder in _open_folders(path, entries, unreadable)]
            pending.append((path, index + 1)) if index + 1 < len(parts) else matches.add(path or ".")
            continue
        for entry in entries:
            if entry.name.startswith(".") and not parts[index].startswith("."):
                continue
            if fnmatch.fnmatchcase(entry.name, parts[index]):
                pending.append((os.path.join(path, entry.name), index + 1))
    return matches, unreadable


def _open_folders(path: str, entries: Iterable[os.DirEntry[str]], unreadable: dict[str, OSError]) -> Iterator[str]:
    """The folders that ``**`` goes into; a link to what is not there, which may be one, is added to ``unreadable``."""
    for entry in entries:
        if entry.name.startswith("."):
            continue
        folder = os.path.join(path, entry.name)
        try:
            if stat.S_ISDIR(entry.stat().st_mode) if entry.is_symlink() else entry.is_dir():
                yield folder
        except OSError as error:
            unreadable[folder] = error


def as_unreadable(error: OSError) -> UnreadableError:
    """The reason and the remedy of what the system said about a file."""
    if isinstance(error, FileNotFoundError):
        return UnreadableError("it is not there (any more), or is a link to nothing", "restore it, or correct the path")
    if isinstance(error, PermissionError):
        return UnreadableError(
            "permission to read it is denied", "give this user permission (chmod u+r), or leave it out"
        )
    if isinstance(error, IsADirectoryError):
        return UnreadableError("it is a folder now", "name it again to have it listed")
    reason = (error.strerror or type(error).__name__).lower()
    return UnreadableError(f"the system cannot open it ({reason})", "check the path and the disk", transient=True)
