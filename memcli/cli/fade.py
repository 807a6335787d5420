"""memcli fade: see how memories fade, and which will do so this month."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now

if TYPE_CHECKING:
    from memcli.memory.chart import Curve
    from store.rows import TurnRow
    from store.store import Store


DAYS = 1000
"""So far ahead the curves go."""

STEPS = 400
"""Points of a curve."""

IMPRESSIONS = {1: "a word in passing", 2: "small talk", 3: "names, numbers, days", 4: "meant to stay"}


def fade(
    ctx: typer.Context,
    turn: Annotated[
        str | None, typer.Argument(metavar="[ID|N]", help="A turn whose own curve is drawn (default: all kinds).")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many days ahead the curves go.")] = DAYS,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the curves as a web page too.")] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curves as a picture too (needs memcli[plot]).")
    ] = None,
    now: Now = None,
) -> None:
    """Draw how memories fade if nobody uses them, and list what fades within a month.

    Nothing is changed: `memcli consolidate` moves what has faded to the archive.

    Example: memcli fade 1 --days 365
    """
    from memcli.cli import render
    from memcli.cli.fading import fading_document, fading_soon, show_fading
    from memcli.cli.questions import asked_at
    from memcli.documents import SCHEMA
    from memcli.memory.chart import picture, plain, svg_page
    from memcli.memory.tiers import FADED_BELOW
    from memcli.naming import turn_named

    context: Context = ctx.obj
    store = context.store()
    at = asked_at(now)
    row = turn_named(store, turn) if turn is not None else None
    curves = kinds(store, days) if row is None else [_own(store, row, at, days)]
    fading = [] if row else fading_soon(store, at)
    files: list[tuple[Path, bytes]] = []
    if html is not None:
        files.append((html, svg_page(curves, FADED_BELOW, "How memories fade").encode()))
    if png is not None:
        from memcli.cli import png as pictures

        files.append((png, pictures.png(picture(curves, FADED_BELOW))))
    for path, data in files:
        path.write_bytes(data)
        context.tell(f"wrote {path}")
    if context.json:
        soon = [fading_document(*one) for one in fading]
        drawn = [{"name": curve.name, "points": [list(point) for point in curve.points[::20]]} for curve in curves]
        render.document({"schema": SCHEMA, "faded_below": FADED_BELOW, "curves": drawn, "fading": soon})
        return
    show = render.printer()
    for line in plain(curves, FADED_BELOW):
        show((line, ""))
    if row is None:
        show_fading(fading)


def kinds(store: Store, days: int) -> list[Curve]:
    """What becomes of a turn of each rating that nobody uses."""
    from memcli.memory.chart import Curve
    from memcli.memory.forgetting import initial_stability, retrievability

    with store.reading() as catalogue:
        ratings = catalogue.states.ratings()
    steps = [days * step / STEPS for step in range(STEPS + 1)]
    return [
        Curve(
            f"{name} ({ratings.get(rating, 0):,} turns)",
            [(step, retrievability(step, initial_stability(rating))) for step in steps],  # type: ignore[arg-type]
        )
        for rating, name in IMPRESSIONS.items()
    ]


def _own(store: Store, row: TurnRow, now: datetime, days: int) -> Curve:
    """The curve of one turn from the day on which it was said, through its recalls, to `days` from now."""
    from memcli.memory.chart import Curve
    from memcli.memory.forgetting import Recall, days_between, recalled, retained
    from memcli.memory.salience import first_strength, rating_of

    with store.reading() as catalogue:
        events = [(when, rating) for when, rating in catalogue.states.events_of(row.id)]
    waiting: list[dict[str, Any]] = [
        one for one in store.spool.read() if one.get("item_id") == row.id and "rating" in one
    ]
    events += [(datetime.fromisoformat(one["recalled_at"]), one["rating"]) for one in waiting]
    events.sort()
    born = row.said_at or (events[0][0] if events else now)
    strength = first_strength("turn", rating_of(row.text), born)
    span = max(days_between(born, now), 0.0) + days
    moments = sorted({born + timedelta(days=span * step / STEPS) for step in range(STEPS + 1)} | {e[0] for e in events})
    points = []
    for at in moments:
        while events and events[0][0] <= at:
            points.append((days_between(born, at), retained(strength, at)))
            when, rating = events.pop(0)
            strength = recalled(strength, Recall(when, rating))  # type: ignore[arg-type]
        if at >= born:
            points.append((days_between(born, at), retained(strength, at)))
    pinned = store.standing().marks.get(row.id) == "pinned"
    name = f"{row.speaker}: {' '.join(row.text.split())[:60]}" + (" (pinned: never fades)" if pinned else "")
    return Curve(name, [(day, 1.0) for day, _ in points] if pinned else points)
