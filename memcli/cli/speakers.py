"""memcli speakers: who speaks in the memory, and which of them are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.records import FieldsOption, FormOption, NulOption

if TYPE_CHECKING:
    from store.speakers import PersonRow
    from store.store import Store

COLUMNS = ("name", "turns", "sessions", "first_said_at", "last_said_at", "names")

app = typer.Typer(
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def speakers(ctx: typer.Context, form: FormOption = None, fields: FieldsOption = None, nul: NulOption = False) -> None:
    """Show who speaks: names, turns, sessions, sources, first and last time.

    Merge those who are one person under several names: memcli speakers merge Maya maya42

    Example: memcli speakers --json
    """
    if ctx.invoked_subcommand is not None:
        return
    from memcli.cli import records, render
    from memcli.documents import speakers_document
    from store.speakers import Speakers

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    with context.store().reading() as catalogue:
        people = Speakers(catalogue.connection).people()
        me = catalogue.setting("me")
    document = speakers_document(people, me)
    records.show(wanted, document, "speakers", COLUMNS, lambda: render.speakers(people, me))


@app.command("merge")
def merge(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names, or #NUMBER as --json lists them.")],
    shown_as: Annotated[str | None, typer.Option("--as", metavar="NAME", help="The name to show (the first).")] = None,
) -> None:
    """Make one person of several speakers. `memcli speakers unmerge` takes it back.

    Example: memcli speakers merge "Maya Lindt" maya42 --as Maya
    """
    from memcli.usage import UsageError
    from store.speakers import Speakers

    context: Context = ctx.obj
    store = context.store()
    with store.locks.writer():
        with store.reading() as catalogue:
            people = Speakers(catalogue.connection).people()
        chosen = [person for name in names for person in _named(name, people)]
        numbers = sorted({person.number for person in chosen})
        if len(numbers) < 2 and shown_as is None:
            raise UsageError("these are one person already", hint="name two or more, or a new name with --as")
        name = shown_as or chosen[0].name
        store.expect_pending()
        with store.writing() as catalogue:
            Speakers(catalogue.connection).merge(numbers, shown_as=name)
        _index(context, store)
    _report(context, numbers, name)


@app.command("unmerge")
def unmerge(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name that is shown, or #NUMBER.")],
) -> None:
    """Make separate speakers of a person again, under the names that their sources have.

    Example: memcli speakers unmerge Maya
    """
    from memcli.usage import UsageError
    from store.speakers import Speakers

    context: Context = ctx.obj
    store = context.store()
    with store.locks.writer():
        with store.reading() as catalogue:
            merged = [person for person in _named(name, Speakers(catalogue.connection).people()) if person.merged]
        if not merged:
            raise UsageError(f"{name} was never merged with anybody")
        store.expect_pending()
        with store.writing() as catalogue:
            for person in merged:
                Speakers(catalogue.connection).unmerge(person.number)
        _index(context, store)
    _report(context, sorted(person.number for person in merged), None)


def _report(context: Context, numbers: list[int], name: str | None) -> None:
    from memcli.cli import render

    if context.json:
        render.document({"schema": 1, "people": numbers, "shown_as": name})
    elif name is not None:
        context.tell(f"{len(numbers)} speakers are shown as {name} from now on")
    else:
        context.tell("they are separate speakers again")


def _named(name: str, people: list[PersonRow]) -> list[PersonRow]:
    """Everybody of that name or number. Raises UsageError, with the nearest names, if there is nobody."""
    import difflib

    from memcli.usage import UsageError
    from store.speakers import people_called

    found = people_called(name, people)
    if not found:
        names = sorted({one for person in people for one in person.names})
        near = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "`memcli speakers` lists them"
        raise UsageError(f"nobody is called {name}", hint=hint)
    return found


def _index(context: Context, store: Store) -> None:
    from memcli.engines_in_use import embedder
    from memcli.ingest.indexing import index_outbox

    index_outbox(store, embedder(context.config, store), context.progress())
