"""memcli status: what the memory holds."""

from __future__ import annotations

import typer

from memcli.cli.context import Context

MONTHS = 12
"""Months whose growth is shown."""


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
        kept = catalogue.states.counts()
        growth = catalogue.states.growth(MONTHS)
        consolidated_at = catalogue.states.last_run()
    waiting = [record["kind"] for record in store.spool.read()]
    counts["answers"] += waiting.count("answer")
    counts["recall_events"] += waiting.count("recall")
    marks = list(store.standing().marks.values())
    kept |= {"pinned": marks.count("pinned"), "forgotten": marks.count("forgotten")}
    document = {
        "schema": SCHEMA,
        "memory": str(store.folder),
        "bytes": store.size,
        "first_said_at": moment(first),
        "last_said_at": moment(last),
        **counts,
        **kept,
        "tiers": {
            "working": kept["pinned"],
            "procedural": kept["instructions"],
            "episodic": counts["turns"] - kept["archived"] - kept["instructions"],
            "archive": kept["archived"],
        },
        "growth": [{"month": month, "turns": turns} for month, turns in growth],
        "consolidated_at": moment(consolidated_at),
        "sizes": store.sizes(),
        "encrypted": store.seal is not None,
        # The index of an encrypted memory is made by whoever asks, of all that is there.
        "indexed": counts["turns"] if store.seal else store.index.count() + store.archive.count(),
        "embedder": embedder,
        "model": context.config["llm.model"] or None,
        "by_source": [source._asdict() for source in sources],
    }
    if context.json:
        render.document(document)
    else:
        render.status(document)
