"""memcli status: what the memory holds."""

from __future__ import annotations

import typer

from memcli.cli.context import Context


def status(ctx: typer.Context) -> None:
    """Show where the memory is and what it holds.

    Example: memcli status --json
    """
    from memcli.cli import render
    from memcli.cli.documents import SCHEMA, moment

    context: Context = ctx.obj
    store = context.store()
    with store.reading() as catalogue:
        counts = catalogue.counts()
        first, last = catalogue.time_span()
        sources = catalogue.source_rows()
        embedder = catalogue.setting("embedder")
    waiting = [record["kind"] for record in store.spool.read()]
    counts["answers"] += waiting.count("answer")
    counts["recall_events"] += waiting.count("recall")
    document = {
        "schema": SCHEMA,
        "memory": str(store.folder),
        "bytes": store.size,
        "first_said_at": moment(first),
        "last_said_at": moment(last),
        **counts,
        "indexed": store.index.count(),
        "embedder": embedder,
        "model": context.config["llm.model"] or None,
        "by_source": [source._asdict() for source in sources],
    }
    if context.json:
        render.document(document)
    else:
        render.status(document)
