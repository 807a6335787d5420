"""What a process beside the ingest reads is what the ingest would have read itself."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineFailed
from memcli.engines_in_use import built_in_embedder
from memcli.ingest import beside, pipeline
from memcli.ingest.beside import Beside
from memcli.ingest.pipeline import IngestReport, ingest
from memcli.progress import Progress, Unwatched
from store.store import Store

SECRET = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # in two parts, or whoever looks for secrets finds it here
TALK = "Ann: is the oven here?\nBen: the oven is here\nAnn: good\nBen: it is warm, too\n"
TABLES = ("turns", "sessions", "sources", "speakers", "quarantine")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Logs of several formats: many turns in two sessions that take turns, a line that is none, a secret, no times."""
    folder = tmp_path / "logs"
    folder.mkdir()
    with (folder / "many.jsonl").open("w", encoding="utf-8") as log:
        for number in range(5_000):
            turn = {"session": f"s{number % 2}", "speaker": "Ann", "text": f"{number} kettles", "time": 1.7e9 + number}
            log.write(json.dumps(turn) + "\n")
        log.write("{broken\n")
    (folder / "chat.log").write_text(f"[2024-05-01 10:00] <Ann> the key is {SECRET}\n" * 2, encoding="utf-8")
    (folder / "talk.txt").write_text(TALK, encoding="utf-8")
    (folder / "picture.bin").write_bytes(bytes(range(256)))
    return folder


def read_in(memory: Path, logs: Path, *, apart: bool, progress: Progress | None = None, **how: Any) -> IngestReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "WORTHWHILE_BYTES", 0 if apart else 2**60)
        return ingest(
            [str(logs)], folder=memory, wait_s=10, embedder=built_in_embedder, zone=UTC, redacting=True,
            progress=progress or Unwatched(), **how,
        )  # fmt: skip


def rows(memory: Path) -> list[Any]:
    with Store.open(memory, wait_s=10).reading() as catalogue:
        return [catalogue.connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in TABLES]


def told(report: IngestReport) -> Any:
    return report.redacted, [replace(source) for source in report.sources]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the processes that were begun."""
    begun = []

    def begin(*args: Any, **options: Any) -> Any:
        process = original(*args, **options)
        begun.append(process.pid)
        return process

    original = beside.begin
    monkeypatch.setattr(beside, "begin", begin)
    return begun


def test_the_memory_and_the_report_are_the_same(tmp_path: Path, logs: Path, processes: list[int]) -> None:
    here = read_in(tmp_path / "here", logs, apart=False)
    assert not processes
    there = read_in(tmp_path / "there", logs, apart=True)
    assert len(processes) == 1
    assert here.turns_added == 5_000 + 2 + 4
    assert here.redacted.total() == 2
    assert told(there) == told(here)
    assert rows(tmp_path / "there") == rows(tmp_path / "here")


def test_what_grows_goes_on_where_it_ended(tmp_path: Path, logs: Path) -> None:
    for memory, apart in ((tmp_path / "here", False), (tmp_path / "there", True)):
        read_in(memory, logs, apart=apart)
    with (logs / "many.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"session": "s1", "speaker": "Ann", "text": "1 kettles", "time": 1.7e9 + 1}) + "\n")
    with (logs / "chat.log").open("a", encoding="utf-8") as log:
        log.write("[2024-05-01 10:01] <Ben> lost again\n")
    here, there = (read_in(tmp_path / name, logs, apart=name == "there") for name in ("here", "there"))
    assert told(there) == told(here)
    assert any(source.continued for source in there.sources)
    assert any(source.unchanged for source in there.sources)
    assert rows(tmp_path / "there") == rows(tmp_path / "here")
    with (logs / "chat.log").open("a", encoding="utf-8") as log:  # the state that each left serves the other
        log.write("[2024-05-01 10:02] <Ben> found\n")
    assert read_in(tmp_path / "here", logs, apart=True).turns_added == 1
    assert read_in(tmp_path / "there", logs, apart=False).turns_added == 1


def test_no_process_is_begun_for_what_has_not_changed(
    tmp_path: Path, logs: Path, processes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> IngestReport:
        return ingest([str(logs)], folder=tmp_path / "m", wait_s=10, embedder=built_in_embedder, zone=UTC,
                      redacting=True, progress=Unwatched())  # fmt: skip

    size = (logs / "many.jsonl").stat().st_size
    monkeypatch.setattr(beside, "WORTHWHILE_BYTES", size)
    for path in logs.iterdir():  # longer ago than a change that its time would not show
        os.utime(path, (1.7e9, 1.7e9))
    first = read()
    assert len(processes) == 1
    again = read()
    with (logs / "chat.log").open("a", encoding="utf-8") as log:
        log.write("[2024-05-01 10:01] <Ben> lost again\n")
    assert read().turns_added == 1
    assert len(processes) == 1
    assert [source.unchanged for source in again.sources if source.turns_read] == [True] * 3
    assert (again.turns_added, again.turns_read) == (0, first.turns_read)
    with (logs / "many.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"session": "s1", "speaker": "Ann", "text": "the last kettle", "time": 1.8e9}) + "\n")
    assert read().turns_added == 1
    assert len(processes) == 2


def test_many_logs_with_much_to_remember_are_given_one_after_the_other(tmp_path: Path) -> None:
    """More than a pipe holds, in either direction."""
    folder = tmp_path / "logs"
    folder.mkdir()

    def append(first: int, count: int) -> None:
        for name in range(40):
            with (folder / f"{name:02}.jsonl").open("a", encoding="utf-8") as log:
                for number in range(first, first + count):
                    turn = {"session": f"s{name}", "speaker": "Ann", "text": f"{number} ovens", "time": 1.7e9 + number}
                    log.write(json.dumps(turn) + "\n")

    append(0, 400)
    for memory in ("here", "there"):
        read_in(tmp_path / memory, folder, apart=memory == "there")
    append(400, 5)
    here, there = (read_in(tmp_path / name, folder, apart=name == "there") for name in ("here", "there"))
    assert told(there) == told(here)
    assert there.turns_added == 40 * 5
    assert rows(tmp_path / "there") == rows(tmp_path / "here")


def test_a_mapping_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text("who,said\nAnn,is the oven here?\nBen,it is\n", encoding="utf-8")
    report = read_in(tmp_path / "m", tmp_path / "logs.csv", apart=True, mapping={"text": "said", "speaker": "who"})
    assert report.turns_added == 2
    assert {name for row in rows(tmp_path / "m")[0] for name in row if name in ("Ann", "Ben")} == {"Ann", "Ben"}


def test_progress_tells_of_every_byte(tmp_path: Path, logs: Path) -> None:
    class Watched(Unwatched):
        def __init__(self) -> None:
            self.counts: list[int] = []

        def phase(self, name: str, total: int, unit: str) -> Any:
            return super().phase(name, total, unit) if name != "read" else self._read()

        def _read(self) -> Any:
            from contextlib import nullcontext

            return nullcontext(self.counts.append)

    watched = Watched()
    read_in(tmp_path / "m", logs, apart=True, progress=watched)
    sizes = {path.name: path.stat().st_size for path in logs.iterdir()}
    assert sum(watched.counts) == sum(sizes.values()) - sizes["picture.bin"]
    assert max(watched.counts) < sizes["many.jsonl"]  # and not of a large file only when all of it is read


def test_what_lies_in_the_current_folder_is_not_run(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "current"
    (planted / "memcli" / "ingest").mkdir(parents=True)
    for place in ("memcli/__init__.py", "memcli/ingest/__init__.py", "memcli/ingest/reader_process.py", "pickle.py"):
        (planted / place).write_text("open('run', 'w')\n", encoding="utf-8")
    monkeypatch.chdir(planted)
    assert read_in(tmp_path / "m", logs, apart=True).turns_added
    assert not (planted / "run").exists()


def test_a_process_that_is_killed_costs_only_what_was_not_committed(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch, processes: list[int]
) -> None:
    def killed(self: Beside, *given: Any) -> Iterator[Any]:
        for number, item in enumerate(items(self, *given)):
            if number == 4_000:
                os.kill(processes[-1], signal.SIGKILL)
                monkeypatch.undo()
            yield item

    items = Beside._items
    monkeypatch.setattr(Beside, "_items", killed)
    monkeypatch.setattr(beside, "AHEAD", 1)
    with (logs / "many.jsonl").open("a", encoding="utf-8") as log:  # more than the pipe holds
        log.writelines(
            json.dumps({"speaker": "Ben", "text": f"{number} ovens {'x' * 99}"}) + "\n" for number in range(30_000)
        )
    with pytest.raises(EngineFailed, match="ended with SIGKILL"):
        read_in(tmp_path / "m", logs, apart=True)
    assert read_in(tmp_path / "m", logs, apart=True).turns_read == 35_000 + 6
    read_in(tmp_path / "whole", logs, apart=False)
    assert {row[1] for row in rows(tmp_path / "m")[0]} == {row[1] for row in rows(tmp_path / "whole")[0]}


def test_an_error_of_reading_is_the_same_error(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that goes when all is ready to read it."""
    talk = logs / "talk.txt"

    def gone(work: Any) -> Any:
        def without(*args: Any, **options: Any) -> Any:
            talk.unlink(missing_ok=True)
            return work(*args, **options)

        return without

    monkeypatch.setattr(pipeline, "part", gone(pipeline.part))
    monkeypatch.setattr(beside, "_give", gone(beside._give))
    raised = []
    for apart in (False, True):
        talk.write_text(TALK, encoding="utf-8")
        with pytest.raises(FileNotFoundError) as error:
            read_in(tmp_path / f"m{apart}", logs, apart=apart)
        raised.append(error.value)
    assert str(raised[0]) == str(raised[1])
    assert "in part" in raised[1].__notes__[0]  # where in that process
