"""memcli ingest: read conversation logs into the memory."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

import typer

from memcli.cli.completion import formats
from memcli.cli.context import Context

LISTED = 10
"""Skipped records that are listed on stderr; the rest is counted there, and all are in --json and in quarantine."""


def ingest(
    ctx: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...|-", help="Files, folders, or - for standard input.")],
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Read as this format instead of detecting it.", autocompletion=formats
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of times that name none, such as Europe/Berlin.")
    ] = None,
    redact: Annotated[bool, typer.Option(help="Take secrets (keys, tokens, card numbers) out.")] = True,
    allow_return: Annotated[
        bool, typer.Option("--allow-return", help="Let turns in that were deleted before.")
    ] = False,
) -> None:
    """Read conversation logs into the memory.

    Formats are found by content. Reading a log twice, or a newer export of it, adds only what is new.

    Example: memcli ingest ~/exports/ --memory family
    """
    from memcli.cli import render
    from memcli.cli.documents import ingest_document
    from memcli.cli.engines_in_use import embedder
    from memcli.exits import Exit
    from memcli.ingest import pipeline

    context: Context = ctx.obj
    context.flags["timezone"] = timezone
    report = pipeline.ingest(
        paths,
        folder=context.config.memory_folder,
        wait_s=context.config["wait"],
        embedder=embedder,
        format_name=format_name,
        zone=_zone(context.config["timezone"]),
        redacting=redact,
        allow_return=allow_return,
        exposed=context.config["exposed"],
        progress=context.progress(),
    )
    if context.json:
        render.document(ingest_document(report))
    elif not context.quiet:
        render.ingested(report)
    skipped = [(source.uri, line, reason) for source in report.sources for line, reason in source.skipped]
    for uri, line, reason in skipped[:LISTED]:
        context.tell(f"skipped {uri}{f':{line}' if line else ''}: {reason}")
    if len(skipped) > LISTED:
        context.tell(f"skipped {len(skipped) - LISTED} more (all are in quarantine, and listed by --json)")
    deleted = sum(source.ignored["deleted before"] for source in report.sources)
    if deleted:
        context.tell(f"{deleted} turns were deleted before and stay out (--allow-return lets them in)")
    for kind, count in sorted(report.redacted.items()):
        context.tell(f"redacted {count} of kind {kind}")
    raise typer.Exit(Exit.SOME_SKIPPED if skipped else Exit.DONE)


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    from tzlocal import get_localzone

    return ZoneInfo(name) if name else get_localzone()
