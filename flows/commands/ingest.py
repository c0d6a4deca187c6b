"""``enishi ingest``: documents into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flows.commands.options import (
    as_paths,
    min_confidence_option,
    ontology_option,
    store_option,
    wait_option,
    workers_option,
)

if TYPE_CHECKING:
    from flows.report import Report
    from flows.running import Request
    from flows.settings import Settings


@click.command("ingest", short_help="Read documents and load their claims into the store.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@store_option
@ontology_option
@min_confidence_option
@click.option("--prune", is_flag=True, help="Afterwards remove documents that left the given paths, a feed's apart.")
@click.option("--claims", "show_claims", is_flag=True, help="Afterwards print the claims of the store as a table.")
@workers_option
@click.option(
    "--dask",
    metavar="tcp://HOST:PORT",
    help="Read on the workers of this Dask scheduler, as a Prefect flow; only this process writes to the store. "
    "Where it is not on this machine, PREFECT_API_URL must name a server that its workers reach, too.",
)
@click.option("--flow", "as_flow", is_flag=True, help="Run as a Prefect flow, with its log and artifacts.")
@click.option("--allow-private", is_flag=True, help="Let URLs lead to private and loopback addresses.")
@click.option("--quiet", is_flag=True, help="Print only what went wrong, warnings, notes, and --claims.")
@wait_option
def command(
    paths: tuple[str, ...],
    store: str,
    ontology: tuple[str, ...],
    min_confidence: float | None,
    prune: bool,
    show_claims: bool,
    workers: int | None,
    dask: str | None,
    as_flow: bool,
    allow_private: bool,
    quiet: bool,
    wait_s: float,
) -> None:
    """Read documents and load their claims into the store.

    PATH is a file, a folder, a glob, an http(s) URL, or - for standard input; plain text, Markdown, HTML, JSON Lines
    ({"id", "text"} a line), RSS and Atom. Documents that have not changed since the last run are left alone. What
    cannot be read is reported, and the rest is loaded.

    Exit status: 0 all is loaded, 1 something could not be read or loaded, 2 wrong usage.

    \b
    Examples:
      enishi ingest data/articles
      enishi ingest 'news/**/*.html' https://example.org/feed.xml
      enishi ingest archive/ --prune --store http://127.0.0.1:7878
      enishi ingest archive/ --workers 4
      enishi ingest archive/ --min-confidence 0.7
      enishi ingest archive/ --dask tcp://127.0.0.1:8786
      cat notes.txt | enishi ingest -
    """
    from flows.quarantine import quarantine_folder
    from flows.running import Request
    from flows.settings import load_settings

    _refuse_what_excludes_itself(paths, workers=workers, dask=dask, as_flow=as_flow)
    settings = load_settings()
    request = Request(
        paths=paths,
        store=store,
        home=settings.home,
        quarantine=quarantine_folder(settings.quarantine, store),
        ontology=as_paths(ontology),
        prune=prune,
        wait_s=wait_s,
        allow_private_addresses=allow_private,
        workers=workers,
        min_confidence=min_confidence,
        batch_documents=settings.batch_documents,
        batch_characters=settings.batch_characters,
    )
    sound = _run(request, settings, dask=dask, as_flow=as_flow, quiet=quiet)
    if show_claims:
        from flows.claims_table import print_claims

        print_claims(store)
    if not sound:
        raise click.exceptions.Exit(1)


def _run(request: Request, settings: Settings, *, dask: str | None, as_flow: bool, quiet: bool) -> bool:
    """Whether nothing was to be reported."""
    if dask is not None:
        return _run_on_dask(request, settings, dask, quiet=quiet)
    return _run_as_flow(request, quiet=quiet) if as_flow else _run_plainly(request, quiet=quiet).sound


def _refuse_what_excludes_itself(
    paths: tuple[str, ...], *, workers: int | None, dask: str | None, as_flow: bool
) -> None:
    if dask is not None and workers is not None:
        raise click.UsageError("--workers is for this machine and --dask for others: give one of them.")
    if "-" in paths and (as_flow or dask is not None):
        raise click.UsageError("A flow has no standard input. Name files, folders, globs or URLs, or leave out --flow.")


def _run_plainly(request: Request, *, quiet: bool) -> Report:
    from flows.progress import progress_bar
    from flows.report import summarize
    from flows.running import run
    from flows.terminal import print_error, print_table, printable

    with progress_bar(quiet=quiet) as progress:
        report = run(request, progress=progress, on_warning=lambda warning: print_error(f"Warning: {warning}"))
    for name, problems in (("Not read", report.failed), ("Quarantined", report.quarantined)):
        for problem in problems:
            print_error(f"{name}: {problem}")
    for note in report.notes:
        print_error(note)
    if quiet:
        return report
    if report.claims:
        rows = [
            (relation, *(str(statuses.get(status, 0)) for status in ("asserted", "negated", "hypothetical")))
            for relation, statuses in report.relations().items()
        ]
        columns = ("relation", "asserted", "negated", "hypothetical")
        print_table("Claims of the documents loaded now", columns, rows, right=columns[1:])
    click.echo(printable(summarize(report)))
    return report


def _run_on_dask(request: Request, settings: Settings, address: str, *, quiet: bool) -> bool:
    """Run the flow with a server of its own, unless PREFECT_API_URL names one: workers report to it, too."""
    import contextlib
    import os

    from flows.distribution import dask_runner
    from flows.scheduling import server
    from store.endpoints import is_loopback
    from store.serving import free_port

    if not os.environ.get("PREFECT_API_URL") and not is_loopback(address):
        raise click.UsageError(
            "The workers of a scheduler elsewhere do not reach a Prefect server on this machine's loopback. "
            "Start `prefect server start --host 0.0.0.0`, and set PREFECT_API_URL to its address here and for them."
        )
    with contextlib.ExitStack() as stack:
        if not os.environ.get("PREFECT_API_URL"):
            os.environ["PREFECT_API_URL"] = stack.enter_context(server(settings, port=free_port()))
        sound = _run_as_flow(request, quiet=quiet, task_runner=dask_runner(address))
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all(timeout=10)  # while there is a server to take it
    return sound


def _run_as_flow(request: Request, *, quiet: bool, task_runner: Any = None) -> bool:
    """Run the flow here and now; gives whether all is loaded."""
    import os

    if quiet:  # Prefect reads this when it is imported
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "WARNING")
    from flows.ingest import ingest

    flow = ingest if task_runner is None else ingest.with_options(task_runner=task_runner)
    sound: Any = flow(
        paths=list(request.paths),
        store=request.store,
        prune=request.prune,
        ontology=[str(path) for path in request.ontology],
        allow_private_addresses=request.allow_private_addresses,
        workers=request.workers,
        min_confidence=request.min_confidence,
        wait_s=request.wait_s,
    )
    return bool(sound)
