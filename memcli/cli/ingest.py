"""memcli ingest: read conversation logs into the memory."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.completion import formats
from memcli.cli.context import Context

if TYPE_CHECKING:
    from memcli.ingest.reading import Reading
    from memcli.ingest.report import IngestReport

LISTED = 10
"""Skipped records that are listed on stderr; the rest is counted there, and all are in --json and in quarantine."""


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...|-", help="Files, folders, archives, or - for standard input.")
    ],
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Read as this format instead of detecting it.", autocompletion=formats
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--map", metavar="FIELDS", help="Read CSV or JSON Lines: speaker=author,text=body,time=ts."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of times that name none, such as Europe/Berlin.")
    ] = None,
    me: Annotated[str | None, typer.Option("--me", metavar="NAME", help="Which of the speakers you are.")] = None,
    redact: Annotated[bool, typer.Option(help="Take secrets (keys, tokens, card numbers) out.")] = True,
    allow_return: Annotated[
        bool, typer.Option("--allow-return", help="Let turns in that were deleted before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is in the files and would be read; write nothing.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on reading one growing file, or standard input, until stopped.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on reading new and changed files in these folders, until stopped.")
    ] = False,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="ENGINE", help="Read and embed on `ray`: here, or on the cluster of RAY_ADDRESS."),
    ] = None,
) -> None:
    """Read conversation logs into the memory.

    Formats are found by content. Reading a log twice, or a newer export of it, adds only what is new.

    Example: memcli ingest ~/exports/ --memory family
    """
    from memcli.cli import render
    from memcli.documents import dry_run_document
    from memcli.ingest.pipeline import dry_run as look_into
    from memcli.ingest.reading import Reading
    from memcli.usage import UsageError
    from store.sealing import is_sealed
    from store.store import CATALOGUE

    if dry_run + follow + watch + (on is not None) > 1:
        raise UsageError("--dry-run, --follow, --watch and --on exclude each other")
    if on not in (None, "ray"):
        raise UsageError(f"--on {on}: only `ray` is known")
    context: Context = ctx.obj
    context.flags |= {"timezone": timezone, "me": me}
    reading = Reading(
        zone=context.config.zone,
        format_name=format_name,
        mapping=_mapping(mapping) if mapping is not None else None,
        redacting=redact,
    )
    if dry_run:
        sealed = is_sealed(context.config.memory_folder / CATALOGUE)
        report = look_into(paths, reading=reading, progress=context.progress(), in_memory=sealed)
        if context.json:
            render.document(dry_run_document(report))
        elif not context.quiet:
            render.would_ingest(report)
        raise typer.Exit(_told(context, report))
    if follow or watch:
        _keep_reading(context, paths, reading, follow=follow, allow_return=allow_return)
        return
    report = context.memory_in_use.ingest(
        *paths, format=format_name, mapping=reading.mapping, redact=redact, allow_return=allow_return,
        on_ray=on == "ray",
    )  # fmt: skip
    _show(context, report)
    raise typer.Exit(_told(context, report))


def _keep_reading(context: Context, paths: list[str], reading: Reading, *, follow: bool, allow_return: bool) -> None:
    """Follow or watch until a signal comes, reporting what came in."""
    from memcli.cli.signals import until_signalled
    from memcli.ingest import follow as following
    from memcli.usage import UsageError

    if follow and len(paths) != 1:
        raise UsageError("--follow takes one file, or - for standard input", hint="--watch takes folders and files")
    if not follow and "-" in paths:
        raise UsageError("--watch takes folders and files", hint="--follow - goes on reading standard input")

    def told(report: IngestReport) -> None:
        if report.turns_added or report.skipped:
            _show(context, report)
            _told(context, report)

    with until_signalled() as stopped:
        keeping = following.Keeping(
            folder=context.config.memory_folder,
            wait_s=context.config["wait"],
            embedder=context.memory_in_use.embedder,
            reading=reading,
            me=context.config["me"] or None,
            allow_return=allow_return,
            exposed=context.config["exposed"],
            key=context.key,
            stopped=stopped,
            told=told,
            remark=context.tell,
        )
        if follow:
            following.follow(paths[0], keeping)
        else:
            following.watch(paths, keeping)


def _show(context: Context, report: IngestReport) -> None:
    from memcli.cli import render
    from memcli.documents import ingest_document

    if context.json:
        render.document(ingest_document(report))
    elif not context.quiet:
        render.ingested(report)
    sys.stdout.flush()


def _told(context: Context, report: IngestReport) -> int:
    """Say on stderr what was skipped, left out and redacted; the exit code that goes with it."""
    from memcli.exits import Exit

    skipped = [(source.uri, line, reason) for source in report.sources for line, reason in source.skipped]
    for uri, line, reason in skipped[:LISTED]:
        context.tell(f"skipped {uri}{f':{line}' if line else ''}: {reason}")
    if len(skipped) > LISTED:
        context.tell(f"skipped {len(skipped) - LISTED} more (all are in quarantine, and listed by --json)")
    deleted = sum(source.ignored["deleted before"] for source in report.sources)
    if deleted:
        context.tell(f"{deleted} turns were deleted before and stay out (--allow-return lets them in)")
    for source in report.sources:
        if source.format is None and source.ignored:
            counts = ", ".join(f"{count} of kind {reason}" for reason, count in sorted(source.ignored.items()))
            context.tell(f"left out in {source.uri}: {counts}")
    for kind, count in sorted(report.redacted.items()):
        context.tell(f"redacted {count} of kind {kind}")
    return Exit.SOME_SKIPPED if skipped else Exit.DONE


def _mapping(text: str) -> dict[str, str]:
    """`speaker=author,text=body` as {"speaker": "author", "text": "body"}."""
    from memcli.usage import UsageError

    pairs = [part.partition("=") for part in text.split(",")]
    if not all(ours.strip() and theirs.strip() for ours, _, theirs in pairs):
        raise UsageError(f"--map {text}: not of the form text=FIELD,speaker=FIELD,time=FIELD")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
