"""memcli init: make a memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from store.place import Place


def init(
    ctx: typer.Context,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Keep nothing of it on the disk in clear.")] = False,
    key_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The key is in this file; a new one is made if it is not there."),
    ] = None,
    keyring: Annotated[bool, typer.Option("--keyring", help="Make a key and keep it in the system's keyring.")] = False,
    index_at: Annotated[
        str | None,
        typer.Option("--index-at", metavar="s3://BUCKET/PATH", help="Keep the index there, on object storage."),
    ] = None,
) -> None:
    """Make an empty memory, and say where it is.

    `memcli ingest` makes one too; this is for one that is to be encrypted. Its key is in a file, in the keyring, or
    else in $MEMCLI_KEY or where the settings key.file and key.command say. Without the key nobody reads the memory
    again, you neither: keep a copy of it elsewhere.

    With --index-at, the index (words and vectors) lies on object storage, which is reached with what the environment
    says (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL). The catalogue stays in the folder.

    Example: memcli --memory diary init --encrypt --key-file ~/keys/diary
    """
    from memcli.cli import render
    from memcli.documents import SCHEMA
    from memcli.usage import UsageError
    from store.store import CATALOGUE, Store

    context: Context = ctx.obj
    folder = context.config.memory_folder
    if (key_file or keyring) and not encrypt:
        raise UsageError("--key-file and --keyring go with --encrypt")
    if key_file and keyring:
        raise UsageError("a key is kept in one place: --key-file or --keyring")
    if (folder / CATALOGUE).exists():
        raise UsageError(
            f"there is a memory at {folder} already",
            hint="make an encrypted one elsewhere, and bring everything over: "
            "memcli export - | memcli --memory OTHER import -"
            if encrypt
            else "name another place with --memory NAME or --memory PATH",
        )
    place = place_named(index_at, encrypted=encrypt) if index_at else None
    find, where = _place_of_key(context, folder, key_file, keyring=keyring) if encrypt else (context.key, {})
    Store.create(folder, wait_s=context.config["wait"], exposed=context.config["exposed"], key=find, encrypted=encrypt)
    if place is not None:
        from store.place import keep_place

        keep_place(folder, place)
    if where:
        from memcli.keys import remember

        remember(folder, **where)
    document = {
        "schema": SCHEMA,
        "memory": str(folder),
        "encrypted": encrypt,
        "key": where or None,
        "index_at": index_at,
    }
    if context.json:
        render.document(document)
    elif not context.quiet:
        render.made(document)


def place_named(uri: str, *, encrypted: bool) -> Place:
    """An address on object storage for the index of a new memory. Raises UsageError if it is none, or taken, and
    StoreUnreachable."""
    from memcli.usage import UsageError
    from store.errors import StoreUnreachable
    from store.lance import lance
    from store.place import Place

    if encrypted:
        raise UsageError("the index of an encrypted memory is in memory alone", hint="leave --index-at out")
    try:
        place = Place(uri=uri)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        there = lance().connect(uri, storage_options=place.options()).table_names()
    except (ValueError, RuntimeError, OSError) as error:
        raise StoreUnreachable.of(uri, error) from error
    if there:
        raise UsageError(f"there is an index at {uri} already", hint="each memory has a path of its own")
    return place


def _place_of_key(
    context: Context, folder: Path, key_file: str | None, *, keyring: bool
) -> tuple[Callable[[Path], bytes], dict[str, str]]:
    """What gives the key, and what the memory is to remember of where it is. A key is made only once it is known that
    the memory can be."""
    import secrets
    from pathlib import Path

    from memcli import keys
    from memcli.usage import UsageError

    if keyring:
        entry = f"{folder.name}-{secrets.token_hex(4)}"
        made: list[bytes] = []

        def in_keyring(_: Path) -> bytes:
            if not made:
                made.append(keys.make_in_keyring(entry))
            return made[0]

        return in_keyring, {"keyring": entry}
    if key_file:
        file = Path(key_file).expanduser().absolute()
        if file.is_relative_to(folder):
            raise UsageError("a key beside what it opens protects nothing", hint="name a file outside of the memory")
        return lambda _: keys.make_file(file), {"file": str(file)}
    return context.key, {}
