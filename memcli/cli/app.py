"""The command line as a whole: global options, and the commands in the order in which help shows them."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli import __version__
from memcli.cli import (
    ask,
    backup,
    check,
    completion,
    config,
    consolidate,
    context_block,
    delete,
    diff,
    episodes,
    export,
    facts,
    fade,
    import_,
    ingest,
    marks,
    models,
    open_turn,
    profile,
    ratings,
    remember,
    repair,
    restore,
    search,
    sessions,
    speakers,
    sql,
    status,
    timeline,
    undo,
    why,
    why_not,
)
from memcli.cli import eval as evaluation
from memcli.cli.context import Context

app = typer.Typer(
    name="memcli",
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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A memory for conversations, on your own machine.

    memcli ingest chat.txt, then: memcli ask "When do we move?"
    """
    ctx.obj = Context(memory=memory, config_file=config_file, json=json, quiet=quiet, wait=wait)


app.command("ingest")(ingest.ingest)
app.command("ask")(ask.ask)
app.command("search")(search.search)
app.command("context")(context_block.context)
app.command("open")(open_turn.open_turn)
app.command("sessions")(sessions.sessions)
app.command("timeline")(timeline.timeline)
app.add_typer(speakers.app, name="speakers")
app.command("undo")(undo.undo)
app.command("episodes")(episodes.episodes)
app.command("good")(ratings.good)
app.command("bad")(ratings.bad)
app.command("pin")(marks.pin)
app.command("unpin")(marks.unpin)
app.command("forget")(marks.forget)
app.command("consolidate")(consolidate.consolidate)
app.command("fade")(fade.fade)
app.command("facts")(facts.facts)
app.command("profile")(profile.profile)
app.command("diff")(diff.diff)
app.command("remember")(remember.remember)
app.command("status")(status.status)
app.command("delete")(delete.delete)
app.command("check")(check.check)
app.command("repair")(repair.repair)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("export")(export.export)
app.command("import")(import_.import_)
app.command("sql")(sql.sql)
app.command("config")(config.config)
app.command("why")(why.why)
app.command("why-not")(why_not.why_not)
app.command("eval")(evaluation.evaluate)
app.add_typer(models.app, name="models")
app.command("completion")(completion.completion)
