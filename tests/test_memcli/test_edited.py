"""A message that was edited is one message: its latest words are found and counted, the earlier ones can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from engines.loading import WaitingReader
from engines.reader import MiniLMReader
from engines.token_encoder import MiniLMTokenEncoder
from memcli.engines_in_use import built_in_embedder
from memcli.ingest.indexing import index_outbox
from memcli.ingest.pipeline import ingest
from memcli.ingest.report import IngestReport
from memcli.memory.consolidate_facts import consolidate_facts
from memcli.progress import Unwatched
from memcli.recall.pipeline import Engines, recall
from memcli.recall.working import working_turns
from memcli.types import Query
from store import erase
from store.batches import Batches
from store.check import Finding, check
from store.exchange import export_lines, read_lines, take_in
from store.store import Store

SENT = 1_709_280_000
"""When the edited message was sent, in seconds since 1970."""
FIRST, SECOND, THIRD = "the boat leaves at nine", "the boat leaves at ten", "the boat leaves at eleven"
BEFORE, AFTER = "When do we sail?", "Fine, see you there."

Files = dict[str, Any]


def telegram(text: str, edited: int | None) -> Files:
    said = [
        {"id": 1, "type": "message", "date_unixtime": str(SENT - 60), "from": "Bo", "text": BEFORE},
        {"id": 2, "type": "message", "date_unixtime": str(SENT), "from": "Ana", "text": text}
        | ({"edited": "2024-03-01T12:00:00", "edited_unixtime": str(SENT + edited)} if edited else {}),
        {"id": 3, "type": "message", "date_unixtime": str(SENT + 60), "from": "Bo", "text": AFTER},
    ]
    return {"result.json": {"name": "Boat", "type": "private_group", "id": 7, "messages": said}}


def slack(text: str, edited: int | None) -> Files:
    said = [
        {"type": "message", "user": "U0000BO", "text": BEFORE, "ts": f"{SENT - 60}.000100"},
        {"type": "message", "user": "U0000ANA", "text": text, "ts": f"{SENT}.000100"}
        | ({"edited": {"user": "U0000ANA", "ts": f"{SENT + edited}.000000"}} if edited else {}),
        {"type": "message", "user": "U0000BO", "text": AFTER, "ts": f"{SENT + 60}.000100"},
    ]
    users = [{"id": f"U0000{who.upper()}", "team_id": "T1", "name": who, "profile": {}} for who in ("Ana", "Bo")]
    channels = [{"id": "C00000001", "name": "boat", "created": 1, "members": []}]
    return {"users.json": users, "channels.json": channels, "dms.json": [], "boat/2024-03-01.json": said}


def discord(text: str, edited: int | None) -> Files:
    at = [datetime.fromtimestamp(SENT + 60 * n, UTC).isoformat() for n in (-1, 0, 1)]
    said: list[dict[str, Any]] = [
        {"id": f"1{n}", "type": "Default", "timestamp": at[n], "content": words, "author": {"id": who, "name": who}}
        for n, (who, words) in enumerate([("Bo", BEFORE), ("Ana", text), ("Bo", AFTER)])
    ]
    said[1]["timestampEdited"] = datetime.fromtimestamp(SENT + edited, UTC).isoformat() if edited else None
    return {"c.json": {"guild": {"id": "1", "name": "G"}, "channel": {"id": "2", "name": "c"}, "messages": said}}


def mattermost(text: str, edited: int | None) -> Files:
    posts = {
        f"p{n}": {"id": f"p{n}", "create_at": 1000 * (SENT + 60 * (n - 1)), "user_id": who, "channel_id": "c",
                  "message": words, "edit_at": 1000 * (SENT + edited) if edited and n == 1 else 0}
        for n, (who, words) in enumerate([("bo", BEFORE), ("ana", text), ("bo", AFTER)])
    }  # fmt: skip
    return {"posts.json": {"order": list(posts), "posts": posts}}


def claude(text: str, edited: int | None) -> Files:
    at = [datetime.fromtimestamp(SENT + 60 * n, UTC).isoformat() for n in (-1, 0, 1)]
    said = [
        {"uuid": f"m{n}", "sender": who, "text": words, "created_at": at[n], "updated_at": at[n]}
        for n, (who, words) in enumerate([("human", BEFORE), ("assistant", text), ("human", AFTER)])
    ]
    if edited:
        said[1]["updated_at"] = datetime.fromtimestamp(SENT + edited, UTC).isoformat()
    return {"conversations.json": [{"uuid": "c", "name": "Boat", "chat_messages": said}]}


def generic(text: str, edited: int | None) -> Files:
    said = [
        {"session": "boat", "id": "1", "speaker": "Bo", "time": SENT - 60, "text": BEFORE},
        {"session": "boat", "id": "2", "speaker": "Ana", "time": SENT, "text": text}
        | ({"edited_at": SENT + edited} if edited else {}),
        {"session": "boat", "id": "3", "speaker": "Bo", "time": SENT + 60, "text": AFTER},
    ]
    return {"boat.json": said}


FORMATS: dict[str, Callable[[str, int | None], Files]] = {
    "turns": generic,
    "telegram": telegram,
    "slack": slack,
    "discord": discord,
    "mattermost": mattermost,
    "claude": claude,
}


@pytest.fixture(scope="module")
def engines() -> Engines:
    return Engines(
        embedder=built_in_embedder(),
        token_table=built_in_embedder(),
        token_encoder=MiniLMTokenEncoder(),
        reader=WaitingReader(MiniLMReader),
    )


class Memory:
    """A memory on disk that reads exports, as `memcli ingest` does."""

    def __init__(self, folder: Path, engines: Engines) -> None:
        self.folder, self.engines = folder, engines
        self.exports = 0

    @property
    def store(self) -> Store:
        return Store.open(self.folder / "memory", wait_s=5)

    def read(self, files: Files, **more: Any) -> IngestReport:
        self.exports += 1
        place = self.folder / f"export{self.exports}"
        for name, document in files.items():
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(document if isinstance(document, str) else json.dumps(document))
        return ingest(
            [str(place)], folder=self.folder / "memory", wait_s=5, embedder=lambda: self.engines.embedder, zone=UTC,
            redacting=True, progress=Unwatched(), **more,
        )  # fmt: skip

    def found(self) -> list[str]:
        """What a search for the edited message finds, with one turn before and after each."""
        query = Query(text="the boat leaves", asked_at=datetime(2025, 1, 1, tzinfo=UTC), limit=9)
        found = [one.turn.text for one in recall(query, self.store, self.engines).candidates]
        return sorted(text for text in found if "boat" in text)

    def versions(self, text: str) -> list[str]:
        with self.store.reading() as catalogue:
            [row] = catalogue.connection.execute("SELECT id FROM turns WHERE text = ?", [text]).fetchall()
            [turn] = catalogue.turns_by_id(row[0])
            return [one.text for one in catalogue.versions_of(turn)]

    def damage(self) -> list[Finding]:
        """What is wrong, but for the modes of files, which the command line sees to."""
        return [finding for finding in check(self.store) if finding.kind != "mode"]

    def turns(self) -> int:
        with self.store.reading() as catalogue:
            return catalogue.counts()["turns"]


@pytest.fixture
def memory(tmp_path: Path, engines: Engines) -> Memory:
    return Memory(tmp_path, engines)


@pytest.mark.parametrize("name", FORMATS)
def test_the_latest_words_are_the_present_ones_in_whatever_order_exports_are_read(tmp_path, engines, name):
    exports = [FORMATS[name](FIRST, None), FORMATS[name](SECOND, 100), FORMATS[name](THIRD, 200)]
    for number, order in enumerate(permutations(exports) if name == "turns" else (exports, exports[::-1])):
        memory = Memory(tmp_path / str(number), engines)
        for one in order:
            memory.read(one)
        assert memory.found() == [THIRD]
        assert memory.turns() == 3
        assert memory.versions(THIRD) == memory.versions(FIRST) == [FIRST, SECOND, THIRD]
        assert memory.versions(BEFORE) == []
        with memory.store.reading() as catalogue:
            rows = catalogue.rows_to_index(1, 99).to_pylist()
        assert sorted(row["said"].partition(": ")[2] for row in rows) == sorted([BEFORE, THIRD, AFTER])
        assert memory.damage() == []


def test_without_a_time_of_the_edit_the_export_that_was_read_later_has_the_present_words(memory):
    for text in (FIRST, SECOND):
        memory.read(telegram(text, None))
    assert memory.found() == [SECOND]
    assert memory.versions(SECOND) == [FIRST, SECOND]
    memory.read(telegram(FIRST, None))
    assert memory.found() == [SECOND], "what is known does not become newer by being read again"


def test_words_that_were_taken_back_are_current_again(memory):
    for text, edited in [(FIRST, None), (SECOND, 100), (FIRST, 200)]:
        memory.read(telegram(text, edited))
    assert memory.found() == [FIRST]
    assert memory.versions(FIRST) == [SECOND, FIRST]
    assert memory.damage() == []


def test_both_words_in_one_folder_of_exports(memory):
    old, new = telegram(FIRST, None), telegram(SECOND, 100)
    memory.read({"a/result.json": new["result.json"], "b/result.json": old["result.json"]})
    assert memory.found() == [SECOND]
    assert memory.turns() == 3


def test_facts_and_undo_follow_the_present_words(memory):
    def facts() -> str:
        with memory.store.locks.writer():
            consolidate_facts(memory.store, progress=Unwatched())
        with memory.store.reading() as catalogue:
            return " ".join(row.statement for row in catalogue.facts.facts_of())

    memory.read(telegram("I live in Lisbon now", None))
    assert "Lisbon" in facts()
    memory.read(telegram("I live in Porto now", 100))
    after = facts()
    assert "Porto" in after
    assert "Lisbon" not in after, "nobody says so any more"
    with memory.store.locks.writer():
        memory.store.expect_pending()
        with memory.store.writing() as catalogue:
            batch = Batches(catalogue.connection).batches()[0]
            Batches(catalogue.connection).undo(batch.number)
        index_outbox(memory.store, memory.engines.embedder, Unwatched())
    undone = facts()
    assert "Lisbon" in undone
    assert "Porto" not in undone
    assert memory.versions("I live in Lisbon now") == []
    assert memory.turns() == 3
    assert memory.damage() == []


def test_a_deletion_takes_every_version_and_keeps_later_edits_away(memory):
    for text, edited in [(FIRST, None), (SECOND, 100)]:
        memory.read(telegram(text, edited))
    with memory.store.locks.writer():
        removed = erase.erase(memory.store, "t.text = ?", [SECOND], command="delete", what="by text")
        erase.finish(memory.store)
    assert removed["turns"] == 2
    assert not [path for path in memory.folder.glob("memory/**/*") if path.is_file() and b"boat" in path.read_bytes()]
    report = memory.read(telegram(THIRD, 200))
    assert sum(source.ignored["deleted before"] for source in report.sources) == 1
    assert memory.found() == []
    memory.read(telegram(THIRD, 200), allow_return=True)
    assert memory.found() == [THIRD]
    assert memory.damage() == []


def test_a_pin_stays_with_the_message(memory):
    memory.read(telegram(FIRST, None))
    with memory.store.reading() as catalogue:
        [row] = catalogue.connection.execute("SELECT id FROM turns WHERE text = ?", [FIRST]).fetchall()
    since = "2025-01-01T00:00:00+00:00"
    memory.store.spool.append([{"kind": "mark", "item_id": row[0], "mark": "pinned", "since": since}])
    memory.read(telegram(SECOND, 100))
    assert [turn.text for turn in working_turns(memory.store, None)] == [SECOND]
    memory.store.spool.append([{"kind": "mark", "item_id": row[0], "mark": None, "since": since}])
    assert working_turns(memory.store, None) == []


def test_an_export_has_all_versions_and_every_memory_agrees_which_is_current(tmp_path, engines):
    memory, other, third = (Memory(tmp_path / name, engines) for name in ("a", "b", "c"))
    for text, edited in [(SECOND, 100), (FIRST, None)]:
        memory.read(telegram(text, edited))
    with memory.store.reading() as catalogue:
        lines = list(export_lines(catalogue, now=datetime(2025, 1, 1, tzinfo=UTC)))
    other.read(telegram(THIRD, 200))
    with other.store.locks.writer(), other.store.writing() as catalogue:
        take_in(catalogue, read_lines(line.encode() for line in lines), allow_return=False)
    index_outbox(other.store, engines.embedder, Unwatched())
    assert other.versions(THIRD) == [FIRST, SECOND, THIRD]
    assert other.found() == [THIRD]
    third.read({"all.jsonl": "".join(lines)})
    assert third.found() == [SECOND], "read as a log, it tells when a message was edited"
    assert third.turns() == 3


def test_ids_that_one_file_gives_twice_hide_nothing(memory):
    said = [
        {"session": "s", "id": "same", "speaker": "Ana", "time": SENT, "text": text} for text in (FIRST, SECOND, THIRD)
    ]
    memory.read({"a.json": said[:2]})
    memory.read({"a.json": said})
    assert memory.found() == sorted([FIRST, SECOND, THIRD])


def test_other_words_of_another_time_under_the_same_id_are_another_message(memory):
    for number, text in enumerate([FIRST, SECOND]):
        memory.read({"chat.json": [{"id": "1", "speaker": "Ana", "time": SENT + number, "text": text}]})
    assert memory.found() == sorted([FIRST, SECOND])


def test_line_numbers_are_no_ids_of_messages(memory):
    for text in (FIRST, SECOND):
        memory.read({"chat.json": [{"speaker": "Ana", "time": SENT, "text": text}]})
    assert memory.found() == sorted([FIRST, SECOND])


def page(*said: tuple[int, str, str]) -> str:
    """Telegram's export of the same chat as a web page, with the times of a clock in UTC+01:00."""
    messages = ""
    for number, who, words in said:
        at = datetime.fromtimestamp(SENT + 60 * (number - 2) + 3600, UTC)
        messages += (
            f'<div class="message default clearfix" id="message{number}">\n<div class="body">\n'
            f'<div class="pull_right date details" title="{at:%d.%m.%Y %H:%M:%S} UTC+01:00">x</div>\n'
            f'<div class="from_name">\n{who}\n</div>\n<div class="text">\n{words}\n</div>\n</div>\n</div>\n'
        )
    head = '<div class="page_header"><div class="content"><div class="text bold">Boat</div></div></div>\n'
    return f"<!DOCTYPE html>\n<html><body>\n{head}{messages}</body></html>\n"


SAID = [
    (1, "Bo", BEFORE), (2, "Ana", FIRST), (3, "Bo", AFTER), (4, "Ana", "Bring tea."), (5, "Bo", "And the boat hook.")
]  # fmt: skip


@pytest.mark.parametrize("order", ["json first", "page first", "one folder"])
def test_both_exports_of_telegram_tell_one_conversation(memory, order):
    """The page has a message more; JSON has later words of another."""
    full, lesser = telegram(SECOND, 100), {"messages.html": page(*SAID)}
    tea = {"id": 4, "type": "message", "date_unixtime": str(SENT + 120), "from": "Ana", "text": "Bring tea."}
    full["result.json"]["messages"].append(tea)
    if order == "one folder":
        memory.read({"a/messages.html": lesser["messages.html"], "b/result.json": full["result.json"]})
    else:
        for one in (full, lesser) if order == "json first" else (lesser, full):
            memory.read(one)
    assert memory.found() == ["And the boat hook.", SECOND]
    assert memory.turns() == 5
    with memory.store.reading() as catalogue:
        assert catalogue.counts()["sessions"] == 1
        keys = catalogue.connection.execute("SELECT count(DISTINCT session) FROM turns").fetchall()
    assert keys == [(1,)]
    before = memory.turns()
    memory.read(full)
    memory.read(lesser)
    assert memory.turns() == before
    assert memory.damage() == []


def test_other_chats_of_telegram_stay_apart(memory):
    """The first messages of two chats may have the same numbers, and even a time in common."""
    memory.read({"messages.html": page((1, "Bo", "hello"), (2, "Ana", "How are you?"), (3, "Bo", "the boat sank"))})
    memory.read(telegram(FIRST, None))
    assert memory.turns() == 6


STORY = [
    ("User", "2024-03-01 09:30:00Z", "Which boat is ours?"),
    ("Assistant", "2024-03-01 09:31:00Z", "The blue boat at the end of the jetty."),
    ("User", "2024-03-01 09:32:00Z", "ok"),
    ("Assistant", "2024-03-01 09:33:00Z", "The boat hook lies under the bench."),
]


def specstory(count: int) -> str:
    head = "<!-- Generated by SpecStory -->\n\n<!-- Claude Code Session 0123abcd-0123 (x) -->\n\n"
    return head + "".join(f"_**{who} ({time})**_\n\n{words}\n\n---\n\n" for who, time, words in STORY[:count])


def headings(first: int, last: int) -> str:
    return "# T\n\n" + "".join(f"## {who} ({time})\n\n{words}\n\n" for who, time, words in STORY[first:last])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), None])
def test_markdown_transcripts_of_one_conversation_are_one(memory, order):
    """With its id and without, whole and in part, one by one or in one folder."""
    files = {"a.md": headings(0, 4), "b.md": specstory(4), "c.md": headings(0, 3)}
    if order is None:
        memory.read(files)
    else:
        for place in order:
            name = sorted(files)[place]
            memory.read({name: files[name]})
    assert memory.turns() == 4
    with memory.store.reading() as catalogue:
        assert catalogue.counts()["sessions"] == 1
