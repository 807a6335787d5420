"""memcli completion: let the shell complete commands, options, memories, sessions, speakers, models and formats."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VARIABLE = "_MEMCLI_COMPLETE"
"""Set by the shell's completion function when it asks memcli what could come next."""

WAIT_S = 0.2
"""A completion that would have to wait longer for the memory completes nothing."""


class Shell(StrEnum):
    """The shells that can be told how to complete memcli's command line."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    ctx: typer.Context,
    shell: Annotated[Shell, typer.Argument(help="The shell to install completion for.")],
    show: Annotated[bool, typer.Option("--show", help="Print the script instead of installing it.")] = False,
) -> None:
    """Install completion of commands, options, memories, sessions, speakers, models and formats for a shell.

    For bash, a script is written to ~/.bash_completions and a line is added to ~/.bashrc; for zsh, ~/.zfunc and
    ~/.zshrc; for fish, ~/.config/fish/completions. It takes effect in the next shell.

    Example: memcli completion bash
    """
    from typer._completion_shared import get_completion_script, install

    context: Context = ctx.obj
    if show:
        typer.echo(get_completion_script(prog_name="memcli", complete_var=VARIABLE, shell=shell.value))
        return
    _, path = install(shell=shell.value, prog_name="memcli", complete_var=VARIABLE)
    context.tell(f"installed in {path}; it takes effect in the next shell")


def answer_the_shell() -> None:
    """Make typer ready to say what could come next, if the shell asks."""
    if VARIABLE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()


def memories(incomplete: str) -> list[str]:
    """Names of memories."""
    from memcli.config import memories_folder

    folder = memories_folder()
    names = (path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
    return _beginning(incomplete, sorted(names))


def formats(incomplete: str) -> list[str]:
    """Names of formats."""
    from memcli.ingest.detect import READERS

    return _beginning(incomplete, sorted(reader.name for reader in READERS))


def models(incomplete: str) -> list[str]:
    """Names of the models that were added."""
    from engines.shelf import Shelf
    from memcli.config import models_folder

    return _beginning(incomplete, sorted(model.name for model in Shelf(models_folder()).models()))


def speakers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of those who spoke, in the memory that the command line names so far; none if it cannot be read now."""
    from store.overview import speaker_names

    return _beginning(incomplete, _looked_up(ctx, speaker_names))


def sessions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Titles and ids of conversations, likewise."""
    from store.overview import session_names

    return _beginning(incomplete, _looked_up(ctx, session_names))


def _looked_up(ctx: typer.Context, look: Callable[[DuckDBPyConnection], list[str]]) -> list[str]:
    from memcli.config import ConfigError
    from store.errors import StoreError
    from store.store import Store

    given = ctx.find_root().params
    try:
        context = Context(memory=given.get("memory"), config_file=given.get("config_file"))
        with Store.open(context.config.memory_folder, wait_s=WAIT_S, key=context.key).reading() as catalogue:
            return look(catalogue.connection)
    except (ConfigError, StoreError):
        return []


def _beginning(incomplete: str, names: Sequence[str]) -> list[str]:
    found = [name for name in names if name.startswith(incomplete)]
    if os.environ.get(VARIABLE) == "complete_bash":  # bash takes what it is given as it is
        return [re.sub(r"([^\w@%+=:,./-])", r"\\\1", name) for name in found]
    return found
