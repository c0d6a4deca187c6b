"""The command line ``enishi``: a group whose commands are imported when they are called, so that --help is quick."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NoReturn

import click

# Each command with its line in `enishi --help`; a test holds these lines to those of the commands themselves.
COMMANDS = {
    "ingest": "Read documents and load their claims into the store.",
    "extract": "Print the claims of JSON Lines or plain text as JSON Lines.",
    "entities": "Print the named entities of JSON Lines or plain text as JSON Lines.",
    "query": "Run a SPARQL query.",
    "export": "Write the graph to a file.",
    "status": "Show what the store holds.",
    "evaluate": "Score extracted claims against gold ones.",
    "schedule": "Ingest again and again, by cron line or interval.",
    "serve": "Answer SPARQL over HTTP.",
    "load": "Load graphs from an RDF file.",
    "backup": "Copy all that the store holds, also while ingests run.",
    "restore": "Make a new store from a backup.",
    "clear": "Remove every document's graph from the store.",
}


class LazyGroup(click.Group):
    """Imports ``flows.commands.<name>`` for the command that is called, and no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, freshly imported; None for a name that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"flows.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="enishi", prog_name="enishi")
def group() -> None:
    """Enishi reads Japanese text into a knowledge graph: who founded, sued, invested in or criticized whom.

    \b
    Examples:
      enishi ingest articles/
      enishi query 'SELECT ?who ?whom WHERE { ?who enishi:sued ?whom }'
      enishi export graph.ttl
      echo '{"id": "1", "text": "山田花子は大空電機を設立した。"}' | enishi extract
    """


def main() -> NoReturn:
    """Run the command line; exit status 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        status: Any = group(standalone_mode=False)  # a command's Exit arrives here as its exit code
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("Interrupted. What was loaded is whole; run the same command again to go on.")
        status = 130
    except BrokenPipeError:
        # The reader of our output went away (`enishi query … | head`): no error, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        if not _is_expected(error):
            raise
        _say(f"Error: {error}")
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _is_expected(error: Exception) -> bool:
    """Whether an error is one that the rooms raise with its remedy, or the operating system's; others are bugs."""
    return (
        isinstance(error, OSError)
        or hasattr(error, "remedy")
        or type(error).__module__.partition(".")[0]
        in {
            "flows",
            "store",
            "ontology",
            "extractors",
        }
    )


def _say(message: str) -> None:
    from flows.terminal import print_error

    print_error(message)
