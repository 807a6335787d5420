"""memcli facts: what is known, of whom, since when, and from which words."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.completion import speakers
from memcli.cli.context import Context
from memcli.cli.options import Now
from memcli.cli.records import FieldsOption, FormOption, NulOption

if TYPE_CHECKING:
    from store.store import Store

COLUMNS = ("subject", "predicate", "object", "kind", "valid_from", "valid_to", "current", "statement")


class FactKind(StrEnum):
    """The kinds of facts."""

    IDENTITY = "identity"
    PLACE = "place"
    WORK = "work"
    POSSESSION = "possession"
    RELATION = "relation"
    PREFERENCE = "preference"
    PLAN = "plan"
    EVENT = "event"
    HABIT = "habit"
    INSTRUCTION = "instruction"


def facts(
    ctx: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Only facts about this person or thing.", autocompletion=speakers),
    ] = None,
    kind: Annotated[FactKind | None, typer.Option(help="Only facts of this kind.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="What held on this day (default: today).")
    ] = None,
    known_as_of: Annotated[
        str | None,
        typer.Option("--known-as-of", metavar="DATE", help="Only what had been said by the end of this day."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Also what is over, and what took its place.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="First read the turns that are new since last time.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="With --update: let this GGUF model find facts too (slow)."),
    ] = None,
    now: Now = None,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """Show what is known: facts with the time in which they hold and the words that they come from.

    Facts are worked out by `memcli consolidate`, or here with --update. The exit code is 4 if there is none.

    Example: memcli facts Maya --kind place --history
    """
    from memcli.cli import days, questions, records
    from memcli.cli import knowledge as show
    from memcli.documents import SCHEMA
    from memcli.exits import Exit
    from memcli.memory.consolidate_facts import consolidate_facts
    from memcli.usage import UsageError

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    context.flags |= {"llm.model": model, "llm.url": "" if model is not None else None}
    store = context.memory_in_use.store
    today = questions.asked_at(now).date()
    if model is not None and not update:
        raise UsageError("--model goes with --update: it reads the turns that it has not read yet")
    if update:
        with store.locks.writer():
            consolidate_facts(store, progress=context.progress())
            if model is not None:
                _by_model(context, store, model)
    else:
        with store.reading() as catalogue:
            behind = catalogue.facts.turns_behind()
        if behind:
            context.tell(f"{behind:,} turns are not yet read for facts: --update reads them")
    day = days.day("--as-of", as_of, today) if as_of else today
    moment = days.end_of(days.day("--known-as-of", known_as_of, today)) if known_as_of else None
    known = context.memory_in_use.facts(
        subject, kind=kind.value if kind else None, as_of=day, known_as_of=moment, history=history
    )
    chosen = known.beliefs
    document = {"schema": SCHEMA, "facts": [show.fact_document(one, known, day) for one in chosen]}
    records.show(wanted, document, "facts", COLUMNS, lambda: show.facts(chosen, known, day))
    raise typer.Exit(Exit.DONE if chosen else Exit.ABSTAINED)


def _by_model(context: Context, store: Store, model: str) -> None:
    """Let a language model find facts, and tell how many of its finds did not hold up."""
    from memcli import engines_in_use
    from memcli.memory.consolidate_facts_by_model import consolidate_facts_by_model

    file = engines_in_use.model_path(model)
    writer = engines_in_use.generator(context.config, store.prompt_states.place() if store.prompt_states else None)
    context.tell(engines_in_use.told_of(context.config, writer))
    report = consolidate_facts_by_model(
        store,
        writer,
        f"{file.name} {file.stat().st_size}",
        seed=context.config["llm.seed"],
        progress=context.progress(),
    )
    context.tell(f"the model read {report.turns_read:,} turns and found {report.claims:,} facts that hold up")
    for reason, count in sorted(report.dropped.items()):
        context.tell(f"dropped {count:,}: {reason}")
