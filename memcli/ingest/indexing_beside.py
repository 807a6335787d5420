"""Indexing in a process of its own, beside the one that commits: each then has an interpreter to itself.

The process is memcli/ingest/indexing_process.py. It is begun when more is read than one commit takes, and embeds with
the embedder that comes with memcli: with an added one, which computes outside of Python, a thread is as good (see
indexing.py), and its model is loaded but once. It inherits the writer lock: however this process ends, nobody else
becomes the writer before that one has ended as well.
"""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from engines.errors import EngineFailed
from engines.own_process import begin, how_it_ended
from memcli.ingest.beside import receive, send
from memcli.ingest.indexing import index_outbox
from memcli.progress import Progress
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder

Asked = Literal["more", "finish"]


class Phase(NamedTuple):
    """So many turns are to be indexed."""

    turns: int


class Advance(NamedTuple):
    """So many of them are."""

    turns: int


class Failed(NamedTuple):
    """Indexing raised an error, with a note of where, and is over. None: it is over, and all is indexed."""

    error: Exception | None


class IndexingBeside:
    """Indexes in a process what is committed while the rest is still being read. See Indexing."""

    def __init__(self, store: Store, embedder: Callable[[], Embedder]) -> None:
        """Only under the writer lock, of a memory that is not encrypted. embedder: the one that comes with memcli."""
        self._store = store
        self._embedder = embedder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._process is None:
            return
        self._process.kill()  # what it was at is taken up by the next command, as after any end
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):  # what it was not told any more
                stream.close()
        self._store.reopen()

    def more(self) -> None:
        """Something was committed."""
        if self._process is None:
            lock = self._store.locks.writing
            assert lock is not None
            self._process = begin(
                "memcli.ingest.indexing_process",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[lock.fileno()],
            )  # fmt: skip
            self._ask(self._process, (self._store.folder, self._store.locks.wait_s))
        self._ask(self._process, "more")

    def finish(self, progress: Progress) -> None:
        """Everything was committed: index what is left of it. Raises what indexing raised, and EngineFailed."""
        if self._process is None:
            index_outbox(self._store, self._embedder(), progress)
            return
        self._ask(self._process, "finish")
        said = _next(self._process)
        if isinstance(said, Phase):
            with progress.phase("index", said.turns, "turns") as advance:
                while isinstance(said := _next(self._process), Advance):
                    advance(said.turns)

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], what: object) -> None:
        assert process.stdin is not None
        try:
            send(process.stdin, what)
        except BrokenPipeError:
            _next(process)  # why it has ended
            raise


def _next(process: subprocess.Popen[bytes]) -> Phase | Advance | Failed:
    """What the process says next. Raises what it raised."""
    assert process.stdout is not None
    if not (said := receive(process.stdout)):
        raise EngineFailed(
            f"the process that indexes ended {how_it_ended(process)}",
            hint="what was committed is safe: run the same command again",
        )
    found: Phase | Advance | Failed = pickle.loads(said)  # of the process that this one began
    if isinstance(found, Failed) and found.error is not None:
        raise found.error
    return found
