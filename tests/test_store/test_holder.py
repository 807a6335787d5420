"""Who is told to hold a lock: a living process of this machine, or nobody by name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from store.errors import StoreLocked, StoreUnwritable
from store.store import Store

Held = Callable[[str], subprocess.Popen[bytes]]


def refusal(store: Store) -> str:
    with pytest.raises(StoreLocked) as refused, Store.open(store.folder, wait_s=0).locks.writer():
        pass
    return str(refused.value)


def test_the_holder_is_named(store: Store, held_elsewhere: Held) -> None:
    holder = held_elsewhere("writer")
    assert f"(pid {holder.pid} on " in refusal(store)


@pytest.mark.parametrize("stale", ["pid", "boot"])
def test_a_record_that_outlived_its_process_is_not_believed(store: Store, held_elsewhere: Held, stale: str) -> None:
    """The lock is held, but not by whom the record names: that process is dead, or of before a reboot."""
    holder = held_elsewhere("writer")
    path = store.folder / "locks" / "writer.holder.json"
    record: dict[str, Any] = json.loads(path.read_text())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    record |= {"pid": dead.pid} if stale == "pid" else {"boot": "of another day"}
    path.write_text(json.dumps(record))
    said = refusal(store)
    assert "another process" in said
    assert str(holder.pid) not in said


def test_a_holder_on_another_machine_is_named_with_it(store: Store, held_elsewhere: Held) -> None:
    """On a shared folder: whether it lives cannot be seen from here, but that the lock is held can."""
    held_elsewhere("writer")
    path = store.folder / "locks" / "writer.holder.json"
    record: dict[str, Any] = json.loads(path.read_text())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    path.write_text(json.dumps(record | {"host": "attic", "pid": dead.pid, "boot": "its own"}))
    assert f"(pid {dead.pid} on attic) since " in refusal(store)


def test_a_lock_ends_with_its_process(store: Store, held_elsewhere: Held) -> None:
    holder = held_elsewhere("writer")
    holder.kill()
    holder.wait()
    with Store.open(store.folder, wait_s=0).locks.writer():
        pass


def test_a_file_system_without_locks_is_told_as_that(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What flock answers there, which no file system of this machine does."""
    import errno
    import fcntl

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreUnwritable, match="no locks"), store.locks.writer():
        pass


def test_what_a_command_line_says_can_be_kept_out_of_the_record(store: Store) -> None:
    store.locks.shown_as = "memcli delete"
    with store.locks.writer():
        record = json.loads((store.folder / "locks" / "writer.holder.json").read_text())
    assert record["command"] == "memcli delete"
