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
