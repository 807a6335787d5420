"""A whole store in one file, and back.

Format 1: a tar archive under zstd (`zstd -dc FILE | tar x` opens it without memcli). The first member, manifest.json,
names the format, the schema, the counts of all tables, and each further member with its size and SHA-256. The members
are the catalogue and the spool; the index is derived and left out. Names, sizes and hashes are verified before anything
of a backup is put in place.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from store.disk import flush, put_in_place, writable
from store.errors import BackupDamaged, StoreMissing
from store.migrations import applied, latest
from store.spool import FILES as SPOOL_FILES
from store.store import CATALOGUE, Store
from store.tables import TABLES

if TYPE_CHECKING:
    from store.catalogue import Catalogue

FORMAT = "memcli backup 1"
MANIFEST = "manifest.json"
MEMBERS = (CATALOGUE, *SPOOL_FILES)
"""What a backup may hold beside its manifest; anything else in one is refused."""

MANIFEST_LIMIT = 1_000_000
"""Bytes that a manifest may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds: when it was made, of which schema, how many rows in each table, and its files' sizes."""

    made_at: datetime
    schema: int
    tables: dict[str, int]
    files: dict[str, int]


def back_up(store: Store, target: Path, *, now: datetime) -> Backup:
    """Write the store as it is at this moment to `target`, which is whole or not there. Beside readers and writers.

    Writers wait while the catalogue file is copied, readers do not. Raises StoreUnwritable.
    """
    with store.reading():
        pass  # an older schema is migrated first
    with writable(target), tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
        tables, schema = _snapshot(store, Path(scratch))
        files = [Path(scratch, name) for name in MEMBERS if Path(scratch, name).exists()]
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(timespec="seconds"),
            "schema": schema,
            "tables": tables,
            "files": [{"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files],
        }
        draft = Path(scratch, "draft")
        with _compressed(draft) as stream, tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            text = json.dumps(manifest, indent=1).encode()
            tar.addfile(_member(MANIFEST, len(text), now), io.BytesIO(text))
            for path in files:
                with path.open("rb") as content:
                    tar.addfile(_member(path.name, path.stat().st_size, now), content)
        draft.chmod(0o600)
        put_in_place(draft, target)
    return _parsed(manifest)


def _snapshot(store: Store, scratch: Path) -> tuple[dict[str, int], int]:
    """Copy the catalogue and the spool as they are at one moment. Returns the counts of its tables, and its schema."""
    if (store.folder / f"{CATALOGUE}.wal").exists():
        with store.writing():
            pass  # closing brings a log that a killed process left into the file
    with store.locks.catalogue(shared=True):
        if (store.folder / f"{CATALOGUE}.wal").exists():
            raise OSError(f"another program writes to {store.folder / CATALOGUE}")
        # A fold that is at work has its records in both then; folding them again changes nothing.
        _copy(store, CATALOGUE, scratch)
        with store.locks.spool(shared=True):
            for name in SPOOL_FILES:
                _copy(store, name, scratch)
    with Store(scratch, 0, store.key).scratch_reading() as catalogue:
        return counts(catalogue), applied(catalogue.connection)


def _copy(store: Store, name: str, scratch: Path) -> None:
    if (store.folder / name).exists():
        shutil.copyfile(store.folder / name, scratch / name)
        (scratch / name).chmod(0o600)


@contextmanager
def snapshot(store: Store) -> Iterator[Catalogue]:
    """The catalogue as it is at this moment, in a private copy that nobody has to wait for, and the spool folded in."""
    with store.reading():
        pass  # an older schema is migrated first
    with tempfile.TemporaryDirectory(prefix="memcli-") as scratch:
        with writable(Path(scratch)):
            _snapshot(store, Path(scratch))
        copy = Store.open(Path(scratch), wait_s=0, key=store.key)
        copy.fold_spool()
        with copy.scratch_reading() as catalogue:
            yield catalogue


def counts(catalogue: Catalogue) -> dict[str, int]:
    """How many rows each declared table has."""
    return {
        table.name: int(catalogue.connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0])
        for table in TABLES
    }


def unpack(source: Path, folder: Path) -> Backup:
    """Unpack a backup into an empty folder and verify every byte of it.

    Raises BackupDamaged if it is none, is cut short or was changed, StoreNewer if a newer memcli wrote it.
    """
    try:
        with writable(folder), _decompressed(source) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > MANIFEST_LIMIT:
                raise BackupDamaged(f"{source} is not a backup of memcli: it has no manifest")
            backup, hashes = _manifest(source, _content(tar, first).read())
            while (member := tar.next()) is not None:
                name = member.name
                if name not in hashes or not member.isreg() or member.size != backup.files[name]:
                    raise BackupDamaged(f"{source}: {name[:100]!r} is not what the manifest says")
                if _write(_content(tar, member), folder / name) != hashes.pop(name):
                    raise BackupDamaged(f"{source}: the content of {name} was changed")
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise StoreMissing(f"no backup at {source}: {error.strerror}", hint="name the file of a backup") from error
        raise BackupDamaged(
            f"{source} cannot be unpacked: {error}", hint="it is cut short, changed, or no backup"
        ) from error
    if hashes:
        raise BackupDamaged(f"{source}: {', '.join(hashes)} is missing", hint="the file is cut short")
    return backup


def _manifest(source: Path, text: bytes) -> tuple[Backup, dict[str, str]]:
    try:
        manifest = json.loads(text)
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {str(manifest['format'])[:40]!r}")
        hashes = {str(file["name"]): str(file["sha256"]) for file in manifest["files"]}
        if CATALOGUE not in hashes or not set(hashes) <= set(MEMBERS):
            raise ValueError("its files are not those of a memory")
        return _parsed(manifest), hashes
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupDamaged(f"{source}: its manifest cannot be used: {error}") from error


def _parsed(manifest: dict[str, Any]) -> Backup:
    return Backup(
        made_at=datetime.fromisoformat(manifest["made_at"]),
        schema=int(manifest["schema"]),
        tables={str(name): int(count) for name, count in manifest["tables"].items()},
        files={str(file["name"]): int(file["bytes"]) for file in manifest["files"]},
    )


def verify(store: Store, backup: Backup) -> None:
    """Compare the rows of a store that was unpacked with the manifest. Raises BackupDamaged, StoreNewer."""
    with store.scratch_reading() as catalogue:
        schema = applied(catalogue.connection)
        if schema == latest() and counts(catalogue) != backup.tables:
            raise BackupDamaged("the backup does not hold the rows that its manifest counts")


def put_store(fresh: Path, folder: Path) -> None:
    """Make the folder `fresh` the store at `folder`. What is there is removed once the new one is in its place."""
    with writable(folder):
        aside = folder.with_name(f".{folder.name}.replaced")
        shutil.rmtree(aside, ignore_errors=True)
        if folder.exists():
            folder.rename(aside)
        fresh.rename(folder)
        flush(folder.parent)
        shutil.rmtree(aside, ignore_errors=True)


def _member(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(now.astimezone(UTC).timestamp())
    return member


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return content


def _write(content: IO[bytes], path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        path.chmod(0o600)
        while block := content.read(1 << 20):
            digest.update(block)
            stream.write(block)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _compressed(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, "zstd") as stream:
        yield stream


@contextmanager
def _decompressed(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with pa.OSFile(str(path), "rb") as file, pa.CompressedInputStream(file, "zstd") as stream:
        yield stream
