"""memcli restore: a memory from a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from store.place import Place


def restore(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `memcli backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the memory that is there.")] = False,
    key_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where the key of an encrypted backup is, now and later.")
    ] = None,
    index_at: Annotated[
        str | None,
        typer.Option("--index-at", metavar="s3://BUCKET/PATH", help="Only read, with the index that lies there."),
    ] = None,
) -> None:
    """Bring a memory back from a backup, after verifying every byte of it.

    A memory that is there is replaced only with --force, and only once the backup stands ready beside it. With
    --index-at, it is a copy to ask questions of, on any machine, and the index is that of the memory that it is of.

    Example: memcli --memory family restore ~/backups/family.memcli.zst
    """
    import shutil
    from contextlib import ExitStack
    from pathlib import Path

    from memcli import engines_in_use, keys
    from memcli.cli import render
    from memcli.documents import backup_document
    from memcli.ingest.indexing import index_outbox
    from memcli.usage import UsageError
    from store import audit
    from store.backup import put_store, unpack, verify
    from store.disk import writable
    from store.errors import StoreMissing
    from store.locks import StoreLocks
    from store.place import keep_place
    from store.store import CATALOGUE, Store

    context: Context = ctx.obj
    folder = context.config.memory_folder
    source = Path(file).expanduser().absolute()
    occupied = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if occupied and not force:
        raise UsageError(f"there is something at {folder} already", hint="--force replaces the memory that is there")
    if occupied and not (folder / CATALOGUE).is_file():
        raise StoreMissing(f"{folder} is not a memory", hint="name another place with --memory NAME or --memory PATH")
    locks = StoreLocks(folder / "locks", context.config["wait"])
    remembered = Path(key_file).expanduser().absolute() if key_file else None

    def key(_: Path) -> bytes:
        return keys.from_file(remembered) if remembered else context.key(folder)

    with ExitStack() as held:
        if occupied:
            held.enter_context(locks.writer())
        fresh = folder.with_name(f".{folder.name}.restoring")
        with writable(fresh):
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700, parents=True)
        held.callback(shutil.rmtree, fresh, ignore_errors=True)
        restored = unpack(source, fresh)
        store = Store.open(fresh, wait_s=0, key=key)
        verify(store, restored)
        store.bring_up_to_date()
        if index_at:
            keep_place(fresh, _read_there(index_at, sealed=store.seal is not None))
        else:
            index_outbox(store, engines_in_use.embedder(context.config, store), context.progress())
        if store.seal and remembered:
            keys.remember(fresh, file=str(remembered))
        elif store.seal and (folder / keys.RECORD).is_file():  # the memory that it replaces knew
            shutil.copyfile(folder / keys.RECORD, fresh / keys.RECORD)
            (fresh / keys.RECORD).chmod(0o600)
        if occupied:
            with store.writing() as catalogue:
                audit.note(catalogue.connection, "restore", f"in place of a memory: a backup of {restored.made_at:%F}")
            held.enter_context(locks.catalogue(shared=False))
        put_store(fresh, folder)
    if context.json:
        render.document(backup_document(str(source), restored))
    elif not context.quiet:
        render.backed_up(str(source), restored)


def _read_there(uri: str, *, sealed: bool) -> Place:
    from memcli.usage import UsageError
    from store.place import Place

    if sealed:
        raise UsageError("the index of an encrypted memory is in memory alone", hint="leave --index-at out")
    try:
        return Place(uri=uri, reads_only=True)
    except ValueError as error:
        raise UsageError(str(error)) from error
