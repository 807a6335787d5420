"""Readers share, writers queue, the dead hold nothing, and who waits in vain is told for whom."""

import subprocess
import threading
from collections.abc import Callable

import pytest

from store.errors import StoreLocked
from store.locks import StoreLocks
from store.store import Store

Hold = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def locks(store: Store) -> StoreLocks:
    return StoreLocks(store.folder / "locks", 0)


def test_readers_read_side_by_side(locks: StoreLocks, held_elsewhere: Hold) -> None:
    held_elsewhere("readers")
    held_elsewhere("readers")
    with locks.catalogue(shared=True):
        pass


@pytest.mark.parametrize(("holder", "shared"), [("commit", True), ("commit", False), ("readers", False)])
def test_a_commit_is_alone(locks: StoreLocks, held_elsewhere: Hold, holder: str, shared: bool) -> None:
    held_elsewhere(holder)
    with pytest.raises(StoreLocked), locks.catalogue(shared=shared):
        pass


def test_a_writer_at_work_shuts_out_only_writers(locks: StoreLocks, held_elsewhere: Hold) -> None:
    held_elsewhere("writer")
    with locks.catalogue(shared=False), locks.spool():
        pass
    with pytest.raises(StoreLocked), locks.writer():
        pass


@pytest.mark.parametrize("lock", ["writer", "commit"])
def test_a_wait_in_vain_names_the_holder(locks: StoreLocks, held_elsewhere: Hold, lock: str) -> None:
    holder = held_elsewhere(lock)
    with pytest.raises(StoreLocked) as caught, locks.writer() if lock == "writer" else locks.catalogue(shared=True):
        pass
    assert f"holder.py {lock}" in str(caught.value)
    assert f"pid {holder.pid} " in str(caught.value)
    assert "--wait" in caught.value.hint


def test_a_waiter_gets_the_lock_when_it_is_given_back(store: Store, held_elsewhere: Hold) -> None:
    holder = held_elsewhere("writer")
    got = threading.Event()

    def wait() -> None:
        with StoreLocks(store.folder / "locks", 30).writer():
            got.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not got.wait(0.2)
    assert holder.stdin is not None
    holder.stdin.close()
    assert got.wait(10)
    waiter.join()


@pytest.mark.parametrize("lock", ["writer", "commit", "readers"])
def test_the_dead_hold_nothing(locks: StoreLocks, held_elsewhere: Hold, lock: str) -> None:
    holder = held_elsewhere(lock)
    holder.kill()
    holder.wait()
    with locks.writer(), locks.catalogue(shared=False):
        pass


def test_the_dead_are_not_named_for_what_the_living_hold(locks: StoreLocks, held_elsewhere: Hold) -> None:
    dead = held_elsewhere("commit")
    dead.kill()
    dead.wait()
    held_elsewhere("readers")
    with pytest.raises(StoreLocked) as caught, locks.catalogue(shared=False):
        pass
    assert f"pid {dead.pid} " not in str(caught.value)


def test_a_lock_is_given_back_after_an_error(locks: StoreLocks) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locks.writer():
            _ = 1 / 0
    with locks.writer():
        pass


def test_writing_if_free(locks: StoreLocks, held_elsewhere: Hold) -> None:
    with locks.writer_if_free() as free:
        assert free
        with StoreLocks(locks._folder, 0).writer_if_free() as second:
            assert not second
    holder = held_elsewhere("writer")
    with locks.writer_if_free() as free:
        assert not free
    holder.kill()
    holder.wait()
    with locks.writer_if_free() as free:
        assert free


def test_readers_get_in_between_two_commits(store: Store) -> None:
    """However fast one commit follows on the other, and whoever makes it, one that began before is all that is waited
    for."""
    over = threading.Event()
    begun: list[None] = []

    def commit_again_and_again() -> None:
        locks = StoreLocks(store.folder / "locks", 30)
        while not over.is_set():
            with locks.catalogue(shared=False):
                begun.append(None)
                over.wait(0.03)

    writers = [threading.Thread(target=commit_again_and_again) for _ in range(2)]
    for writer in writers:
        writer.start()
    locks, waited_for = StoreLocks(store.folder / "locks", 30), []
    for _ in range(10):
        before = len(begun)
        with locks.catalogue(shared=True):
            waited_for.append(len(begun) - before)
    over.set()
    for writer in writers:
        writer.join()
    assert len(begun) >= 3
    assert max(waited_for) <= 2


def test_readers_wait_for_no_writer_that_waits_itself(store: Store, held_elsewhere: Hold) -> None:
    reader = held_elsewhere("readers")
    began = threading.Event()
    committed = threading.Event()

    def commit() -> None:
        began.set()
        with StoreLocks(store.folder / "locks", 30).catalogue(shared=False):
            committed.set()

    writer = threading.Thread(target=commit)
    writer.start()
    assert began.wait(10)
    for _ in range(20):
        with StoreLocks(store.folder / "locks", 1).catalogue(shared=True):
            pass
    assert not committed.is_set()
    assert reader.stdin is not None
    reader.stdin.close()
    assert committed.wait(10)
    writer.join()
