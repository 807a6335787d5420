"""From the paths of a command line to the files to read."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from memcli.ingest.archives import UNPACKED_BYTES, Budget, is_archive, is_media, unpack
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.readers.base import Source
from memcli.ingest.scratch import scratch_folder

_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class Found:
    """What the paths hold: files to read, what cannot be read (uri, reason), and what is only counted, by place."""

    sources: dict[str, Source] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    ignored: dict[str, Counter[str]] = field(default_factory=dict)


@contextmanager
def sources(
    paths: Sequence[str], *, passed_over: Callable[[Source], bool] = lambda archive: False, in_memory: bool = False
) -> Iterator[Found]:
    """The files that the paths name: files themselves, folders and archives with all in them, `-` for standard input.

    In folders, hidden files are left out (but for the folders of a maildir: see visible_folders), symbolic links to
    folders are not followed, and pictures and sounds are only counted. A member of an archive has the URI
    `/path/of.zip/path/inside`. Files come in the order of their paths.
    passed_over: which archives are not to be taken apart. in_memory: what has to be copied or unpacked stays in memory.
    Raises InputUnreadable for a path that is not there.
    """
    for path in paths:
        if path != "-" and not os.path.lexists(path):
            raise InputUnreadable(f"there is no file or folder {path}")
    found = Found()
    with scratch_folder(in_memory=in_memory and _copies(paths)) as scratch:
        budget = Budget(min(UNPACKED_BYTES, shutil.disk_usage(scratch).free // 2))
        for number, path in enumerate(paths):
            for source in _under(path, scratch / f"{number}-input", found):
                if is_archive(source.path):
                    if passed_over(source):
                        continue
                    unpacked = unpack(source.uri, source.path, scratch / f"{number}-{len(found.sources)}", budget)
                    for member in unpacked.sources:
                        found.sources.setdefault(member.uri, member)
                    found.refused += unpacked.refused
                    if unpacked.ignored:
                        found.ignored[source.uri] = unpacked.ignored
                else:
                    found.sources.setdefault(source.uri, source)
        for number, source in enumerate(found.sources.values()):
            found.sources[source.uri] = _in_utf_8(source, scratch / f"{number}-utf-8")
        yield found


def _copies(paths: Sequence[str]) -> bool:
    """Whether anything may have to be copied: all but files that are read where they are."""
    for path in paths:
        if path == "-" or not Path(path).is_file() or is_archive(Path(path)):
            return True
        with suppress(OSError), Path(path).open("rb") as stream:  # whoever reads it will say what is wrong
            head = stream.read(4)
            if any(head.startswith(mark) for mark, _ in _ENCODINGS):
                return True
    return False


def _in_utf_8(source: Source, folder: Path) -> Source:
    """The source itself, or a copy of it in UTF-8 where it begins with the mark of another Unicode encoding."""
    try:
        with source.path.open("rb") as stream:
            head = stream.read(4)
            encoding = next((name for mark, name in _ENCODINGS if head.startswith(mark)), None)
            if encoding is None:
                return source
            folder.mkdir(mode=0o700)
            copy = folder / "text"
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            stream.seek(0)
            with copy.open("xb") as out:
                while piece := stream.read(1024 * 1024):
                    out.write(decoder.decode(piece).encode("utf-8", "replace"))
                out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    except OSError:
        return source  # whoever reads it will say what is wrong
    return Source(uri=source.uri, path=copy)


def uri_of(path: Path) -> str:
    """The absolute path as text; bytes in a name that are no UTF-8 are shown as U+FFFD."""
    return str(path.absolute()).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _under(path: str, copy: Path, found: Found) -> Iterator[Source]:
    if path == "-":
        yield _copied(sys.stdin.buffer, copy, "stdin")
        return
    file = Path(path)
    uri = uri_of(file)
    if file.is_dir():
        yield from _in_folder(path, found)
    elif file.is_file():
        yield Source(uri=uri, path=file)
    else:
        try:
            with file.open("rb") as stream:  # a pipe, such as a shell makes of <(command)
                yield _copied(stream, copy, uri)
        except OSError as error:
            raise InputUnreadable(f"{path}: {error.strerror or error}") from error


def _copied(stream: IO[bytes], copy: Path, uri: str) -> Source:
    """What can be read only once, as a private file: a format is detected before it is read."""
    with copy.open("xb") as out:
        shutil.copyfileobj(stream, out)
    return Source(uri=uri, path=copy)


def visible_folders(folder: str, names: Sequence[str]) -> list[str]:
    """Those of the folders in a folder that are read, sorted: not the hidden ones, unless they are mail.

    In a maildir (https://cr.yp.to/proto/maildir.html), a folder with the folders cur and new, Maildir++ keeps Sent,
    Archive and so on as maildirs of their own, `.Sent` and `.Archive`
    (https://www.courier-mta.org/imap/README.maildirquota.html).
    """
    mail = {"cur", "new"} <= set(names)
    return sorted(name for name in names if not name.startswith(".") or (mail and Path(folder, name, "cur").is_dir()))


def _in_folder(path: str, found: Found) -> Iterator[Source]:
    def unreadable(error: OSError) -> None:
        found.refused.append((uri_of(Path(error.filename)), f"the folder cannot be read: {error.strerror}"))

    for folder, folders, files in os.walk(path, onerror=unreadable):
        folders[:] = visible_folders(folder, folders)
        for name in sorted(files):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if is_media(name):
                found.ignored.setdefault(uri_of(Path(path)), Counter())["media file"] += 1
            else:
                yield Source(uri=uri_of(file), path=file)
