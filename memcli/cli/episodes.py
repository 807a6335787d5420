"""memcli episodes: the gist of what was said, episode by episode."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now, Since, Until
from memcli.cli.records import FieldsOption, FormOption, NulOption

COLUMNS = ("id", "title", "turns", "started_at", "ended_at", "gist")


def episodes(
    ctx: typer.Context,
    since: Since = None,
    until: Until = None,
    scenes: Annotated[
        bool, typer.Option("--scenes", help="List scenes instead: episodes of a conversation about the same.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most that are shown, the latest.")] = 20,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
    now: Now = None,
) -> None:
    """List episodes with the sentences that stand for them, word for word, and how well they are kept.

    They are made by `memcli consolidate`. The exit code is 4 if there is none.

    Example: memcli episodes --since 2024-05-01 --until 2024-06-01
    """
    from memcli.cli import records, render
    from memcli.cli.questions import asked_at, turn_filter
    from memcli.documents import episodes_document
    from memcli.exits import Exit
    from memcli.memory.forgetting import Strength, retained
    from memcli.memory.salience import first_strength

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    where = turn_filter(since=since, until=until, speakers=None)
    at, store = asked_at(now), context.store()
    with store.reading() as catalogue:
        listing = catalogue.episodes.scene_gists if scenes else catalogue.episodes.gists
        rows = listing(where.since, where.until, limit)
    recalled = store.standing().strengths
    kept = []
    for row in rows:
        state = recalled.get(f"summary:{row.id}" if scenes else row.id)
        first = first_strength("summary" if scenes else "episode", row.rating, row.ended_at)  # type: ignore[arg-type]
        kept.append(Strength(*state[2:]) if state else first)

    def people() -> None:
        show = render.printer()
        for row, strength in zip(rows, kept, strict=True):
            when = f"{row.started_at:%Y-%m-%d %H:%M}  " if row.started_at else ""
            turns = f"  {row.turns:,} turn{'' if row.turns == 1 else 's'}"
            still = f", {100 * retained(strength, at):.0f} % retained"
            show((when, "cyan"), (row.title, "bold"), (f"{turns}{'' if row.closed else ', open'}{still}", "dim"))
            for turn_id, speaker, sentence in row.sentences:
                show((f"    {speaker}: ", "green"), (sentence, ""), (f"  {turn_id[:12]}", "dim"))

    records.show(
        wanted, episodes_document(rows, kept, at, scenes=scenes), "scenes" if scenes else "episodes", COLUMNS, people
    )
    raise typer.Exit(Exit.DONE if rows else Exit.ABSTAINED)
