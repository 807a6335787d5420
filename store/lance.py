"""Importing lancedb without what a local store never uses.

`import lancedb` spends half a second on the models of its remote-catalogue client, lance_namespace_urllib3_client,
hundreds of generated pydantic classes. They are only named in annotations as long as the database is a local folder,
so the import is answered with empty classes in their place. A third of what is left is the package overrides, which
reads the byte code of a hundred methods to see whether they override something: that is left to LanceDB's own tests.
LanceDB is also told to keep its log off stderr, and its memory within bounds.

Reading takes less still: the compiled core of lancedb, which all of its Python is a wrapping of, loads in a hundredth
of the time (see store/lance_reader.py). Its interface is declared in lancedb/_lancedb.pyi but not promised to last,
which is why pyproject.toml holds lancedb to one minor version.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast

_REMOTE_CLIENT = "lance_namespace_urllib3_client"
_OVERRIDES = "overrides"
_CORE = "lancedb._lancedb"


class _EmptyModule(ModuleType):
    __path__: list[str] = []  # noqa: RUF012 - it is a package to the import system

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _RemoteClientLoader:  # finder and loader by their methods alone: importlib.abc imports much that is not needed
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".", 1)[0] in (_REMOTE_CLIENT, _OVERRIDES):
            return ModuleSpec(fullname, cast("Any", self), is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name != _OVERRIDES:
            return _EmptyModule(spec.name)
        unchecked = ModuleType(spec.name)
        vars(unchecked).update(override=lambda method: method, EnforceOverrides=object)
        return unchecked

    def exec_module(self, module: ModuleType) -> None:
        pass


@cache
def lance() -> Any:
    """The module lancedb, imported once."""
    settle()
    _give_memory_back()
    if "lancedb" in sys.modules:
        import lancedb  # which waits, where another thread is importing it at this moment

        return lancedb
    finder = _RemoteClientLoader()
    sys.meta_path.insert(0, finder)
    checked = _OVERRIDES in sys.modules
    try:
        import lancedb
    finally:
        sys.meta_path.remove(finder)
        if not checked:
            sys.modules.pop(_OVERRIDES, None)  # whoever else wants it gets the real one
    return lancedb


@cache
def core() -> Any:
    """The compiled module that lancedb is a wrapping of, without importing the rest of it.

    It is the module that `import lancedb` finds too, should that come later.
    """
    settle()
    if _CORE not in sys.modules:
        package = find_spec("lancedb")
        places = package.submodule_search_locations if package else None
        files = [Path(place, "_lancedb" + suffix) for place in places or () for suffix in EXTENSION_SUFFIXES]
        found = next((file for file in files if file.is_file()), None)
        spec = spec_from_file_location(_CORE, found) if found else None
        if spec is None or spec.loader is None:
            lance()  # laid out in a way that we do not know: the whole of it has it
        else:
            sys.modules[_CORE] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[_CORE])
    return sys.modules[_CORE]


SETTINGS = {
    "LANCEDB_LOG": "error",
    "RUST_LOG": "error",
    "LANCE_LOG": "error",  # of pylance
    # It reads 8,192 rows at a time, several times over, and up to 2 GB ahead: the words of a large export, all at once.
    "LANCE_DEFAULT_BATCH_SIZE": "128",
    "LANCE_DEFAULT_IO_BUFFER_SIZE": str(64 * 1024 * 1024),
    # The full-text index of the same rows is to be the same to the byte, which `delete --prove` goes by. With a shard
    # for each processor (but two), as it would have, words are numbered in the order in which shards came by them.
    "LANCE_FTS_NUM_SHARDS": "1",
}
"""What LanceDB is told through the environment, where the user has not told it something else."""


def settle() -> None:
    """Put SETTINGS in place; before the import of what reads them."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_LARGE = 1024 * 1024

_AT_ONCE = timedelta(milliseconds=1)  # of zero LanceDB warns


def _give_memory_back() -> None:
    """Have what LanceDB frees given back to the system at once, where the C library is glibc.

    By itself glibc raises the size from which it does so to that of what was freed before, up to 32 MB: the buffers of
    an ingest then stay with the process, in pieces, and those of the full-text index come on top. To give back smaller
    ones as well would have the system find, and clear, twice as many pages.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; or Windows, which has none without a name
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_TRIM_THRESHOLD, _LARGE)


def full_text() -> Any:
    """How words are indexed: stems without stop words and accents, no positions."""
    lance()
    from lancedb.index import FTS

    return FTS(with_position=False, stem=True, remove_stop_words=True, ascii_folding=True)


def compact(table: Any) -> None:
    """Compact a table's files, add to its indexes what they lack, and remove every file that its newest version lacks.

    Under the writer lock: so no file is one that is still being written. Those of older versions are as large as the
    table itself, and those of none are of writers that were cut off. A reader that has an older version open must look
    afresh.
    """
    for _ in range(2):  # The indexes come last: what they were before is an older version's the second time.
        table.optimize(cleanup_older_than=_AT_ONCE, delete_unverified=True)
