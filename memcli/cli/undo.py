"""memcli undo: take one ingest back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from store.batches import BatchRow


def undo(
    ctx: typer.Context,
    batch: Annotated[
        str | None, typer.Argument(metavar="[BATCH]", help="The ingest: its id or the start of it (default: the last).")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the ingests that can be taken back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> None:
    """Take one ingest back: the turns that it alone brought, and how far it had read its sources.

    What another ingest brought too stays. Without --yes it shows what would go, and asks.

    Example: memcli undo --list
    """
    from memcli.cli import render
    from memcli.documents import batches_document, undo_document
    from memcli.engines_in_use import embedder
    from memcli.ingest.indexing import index_outbox
    from memcli.usage import UsageError
    from store.batches import Batches

    context: Context = ctx.obj
    store = context.store()
    if listing:
        with store.reading() as catalogue:
            batches = Batches(catalogue.connection).batches()
        if context.json:
            render.document(batches_document(batches))
        else:
            render.batches(batches)
        return
    with store.locks.writer():
        store.fold_spool()
        with store.reading() as catalogue:
            chosen = _chosen(batch, Batches(catalogue.connection).batches())
        if not yes:
            if not context.quiet and not context.json:
                render.batches([chosen])
            if context.json or not render.from_terminal():
                raise UsageError("undo removes turns: say --yes", hint="`memcli undo --list` shows what would go")
            typer.confirm(f"Take back {chosen.turns:,} turns?", abort=True, err=True)
        store.expect_pending()
        with store.writing() as catalogue:
            removed = Batches(catalogue.connection).undo(chosen.number)
        if store.prompt_states is not None:
            store.prompt_states.drop()
        index_outbox(store, embedder(context.config, store), context.progress())
    if context.json:
        render.document(undo_document(chosen, removed))
    else:
        context.tell(f"took back {removed:,} turns; {chosen.shared_turns:,} that another ingest brought too stay")


def _chosen(prefix: str | None, batches: list[BatchRow]) -> BatchRow:
    """The batch that is meant. Raises UsageError if there is none or more than one."""
    from memcli.usage import UsageError

    hint = "`memcli undo --list` shows them"
    if not batches:
        raise UsageError("there is no ingest to take back")
    if prefix is None:
        return batches[0]
    found = [one for one in batches if one.id.startswith(prefix.lower())]
    if len(found) != 1:
        what = f"{len(found)} ingests have an id that starts with" if found else "no ingest has an id that starts with"
        raise UsageError(f"{what} {prefix}", hint=hint)
    return found[0]
