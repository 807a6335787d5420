"""What the store's tests share: a store, short ways to fill it, and processes that hold its locks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from store.catalogue import Catalogue
from store.store import Store

Said = tuple[str, str, datetime | None]

_HOLDER = """
import sys
from pathlib import Path
from store.locks import StoreLocks
locks = StoreLocks(Path(sys.argv[2]), 0)
with {"writer": locks.writer, "readers": lambda: locks.catalogue(shared=True),
      "commit": lambda: locks.catalogue(shared=False)}[sys.argv[1]]():
    print("held", flush=True)
    sys.stdin.read()
"""


def turns_table(*turns: dict[str, Any]) -> pa.Table:
    """Turns as Catalogue.add_turns takes them; what a turn does not name has a value that no test cares for."""
    columns = {
        "id": pa.string(), "session": pa.int32(), "position": pa.int64(), "speaker": pa.string(), "role": pa.string(),
        "text": pa.string(), "said_at": pa.timestamp("us"), "utc_offset": pa.int16(), "native_id": pa.string(),
        "source": pa.int32(), "line": pa.int64(), "batch": pa.int32(), "metadata": pa.string(),
    }  # fmt: skip
    rest = {
        "session": 1, "position": 1, "speaker": "Ann", "role": "user", "text": "hi", "said_at": None, "utc_offset": 0,
        "native_id": None, "source": 1, "line": None, "batch": 1, "metadata": None,
    }  # fmt: skip
    rows = [{**rest, **turn} for turn in turns]
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in columns.items()})


@pytest.fixture
def turns() -> Callable[..., pa.Table]:
    return turns_table


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "memory", wait_s=10)


@pytest.fixture
def catalogue(store: Store) -> Iterator[Catalogue]:
    """A catalogue open for writing with a batch, a source and two sessions, each of number 1 (and 2)."""
    with store.writing() as opened:
        opened.begin_batch("batch", datetime(2024, 1, 1, tzinfo=UTC))
        opened.keep_source(uri="/logs/chat.txt", format="plain", sha256="0", size=10, batch=1)
        names = ["s1", "s2"]
        opened.keep_sessions(pa.table({"id": names, "format": ["plain"] * 2, "native_id": names, "title": names}))
        yield opened


@pytest.fixture
def held_elsewhere(store: Store, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Holds a lock (writer, readers or commit) in another process, until its stdin is closed or it is killed."""
    program = tmp_path / "holder.py"
    program.write_text(_HOLDER)

    @contextmanager
    def process(lock: str) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [sys.executable, str(program), lock, str(store.folder / "locks")]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            try:
                yield holder
            finally:
                holder.kill()

    with ExitStack() as stack:
        yield lambda lock: stack.enter_context(process(lock))
