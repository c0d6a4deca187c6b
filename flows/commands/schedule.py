"""``enishi schedule``: ingest again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.commands.options import min_confidence_option, ontology_option, store_option

if TYPE_CHECKING:
    from flows.settings import Settings


@click.command("schedule", short_help="Ingest again and again, by cron line or interval.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--cron", metavar="LINE", help='When to run, in local time: "0 3 * * *" is three at night.')
@click.option("--every", metavar="INTERVAL", help="Run at once, then this often: 30s, 15m, 6h, 1d.")
@store_option
@ontology_option
@min_confidence_option
@click.option("--prune", is_flag=True, help="After each run remove documents that left the paths, a feed's apart.")
@click.option("--allow-private", is_flag=True, help="Let URLs lead to private and loopback addresses.")
@click.option("--port", type=click.IntRange(1, 65535), default=4200, show_default=True, help="Of Prefect's own page.")
def command(
    paths: tuple[str, ...],
    cron: str | None,
    every: str | None,
    store: str,
    ontology: tuple[str, ...],
    min_confidence: float | None,
    prune: bool,
    allow_private: bool,
    port: int,
) -> None:
    """Ingest again and again, by cron line or interval, until interrupted.

    Runs the Prefect flow "enishi-ingest" in a process of its own each time it is due: with --every for the first time
    at once, with --cron when its time has come. A run that is due while another is at work is left out. Uses the
    Prefect server of PREFECT_API_URL, or starts one on loopback that ends with this command; its page shows each run
    with its log and its summary.

    \b
    Examples:
      enishi schedule news/ --every 15m
      enishi schedule archive/ https://example.org/feed.xml --cron "0 3 * * *" --prune
    """
    from flows.scheduling import page_address, parse_interval, serve_schedule
    from flows.settings import load_settings

    if (cron is None) == (every is None):
        raise click.UsageError("Give either --cron or --every.")
    if "-" in paths:
        raise click.UsageError("A schedule has no standard input. Name files, folders, globs or URLs.")
    interval = None
    if every is not None:
        try:
            interval = parse_interval(every)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--every") from None
    if cron is not None:
        _check_cron(load_settings(), cron)
    parameters = {
        "paths": [_absolute(path) for path in paths],
        "store": _absolute(store),
        "ontology": [_absolute(path) for path in ontology],
        "min_confidence": min_confidence,
        "prune": prune,
        "allow_private_addresses": allow_private,
    }
    click.echo(f"Scheduled: {cron or every}. Prefect's page: {page_address(port)}. Ctrl-C ends it.")
    serve_schedule(load_settings(), parameters, cron=cron, interval=interval, port=port)


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).absolute())


def _check_cron(settings: Settings, line: str) -> None:
    """Say at once what Prefect would say of a cron line after its server has started."""
    from flows.settings import prepare_prefect

    prepare_prefect(settings)
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=line)
    except ValueError:
        hint = 'Write five fields, minute, hour, day, month and weekday, such as "0 3 * * *".'
        raise click.BadParameter(f"{line!r} is no cron line. {hint}", param_hint="--cron") from None
