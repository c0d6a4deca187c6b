"""Backups that any version and any store can read, restoring them, and loading graphs from elsewhere.

A backup is one file of gzipped N-Quads whose last line says how many statements it has: a file that was cut short is
not taken for a whole one. It may be written while others write, of an embedded store from a snapshot; of a served one
it holds each graph as it was at some moment of the backup, whole.
"""

from __future__ import annotations

import datetime
import gzip
import itertools
import re
import shutil
import tempfile
import xml.parsers.expat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse

from ontology.namespaces import ENTITIES_GRAPH, ONTOLOGY_GRAPH, RUNS_GRAPH
from store.embedded import EmbeddedStore, using_folder
from store.errors import StoreError, StoreLocationError
from store.files import whole_file
from store.graph_store import GraphStore, check_graph_iri

BACKUP_SUFFIX = ".nq.gz"
LOADED_GRAPHS = "https://enishi.example/graph/loaded/"
_PROTECTED = (ONTOLOGY_GRAPH, ENTITIES_GRAPH, RUNS_GRAPH)
_LAST_LINE = re.compile(r"# end of backup: (\d+) statements\n?")
_COMPRESSION = 5
_CHUNK_QUADS = 20_000
_ATOMIC_QUADS = 500_000
_UNFOLDED_BYTES = 4 << 30
_GENID = "https://enishi.example/.well-known/genid/"
_FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
    ".trig": RdfFormat.TRIG,
    ".nq": RdfFormat.N_QUADS,
    ".jsonld": RdfFormat.JSON_LD,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: the graphs, and the number of statements in all."""

    graph_iris: tuple[str, ...]
    quads: int


def backup_store(store: GraphStore, path: Path) -> int:
    """Write all that the store holds to a new file ``….nq.gz``; gives the number of statements.

    The file appears when it is whole. Raises StoreError where it exists already or cannot be written, and ValueError
    for another suffix.
    """
    if not path.name.endswith(BACKUP_SUFFIX):
        raise ValueError(f"A backup's name ends in {BACKUP_SUFFIX}: {path}")
    count = 0
    with whole_file(path) as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_COMPRESSION, mtime=0) as gz:
        if path.exists():
            raise StoreError(f"{path} exists already.", "Choose another name: backups are not overwritten.")
        made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        gz.write(f"# Enishi backup of {store.location!r}, {made}\n".encode("ascii", "backslashreplace"))
        for chunk in _chunks(store.dump()):
            count += len(chunk)
            gz.write("".join(f"{quad} .\n" for quad in chunk).encode())
        gz.write(f"# end of backup: {count} statements\n".encode())
    return count


def restore_store(path: Path, folder: Path) -> int:
    """Make a new store in ``folder`` from a backup; gives the number of statements.

    The folder must be missing or empty, and holds a store only when all of it is there. Raises StoreError where the
    backup is damaged, cut short or no backup, and StoreLocationError where the folder is not empty or cannot be made.
    """
    with using_folder(folder):
        is_taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if is_taken:
        raise StoreLocationError(
            f"{folder} is not empty.",
            "Restore into a new folder; move the old store away if this is to take its place.",
        )
    count = _check_backup(path)
    with using_folder(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with EmbeddedStore(temporary / "store") as store, gzip.open(path, "rb") as lines:
            store.bulk_load(parse(cast(IO[bytes], lines), RdfFormat.N_QUADS))
            restored = store.size()
        if restored != count:
            raise StoreError(f"Of {count} statements {restored} were restored.", "Check the disk and try again.")
        if folder.exists():
            folder.rmdir()
        (temporary / "store").replace(folder)
    except (OSError, SyntaxError) as error:
        raise StoreError(f"The backup {path} could not be restored: {error}", "Try an older backup.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return count


def load_file(store: GraphStore, path: Path, *, graph_iri: str | None = None) -> Loaded:
    """Load a file of RDF (.ttl .nt .rdf .trig .nq .jsonld, also .gz); each graph in it takes the old one's place.

    Statements without a graph go to ``graph_iri``, which is named after the file unless given. The file is read to
    its end before anything is written. Files of up to half a million statements are loaded in one transaction. Larger
    ones are to be loaded again where loading broke off; an endpoint gets them in steps, with IRIs in the place of blank
    nodes (RDF 1.1, 3.5), as no label holds from one request to the next. Raises StoreError where the file cannot be
    read, declares XML entities, unfolds to more than 4 GiB or would overwrite the project's own graphs, or where
    ``graph_iri`` is no IRI, and ValueError for a suffix that no format has.
    """
    default_graph = LOADED_GRAPHS + _iri_part(path.name) if graph_iri is None else graph_iri
    check_graph_iri(default_graph)
    graphs: dict[str, list[Quad]] = {}
    try:
        for quad in _parse_file(path, default_graph):
            name = default_graph if isinstance(quad.graph_name, DefaultGraph) else _graph_name(quad, path)
            graphs.setdefault(name, []).append(Quad(quad.subject, quad.predicate, quad.object, NamedNode(name)))
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{path} cannot be read: {error}", "Check the file.") from error
    except SyntaxError as error:
        raise StoreError(
            f"{path} is not what its suffix says: {error}", "Correct the file; nothing was loaded."
        ) from error
    for name in graphs:
        if name in _PROTECTED:
            raise StoreError(f"{path} would overwrite Enishi's own graph {name}.", "Give its graph another name.")
    count = sum(map(len, graphs.values()))
    if count <= _ATOMIC_QUADS:
        store.replace_graphs(graphs)
    elif isinstance(store, EmbeddedStore):
        store.remove_graphs(graphs)
        store.replace_graphs(graphs)  # by the fast path, as the graphs are new
    else:
        store.remove_graphs(graphs)
        for chunk in _chunks(_without_blank_nodes(quad) for quad in itertools.chain.from_iterable(graphs.values())):
            store.add_quads(chunk)
    return Loaded(tuple(sorted(graphs)), count)


def _check_backup(path: Path) -> int:
    """The number of statements that the backup's last line gives."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            last = ""
            for line in lines:
                last = line
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise StoreError(f"The backup {path} is damaged or cut short: {error}.", "Use another backup.") from error
    match = _LAST_LINE.fullmatch(last)
    if match is None:
        raise StoreError(
            f"{path} is no backup, or was cut short.", "Use another backup; `enishi load` takes other RDF."
        )
    return int(match[1])


def _parse_file(path: Path, base_iri: str) -> Iterator[Quad]:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    rdf_format = _FORMATS.get(suffix)
    if rdf_format is None:
        raise ValueError(f"No format has the suffix {suffix!r} of {path}: use one of {', '.join(_FORMATS)}, also .gz.")
    if rdf_format == RdfFormat.RDF_XML:
        with _open(path) as content:
            _refuse_entities(path, content)
    with _open(path) as content:
        yield from parse(content, rdf_format, base_iri=base_iri, rename_blank_nodes=True)


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], _Unfolding(path)) if path.suffix == ".gz" else path.open("rb")


class _Unfolding(gzip.GzipFile):
    """A gzipped file that is not read beyond a limit, as a small one may unfold to any size."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._path = path

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        if self.tell() > _UNFOLDED_BYTES:
            raise StoreError(
                f"{self._path} unfolds to more than {_UNFOLDED_BYTES:,} bytes.",
                "If it is meant to hold so much, unpack it and load it in parts.",
            )
        return content


def _refuse_entities(path: Path, content: IO[bytes]) -> None:
    """Raise StoreError where the file declares XML entities, of which a few lines may unfold to any size.

    Raises SyntaxError where it is not well-formed: pyoxigraph takes declarations in any place, XML only at the top.
    """

    def refuse(_name: str, _system: str | None, _public: str | None, has_declarations: bool) -> None:
        if has_declarations:
            raise StoreError(
                f"{path} has a DOCTYPE with declarations, and XML entities are not unfolded.",
                "Write out what they stand for, or convert the file to Turtle.",
            )

    parser = xml.parsers.expat.ParserCreate("utf-8")  # as pyoxigraph reads it, whatever the file says
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.ParseFile(content)
    except xml.parsers.expat.ExpatError as error:
        raise SyntaxError(str(error)) from None


def _without_blank_nodes(quad: Quad) -> Quad:
    subject, target = _skolem(quad.subject), _skolem(quad.object)
    return Quad(subject, quad.predicate, target, quad.graph_name)  # type: ignore[arg-type]


def _skolem(term: object) -> object:
    """The term with an IRI in the place of each blank node (RDF 1.1, 3.5): readers rename them to 128 random bits."""
    if isinstance(term, BlankNode):
        return NamedNode(_GENID + term.value)
    if isinstance(term, Triple):
        return Triple(_skolem(term.subject), term.predicate, _skolem(term.object))  # type: ignore[arg-type]
    return term


def _graph_name(quad: Quad, path: Path) -> str:
    if isinstance(quad.graph_name, NamedNode):
        return quad.graph_name.value
    raise StoreError(f"{path} has a graph without a name ({quad.graph_name}).", "Give every graph an IRI.")


def _iri_part(name: str) -> str:
    """The name with what an IRI cannot hold percent-encoded; Japanese stays as it is."""
    return "".join(
        character if character.isalnum() or character in "._~-" else "".join(f"%{byte:02X}" for byte in encoded)
        for character in name
        for encoded in (character.encode("utf-8", "replace"),)
    )


def _chunks(quads: Iterable[Quad]) -> Iterator[list[Quad]]:
    iterator = iter(quads)
    while chunk := list(itertools.islice(iterator, _CHUNK_QUADS)):
        yield chunk
