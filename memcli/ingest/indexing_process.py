"""The process that indexes for memcli/ingest/indexing_beside.py.

It is told on stdin which memory, and then each time that something was committed, and when that was all. It ends with
that, or at once when nobody listens any more: what it was at is then taken up by the next command.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from traceback import format_exc
from typing import IO

from memcli.engines_in_use import built_in_embedder
from memcli.ingest.beside import receive, send
from memcli.ingest.indexing import TextIndex, index_meanwhile, index_outbox
from memcli.ingest.indexing_beside import Advance, Asked, Failed, Phase
from store.store import Store


def main() -> None:
    """Index until all is indexed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever waits for us decides
    gc.set_threshold(50_000)  # as in the command itself
    # Whatever a library prints goes to stderr: stdout is for what is told.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    folder, wait_s = pickle.loads(receive(sys.stdin.buffer))  # of whoever began this process
    asked: Queue[Asked] = Queue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    error = None
    try:
        _index(Store.open(folder, wait_s=wait_s, exposed=True), asked, out)
    except Exception as raised:  # whatever it is, it is raised there as it would be if this were done there
        raised.add_note(f"in {__name__}:\n{format_exc()}")
        error = raised
    send(out, Failed(error))
    os._exit(0)


def _listen(asked: Queue[Asked]) -> None:
    while said := receive(sys.stdin.buffer):
        asked.put(pickle.loads(said))
    os._exit(1)  # whoever asked has ended, or has given up


def _index(store: Store, asked: Queue[Asked], out: IO[bytes]) -> None:
    embedder, text_index = built_in_embedder(), TextIndex(store)
    while _latest(asked) == "more":
        index_meanwhile(store, embedder, text_index, go_on=asked.empty)
    index_outbox(store, embedder, _Told(out))


def _latest(asked: Queue[Asked]) -> Asked:
    """What was asked for last, which is all that was asked for before it as well."""
    latest = asked.get()
    while not asked.empty():
        latest = asked.get()
    return latest


class _Told:
    """Progress that is told to whoever began this process."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """As in Progress."""
        send(self._out, Phase(total))
        yield lambda turns: send(self._out, Advance(turns))


if __name__ == "__main__":
    main()
