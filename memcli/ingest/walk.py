"""From the paths of a command line to the files to read."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from memcli.ingest.errors import InputUnreadable
from memcli.ingest.readers.base import Source


@contextmanager
def sources(paths: Sequence[str]) -> Iterator[list[Source]]:
    """The files that the paths name: files themselves, folders with all that is in them, `-` for standard input.

    In folders, hidden files are left out and symbolic links to folders are not followed. Files come in the order of
    their paths. Raises InputUnreadable for a path that is not there.
    """
    with ExitStack() as stack:
        found: dict[str, Source] = {}
        for path in paths:
            for source in [stack.enter_context(_stdin())] if path == "-" else _under(path):
                found.setdefault(source.uri, source)
        yield list(found.values())


@contextmanager
def _stdin() -> Iterator[Source]:
    """Standard input as a private file, because a format is detected before it is read."""
    with tempfile.NamedTemporaryFile(prefix="memcli-stdin-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Source(uri="stdin", path=Path(copy.name))


def _under(path: str) -> Iterator[Source]:
    if Path(path).is_dir():
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                file = Path(folder, name)
                if not name.startswith(".") and file.is_file():
                    yield Source(uri=str(file.absolute()), path=file)
    elif Path(path).exists():
        yield Source(uri=str(Path(path).absolute()), path=Path(path))
    else:
        raise InputUnreadable(f"there is no file or folder {path}")
