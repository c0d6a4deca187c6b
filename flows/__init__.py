"""When and where Enishi runs: settings, plain ingestion functions, the Prefect flow over them, and the command line."""

from __future__ import annotations


def version() -> str:
    """The installed version of Enishi."""
    from importlib import metadata

    return metadata.version("enishi")
