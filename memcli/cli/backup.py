"""memcli backup: the whole memory in one file."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def backup(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write it, such as family.memcli.zst.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write the whole memory, as it is at this moment, to one compressed file.

    It may be in use meanwhile. `memcli restore` brings it back, and verifies it first.

    Example: memcli backup ~/backups/family.memcli.zst
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from memcli.cli import render
    from memcli.documents import backup_document
    from memcli.usage import UsageError
    from store.backup import back_up

    context: Context = ctx.obj
    target = Path(file).expanduser().absolute()
    if target.exists() and not force:
        raise UsageError(f"{target} is there already", hint="name another file, or --force to replace it")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    store = context.store()
    made = back_up(store, target, now=datetime.now(UTC))
    if context.json:
        render.document(backup_document(str(target), made))
    elif not context.quiet:
        render.backed_up(str(target), made)
