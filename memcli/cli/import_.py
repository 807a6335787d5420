"""memcli import: take in what `memcli export` wrote."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def import_(
    ctx: typer.Context,
    place: Annotated[str, typer.Argument(metavar="FILE|FOLDER|-", help="What `memcli export` wrote.")],
    allow_return: Annotated[
        bool, typer.Option("--allow-return", help="Let turns in that were deleted before.")
    ] = False,
) -> None:
    """Take in an export: conversations, and all that was made of them.

    What is there already stays as it is; all of the rest comes in, or nothing does.

    Example: memcli --memory new import family.jsonl
    """
    import sys
    from pathlib import Path

    from memcli import engines_in_use
    from memcli.cli import render
    from memcli.documents import rows_document
    from memcli.ingest.errors import InputUnreadable
    from memcli.ingest.indexing import index_outbox
    from store.exchange import read_lines, read_parquet, take_in
    from store.store import Store

    context: Context = ctx.obj
    source = Path(place).expanduser().absolute()
    if place == "-":
        tables = read_lines(sys.stdin.buffer)
    elif source.is_dir():
        tables = read_parquet(source)
    else:
        try:
            with source.open("rb") as stream:
                tables = read_lines(stream)
        except OSError as error:
            raise InputUnreadable(f"{source}: {error.strerror}") from error
    config = context.config
    store = Store.create(config.memory_folder, wait_s=config["wait"], exposed=config["exposed"], key=context.key)
    with store.locks.writer():
        store.fold_spool()
        store.expect_pending()
        with store.writing() as catalogue:
            added = take_in(catalogue, tables, allow_return=allow_return)
        index_outbox(store, engines_in_use.embedder(context.config, store), context.progress())
    document = rows_document(place if place == "-" else str(source), added)
    if context.json:
        render.document(document)
    elif not context.quiet:
        render.rows(document, "added")
