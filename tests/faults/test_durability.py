"""What was acknowledged stays, whenever a command is killed and whatever the disk refuses.

MEMCLI_POINTS sets how many commands are killed (20); their moments are drawn from the seed MEMCLI_SEED (0). A long run:
MEMCLI_POINTS=500 pytest tests/faults/test_durability.py
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.static import StaticEmbedder
from memcli.ingest.indexing import heal
from memcli.keys import from_file
from memcli.progress import Unwatched
from store.check import check
from store.index import Filter
from store.sealing import is_sealed
from store.store import Store

POINTS = int(os.environ.get("MEMCLI_POINTS", "20"))
SEED = int(os.environ.get("MEMCLI_SEED", "0"))
TURNS = 40
"""Turns of one log: they are committed together."""

BIG = 400
"""Turns of a log of 3 MB that does not compress well."""

EMBEDDER = StaticEmbedder()


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    """Files are made private by the mask that the command sets for its process."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def names(number: int, count: int = TURNS) -> list[str]:
    return [f"m{number}x{place}" for place in range(count)]


def write_log(folder: Path, number: int, count: int = TURNS, padding: int = 0) -> Path:
    path = folder / f"log{number}.jsonl"
    chance = random.Random(number)
    with path.open("w") as log:
        for place, name in enumerate(names(number, count)):
            text = f"the token {name} " + " ".join(f"{chance.getrandbits(64):x}" for _ in range(padding))
            turn = {"session": f"s{number}", "id": name, "speaker": f"speaker{number}", "text": text}
            log.write(json.dumps(turn | {"time": 1_700_000_000 + 100_000 * number + 60 * place}) + "\n")
    return path


def holds(store: Store) -> set[str]:
    with store.reading() as catalogue:
        return {row[0] for row in catalogue.connection.execute("SELECT native_id FROM turns").fetchall()}


def in_clear(*places: Path) -> list[Path]:
    """The files below the places that hold words of a turn."""
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [path for path in files if b"the token" in path.read_bytes()]


def assert_well(memory: Path, known: set[str], chance: random.Random) -> set[str]:
    """The next command heals what was cut off; then all is well, and what is known is there and is found."""
    store = Store.open(memory, wait_s=5, key=lambda _: from_file(memory.with_name("key")))
    heal(store, EMBEDDER, Unwatched())
    assert list(check(store)) == []
    present = holds(store)
    assert known <= present, sorted(known - present)[:3]
    for name in chance.sample(sorted(present), min(3, len(present))):
        found = store.index.lexical(name, limit=1, where=Filter())[0]
        assert [store.index.rows([seq])[seq].native_id for seq, _ in found] == [name]
    return present


WEIGHTS = {"ingest": 6, "delete": 3, "ask": 1, "backup": 1, "rebuild": 2, "import": 1}


class Life:
    """A memory that commands work on, some of which are killed, and what it has to hold by then."""

    def __init__(self, memcli: Any, folder: Path, chance: random.Random) -> None:
        self.memcli, self.folder, self.chance = memcli, folder, chance
        self.memory = folder / "memory"
        self.known: set[str] = set()
        self.duration = 0.0
        """Seconds that an ingest takes here."""
        self.logs = 0
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.actions: dict[str, Callable[[], tuple[list[str], set[str], set[str]]]] = {
            "ingest": self.ingest,
            "delete": self.delete,
            "ask": self.ask,
            "backup": self.backup,
            "rebuild": self.rebuild,
            "import": self.imports,
        }

    def ingest(self) -> tuple[list[str], set[str], set[str]]:
        self.logs += 1
        return ["ingest", str(write_log(self.folder, self.logs))], set(names(self.logs)), set()

    def delete(self) -> tuple[list[str], set[str], set[str]]:
        whole = [n for n in range(1, self.logs + 1) if set(names(n)) <= self.known]
        if len(whole) < 2:
            return self.ingest()
        number = self.chance.choice(whole)
        return ["delete", "--speaker", f"speaker{number}", "--yes"], set(), set(names(number))

    def ask(self) -> tuple[list[str], set[str], set[str]]:
        name = self.chance.choice(sorted(self.known)) if self.known else "nothing"
        return ["ask", f"What about the token {name}?"], set(), set()

    def backup(self) -> tuple[list[str], set[str], set[str]]:
        return ["backup", str(self.folder / "backup"), "--force"], set(), set()

    def rebuild(self) -> tuple[list[str], set[str], set[str]]:
        shutil.rmtree(self.memory / "index")
        return ["search", "token"], set(), set()

    def imports(self) -> tuple[list[str], set[str], set[str]]:
        """Another memory's export, as `import` takes it: no more than rows as `export` writes them."""
        self.logs += 1
        place = self.folder / f"other{self.logs}"
        assert self.memcli("--memory", place, "ingest", write_log(self.folder, self.logs)).code == 0
        out = self.folder / f"out{self.logs}.jsonl"
        assert self.memcli("--memory", place, "export", out).code == 0
        shutil.rmtree(place)
        return ["import", str(out)], set(names(self.logs)), set()

    def disturb(self, how: signal.Signals) -> str:
        """Start a command, end it at some moment of its work, and see that the memory is well."""
        name = self.chance.choices(list(self.actions), weights=[WEIGHTS[name] for name in self.actions])[0]
        arguments, coming, going = self.actions[name]()
        process = self.memcli.start("--memory", self.memory, *arguments, TMPDIR=str(self.temporary))
        share = self.chance.random()
        if name not in ("ask", "backup") and self.chance.random() < 0.9:
            share = share**2
            patience = time.monotonic() + 60
            while not (self.memory / "locks" / "writer.holder.json").exists() and process.poll() is None:
                assert time.monotonic() < patience
                time.sleep(0.002)
        time.sleep(share * self.duration)
        process.send_signal(how)
        _, err = process.communicate(timeout=120)
        if is_sealed(self.memory / "memory.duckdb"):
            assert in_clear(self.memory, self.temporary, self.memcli.home) == [], name
        assert process.returncode in (0, 4, -how, 128 + how), (name, process.returncode, err)
        assert how == signal.SIGKILL or err == b"" or process.returncode in (0, 4), err
        present = assert_well(self.memory, self.known - going, self.chance)
        if process.returncode == 0:
            assert coming <= present, name
            assert not (going & present), name
        assert coming <= present or not (coming & present), "a log is committed whole or not at all"
        assert going <= present or not (going & present), "a deletion is committed whole or not at all"
        self.known = present
        return f"{name} {'finished' if process.returncode in (0, 4) else 'cut off'}"


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_command_that_is_killed_anywhere_costs_nothing_acknowledged(
    memcli: Any, tmp_path: Path, encrypted: bool
) -> None:
    """And of an encrypted memory leaves nothing in clear."""
    chance = random.Random(SEED)
    life = Life(memcli, tmp_path, chance)
    if encrypted:
        del life.actions["rebuild"]  # it has no index on the disk
        made = memcli("--memory", life.memory, "init", "--encrypt", "--key-file", tmp_path / "key")
        assert made.code == 0, made.err
    for _ in range(2):
        arguments, coming, _ = life.ingest()
        began = time.monotonic()
        assert memcli("--memory", life.memory, *arguments).code == 0
        life.duration = time.monotonic() - began
        life.known |= coming
    outcomes: dict[str, int] = {}
    for _ in range(POINTS // 2 if encrypted else POINTS):
        outcome = life.disturb(signal.SIGTERM if chance.random() < 0.2 else signal.SIGKILL)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(dict(sorted(outcomes.items())))
    done = memcli("--memory", life.memory, "check")
    assert done.code == 0, done.out
    assert (life.memory / "damaged").exists() is False, "nothing had to be given up"


# a disk that refuses


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize(("kilobytes_left", "encrypted"), [(0, True), (60, False), (300, True), (1200, False)])
def test_a_full_disk_costs_nothing_acknowledged(
    memcli: Any, tmp_path: Path, small_disk: Path, kilobytes_left: int, encrypted: bool
) -> None:
    memory = small_disk / "memory"
    if encrypted:
        assert memcli("--memory", memory, "init", "--encrypt", "--key-file", small_disk / "key").code == 0
    assert memcli("--memory", memory, "ingest", write_log(tmp_path, 1)).code == 0
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(b"\0" * max(0, free - 1024 * kilobytes_left))
    big = write_log(tmp_path, 2, BIG, padding=500)
    done = memcli("--memory", memory, "--json", "ingest", big)
    assert done.code == 15, done.err
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert error["name"] == "StoreUnwritable"
    assert "no space left" in error["message"]
    found = memcli("--memory", memory, "--json", "search", "m1x7")
    assert found.code in (0, 15), found.err  # 15: it may have something to mend, and there is no room
    ballast.unlink()
    assert_well(memory, set(names(1)), random.Random(0))
    assert memcli("--memory", memory, "ingest", big).code == 0
    assert assert_well(memory, set(names(1)), random.Random(0)) == {*names(1), *names(2, BIG)}
    assert not encrypted or in_clear(small_disk) == []


@pytest.mark.parametrize(
    "arguments", [["delete", "--speaker", "speaker1", "--yes"], ["backup", "BACKUP"], ["consolidate"]]
)
def test_a_full_disk_leaves_other_commands_undone_or_whole(
    memcli: Any, tmp_path: Path, small_disk: Path, arguments: list[str]
) -> None:
    memory = small_disk / "memory"
    for number in (1, 2):
        assert memcli("--memory", memory, "ingest", write_log(tmp_path, number, BIG, padding=50)).code == 0
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * shutil.disk_usage(small_disk).free)
    backup = small_disk / "backup"
    named = [str(backup) if one == "BACKUP" else one for one in arguments]
    done = memcli("--memory", memory, "--json", *named)
    assert done.code == 15, done.err
    assert json.loads(done.err.splitlines()[-1])["error"]["name"] == "StoreUnwritable"
    assert not backup.exists()
    ballast.unlink()
    present = assert_well(memory, set(names(2, BIG)), random.Random(0))
    assert present in ({*names(1, BIG), *names(2, BIG)}, set(names(2, BIG)))
    assert memcli("--memory", memory, *named).code in (0, 2)  # 2: it is deleted already


def limited(size: int) -> Callable[[], None]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def run(memcli: Any, *arguments: Any, before: Callable[[], None]) -> subprocess.CompletedProcess[bytes]:
    from conftest import COMMAND

    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=memcli.home,
        env=memcli.environment,
        preexec_fn=before,
        timeout=300,
    )


@pytest.mark.parametrize("more", [0, 200_000])
def test_a_file_that_may_not_grow_costs_nothing_acknowledged(memcli: Any, tmp_path: Path, more: int) -> None:
    memory = tmp_path / "memory"
    assert memcli("--memory", memory, "ingest", write_log(tmp_path, 1)).code == 0
    big = write_log(tmp_path, 2, BIG, padding=2_000)
    limit = (memory / "memory.duckdb").stat().st_size + more
    done = run(memcli, "--memory", memory, "ingest", big, before=limited(limit))
    assert done.returncode == 15, done.stderr
    assert_well(memory, set(names(1)), random.Random(0))
    assert memcli("--memory", memory, "ingest", big).code == 0
    assert_well(memory, {*names(1), *names(2, BIG)}, random.Random(0))


def without_privileges() -> None:
    """Root may write anywhere; whoever runs this as root gives that up (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):
            assert libc.prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_memory_that_may_only_be_read_can_be_read(memcli: Any, tmp_path: Path, encrypted: bool) -> None:
    memory = tmp_path / "memory"
    if encrypted:
        assert memcli("--memory", memory, "init", "--encrypt", "--key-file", tmp_path / "key").code == 0
    assert memcli("--memory", memory, "ingest", write_log(tmp_path, 1)).code == 0
    assert memcli("--memory", memory, "ask", "What about the token m1x7?").code in (0, 4)
    places = [memory, *memory.rglob("*")]
    for path in reversed(places):
        path.chmod(0o500 if path.is_dir() else 0o400)
    for arguments in (
        ["search", "m1x7"],
        ["status"],
        ["export", "-"],
        ["sql", "SELECT count(*) FROM turns"],
        ["check"],
    ):
        done = run(memcli, "--memory", memory, *arguments, before=without_privileges)
        assert done.returncode == 0, (arguments, done.stderr)
    for arguments in (
        ["ingest", write_log(tmp_path, 2)],
        ["delete", "--speaker", "speaker1", "--yes"],
        ["ask", "m1x7?"],
    ):
        done = run(memcli, "--memory", memory, *arguments, before=without_privileges)
        assert done.returncode == 15, (arguments, done.stderr)
    for path in places:
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert_well(memory, set(names(1)), random.Random(0))


def test_a_memory_of_somebody_else_is_told_as_that(memcli: Any, tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    assert memcli("--memory", memory, "ingest", write_log(tmp_path, 1)).code == 0
    (memory / "memory.duckdb").chmod(0)
    done = run(memcli, "--memory", memory, "status", before=without_privileges)
    assert done.returncode == 15, done.stderr
    assert b"permission is missing" in done.stderr


CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define BACK (400L * 86400L)
int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, at);
    if (!done && id == CLOCK_REALTIME) at->tv_sec -= BACK;
    return done;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def test_a_clock_that_goes_back_costs_nothing(memcli: Any, tmp_path: Path) -> None:
    """A machine that wakes up 400 days ago, and is set right again."""
    source, library = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK)
    compiled = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True)
    if compiled.returncode:
        pytest.skip("no C compiler")
    memory = tmp_path / "memory"
    for number, back in enumerate((False, True, False), start=1):
        env = {"LD_PRELOAD": str(library)} if back else {}
        assert memcli("--memory", memory, "ingest", write_log(tmp_path, number), **env).code == 0
        assert memcli("--memory", memory, "ask", f"What about the token m{number}x3?", **env).code in (0, 4)
        checked = memcli("--memory", memory, "check", **env)
        assert checked.code == 0, checked.out
    assert memcli("--memory", memory, "--json", "status").json["answers"] == 3
    assert memcli("--memory", memory, "delete", "--speaker", "speaker1", "--yes", LD_PRELOAD=str(library)).code == 0
    assert assert_well(memory, set(), random.Random(0)) == {*names(2), *names(3)}
