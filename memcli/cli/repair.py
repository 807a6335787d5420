"""memcli repair: mend what can be mended."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def repair(
    ctx: typer.Context,
    reembed: Annotated[
        bool, typer.Option("--reembed", help="Make the index anew with the embedder of the settings, now.")
    ] = False,
) -> None:
    """Mend the memory: replay what waits, rebuild the index where it is wrong, quarantine what cannot be mended.

    No good row is lost; what cannot be mended is moved to the folder `damaged` of the memory. The exit code is 14 if
    something is left.

    Example: memcli repair
    """
    from memcli import engines_in_use
    from memcli.cli import render
    from memcli.documents import repair_document
    from memcli.exits import Exit
    from memcli.ingest.mending import repair as mend
    from memcli.ingest.reembedding import reembed as make_anew

    context: Context = ctx.obj
    store = context.store(exposed=True)
    done: list[str] = []
    with store.locks.writer():
        if reembed:
            made_anew = engines_in_use.chosen_embedder(context.config)
            turns, _ = make_anew(store, made_anew, context.progress())
            done.append(f"made the index anew with {made_anew.id}: embedded {turns} turns")
        left = mend(store, engines_in_use.embedder(context.config, store), context.progress(), done.append)
    if context.json:
        render.document(repair_document(done, left))
    else:
        render.repaired(done, left)
    raise typer.Exit(Exit.STORE_DAMAGED if left else Exit.DONE)
