"""Reading again: what is known is not read, what has grown is read on, what was taken back is gone."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def turn(number: int, text: str = "", **more: Any) -> str:
    at = NOON + timedelta(minutes=number)
    said = {"session": "a", "speaker": "Ann", "time": at.isoformat(), "text": text or f"words number {number}"}
    return json.dumps({key: value for key, value in (said | more).items() if value is not None}) + "\n"


def log(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines), encoding="utf-8")
    return path


def dump(memory: Path) -> list[tuple[Any, ...]]:
    """All that a memory holds of what was said, but for the numbers of rows and batches."""
    with duckdb.connect(str(memory / "memory.duckdb"), read_only=True) as connection:
        return connection.execute(
            """SELECT t.id, s.native_id,
                      row_number() OVER (PARTITION BY t.session ORDER BY t.said_at NULLS FIRST, t.position, t.seq),
                      t.speaker, t.text, t.said_at, t.line, o.uri, shown.name
               FROM turns t JOIN sessions s ON s.number = t.session JOIN sources o ON o.number = t.source
               LEFT JOIN shown ON shown.who = t.who ORDER BY t.id"""
        ).fetchall()


def indexed(memcli: Any, memory: Path) -> int:
    status = memcli("--memory", memory, "--json", "status").json
    assert status["pending"] == 0
    return int(status["indexed"])


def test_an_unchanged_file_is_not_read_again(memcli, tmp_path):
    path = log(tmp_path / "a.jsonl", turn(1), turn(2), "{broken\n")
    first = memcli("--json", "ingest", path)
    again = memcli("--json", "ingest", path)
    (source,) = again.json["sources"]
    assert (source["unchanged"], source["turns_known"], source["turns_added"]) == (True, 2, 0)
    assert source["skipped"] == first.json["sources"][0]["skipped"]
    assert again.code == first.code == 3
    path.write_text(path.read_text().replace("number 1", "number X"))
    assert memcli("--json", "ingest", path).json["turns_added"] == 1
    renewed = memcli("--json", "ingest", path, "--no-redact").json["sources"][0]
    assert not renewed["unchanged"], "it is to be read in another way"


def test_a_grown_file_is_read_on_and_ends_as_if_read_at_once(memcli, tmp_path):
    lines = [turn(1), turn(2, "ok"), turn(2, "ok"), turn(2, "ok"), turn(2, "ok"), turn(3), turn(4, session=None)]
    path, once = tmp_path / "a.jsonl", tmp_path / "once"
    for end in (2, 3, 5, 7):
        log(path, *lines[:end])
        report = memcli("--json", "ingest", path).json
    assert report["sources"][0]["turns_read"] == 2, "only what is new was read"
    memory = memcli.home / ".local/share/memcli/memories/default"
    memcli("--memory", once, "ingest", path)
    assert dump(memory) == dump(once)
    assert indexed(memcli, memory) == 7


def test_a_file_that_was_replaced_is_read_from_its_beginning(memcli, tmp_path):
    path = log(tmp_path / "a.jsonl", *(turn(number) for number in range(20)))
    assert memcli("--json", "ingest", path).json["turns_added"] == 20
    log(path, *(turn(number) for number in range(100, 105)))
    assert memcli("--json", "ingest", path).json["turns_added"] == 5
    log(path, *(turn(number) for number in range(200, 300)))
    assert memcli("--json", "ingest", path).json["turns_added"] == 100


def test_undo_takes_back_what_one_ingest_alone_brought(memcli, tmp_path):
    memory = tmp_path / "memory"

    def run(*arguments: Any) -> Any:
        done = memcli("--memory", memory, "--json", *arguments)
        assert done.code == 0, done.err
        return done.json

    older = log(tmp_path / "older.jsonl", *(turn(number) for number in range(10)))
    newer = log(
        tmp_path / "newer.jsonl", *(turn(number, speaker="Bo") for number in range(5)), *(turn(n) for n in range(5, 15))
    )
    run("ingest", older)
    before, counts = dump(memory), memcli("--memory", memory, "--json", "status").json
    second = run("ingest", newer)
    assert second["turns_added"] == 10
    listed = run("undo", "--list")["batches"]
    assert [(batch["turns"], batch["shared_turns"]) for batch in listed] == [(10, 5), (5, 5)]
    assert memcli("--memory", memory, "undo", second["batch"][:8]).code == 2, "it is not done without --yes"
    gone = run("undo", second["batch"][:8], "--yes")
    assert gone["turns_removed"] == 10
    assert dump(memory) == before
    assert indexed(memcli, memory) == 10
    after = memcli("--memory", memory, "--json", "status").json
    assert {key: after[key] for key in ("sources", "sessions", "turns")} == {
        key: counts[key] for key in ("sources", "sessions", "turns")
    }
    again = run("ingest", newer)
    assert again["turns_added"] == 10
    run("undo", listed[1]["batch"], "--yes")
    left = dump(memory)
    assert len(left) == 15, "what both brought is still there"
    assert {row[7] for row in left} == {str(newer)}
    run("undo", "--yes")
    assert dump(memory) == []
    assert memcli("--memory", memory, "search", "words").code == 4
    assert run("ingest", older)["turns_added"] == 10


def test_a_grown_chat_begins_with_the_message_at_its_end(memcli, tmp_path):
    def said(day: int, minute: int, words: str, month: int = 1) -> str:
        return f"{day:02}/{month:02}/24, 09:{minute:02} - Ann: {words}\n"

    lines = [said(1, 1, "hello"), said(13, 2, "two\nlines"), said(14, 3, "ok"), said(14, 3, "ok"), said(14, 4, "bye")]
    path, once = tmp_path / "chat.txt", tmp_path / "once"
    for end, read in ((2, 2), (4, 3), (5, 2)):
        log(path, *lines[:end])
        (source,) = memcli("--json", "ingest", path).json["sources"]
        assert source["turns_read"] == read, "what is new, and the message in front of it"
    memory = memcli.home / ".local/share/memcli/memories/default"
    memcli("--memory", once, "ingest", path)
    assert dump(memory) == dump(once)
    (source,) = memcli("--json", "ingest", path).json["sources"]
    assert (source["unchanged"], source["turns_known"]) == (True, 5)
    # A day that can only be the second number turns the dates of the whole file around.
    log(path, *lines[:1], said(1, 2, "hi", 13), said(1, 3, "ho", 14), said(1, 4, "he", 15))
    assert memcli("--json", "ingest", path).json["sources"][0]["turns_read"] == 4


def test_undo_sets_the_watermark_back(memcli, tmp_path):
    path = log(tmp_path / "a.jsonl", turn(1))
    memcli("ingest", path)
    log(path, turn(1), turn(2), turn(3))
    memcli("ingest", path)
    assert memcli("undo", "--yes").code == 0
    assert memcli("--json", "ingest", path).json["turns_added"] == 2
    first = memcli("--json", "undo", "--list").json["batches"][-1]
    assert memcli("--json", "undo", first["batch"], "--yes").json["turns_removed"] == 1
    assert memcli("--json", "ingest", path).json["turns_added"] == 1


def test_undo_of_what_is_not_there(memcli, tmp_path):
    memcli("ingest", log(tmp_path / "a.jsonl", turn(1)))
    assert memcli("undo", "zzz", "--yes").code == 2
    assert memcli("undo", "--yes").code == 0
    assert memcli("undo", "--yes").code == 2


def test_turns_without_a_time_take_the_nearest(memcli, tmp_path):
    path = log(tmp_path / "a.jsonl", turn(0, "first", time=None), turn(9, "timed"), turn(0, "third", time=None))
    assert memcli("ingest", path).code == 0
    hits = {hit["text"]: hit for hit in memcli("--json", "search", "first timed third").json["hits"]}
    assert {hit["said_at"] for hit in hits.values()} == {"2024-05-01T12:09:00Z"}
    assert {text for text, hit in hits.items() if hit.get("time_inferred")} == {"first", "third"}
    assert memcli("open", hits["first"]["id"]).out.index("first") < memcli("open", hits["first"]["id"]).out.index(
        "timed"
    )
    log(path, turn(-5, "zeroth"), *path.read_text().splitlines(keepends=True))
    assert memcli("--json", "ingest", path).json["turns_added"] == 1, "an inferred time makes no other turn"


def test_a_zip_of_logs_and_what_it_cannot_hold(memcli, tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("chats/a.jsonl", turn(1) + turn(2))
        archive.writestr("../evil.jsonl", turn(3))
        archive.writestr("photo.jpg", b"\xff\xd8\xff")
    done = memcli("--json", "ingest", path)
    assert done.code == 3
    assert done.json["turns_added"] == 2
    by_uri = {source["uri"]: source for source in done.json["sources"]}
    assert "leads out" in by_uri[f"{path}/../evil.jsonl"]["skipped"][0]["reason"]
    assert by_uri[str(path)]["ignored"] == {"media file": 1}
    hit = memcli("--json", "search", "words number 1").json["hits"][0]
    assert hit["source"] == f"{path}/chats/a.jsonl"
    assert memcli("--json", "ingest", path).json["turns_added"] == 0


def test_a_dry_run_says_what_is_there_and_writes_nothing(memcli, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    log(folder / "a.jsonl", turn(1), turn(2, speaker="Bo"), turn(3), "{broken\n")
    log(folder / "essay.txt", "It was the best of times.\n")
    done = memcli("--json", "ingest", "--dry-run", folder)
    assert done.code == 3
    assert done.json["dry_run"] is True
    by_uri = {source["uri"]: source for source in done.json["sources"]}
    found = by_uri[f"{folder}/a.jsonl"]
    assert (found["format"], found["sessions"], found["turns"]) == ("turns", 1, 3)
    assert found["confidence"] > 0.9
    assert (found["first_said_at"], found["last_said_at"]) == ("2024-05-01T12:01:00Z", "2024-05-01T12:03:00Z")
    assert found["speakers"] == [{"name": "Ann", "turns": 2}, {"name": "Bo", "turns": 1}]
    assert found["skipped"][0]["locator"] == f"{folder}/a.jsonl:4"
    assert "format" in by_uri[f"{folder}/essay.txt"]["skipped"][0]["reason"]
    assert memcli("status").code == 10, "no memory was made"
    shown = memcli("ingest", "--dry-run", folder).out
    assert "turns 95%" in shown
    assert "Ann (2)" in shown


def test_names_of_files_cannot_drive_a_terminal(memcli, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a\x1b]0;owned\x07\n.jsonl").write_text(turn(1))
    (tmp_path / "logs" / "b\x1b[31m.txt").write_text("no log")
    (tmp_path / "logs" / b"\xff.jsonl".decode("utf-8", "surrogateescape")).write_text(turn(2))
    done = memcli("ingest", tmp_path / "logs")
    assert done.code == 3, done.err
    assert "2 turns added" in done.out
    assert "\x1b" not in done.out + done.err
