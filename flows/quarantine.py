"""Readable reports about documents whose graph broke a shape, one file a document, and the list of all problems.

Each store has a folder of its own for them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from extractors.records import Claim, Document
from flows.locking import store_name
from flows.report import Report
from flows.terminal import printable
from ontology.iris import document_iri

PROBLEMS_FILE = "problems.jsonl"
_GRAPH = "graph         "


def quarantine_folder(root: Path, store: str) -> Path:
    """The folder beneath ``root`` that is about one store: the last part of its name, and a hash of the whole."""
    name = store_name(store)
    last = re.sub(r"[^\w.-]+", "-", re.split(r"[/\\]", name)[-1])[:40]
    return root / f"{last}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def report_path(folder: Path, document: Document) -> Path:
    """Where the report about a document lies: named by its id's hash, which no id can escape from."""
    return folder / f"{hashlib.sha256(document.id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.txt"


def write_report(folder: Path, document: Document, claims: Iterable[Claim], messages: Iterable[str]) -> Path:
    """Write what is wrong with a document's graph, in place of an earlier report about it; gives the file."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "This document was read, but its graph breaks the shapes of the ontology, so it was not loaded.",
        "Its earlier graph, if the store had one, stays. It is tried again on every run.",
        "",
        f"{_GRAPH}{document_iri(document.id)}",
        f"document      {document.id}",
        f"source        {document.source}",
        f"title         {document.title or '-'}",
        f"content hash  {document.content_hash}",
        "",
        "What is wrong",
        *(f"- {message}" for message in messages),
        "",
        "Claims read from it",
        *(
            f"- {claim.relation}({claim.subject.labels[0]}, {claim.object.labels[0]}), {claim.status.value}: "
            f"{claim.evidence.text}"
            for claim in claims
        ),
    ]
    path = report_path(folder, document)
    path.write_text("\n".join(map(printable, lines)) + "\n", encoding="utf-8")
    return path


def clear_report(folder: Path, document: Document) -> None:
    """Forget an earlier report about a document that is sound now."""
    report_path(folder, document).unlink(missing_ok=True)


def reported_graphs(folder: Path) -> Iterator[tuple[str, Path]]:
    """The graph that each report in the folder is about, with the report's file."""
    for path in sorted(folder.glob("*.txt")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        graph = next((line.removeprefix(_GRAPH) for line in lines if line.startswith(_GRAPH)), None)
        if graph is not None:
            yield graph, path


def clear_quarantine(folder: Path) -> None:
    """Forget every report and the list of problems."""
    for path in (*folder.glob("*.txt"), folder / PROBLEMS_FILE):
        path.unlink(missing_ok=True)


def write_problems(folder: Path, report: Report) -> Path | None:
    """List all that a run could not load, one JSON object a line, in place of the list of the run before.

    Gives the file; None where there was no problem, and then there is no file either.
    """
    path = folder / PROBLEMS_FILE
    if report.sound:
        path.unlink(missing_ok=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as file:
        for kind, problems in (("failed", report.failed), ("quarantined", report.quarantined)):
            for problem in problems:
                fields = {"source": problem.source, "reason": problem.reason, "remedy": problem.remedy}
                file.write(json.dumps({"kind": kind, **fields}) + "\n")
    return path
