"""memcli search: find turns."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Deep, MaxMs, Now, Since, Speaker, Until


def search(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="QUERY|-", help="What to look for, or - for one a line on stdin.")],
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
    deep: Deep = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most turns shown.")] = 10,
    max_ms: MaxMs = None,
) -> None:
    """Find turns by words and by meaning.

    The exit code is 4 if nothing is found.

    Example: memcli search "cargo bike repair" --since 2024-05-01
    """
    from memcli.cli import engines_in_use, questions, render
    from memcli.cli.documents import search_document
    from memcli.cli.speakers import shown_names
    from memcli.exits import Exit
    from memcli.ingest.indexing import heal
    from memcli.recall.pipeline import Recalled, recall
    from memcli.recall.time_budget import TimeBudget
    from memcli.types import Query

    context: Context = ctx.obj
    store = context.store()
    engines = engines_in_use.for_recall()
    heal(store, engines.embedder, context.progress())
    speaker = shown_names(store, speaker)

    def found(asked: str) -> tuple[Query, Recalled]:
        query = questions.query(asked, since=since, until=until, speakers=speaker, now=now, limit=limit, deep=deep)
        time_budget = TimeBudget.of(max_ms)
        recalled = recall(query, store, engines, time_budget=time_budget)
        questions.tell_left_out(context, time_budget)
        return query, recalled

    def batched(asked: str) -> tuple[dict[str, Any], bool]:
        query, recalled = found(asked)
        return search_document(query, recalled), bool(recalled.candidates)

    if text == "-":
        raise typer.Exit(questions.batch(context, "query", batched))
    query, recalled = found(text)
    if context.json:
        render.document(search_document(query, recalled))
    else:
        render.hits(recalled)
        if not recalled.candidates:
            context.tell(
                "nothing found" + ("" if deep or not store.archive.count() else " (--deep looks into the archive too)")
            )
    raise typer.Exit(Exit.DONE if recalled.candidates else Exit.ABSTAINED)
