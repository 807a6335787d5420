"""memcli search: find turns."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Deep, Now, Since, Speaker, Until


def search(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="QUERY|-", help="What to look for, or - for one a line on stdin.")],
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
    deep: Deep = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most turns shown.")] = 10,
) -> None:
    """Find turns by words and by meaning.

    The exit code is 4 if nothing is found.

    Example: memcli search "cargo bike repair" --since 2024-05-01
    """
    from memcli.cli import questions, render
    from memcli.cli.documents import search_document
    from memcli.exits import Exit
    from memcli.recall.pipeline import Recalled

    context: Context = ctx.obj
    memory = context.memory_in_use
    where = questions.turn_filter(since=since, until=until, speakers=speaker)
    at = questions.asked_at(now)

    def found(asked: str) -> Recalled:
        return memory.search(
            asked, since=where.since, until=where.until, speakers=where.speakers, deep=deep, limit=limit, now=at
        )

    def batched(asked: str) -> tuple[dict[str, Any], bool]:
        recalled = found(asked)
        return search_document(asked.strip(), recalled), bool(recalled.candidates)

    if text == "-":
        raise typer.Exit(questions.batch(context, "query", batched))
    recalled = found(text)
    if context.json:
        render.document(search_document(text.strip(), recalled))
    else:
        render.hits(recalled)
        if not recalled.candidates:
            archive = not deep and memory.store.archive.count()
            context.tell("nothing found" + (" (--deep looks into the archive too)" if archive else ""))
    raise typer.Exit(Exit.DONE if recalled.candidates else Exit.ABSTAINED)
