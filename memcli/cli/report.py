"""memcli report: the memory as one web page that stays on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now

if TYPE_CHECKING:
    from datetime import datetime

    from memcli.api import Memory
    from memcli.report.page import Section

NAMES, SCENES, FACTS, PEOPLE = 60, 200, 500, 200
"""Most that are shown of each."""


def report(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write the page, such as memory.html.")],
    turns: Annotated[int, typer.Option(min=0, help="So many of the latest turns are in it, word for word.")] = 1000,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    now: Now = None,
) -> None:
    """Write the memory as a web page to look at: timeline, growth, tiers, curves, people, topics, facts; searchable.

    One file that loads nothing from elsewhere. It holds what people said: keep it as private as the memory.

    Example: memcli report memory.html
    """
    from memcli.cli import questions, render
    from memcli.documents import SCHEMA
    from memcli.report.page import page
    from memcli.usage import UsageError
    from store.disk import put_in_place, writable

    context: Context = ctx.obj
    target = Path(file).expanduser().absolute()
    if target.exists() and not force:
        raise UsageError(f"{target} is there already", hint="name another file, or --force to replace it")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    at = questions.asked_at(now)
    memory = context.memory_in_use
    sections = _sections(memory, at, turns)
    draft = target.with_name(f".{target.name}.new")
    with writable(target):
        draft.write_text(page(f"Memory {memory.folder.name}", at, sections), encoding="utf-8")
        put_in_place(draft, target)
    size = target.stat().st_size
    if context.json:
        render.document({"schema": SCHEMA, "file": str(target), "bytes": size, "sections": len(sections)})
    else:
        if memory.store.seal:
            context.tell("the memory is encrypted, but the page is not")
        context.tell(f"wrote {target} ({size / 1e6:,.1f} MB)")


def _sections(memory: Memory, now: datetime, turns: int) -> list[Section]:
    from memcli.cli.fade import DAYS, kinds
    from memcli.memory.tiers import FADED_BELOW
    from memcli.report import page
    from store.index import Filter
    from store.overview import stretches

    status = memory.status()
    with memory.store.reading() as catalogue:
        counted, _ = stretches(catalogue.connection, "month", Filter())
        names = catalogue.facts.names(2, NAMES)
        scenes = catalogue.episodes.scene_gists(None, None, SCENES)
        latest = catalogue.latest_turns(turns)
    known = memory.facts(as_of=now.date())
    return [
        page.overview(
            {name: status[name] for name in ("turns", "sessions", "sources", "episodes", "scenes", "answers")},
            (status["first_said_at"] or "")[:10],
            (status["last_said_at"] or "")[:10],
        ),
        *page.timeline([(f"{one.begins:%Y-%m}", one.turns) for one in counted]),
        page.tiers(status["tiers"], kinds(memory.store, DAYS), FADED_BELOW),
        page.Section(
            title="Who speaks",
            head=("name", "turns", "sessions", "from", "to"),
            rows=[
                (
                    one.name,
                    f"{one.turns:,}",
                    f"{one.sessions:,}",
                    f"{one.first_said_at:%Y-%m-%d}" if one.first_said_at else "",
                    f"{one.last_said_at:%Y-%m-%d}" if one.last_said_at else "",
                )
                for one in memory.speakers()[:PEOPLE]
            ],
        ),
        page.Section(
            title="Whom and what it is about",
            note="The names that turns mention most.",
            head=("name", "turns"),
            rows=[(one.name, f"{one.turns:,}") for one in names],
        ),
        page.Section(
            title="What is known",
            note="Facts that hold, each in the words that it comes from.",
            entries=[
                page.Entry(about=f"{one.subject}, {one.predicate}: {one.object}", text=one.statement)
                for one in known.beliefs[:FACTS]
            ],
        ),
        page.Section(
            title="Scenes",
            note="What was talked about, the latest first, in sentences that stand for it.",
            entries=[
                page.Entry(
                    about=f"{one.started_at:%Y-%m-%d}  {one.title}" if one.started_at else one.title,
                    text="\n".join(f"{who}: {text}" for _, who, text in one.sentences),
                )
                for one in scenes
            ],
        ),
        page.Section(
            title="The latest turns",
            entries=[
                page.Entry(
                    about=f"{one.said_at:%Y-%m-%d %H:%M}  {one.speaker}  {one.source}"
                    + (f":{one.line}" if one.line else "")
                    if one.said_at
                    else f"{one.speaker}  {one.source}",
                    text=one.text,
                )
                for one in latest
            ],
        ),
    ]
