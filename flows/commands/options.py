"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from flows.settings import load_settings

Function = TypeVar("Function", bound=Callable[..., Any])


def _default_store() -> str:
    return load_settings().store


def _default_ontology() -> tuple[str, ...]:
    return tuple(map(str, load_settings().ontology))


store_option: Callable[[Function], Function] = click.option(
    "--store",
    metavar="DIR|URL",
    default=_default_store,
    show_default="ENISHI_STORE, else $ENISHI_HOME/store, that is var/store",
    help="The graph's folder, or the address of a SPARQL endpoint.",
)

ontology_option: Callable[[Function], Function] = click.option(
    "--ontology",
    metavar="FILE.ttl",
    multiple=True,
    default=_default_ontology,
    show_default="ENISHI_ONTOLOGY, else none",
    help="Turtle with relations and names of your own, read beside the built-in ones. May be given again.",
)

wait_option: Callable[[Function], Function] = click.option(
    "--wait",
    "wait_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    help="How long to wait for another run to let go of the store.",
)


workers_option: Callable[[Function], Function] = click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="as many as there are cores, where there is text enough",
    help="Read in N processes with a model each, of about 0.7 GB; what comes out is the same for every N.",
)


min_confidence_option: Callable[[Function], Function] = click.option(
    "--min-confidence",
    metavar="P",
    type=click.FloatRange(min=0, max=1),
    show_default="the weights' own: one for the four relations, another for added ones",
    help="Leave out claims that are less likely right than P: a higher P gives fewer claims, and fewer wrong ones.",
)


def as_paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    """File names as paths."""
    return tuple(map(Path, names))
