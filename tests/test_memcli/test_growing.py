"""A file that is read, grows and is read on gives the turns that it gives when it is read once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.ingest.detect import READERS
from memcli.ingest.identity import content_of, native_id_from
from memcli.ingest.incremental import part, remember, state_after
from memcli.ingest.listen import Heard, listen
from memcli.ingest.normalise import Normaliser
from memcli.ingest.readers.base import Source
from memcli.ingest.report import SourceReport
from store.batches import ReadRow

NOON = datetime(2024, 2, 23, 12, 0, 5)
Said = tuple[int, str, Sequence[str]]
"""Minutes since the message before, who says it, the lines of it."""


def jsonl(records: Iterable[object]) -> list[str]:
    return [json.dumps(record) + "\n" for record in records]


def timed(said: Sequence[Said]) -> list[tuple[datetime, str, Sequence[str]]]:
    at, found = NOON, []
    for minutes, who, lines in said:
        at += timedelta(minutes=minutes)
        found.append((at, who, lines))
    return found


def turns(said: Sequence[Said]) -> list[str]:
    return jsonl(
        {"session": who if len(lines) > 1 else None, "speaker": who, "time": at.isoformat(), "text": "\n".join(lines)}
        for at, who, lines in timed(said)
    )


def irc(said: Sequence[Said]) -> list[str]:
    return [f"{at:%Y-%m-%dT%H:%M:%S}  <{who}> {line}\n" for at, who, lines in timed(said) for line in lines]


def codex(said: Sequence[Said]) -> list[str]:
    def record(at: datetime, kind: str, payload: object) -> object:
        return {"timestamp": f"{at.isoformat()}Z", "type": kind, "payload": payload}

    begun = [record(NOON, "session_meta", {"id": "s"})]
    return jsonl(
        begun
        + [
            record(at, "response_item", {"type": "message", "role": "user", "content": [{"text": line}]})
            for at, _, lines in timed(said)
            for line in lines
        ]
    )


def claude_code(said: Sequence[Said]) -> list[str]:
    def record(number: int, at: datetime, who: str, lines: Sequence[str]) -> object:
        content: list[dict[str, Any]] = [{"type": "text", "text": line} for line in lines]
        if number % 5 == 2:
            content.append({"type": "tool_use", "name": "Bash", "id": f"t{number}"})
        elif number % 5 == 3:
            content = [{"type": "tool_result", "tool_use_id": f"t{number - 1}", "content": "\n".join(lines)}]
        return {
            "type": "user" if number % 2 else "assistant", "uuid": f"u{number % 7}", "parentUuid": None,
            "sessionId": f"s{number // 4}", "timestamp": f"{at.isoformat()}Z", "message": {"content": content},
        }  # fmt: skip

    return jsonl(record(number, *one) for number, one in enumerate(timed(said)))


def openai(said: Sequence[Said]) -> list[str]:
    return jsonl(
        {"id": who if len(lines) > 1 else None, "messages": [{"role": "user", "content": line} for line in lines]}
        for _, who, lines in said
    )


def openai_list(said: Sequence[Said]) -> list[str]:
    return jsonl({"role": "user", "content": "\n".join(lines)} for _, _, lines in said)


def sharegpt(said: Sequence[Said]) -> list[str]:
    return jsonl(
        {"id": who, "conversations": [{"from": "human", "value": line} for line in lines]} for _, who, lines in said
    )


def whatsapp(said: Sequence[Said]) -> list[str]:
    return [f"{at:%d/%m/%Y, %H:%M} - {who}: " + "\n".join(lines) + "\n" for at, who, lines in timed(said)]


def plain(said: Sequence[Said]) -> list[str]:
    return [f"[{at:%Y-%m-%d %H:%M:%S}] {who}: " + "\n".join(lines) + "\n" for at, who, lines in timed(said)]


def plain_timeless(said: Sequence[Said]) -> list[str]:
    return [f"{who}: " + "\n".join(lines) + "\n" for _, who, lines in said]


def table(said: Sequence[Said]) -> list[str]:
    rows = [f'{at.isoformat()},{who},"' + "\n".join(lines) + '"\n' for at, who, lines in timed(said)]
    return ["time,speaker,text\n", *rows]


def table_sessions(said: Sequence[Said]) -> list[str]:
    rows = [f'{who if len(lines) > 1 else ""},{who},"' + "\n".join(lines) + '"\n' for _, who, lines in said]
    return ["session;speaker;text\n".replace(";", ","), *rows]


def mbox(said: Sequence[Said]) -> list[str]:
    def mail(number: int, at: datetime, who: str, lines: Sequence[str]) -> str:
        parent = f"In-Reply-To: <m{number - 1}@x>\n" if number % 3 else ""
        subject = "Re: tea" if number % 4 == 3 else "tea"
        body = "\n\n".join(lines)
        return (
            f"From {who}@x {at:%a %b %d %H:%M:%S %Y}\nFrom: {who} <{who}@x>\nMessage-ID: <m{number}@x>\n{parent}"
            f"Subject: {subject}\nDate: {at:%a, %d %b %Y %H:%M:%S} +0000\n\n{body}\n\n"
        )

    return [mail(number, *one) for number, one in enumerate(timed(said))]


def imessage(said: Sequence[Said]) -> list[str]:
    def message(at: datetime, who: str, lines: Sequence[str]) -> str:
        answer = f"    {at:%b %d, %Y %I:%M:%S %p}\n    Cy\n    Of course\n\n" if len(lines) > 2 else ""
        return f"{at:%b %d, %Y %I:%M:%S %p}\n{who}\n" + "\n".join(lines) + "\n\n" + answer

    return [message(*one) for one in timed(said)]


def webvtt(said: Sequence[Said]) -> list[str]:
    def cue(number: int, at: datetime, who: str, lines: Sequence[str]) -> str:
        seconds = int((at - NOON).total_seconds()) // 30 + number
        stamp = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        name = "" if number % 3 == 2 else f"<v {who}>"
        return f"{number}\n{stamp}.000 --> {stamp}.900\n{name}" + "\n".join(lines) + "\n\n"

    return ["WEBVTT\n\nNOTE 2024-02-23 12:00\n\n", *(cue(number, *one) for number, one in enumerate(timed(said)))]


WRITERS: dict[str, Callable[[Sequence[Said]], list[str]]] = {
    "turns": turns, "irc": irc, "codex": codex, "claude-code": claude_code, "openai": openai,
    "openai-list": openai_list, "sharegpt": sharegpt, "whatsapp": whatsapp, "plain": plain,
    "plain-timeless": plain_timeless, "table": table, "table-sessions": table_sessions, "mail": mbox,
    "imessage": imessage, "subtitles": webvtt,
}  # fmt: skip


def format_of(name: str) -> str:
    """The format that a writer writes."""
    return name if name == "claude-code" else name.split("-")[0]


class Kept(NamedTuple):
    """What the memory keeps of a turn."""

    id: str
    session: str
    position: int
    speaker: str
    text: str
    said_at: datetime | None
    line: int | None


class Reading(NamedTuple):
    """A reading of a file: what it gave, where it began, which lines the next one begins with, what it remembers."""

    kept: list[Kept]
    start: int
    lines: int
    row: ReadRow


def read(name: str, path: Path, last: ReadRow | None) -> Reading:
    """Read what is new of a file, as ingest does, without a store."""
    source = Source(uri=str(path), path=path)
    reader = next(one for one in READERS if one.name == format_of(name))
    found = part(source, reader, last, "how")
    assert found.source is not None
    report = SourceReport(uri=source.uri, format=reader.name)
    normaliser = Normaliser(UTC, redacting=True)
    state = found.state
    heard = [
        one
        for one in listen(
            found.source, reader, normaliser, report, positions=state.get("positions"), unnamed=state.get("unnamed"),
            base=state.get("base"),
        )
        if isinstance(one, Heard)
    ]  # fmt: skip
    kept, opened = [], {id(turn.session): turn.session for turn in heard}
    for session in opened.values():
        first = [(turn.speaker, turn.said_at, turn.text) for turn in heard if turn.session is session]
        session.native_id = session.native_id or native_id_from(source, first)
        remember(session, found)
    for turn in heard:
        content = content_of(turn.said_by, turn.said_at, turn.text)
        [id_] = turn.session.turn_ids([content], [turn.said_at], {})
        kept.append(Kept(id_, turn.session.id, turn.position, turn.speaker, turn.text, turn.said_at, turn.line))
    after = state_after(found, opened.values())
    row = ReadRow(
        source.uri, reader.name, found.source.start, found.bytes, found.sha256, found.mtime_ns, datetime.now(UTC),
        "how", 1, len(kept), json.dumps(after, default=lambda one: one.carried()),
    )  # fmt: skip
    return Reading(kept, found.source.start, after.get("lines", 0), row)


WORDS = st.sampled_from(["ok", "yes", "where are you", "Bo: no", "", "Well.", "(laughs)", "See you at 12:30: bye"])
SAID = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["Ann", "Bo", "Cy"]),
        st.lists(WORDS, min_size=1, max_size=3).map(lambda lines: ["So", *lines]) | st.just(["ok"]),
    ),
    min_size=6,
    max_size=14,
)
JUNK = st.sampled_from(
    [b"\n", b"\r\n", b"\x00", b"\xff", b"[", b"{", b'"', b": ", b"\n\n", b"\xef\xbb\xbf", b"From ", b"x" * 90]
)
FIRST: list[Said] = [(0, "Ann", ["first"]), (1, "Bo", ["second"]), (1, "Ann", ["third"]), (1, "Bo", ["fourth"])]


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25, deadline=None)
@given(said=SAID, where=st.floats(0, 1), at_end_of=st.none() | st.integers(5, 100))
def test_any_cut_gives_the_same(name: str, said: list[Said], where: float, at_end_of: int | None) -> None:
    pieces = [piece.encode() for piece in WRITERS[name]([*FIRST, *said])]
    whole = b"".join(pieces)
    begin = len(b"".join(pieces[:5]))
    cut = begin + int((len(whole) - begin) * where)
    if at_end_of is not None:
        cut = len(b"".join(pieces[: 5 + at_end_of % (len(pieces) - 5)]))
    with TemporaryDirectory() as folder:
        path = Path(folder, "a 1.txt")
        path.write_bytes(whole)
        once = set(read(name, path, None).kept)
        path.write_bytes(whole[:cut])
        first = read(name, path, None)
        if cut == len(whole):
            return
        path.write_bytes(whole)
        rest = read(name, path, first.row)
    both = set(first.kept) | set(rest.kept)
    assert once <= both
    # Where a message was cut in two, its first half was read as one, and stays; and a conversation that has neither
    # a name nor times is known by its first two turns, of which there was one.
    turns_in = Counter(turn.session for turn in first.kept)
    unknown = {turn for turn in both - once if turn.said_at is None and turns_in[turn.session] == 1}
    halves = {turn for turn in both - once if turn.line is not None and turn.line > first.lines}
    if not rest.start:
        return  # what was decided before no longer holds, and what was read by it stays
    assert both - once == halves | unknown
    if at_end_of is not None and name != "subtitles":  # several of them are one utterance
        assert halves <= unknown


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=15, deadline=None)
@given(said=SAID, cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)), damage=st.lists(st.tuples(st.floats(0, 1), JUNK)))
def test_damage_makes_no_reading_on_raise(
    name: str, said: list[Said], cuts: tuple[float, float], damage: list[tuple[float, bytes]]
) -> None:
    data = "".join(WRITERS[name]([*FIRST, *said])).encode()
    for where, junk in damage:
        at = int(len(data) * where)
        data = data[:at] + junk + data[at + len(junk) // 2 :]
    with TemporaryDirectory() as folder:
        path, last = Path(folder, "a 1.txt"), None
        for share in (*sorted(cuts), 1.0):
            size = max(1, int(len(data) * share))
            if last is None or size > last.bytes:
                path.write_bytes(data[:size])
                last = read(name, path, last).row


@pytest.mark.parametrize("name", WRITERS)
def test_what_was_read_is_not_read_again(name: str, tmp_path: Path) -> None:
    said: list[Said] = [(1, ("Ann", "Bo")[number % 2], ["So", f"number {number}"]) for number in range(40)]
    pieces = [piece.encode() for piece in WRITERS[name]([*FIRST, *said])]
    path = tmp_path / "a.txt"
    path.write_bytes(b"".join(pieces[:20]))
    first = read(name, path, None)
    path.write_bytes(b"".join(pieces))
    rest = read(name, path, first.row)
    assert rest.start >= len(b"".join(pieces[:16]))  # an utterance of subtitles has several cues


def test_every_format_that_can_is_tested() -> None:
    able = {reader.name for reader in READERS if reader.by_line or reader.goes_on is not None}
    assert able == set(map(format_of, WRITERS))
