"""memcli models: the models that memcli works with, built in or added by the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from engines.cards import ModelCard
    from engines.shelf import Shelf, ShelvedModel

CHOSEN_BY = {"generator": "llm.model", "embedder": "embedder.model", "reranker": "reranker.model"}
"""The setting that names the model in use, by kind."""

IN_PLACE_OF = {"embedder": "embedder.model", "token_encoder": "reranker.model", "reader": "llm.model"}
"""The setting by which a model that was added does the work of a built-in one, by its kind."""

DOES = {"generator": "write answers", "embedder": "find turns", "reranker": "order what was found"}

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
    documents = [_built_in(card, context) for card in BUILT_IN.values()]
    documents += [_added(model, context) for model in _shelf().models()]
    if context.json:
        render.document({"schema": 1, "models": documents})
    else:
        show = render.printer()
        for model in documents:
            mark = "  in use" if model["in_use"] else ""
            show((f"{model['name']:<20}  ", "cyan"), (f"{model['kind']:<14}{model['bytes'] / 1e6:>9,.1f} MB", ""),
                 (f"  {model['licence'] or 'licence unknown'}", "dim"), (mark, "green"))  # fmt: skip
        for name in _shelf().begun():
            context.tell(f"{name} was not fetched whole: pull it again to go on, or `memcli models remove {name}`")


@app.command("show")
def show_model(ctx: typer.Context, name: Name) -> None:
    """Show what is known of a model.

    Example: memcli models show qwen
    """
    from engines.cards import BUILT_IN
    from memcli.cli import render

    context: Context = ctx.obj
    document = _built_in(BUILT_IN[name], context) if name in BUILT_IN else _added(_shelf().model(name), context)
    if context.json:
        render.document({"schema": 1, **document})
    else:
        show = render.printer()
        for key, value in document.items():
            show((f"{key:<16}", "cyan"), (str(value), ""))


@app.command("add")
def add(
    ctx: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A GGUF file, or a folder with an embedder or reranker. It stays where it is."
        ),
    ],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it (default: its file name).")] = None,
    query_prefix: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the embedder wants before a question.")
    ] = None,
    document_prefix: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the embedder wants before a text.")
    ] = None,
) -> None:
    """Check a model, remember where it is and what it is, and give it a name.

    A GGUF file writes answers; a folder (an ONNX export or a sentence-transformers model) finds turns by meaning or, if
    it is a cross-encoder, orders what was found. The model is made to work once, so that one that does not is refused.

    Example: memcli models add ~/models/qwen.gguf --name qwen
    """
    from memcli.cli import adding, render

    context: Context = ctx.obj
    path = path.expanduser().absolute()
    shelf = _shelf()
    if path.is_dir():
        model = adding.add_encoder(
            path, name, shelf, context.progress(), context.tell, query_prefix=query_prefix,
            document_prefix=document_prefix,
        )  # fmt: skip
    else:
        model = adding.add_generator(path, name, context.progress())
    shelf.put(model)
    if context.json:
        render.document({"schema": 1, **_added(model, context)})
    context.tell(f"added as {model.name}; `memcli models use {model.name}` lets it {DOES[model.kind]}")


@app.command("pull")
def pull(
    ctx: typer.Context,
    wanted: Annotated[
        str | None, typer.Argument(metavar="[NAME|OWNER/REPO]", help="A model that is listed, or a repository.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call it.")] = None,
    revision: Annotated[
        str | None,
        typer.Option(
            metavar="COMMIT", help="Which state of the repository (default: the one that is pinned, or main)."
        ),
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="FILE", help="The GGUF file in the repository.")] = None,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="Refuse the GGUF file, or the weights, if they have another hash.")
    ] = None,
) -> None:
    """Fetch a model from Hugging Face, or the mirror in $HF_ENDPOINT. Without a name: list some that are good.

    Of the listed models the commit and the hashes of weights and tokenizer are pinned: anything else is refused. Of
    others, those that the hub names are shown and kept. `models verify` compares ever after. A download that breaks
    off goes on where it was. This is the only command that uses a network.

    Example: memcli models pull multilingual-e5-small
    """
    from memcli.cli import pulling, render

    context: Context = ctx.obj
    if wanted is not None:
        model = pulling.pull(context, _shelf(), wanted, name=name, revision=revision, file=file, sha256=_hash(sha256))
        if context.json:
            render.document({"schema": 1, **_added(model, context)})
        context.tell(f"added as {model.name}; `memcli models use {model.name}` puts it to work")
        return
    cards = pulling.cards_document()
    if context.json:
        render.document({"schema": 1, "cards": cards})
        return
    show = render.printer()
    for card in cards:
        needs = f"  needs {card['memory_mb'] / 1000:,.1f} GB  {card['licence']}  {card['languages']}"
        show((f"{card['name']:<32}", "cyan"), (f"{card['kind']:<10}{card['megabytes']:>6,} MB", ""), (needs, "dim"))
        show((f"    {card['good_for']}", ""))


@app.command("remove")
def remove(ctx: typer.Context, name: Name) -> None:
    """Forget a model that was added. Files that you named stay; what memcli made or fetched is deleted, also what a
    `pull` that broke off has fetched so far.

    Example: memcli models remove qwen
    """
    context: Context = ctx.obj
    shelf = _shelf()
    if name in shelf.begun():
        shelf.drop(name)
        context.tell(f"what was fetched of {name} is deleted")
        return
    own = shelf.own(shelf.model(name))
    removed = shelf.remove(name)
    context.tell(f"{name} is forgotten; " + ("its files are deleted" if own else f"it stays at {removed.path}"))


@app.command("use")
def use(ctx: typer.Context, name: Name) -> None:
    """Let a model that was added write the answers (sets llm.model), find turns (embedder.model) or order what was
    found (reranker.model).

    With another embedder the index is made anew by the next `memcli consolidate`, or at once by `memcli repair
    --reembed`; until then turns are found with the old one. The name of a built-in model brings that back, alone.

    Example: memcli models use qwen
    """
    from engines.cards import BUILT_IN
    from memcli import config as settings

    context: Context = ctx.obj
    file = Path(context.config_file) if context.config_file else settings.default_file()
    if name in BUILT_IN:
        key, value = IN_PLACE_OF[BUILT_IN[name].kind], ""
    else:
        model = _shelf().model(name)
        key, value = CHOSEN_BY[model.kind], model.name
    settings.write(file, key, value)
    context.tell(f"{key} = {value or '(built in)'} written to {file}")
    if key == "embedder.model":
        context.tell("the next `memcli consolidate` makes the index anew; `memcli repair --reembed` does it now")


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


def _hash(given: str | None) -> str | None:
    """Raises UsageError for what cannot be a SHA-256."""
    import re

    from memcli.usage import UsageError

    if given is not None and not re.fullmatch(r"[0-9a-f]{64}", given.lower()):
        raise UsageError(f"{given!r} is no SHA-256", hint="64 hexadecimal digits make one")
    return given.lower() if given else None


def _shelf() -> Shelf:
    from engines.shelf import Shelf
    from memcli.config import models_folder

    return Shelf(models_folder())


def _built_in(card: ModelCard, context: Context) -> dict[str, Any]:
    return {
        "name": card.name,
        "kind": card.kind,
        "bytes": card.size,
        "licence": card.licence,
        "built_in": True,
        "in_use": card.kind != "embedder" or not context.config["embedder.model"],
        "source": card.source,
        "description": card.description,
    }


def _added(model: ShelvedModel, context: Context) -> dict[str, Any]:
    embeds = model.kind == "embedder"
    chosen = context.config[CHOSEN_BY[model.kind]]
    document = {
        "name": model.name,
        "kind": model.kind,
        "bytes": model.size,
        "licence": model.licence,
        "built_in": False,
        "in_use": chosen in (model.name, model.path),
        "path": model.path,
        "sha256": model.sha256,
        "architecture": model.architecture,
        "context_tokens": model.context_tokens,
    }
    if embeds:
        document |= {"dimension": model.dimension, "pooling": model.pooling}
        document |= {"query_prefix": model.query_prefix, "document_prefix": model.document_prefix}
    if model.source:
        document |= {"source": model.source, "revision": model.revision}
    return document
