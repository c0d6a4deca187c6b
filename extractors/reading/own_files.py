"""What Enishi itself writes, and where: no source, even where it lies among the sources.

The names are those of ``store``, ``flows`` and ``extractors.parses``, and of Oxigraph (RocksDB) and Prefect.
"""

from __future__ import annotations

import re
from collections.abc import Collection

MARKS = frozenset(("enishi-owner.json", "parses.sqlite3", "prefect.db", "memo_store.toml"))
DATABASE_FILE, DATABASE_MANIFEST = "CURRENT", "MANIFEST-"
QUARANTINE = re.compile(r"(?:^|/)quarantine/[^/]+-[0-9a-f]{8}$")
REPORT = re.compile(r"problems\.jsonl|[0-9a-f]{16}\.txt")
SUFFIXES = re.compile(r"\.(?:(?:ttl|trig|nt|nq|jsonld)(?:\.gz)?|lock)$", re.IGNORECASE)


def is_own_folder(path: str, names: Collection[str]) -> bool:
    """Whether the folder at ``path``, which holds entries of these ``names``, is a store or a part of Enishi's home:
    reports of quarantined documents, parses, or Prefect's own folder.
    """
    if not MARKS.isdisjoint(names) or (QUARANTINE.search(path) and any(map(REPORT.fullmatch, names))):
        return True
    return DATABASE_FILE in names and any(name.startswith(DATABASE_MANIFEST) for name in names)


def is_own_file(name: str) -> bool:
    """Whether a file of this ``name`` is an exported graph, a backup, an ontology or a lock, by its suffix."""
    return SUFFIXES.search(name) is not None
