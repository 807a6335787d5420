"""A format that goes by lines, read in two parts, says the same as read at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.ingest.detect import READERS
from memcli.ingest.incremental import part
from memcli.ingest.readers.base import RawSession, RawTurn, Reader, Source
from store.batches import ReadRow

BY_LINE = [reader for reader in READERS if reader.by_line]
NIGHT = datetime(2024, 2, 28, 22, 0)


def written(reader: Reader, steps: list[tuple[int, str]]) -> list[bytes]:
    """A log in the reader's format, a line an entry, each so many minutes after the one before."""
    lines, now = [], NIGHT
    for minutes, words in steps:
        now += timedelta(minutes=minutes)
        if reader.name == "turns":
            record = {"session": "a", "speaker": "Ann", "text": words, "time": now.isoformat()}
            lines.append(json.dumps(record).encode() + b"\n")
        elif reader.name == "codex":
            lines.append(json.dumps(codex(words, now, len(lines))).encode() + b"\n")
        else:
            lines.append(f"[{now:%H:%M}] <ann> {words}\n".encode())
    return lines


def codex(words: str, at: datetime, place: int) -> dict[str, Any]:
    """A record of Codex: what is said, a tool that is called and its answer, or another session that begins."""
    kind = len(words) % 2 + place % 4 if place else 9
    payload: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}
    if kind == 9 or kind == 4:
        return {"timestamp": at.isoformat(), "type": "session_meta", "payload": {"id": f"s{place // 7}"}}
    if kind == 2:
        payload = {"type": "function_call", "name": "shell", "call_id": f"c{place // 4}", "arguments": "{}"}
    if kind == 3:
        payload = {"type": "function_call_output", "call_id": f"c{place // 4}", "output": words}
    return {"timestamp": at.isoformat(), "type": "response_item", "payload": payload}


def spoken(reader: Reader, source: Source) -> list[tuple[str | None, RawTurn]]:
    """Every turn with the session that it is in."""
    found, session = [], None
    for item in reader.read(source):
        if isinstance(item, RawSession):
            session = item.native_id
        elif isinstance(item, RawTurn):
            found.append((session, item))
    return found


def test_there_are_such_formats() -> None:
    assert {"turns", "irc", "codex"} <= {reader.name for reader in BY_LINE}


@pytest.mark.parametrize(
    "reader", [reader for reader in BY_LINE if reader.name in ("turns", "irc", "codex")], ids=lambda r: r.name
)
@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from(["ok", "yes", "where are you"])), min_size=2, max_size=20
    ),
    cut=st.integers(1, 19),
)
def test_two_parts_are_the_whole(reader: Reader, steps: list[tuple[int, str]], cut: int) -> None:
    lines = written(reader, [(0, "first"), *steps])
    cut = min(cut, len(lines) - 1)
    with TemporaryDirectory() as folder:
        path = Path(folder, "#chan.2024-02-28.log")
        path.write_bytes(b"".join(lines))
        whole = Source(uri=path.name, path=path)
        expected = spoken(reader, whole)
        begun = replace(whole, end=sum(map(len, lines[:cut])), carry={})
        first = spoken(reader, begun)
        carry = json.loads(json.dumps(begun.carry, default=lambda one: one.carried()))
        rest = replace(whole, start=begun.end or 0, first_line=cut + 1, carry=carry)
        assert first + spoken(reader, rest) == expected


def test_what_is_new_of_a_file(tmp_path: Path) -> None:
    (irc,) = (reader for reader in READERS if reader.name == "irc")
    path = tmp_path / "a.log"
    source = Source(uri=str(path), path=path)

    def read(state: dict[str, object]) -> ReadRow:
        found = part(source, irc, None, "how")
        return ReadRow(
            str(path), "irc", 0, found.bytes, found.sha256, found.mtime_ns, datetime.now(UTC), "how", 1, 1,
            json.dumps(state | {"at": found.bytes, "lines": found.lines, "carry": {}, "unfinished": 0}),
        )  # fmt: skip

    path.write_bytes(b"[12:00] <ann> hi\n")
    before = read({})
    assert part(source, irc, before, "how").source is None
    assert part(source, irc, before, "another way").source is not None
    with path.open("ab") as more:
        more.write(b"[12:01] <ann> ho\n")
    grown = part(source, irc, before, "how")
    assert grown.source is not None
    assert (grown.source.start, grown.source.first_line, grown.lines) == (17, 2, 2)
    path.write_bytes(b"[13:00] <bob> other words, and more of them than before\n")
    replaced = part(source, irc, before, "how")
    assert replaced.source is not None
    assert (replaced.source.start, replaced.before) == (0, None)
    path.write_bytes(b"[12:00")
    cut_off = part(source, irc, before, "how")
    assert cut_off.source is not None
    assert (cut_off.source.start, cut_off.continues) == (0, False)


def test_a_file_beside_it_counts(tmp_path: Path) -> None:
    (irc,) = (reader for reader in READERS if reader.name == "irc")
    path = tmp_path / "a.log"
    path.write_bytes(b"[12:00] <ann> hi\n")
    source = Source(uri=str(path), path=path)
    found = part(source, irc, None, "how")
    state = json.dumps({"beside": {"users.json": None}})
    before = ReadRow(str(path), "irc", 0, found.bytes, found.sha256, 0, datetime.now(UTC), "how", 1, 1, state)
    assert part(source, irc, before, "how").source is None
    (tmp_path / "users.json").write_text("[]")
    assert part(source, irc, before, "how").source is not None
