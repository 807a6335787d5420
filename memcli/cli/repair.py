"""memcli repair: mend what can be mended."""

from __future__ import annotations

import typer

from memcli.cli.context import Context


def repair(ctx: typer.Context) -> None:
    """Mend the memory: replay what waits, rebuild the index where it is wrong, quarantine what cannot be mended.

    No good row is lost; what cannot be mended is moved to the folder `damaged` of the memory. The exit code is 14 if
    something is left.

    Example: memcli repair
    """
    from memcli.cli import engines_in_use, render
    from memcli.cli.documents import repair_document
    from memcli.exits import Exit
    from memcli.ingest.mending import repair as mend

    context: Context = ctx.obj
    store = context.store(exposed=True)
    done: list[str] = []
    with store.locks.writer():
        left = mend(store, engines_in_use.embedder(), context.progress(), done.append)
    if context.json:
        render.document(repair_document(done, left))
    else:
        render.repaired(done, left)
    raise typer.Exit(Exit.STORE_DAMAGED if left else Exit.DONE)
