"""memcli export: everything the memory knows, as plain rows."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def export(
    ctx: typer.Context,
    place: Annotated[str, typer.Argument(metavar="FILE|-", help="A file, - for standard output, or a folder to make.")],
    parquet: Annotated[bool, typer.Option("--parquet", help="Write a folder with one Parquet file a table.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write everything that the memory knows as JSON Lines, for other programs and for `memcli import`.

    Turns are generic turns that `memcli ingest` reads too. The memory may be in use meanwhile.

    Example: memcli export family.jsonl
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path

    from memcli.cli import render
    from memcli.documents import rows_document
    from memcli.usage import UsageError
    from store.backup import counts, snapshot
    from store.disk import put_in_place, writable
    from store.exchange import EXPORTED, export_lines, export_parquet

    context: Context = ctx.obj
    target = Path(place).expanduser().absolute()
    if parquet and place == "-":
        raise UsageError("--parquet writes a folder, not standard output")
    if place != "-" and target.exists() and (parquet or not force):
        raise UsageError(f"{target} is there already", hint="name another place")
    now = datetime.now(UTC)
    store = context.store()
    if store.seal:
        context.tell("the memory is encrypted, but what is exported is not; `memcli backup` keeps it encrypted")
    with snapshot(store) as catalogue:
        every = counts(catalogue)
        if parquet:
            export_parquet(catalogue, target, now=now)
        elif place == "-":
            for line in export_lines(catalogue, now=now):
                sys.stdout.write(line)
            return
        else:
            draft = target.with_name(f".{target.name}.new")
            with writable(target):
                with draft.open("w", encoding="utf-8") as stream:
                    stream.writelines(export_lines(catalogue, now=now))
                put_in_place(draft, target)
    document = rows_document(str(target), {table.name: every[table.name] for table in EXPORTED})
    if context.json:
        render.document(document)
    elif not context.quiet:
        render.rows(document, "exported")
