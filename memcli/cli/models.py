"""memcli models: the models that memcli works with, built in or added by the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from engines.cards import ModelCard
    from engines.shelf import Shelf, ShelvedModel

app = typer.Typer(rich_markup_mode=None, add_completion=False, invoke_without_command=True)


def shelved(incomplete: str) -> list[str]:
    """Names of models that were added, for the shell's completion."""
    return [model.name for model in _shelf().models() if model.name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name.", autocompletion=shelved)]


@app.callback()
def models(ctx: typer.Context) -> None:
    """List, add, check and choose models. Without a verb: list.

    Example: memcli models add ~/models/qwen.gguf --name qwen
    """
    if ctx.invoked_subcommand is None:
        list_models(ctx)


@app.command("list")
def list_models(ctx: typer.Context) -> None:
    """List the built-in models and those that were added.

    Example: memcli models list --json
    """
    from engines.cards import BUILT_IN
    from memcli.cli import render

    context: Context = ctx.obj
    documents = [_built_in(card) for card in BUILT_IN.values()]
    documents += [_added(model, context) for model in _shelf().models()]
    if context.json:
        render.document({"schema": 1, "models": documents})
    else:
        show = render.printer()
        for model in documents:
            mark = "  in use" if model["in_use"] else ""
            show((f"{model['name']:<20}  ", "cyan"), (f"{model['kind']:<14}{model['bytes'] / 1e6:>9,.1f} MB", ""),
                 (f"  {model['licence'] or 'licence unknown'}", "dim"), (mark, "green"))  # fmt: skip


@app.command("show")
def show_model(ctx: typer.Context, name: Name) -> None:
    """Show what is known of a model.

    Example: memcli models show qwen
    """
    from engines.cards import BUILT_IN
    from memcli.cli import render

    context: Context = ctx.obj
    document = _built_in(BUILT_IN[name]) if name in BUILT_IN else _added(_shelf().model(name), context)
    if context.json:
        render.document({"schema": 1, **document})
    else:
        show = render.printer()
        for key, value in document.items():
            show((f"{key:<16}", "cyan"), (str(value), ""))


@app.command("add")
def add(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A GGUF file. It stays where it is.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it (default: its file name).")] = None,
) -> None:
    """Check a language model, remember where it is and what it is, and give it a name.

    The model is loaded and made to write, so that one that does not work is refused now.

    Example: memcli models add ~/models/qwen.gguf --name qwen
    """
    from engines.isolated import IsolatedGenerator
    from engines.shelf import ShelvedModel, digest, name_of
    from memcli.cli import render

    context: Context = ctx.obj
    path = path.expanduser().absolute()
    generator = IsolatedGenerator(path, context_tokens=512, gpu="off")
    list(generator.stream(system="", user="Hello.", max_tokens=1, temperature=0, seed=0))
    size = path.stat().st_size
    with context.progress().phase("hash", size, "bytes") as advance:
        sha256 = digest(path, advance)
    architecture = generator.metadata.get("general.architecture", "")
    model = ShelvedModel(
        name=name or name_of(path),
        path=str(path),
        size=size,
        sha256=sha256,
        architecture=architecture,
        context_tokens=int(generator.metadata.get(f"{architecture}.context_length", 0)),
        licence=generator.metadata.get("general.license", ""),
    )
    generator.close()
    _shelf().put(model)
    if context.json:
        render.document({"schema": 1, **_added(model, context)})
    context.tell(f"added as {model.name}; `memcli models use {model.name}` lets it write answers")


@app.command("remove")
def remove(ctx: typer.Context, name: Name) -> None:
    """Forget a model that was added. Its file stays where it is.

    Example: memcli models remove qwen
    """
    context: Context = ctx.obj
    removed = _shelf().remove(name)
    context.tell(f"{name} is forgotten; the file stays at {removed.path}")


@app.command("use")
def use(ctx: typer.Context, name: Name) -> None:
    """Let a model that was added write the answers (sets llm.model).

    Example: memcli models use qwen
    """
    from memcli import config as settings

    context: Context = ctx.obj
    file = Path(context.config_file) if context.config_file else settings.default_file()
    settings.write(file, "llm.model", _shelf().model(name).name)
    context.tell(f"llm.model = {name} written to {file}")


@app.command("verify")
def verify(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this one.", autocompletion=shelved)] = None,
) -> None:
    """Read every byte of the models and compare it with what was recorded of them.

    The exit code is 20 or 21 if a model is gone or changed.

    Example: memcli models verify
    """
    from engines import files
    from engines.cards import BUILT_IN
    from engines.shelf import check
    from memcli.cli import render

    context: Context = ctx.obj
    checked = []
    for card in BUILT_IN.values():
        if name in (None, card.name):
            files.verify(card)
            checked.append(card.name)
    for model in _shelf().models() if name is None else [] if checked else [_shelf().model(name)]:
        with context.progress().phase("verify", model.size, "bytes") as advance:
            check(model, advance)
        checked.append(model.name)
    if context.json:
        render.document({"schema": 1, "verified": checked})
    else:
        context.tell(f"unchanged: {', '.join(checked)}")


def _shelf() -> Shelf:
    from engines.shelf import Shelf
    from memcli.config import models_folder

    return Shelf(models_folder())


def _built_in(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "kind": card.kind,
        "bytes": card.size,
        "licence": card.licence,
        "built_in": True,
        "in_use": True,
        "source": card.source,
        "description": card.description,
    }


def _added(model: ShelvedModel, context: Context) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": "generator",
        "bytes": model.size,
        "licence": model.licence,
        "built_in": False,
        "in_use": context.config["llm.model"] in (model.name, model.path),
        "path": model.path,
        "sha256": model.sha256,
        "architecture": model.architecture,
        "context_tokens": model.context_tokens,
    }
