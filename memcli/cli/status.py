"""memcli status: what the memory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from memcli.config import Config
    from store.store import Store

MONTHS = 12
"""Months whose growth is shown."""


def status(
    ctx: typer.Context,
    engines: Annotated[
        bool, typer.Option("--engines", help="Show what computes: builds, devices, providers, threads.")
    ] = False,
) -> None:
    """Show where the memory is and what it holds.

    Example: memcli status --json
    """
    from memcli.cli import render

    context: Context = ctx.obj
    if engines:
        from memcli.cli.engines_status import show

        show(context)
        return
    document = context.memory_in_use.status()
    if context.json:
        render.document(document)
    else:
        render.status(document)


def status_document(store: Store, settings: Config) -> dict[str, Any]:
    """What `status --json` prints."""
    from memcli.cli.documents import SCHEMA, moment
    from memcli.schedule.plan import plan_name
    from memcli.schedule.runs import last_run

    with store.reading() as catalogue:
        counts = catalogue.counts()
        first, last = catalogue.time_span()
        sources = catalogue.source_rows()
        embedder = catalogue.setting("embedder")
        kept = catalogue.states.counts()
        known = catalogue.facts.counts()
        strengths = catalogue.states.recalled()
        growth = catalogue.states.growth(MONTHS)
        consolidated_at = catalogue.states.last_run()
    waiting = [record["kind"] for record in store.spool.read()]
    counts["answers"] += waiting.count("answer")
    counts["recall_events"] += waiting.count("recall")
    marks = list(store.standing().marks.values())
    kept |= {"pinned": marks.count("pinned"), "forgotten": marks.count("forgotten")}
    return {
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
            "semantic": known["facts"] - known["facts_over"],
            "episodic": counts["turns"] - kept["archived"] - kept["instructions"],
            "archive": kept["archived"],
        },
        "facts": known["facts"],
        "facts_over": known["facts_over"],
        "recalled": strengths,
        "growth": [{"month": month, "turns": turns} for month, turns in growth],
        "consolidated_at": moment(consolidated_at),
        "scheduled_run": last_run(plan_name(str(settings["memory"]), str(settings.memory_folder))),
        "sizes": store.sizes(),
        "archive_saves": 0 if store.seal else store.archive.saved,
        "encrypted": store.seal is not None,
        # The index of an encrypted memory is made by whoever asks, of all that is there.
        "indexed": counts["turns"] if store.seal else store.index.count() + store.archive.count(),
        "embedder": embedder,
        "model": settings["llm.model"] or None,
        "by_source": [source._asdict() for source in sources],
    }
