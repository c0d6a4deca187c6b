"""Parses of sentences, kept on disk so that a new frame or a second run does not parse again.

The cache is one SQLite file in write-ahead mode, which several processes may read and write at once. An entry is
msgpack behind a digest, never a pickle; one that is damaged, or says another sentence than it was asked for, counts as
missing and is replaced. Whatever goes wrong with the file costs time, never a result.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import srsly  # type: ignore[import-untyped]
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

_LOG = logging.getLogger(__name__)
_FILE_NAME = "parses.sqlite3"
_TEXTS = ("ORTH", "LEMMA", "NORM", "TAG", "MORPH", "DEP")
_NUMBERS = ("POS", "HEAD", "SENT_START", "SPACY")
_SCHEMA = "CREATE TABLE IF NOT EXISTS parses (key BLOB PRIMARY KEY, parse BLOB NOT NULL) WITHOUT ROWID"
_DIGEST_BYTES = 16
_KEYS_A_QUERY = 500
_LOCK_WAIT_S = 10.0
_KEPT_SHARE = 0.9
_WRITES_A_CHECK = 512
_PARSE_BATCH = 64
Result = TypeVar("Result")


class ParseCache:
    """Parses by sentence and ``version``, in ``folder``, of about ``limit_bytes`` at most.

    ``version`` must change with whatever the parse depends on besides the sentence. Above the limit entries are given
    up at random: an archive larger than the cache that is read from end to end, again and again, would find
    nothing in one that gives up the oldest. Where the folder cannot be used, a warning is logged and nothing is kept.
    """

    def __init__(self, folder: Path, *, version: str, limit_bytes: int) -> None:
        self._path = folder / _FILE_NAME
        self._version = version.encode("utf-8")
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._unchecked = _WRITES_A_CHECK
        self._warned = False
        self.hits = 0
        self.misses = 0

    def fetch(self, sentences: Iterable[str], vocab: Vocab) -> dict[str, Doc]:
        """The parses that are there and sound, by sentence."""
        keys = {self._key(sentence): sentence for sentence in sentences}
        found = {}
        for key, entry in self._read(list(keys)):
            doc = _unpack(entry, keys[key], vocab)
            if doc is not None:
                found[keys[key]] = doc
        self.hits += len(found)
        self.misses += len(keys) - len(found)
        return found

    def keep(self, parses: Mapping[str, Doc]) -> None:
        """Put parses in, in place of earlier entries for these sentences."""
        rows = [(self._key(sentence), _pack(doc)) for sentence, doc in parses.items()]

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO parses VALUES (?, ?)", rows)
            self._unchecked += len(rows)
            if self._unchecked >= _WRITES_A_CHECK:
                self._unchecked = 0
                self._shrink(connection)

        self._try(write)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _key(self, sentence: str) -> bytes:
        text = sentence.encode("utf-8", errors="surrogatepass")
        return hashlib.blake2b(self._version + b"\0" + text, digest_size=_DIGEST_BYTES).digest()

    def _read(self, keys: Sequence[bytes]) -> list[tuple[bytes, object]]:
        def read(connection: sqlite3.Connection) -> list[tuple[bytes, object]]:
            rows: list[tuple[bytes, object]] = []
            for left in range(0, len(keys), _KEYS_A_QUERY):
                some = keys[left : left + _KEYS_A_QUERY]
                marks = ",".join("?" * len(some))
                rows.extend(connection.execute(f"SELECT key, parse FROM parses WHERE key IN ({marks})", some))  # noqa: S608
            return rows

        return self._try(read) or []

    def _try(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """What ``work`` returns, on a connection of this process's own; None where the file cannot be used."""
        with self._lock:
            try:
                return work(self._open())
            except (sqlite3.OperationalError, OSError) as error:  # locked for long, disk full, read-only, no folder
                self._warn(f"not used: {error}")
            except sqlite3.DatabaseError as error:
                self._warn(f"damaged ({error}) and made anew")
                self._discard()
        return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._owner == os.getpid():
            return self._connection
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._connection, self._owner = _connect(self._path), os.getpid()
        return self._connection

    def _warn(self, message: str) -> None:
        """Say it once: what goes wrong with one sentence's parse goes wrong with the next one's."""
        if not self._warned:
            _LOG.warning("the cache of parses %s is %s", self._path, message)
        self._warned = True

    def _discard(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Bring the file under its limit. Keys are digests, so those that follow a random one are a random choice."""
        size = _used_bytes(connection)
        if size <= self._limit_bytes:
            return
        (count,) = connection.execute("SELECT count(*) FROM parses").fetchone()
        surplus = count - int(count * self._limit_bytes / size * _KEPT_SHARE)
        start = secrets.token_bytes(_DIGEST_BYTES)
        with connection:
            for condition in ("key >= ?", "key < ?"):
                chosen = f"SELECT key FROM parses WHERE {condition} ORDER BY key LIMIT ?"  # noqa: S608
                removed = connection.execute(f"DELETE FROM parses WHERE key IN ({chosen})", (start, surplus))  # noqa: S608
                surplus -= removed.rowcount
        connection.execute("PRAGMA incremental_vacuum").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_LOCK_WAIT_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(_SCHEMA)
        connection.execute("SELECT key, parse FROM parses LIMIT 1").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _used_bytes(connection: sqlite3.Connection) -> int:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _pack(doc: Doc) -> bytes:
    """The parse's attributes by column, those that are text as indices into a list of the different strings."""
    texts = doc.to_array(list(_TEXTS)).reshape(-1, len(_TEXTS))
    hashes, indices = np.unique(texts, return_inverse=True)
    numbers = doc.to_array(list(_NUMBERS)).reshape(-1, len(_NUMBERS))
    columns = np.concatenate([indices.reshape(texts.shape), numbers.view(np.int64)], axis=1).astype("<i2")
    strings = [doc.vocab.strings[key] for key in hashes.tolist()]
    content = zlib.compress(srsly.msgpack_dumps([strings, columns.tobytes()]), level=1)
    return _digest(content) + content


def _unpack(entry: object, sentence: str, vocab: Vocab) -> Doc | None:
    if not isinstance(entry, bytes) or _digest(content := entry[_DIGEST_BYTES:]) != entry[:_DIGEST_BYTES]:
        return None
    try:
        strings, buffer = srsly.msgpack_loads(zlib.decompress(content))
        columns = np.frombuffer(buffer, dtype="<i2").reshape(-1, len(_TEXTS) + len(_NUMBERS)).astype(np.int64)
        hashes = np.array([vocab.strings.add(each) for each in strings], dtype=np.uint64)
        texts, numbers = columns[:, : len(_TEXTS)], columns[:, len(_TEXTS) :]
        words = [strings[index] for index in texts[:, 0].tolist()]
        doc = Doc(vocab, words=words, spaces=numbers[:, -1].astype(bool).tolist())
        values = np.concatenate([hashes[texts[:, 1:]], numbers[:, :-1].astype(np.uint64)], axis=1)
        doc.from_array([*_TEXTS[1:], *_NUMBERS[:-1]], values)  # type: ignore[arg-type]  # spaCy's stub asks for int32
    except Exception:  # whatever an entry of another make may hold
        return None
    return doc if doc.text == sentence else None


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def parse_sentences(ginza: Language, sentences: Sequence[str], *, cache: ParseCache | None = None) -> list[Doc]:
    """Each sentence's parse, in the order given; equal sentences are parsed once and share it.

    What comes from ``cache`` is equal to what GiNZA says in every attribute of its tokens.
    """
    parses = cache.fetch(sentences, ginza.vocab) if cache else {}
    # By length, so that a batch of the parser has its sentences done at about the same step.
    missing = sorted({sentence for sentence in sentences if sentence not in parses}, key=lambda each: (len(each), each))
    fresh = dict(zip(missing, ginza.pipe(missing, batch_size=_PARSE_BATCH), strict=True))
    if cache and fresh:
        cache.keep(fresh)
    parses.update(fresh)
    return [parses[sentence] for sentence in sentences]
