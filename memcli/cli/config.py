"""memcli config: read and change settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memcli.cli.context import Context


def config(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="Show only this setting.")] = None,
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="Write this value to the file.")] = None,
) -> None:
    """Show settings and where each comes from, or set one.

    Example: memcli config llm.model ~/models/my-model.gguf
    """
    from memcli import config as settings
    from memcli.cli import render

    context: Context = ctx.obj
    if key is not None:
        settings.option(key)
    if key is not None and value is not None:
        file = Path(context.config_file) if context.config_file else settings.default_file()
        settings.write(file, key, value)
        context.tell(f"{key} = {value} written to {file}")
        return
    shown = [option for option in settings.OPTIONS if key in (None, option.key)]
    if context.json:
        values = {
            option.key: {"value": context.config[option.key], "origin": context.config.origins[option.key]}
            for option in shown
        }
        render.document({"schema": 1, "file": str(context.config.file), "settings": values})
    elif key is not None:
        print(context.config[key])
    else:
        render.settings(context.config, shown)
