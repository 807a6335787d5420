"""Archives and compressed files, taken apart into a private folder, within bounds that no archive can talk away.

zip (APPNOTE.TXT of PKWARE), tar (POSIX.1-2001 pax and GNU), gzip (RFC 1952), bzip2, xz, and these inside each other.
What is refused costs only itself: an encrypted member, one with a wrong checksum, a link, a name that leads out of the
folder, a member that grows out of all proportion.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from memcli.ingest.readers.base import Source

MEMBERS = 100_000
"""Members of all archives of one command."""
UNPACKED_BYTES = 16 * 1024**3
"""Bytes that all archives of one command may unpack to; half of the free disk where that is less."""
RATIO = 250
"""So many times its packed size a member may grow. Chat logs shrink to a fifth, monotonous JSON to a fiftieth."""
RATIO_FROM_BYTES = 16 * 1024**2
"""Members up to this size may grow as they like: a small log of the same line again and again is no bomb."""
DEPTH = 4
"""So deep archives may lie in archives."""

MEDIA = frozenset(
    """
    .jpg .jpeg .png .gif .webp .heic .heif .bmp .tif .tiff .svg .ico .mp4 .m4v .mov .avi .mkv .webm .3gp .mp3 .m4a .aac
    .ogg .oga .opus .wav .flac .amr .caf .pdf .woff .woff2 .ttf .otf .tgs .vcf .css .apk .exe .dll .so .docx .xlsx .pptx
    .odt .ods .odp .epub .jar
    """.split()  # noqa: SIM905 - fifty quoted endings read worse
)
"""Names that end so are plainly no conversation: not unpacked, only counted."""

_PIECE = 1024 * 1024
_ZIP_ENTRY = (b"PK\x03\x04", b"PK\x05\x06")
_COMPRESSED: tuple[tuple[bytes, Callable[[Path], Any], tuple[str, ...]], ...] = (
    (b"\x1f\x8b", gzip.open, (".gz", ".tgz")),
    (b"BZh", bz2.open, (".bz2", ".tbz2", ".tbz")),
    (b"\xfd7zXZ\x00", lzma.open, (".xz", ".txz")),
)
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")


class Refused(Exception):
    """A member or an archive that is not unpacked, with the reason."""


@dataclass
class Budget:
    """What may still be unpacked; shared by all archives of one command."""

    bytes_left: int
    members_left: int = MEMBERS


@dataclass
class Unpacked:
    """What came out: the files, what was refused (uri, reason), and what was only counted, by reason."""

    sources: list[Source] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def is_media(name: str) -> bool:
    """Whether a file's name says that it is a picture, a sound, a film or a document of an office program."""
    return PurePosixPath(name).suffix.lower() in MEDIA


def is_archive(path: Path) -> bool:
    """Whether the file begins as an archive or a compressed file that can be taken apart."""
    try:
        with path.open("rb") as stream:
            head = stream.read(265)
    except OSError:
        return False
    return head.startswith((*_ZIP_ENTRY, *(entry[0] for entry in _COMPRESSED))) or head[257:262] == b"ustar"


def unpack(uri: str, path: Path, folder: Path, budget: Budget, *, depth: int = 1) -> Unpacked:
    """Take apart the archive at `path`, which the user knows as `uri`, into the new folder `folder`.

    Members keep their places in it, so that a reader finds the files beside its own. Never raises for what is in the
    archive.
    """
    result = Unpacked()
    try:
        if depth > DEPTH:
            raise Refused(f"archives more than {DEPTH} deep in each other")
        for name, member in _members(path, uri, budget, result):
            target = folder.joinpath(*_parts(name))
            inner = f"{uri}/{'/'.join(_parts(name))}"
            try:
                _write(member, target, budget)
            except Refused as refused:
                result.refused.append((inner, str(refused)))
                continue
            if is_archive(target):
                deeper = unpack(inner, target, target.with_name(target.name + ".unpacked"), budget, depth=depth + 1)
                target.unlink()
                result.sources += deeper.sources
                result.refused += deeper.refused
                result.ignored += deeper.ignored
            else:
                result.sources.append(Source(uri=inner, path=target))
    except Refused as refused:
        result.refused.append((uri, str(refused)))
    return result


@dataclass(frozen=True)
class _Member:
    """One file in an archive. `packed` is its size in there."""

    open: Callable[[], IO[bytes]]
    packed: int


def _members(path: Path, uri: str, budget: Budget, result: Unpacked) -> Iterator[tuple[str, _Member]]:
    """The members that may be unpacked, with their names; the others are noted in the result."""
    with path.open("rb") as stream:
        head = stream.read(265)
    if head.startswith(_ZIP_ENTRY):
        found = _zip_members(path)
    elif head[257:262] == b"ustar":
        found = _tar_members(path)
    else:
        found = _compressed_member(path, uri, head)
    for name, refusal, member in found:
        budget.members_left -= 1
        if budget.members_left < 0:
            raise Refused(f"more than {MEMBERS:,} members in archives")
        reason = refusal or ("" if _parts(name) else "its name leads out of the archive")
        if reason:
            result.refused.append((f"{uri}/{_shown(name)}", reason))
        elif _hidden(_parts(name)):
            result.ignored["hidden file"] += 1
        elif is_media(name):
            result.ignored["media file"] += 1
        elif member is not None:
            yield name, member


_Found = Iterator[tuple[str, str | None, _Member | None]]


def _zip_members(path: Path) -> _Found:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(entry.filename in _OFFICE for entry in entries[:50]):
                raise Refused("a document or a program in a zip archive")
            for entry in entries:
                if entry.is_dir():
                    continue
                reason = None
                if entry.flag_bits & 0x1:
                    reason = "it is encrypted"
                elif (entry.external_attr >> 16) & 0o170000 == 0o120000:
                    reason = "it is a link"
                elif entry.file_size > max(RATIO_FROM_BYTES, RATIO * entry.compress_size):
                    reason = f"it would grow to more than {RATIO} times its size"

                def opened(entry: zipfile.ZipInfo = entry) -> IO[bytes]:
                    return archive.open(entry)

                yield entry.filename, reason, _Member(opened, entry.compress_size)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise Refused(f"the zip archive cannot be read: {error}") from error


def _tar_members(path: Path) -> _Found:
    try:
        with tarfile.open(path, "r:") as archive:
            for entry in archive:
                if entry.isdir():
                    continue
                reason = None
                if entry.issym() or entry.islnk():
                    reason = "it is a link"
                elif not entry.isreg() or entry.issparse():
                    reason = "it is no plain file"

                def opened(entry: tarfile.TarInfo = entry) -> IO[bytes]:
                    stream = archive.extractfile(entry)
                    if stream is None:
                        raise Refused("it is no plain file")
                    return stream

                yield entry.name, reason, _Member(opened, entry.size)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise Refused(f"the tar archive cannot be read: {error}") from error


def _compressed_member(path: Path, uri: str, head: bytes) -> _Found:
    """The one file in a compressed one, named as it without the ending."""
    for signature, opened, endings in _COMPRESSED:
        if head.startswith(signature):
            name = uri.rsplit("/", 1)[-1]
            ending = next((one for one in endings if name.lower().endswith(one) and len(name) > len(one)), "")
            stem = name[: len(name) - len(ending)] if ending else name
            plain = stem + ".tar" if ending.startswith(".t") else stem

            def from_path(opened: Callable[[Path], Any] = opened) -> IO[bytes]:
                stream: IO[bytes] = opened(path)
                return stream

            yield plain, None, _Member(from_path, path.stat().st_size)


def _write(member: _Member, target: Path, budget: Budget) -> None:
    """Unpack one member into a new file, counting what really comes out: the sizes in an archive are only claims."""
    most = max(RATIO_FROM_BYTES, RATIO * member.packed)
    written = 0
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as out, member.open() as stream:
            target.chmod(0o600)
            while piece := stream.read(_PIECE):
                written += len(piece)
                if written > most:
                    raise Refused(f"it would grow to more than {RATIO} times its size")
                if written > budget.bytes_left:
                    raise Refused("it would unpack to more than there is room for")
                out.write(piece)
    except Refused:
        target.unlink(missing_ok=True)
        raise
    except FileExistsError as error:
        raise Refused("another member has the same name") from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
        _forget(target)
        raise Refused(f"it cannot be unpacked: {error}") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        _forget(target)
        raise Refused(f"it cannot be unpacked: {error}") from error
    finally:
        budget.bytes_left -= written


def _forget(target: Path) -> None:
    try:
        target.unlink(missing_ok=True)
    except OSError:
        return  # its name is too long, or one of its folders is a file: then it was never made


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the name of a member; empty where they lead out of the folder that it is unpacked into."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    absolute = name.startswith(("/", "\\")) or (parts and len(parts[0]) == 2 and parts[0][1] == ":")
    return () if absolute or ".." in parts or "\x00" in name else parts


def _hidden(parts: tuple[str, ...]) -> bool:
    """Whether a member is hidden or in a hidden folder, other than the .Sent/cur and .Sent/new of a maildir."""
    return any(
        part == "__MACOSX" or (part.startswith(".") and after not in ("cur", "new"))
        for part, after in zip(parts, (*parts[1:], ""), strict=True)
    )


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in name)[:200]
