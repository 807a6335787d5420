"""The command line as a whole: the program and its global options. The commands are in commands.py."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli import __version__
from memcli.cli import completion
from memcli.cli.commands import Program
from memcli.cli.context import Context

app = typer.Typer(
    name="memcli",
    cls=Program,
    # Without rich markup `--help` takes half the time: rich is loaded only by commands that print.
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Global options may stand before or after the command. Exit codes and JSON: see the README.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"memcli {__version__}")
        raise typer.Exit


@app.callback()
def memcli(
    ctx: typer.Context,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="NAME|PATH",
            help="The memory to use (also: $MEMCLI_MEMORY).",
            autocompletion=completion.memories,
        ),
    ] = None,
    config_file: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Read settings from this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing on stderr but errors.")] = False,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="SECONDS", help="How long to wait for another process.")
    ] = None,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Show long lists without $PAGER.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="With an error, show where in memcli it arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A memory for conversations, on your own machine.

    memcli ingest chat.txt, then: memcli ask "When do we move?"
    """
    verb = ctx.invoked_subcommand or ""
    ctx.obj = Context(
        memory=memory, config_file=config_file, json=json, quiet=quiet, wait=wait, no_pager=no_pager, verb=verb
    )
