"""What a process beside the ingest indexes is what the ingest would have indexed itself."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineFailed
from memcli.engines_in_use import built_in_embedder
from memcli.ingest import indexing_beside, writing
from memcli.ingest.pipeline import ingest
from memcli.progress import Unwatched
from store.errors import StoreDamaged, StoreLocked
from store.lance import lance
from store.store import Store
from store.whole_index import tables

TURNS, COMMIT = 5_000, 1_500


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text("".join(f"[2024-05-01 10:00] <Ann> {number} kettles on the stove\n" for number in range(TURNS)))
    return path


@pytest.fixture(autouse=True)
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", COMMIT)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The processes that were begun."""
    begun = []

    def begin(*args: Any, **options: Any) -> Any:
        begun.append(original(*args, **options))
        return begun[-1]

    original = indexing_beside.begin
    monkeypatch.setattr(indexing_beside, "begin", begin)
    return begun


def read_in(memory: Path, log: Path, *, apart: bool = True, progress: Any = None) -> int:
    return ingest(
        [str(log)], folder=memory, wait_s=10, embedder=built_in_embedder, zone=UTC, redacting=True,
        progress=progress or Unwatched(), apart=apart,
    ).turns_added  # fmt: skip


def indexed(memory: Path) -> Any:
    rows = lance().connect(str(memory / "index")).open_table("turns").to_arrow()
    return rows.sort_by("seq").to_pylist()


def test_the_index_is_the_same(tmp_path: Path, log: Path, processes: list[Any]) -> None:
    assert read_in(tmp_path / "here", log, apart=False) == TURNS
    assert not processes
    assert read_in(tmp_path / "there", log) == TURNS
    assert len(processes) == 1
    assert indexed(tmp_path / "there") == indexed(tmp_path / "here")
    there = Store.open(tmp_path / "there", wait_s=0)
    assert not there.pending
    assert there.index.waiting == 0
    assert there.embedder == built_in_embedder().id
    assert [table.name for table in tables(there.index)] == ["turns"]


def test_no_process_is_begun_for_what_one_commit_takes(tmp_path: Path, log: Path, processes: list[Any]) -> None:
    log.write_text("[2024-05-01 10:00] <Ann> kettle\n")
    assert read_in(tmp_path / "m", log) == 1
    assert read_in(tmp_path / "m", log) == 0
    assert not processes
    assert len(indexed(tmp_path / "m")) == 1


def test_whoever_watches_sees_the_rest_being_indexed(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = []
    ask = indexing_beside.IndexingBeside._ask
    monkeypatch.setattr(  # all is left to the end
        indexing_beside.IndexingBeside,
        "_ask",
        staticmethod(lambda process, what: None if what == "more" else ask(process, what)),
    )

    class Watching(Unwatched):
        @contextmanager
        def phase(self, name: str, total: int, unit: Any) -> Any:
            seen: list[int] = []
            yield seen.append
            watched.append((name, total, sum(seen)))

    read_in(tmp_path / "m", log, progress=Watching())
    assert watched[1:] == [("index", TURNS, TURNS)]


@pytest.fixture
def killed_at_first(processes: list[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process is killed as soon as it has been asked for something."""
    with monkeypatch.context() as patch:
        more = indexing_beside.IndexingBeside.more

        def killed(self: Any) -> None:
            more(self)
            processes[0].kill()
            processes[0].wait()

        patch.setattr(indexing_beside.IndexingBeside, "more", killed)
        yield


def test_what_is_lost_with_the_process_is_taken_up(tmp_path: Path, log: Path, killed_at_first: None) -> None:
    with pytest.raises(EngineFailed, match="ended with SIGKILL"):
        read_in(tmp_path / "m", log)
    assert Store.open(tmp_path / "m", wait_s=0).pending
    read_in(tmp_path / "m", log, apart=False)
    read_in(tmp_path / "whole", log, apart=False)
    assert sorted(row["said"] for row in indexed(tmp_path / "m")) == sorted(
        row["said"] for row in indexed(tmp_path / "whole")
    )


def test_an_error_of_indexing_is_the_same_error(tmp_path: Path, log: Path) -> None:
    raised = []
    for apart in (False, True):
        memory = tmp_path / f"m{apart}"
        read_in(memory, log, apart=False)
        with Store.open(memory, wait_s=0).writing() as catalogue:
            catalogue.keep_setting("embedder", "of-somebody-else")
        with log.open("a") as more:
            more.writelines(f"[2024-05-01 11:00] <Ben> {number} cups, {apart}\n" for number in range(2 * COMMIT))
        with pytest.raises(StoreDamaged) as error:
            read_in(memory, log, apart=apart)
        raised.append(error.value)
    assert str(raised[0]) == str(raised[1])
    assert "in _hold_to" in raised[1].__notes__[0]  # where in that process


def test_nobody_else_writes_before_the_process_has_ended(
    tmp_path: Path, log: Path, processes: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever began it gives the lock back at its own end, however that comes: the process has it, too."""
    free = []
    exit_ = indexing_beside.IndexingBeside.__exit__

    def looked_at(self: Any, *raised: object) -> None:
        os.kill(processes[0].pid, signal.SIGSTOP)  # it cannot end now
        lock, self._store.locks.writing = self._store.locks.writing, None
        os.close(os.dup(lock.fileno()))
        os.dup2(os.open(os.devnull, os.O_RDONLY), lock.fileno())  # this process holds it no more
        other = Store.open(tmp_path / "m", wait_s=0)
        with pytest.raises(StoreLocked), other.locks.writer():
            pass
        exit_(self, *raised)
        with other.locks.writer():
            free.append(time.monotonic())

    monkeypatch.setattr(indexing_beside.IndexingBeside, "__exit__", looked_at)
    monkeypatch.setattr(indexing_beside.IndexingBeside, "finish", lambda self, progress: None)
    read_in(tmp_path / "m", log)
    assert free
