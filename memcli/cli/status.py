"""memcli status: what the memory holds."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def status(
    ctx: typer.Context,
    engines: Annotated[
        bool, typer.Option("--engines", help="Show what computes: builds, devices, providers, threads.")
    ] = False,
) -> None:
    """Show where the memory is and what it holds.

    Example: memcli status --json
    """
    from memcli.cli import render

    context: Context = ctx.obj
    if engines:
        from memcli.cli.engines_status import show

        show(context)
        return
    document = context.memory_in_use.status()
    if context.json:
        render.document(document)
    else:
        render.status(document)
