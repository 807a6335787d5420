"""DiscordChatExporter's plain text."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from reading import ignored, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item, RawTurn, Source
from memcli.ingest.readers.discord import READER

RULE = "=" * 62 + "\n"
TOP = f"{RULE}Guild: Garden club\nChannel: Talk / beds\nTopic: [1/1/2020 1:00 PM] not a message\n{RULE}\n"


def end(count: int) -> str:
    return f"{RULE}Exported {count} message(s)\n{RULE}"


def message(at: str, who: str, words: str, *sections: str, pinned: bool = False) -> str:
    return (
        f"[{at}] {who}{' (pinned)' if pinned else ''}\n{words}\n\n" + "".join(f"{one}\n\n" for one in sections) + "\n"
    )


def channel(tmp_path: Path, *messages: str, name: str = "Garden club - beds [1012224565567721552].txt") -> list[Item]:
    return read(write(tmp_path, name, TOP + "".join(messages) + end(len(messages))), "discord")


def test_a_channel(tmp_path: Path) -> None:
    found = channel(
        tmp_path,
        message("7/19/2020 1:34 PM", "ann#5447", "Are the beds\n\nready?", pinned=True),
        message("7/19/2020 1:35 PM", "bo#0000", "Yes.", "{Attachments}\nhttps://cdn.example/1/beds.png?ex=1",
                "{Reactions}\n👍 (2) 🌱"),
        message("7/20/2020 12:01 AM", "bot", "", "{Embed}\nFrost tonight\nhttps://example.org/f\nCover the beds."),
        message("7/20/2020 12:02 AM", "bo#0000", "", "{Attachments}\nhttps://cdn.example/1/b.png"),
        message("7/20/2020 12:03 AM", "cy", "Joined the server."),
    )  # fmt: skip
    assert sessions(found) == [("1012224565567721552", "Garden club / Talk / beds")]
    assert [(turn.speaker, turn.said_at, turn.text) for turn in turns(found)] == [
        ("ann#5447", datetime(2020, 7, 19, 13, 34), "Are the beds\n\nready?"),
        ("bo", datetime(2020, 7, 19, 13, 35), "Yes."),
        ("bot", datetime(2020, 7, 20, 0, 1), "Frost tonight\nCover the beds."),
    ]
    assert turns(found)[0].metadata == {"pinned": True}
    assert turns(found)[1].metadata == {"attachments": ["beds.png"], "reactions": "👍 (2) 🌱"}
    assert ignored(found) == {"media without words": 1, "system message": 1}
    assert not skipped(found)


def test_other_dates(tmp_path: Path) -> None:
    for at in ("19-Jul-20 01:34 PM", "19/07/2020 13:34", "2020-07-19 13:34", "19.07.2020 13:34"):
        assert turns(channel(tmp_path, message(at, "ann", "hi")))[0].said_at == datetime(2020, 7, 19, 13, 34), at
    unclear = channel(tmp_path, message("03.04.2020 13:34", "ann", "hi"))
    assert [one.reason for one in skipped(unclear)] == ["'03.04.2020 13:34' could be two days"]


def test_what_is_no_message_stays_where_it_is(tmp_path: Path) -> None:
    rule = RULE.strip()
    said = f"see\n[7/19/2020 1:34 PM] ann\n{{Embed}} this\n{rule}\nand on"
    assert texts(channel(tmp_path, message("7/19/2020 1:34 PM", "bo", said))) == [said]
    parts = TOP + message("7/19/2020 1:34 PM", "bo", "one") + end(1)
    both = read(write(tmp_path, "a.txt", parts + parts.replace("one", "two") + "and more\n"), "discord")
    assert texts(both) == ["one", "two"]
    assert sessions(both) == [(None, "Garden club / Talk / beds")]


WORDS = st.text(st.sampled_from("ab {}[]=:/19\n"), min_size=1, max_size=30).filter(lambda words: words.strip())


@settings(max_examples=60, deadline=None)
@given(said=st.lists(st.tuples(st.sampled_from(["ann", "bo b", "cy#1234"]), WORDS), min_size=1, max_size=8))
def test_what_is_written_is_read(said: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        blocks = (message(f"7/19/2020 1:{20 + place} PM", who, words) for place, (who, words) in enumerate(said))
        path = Path(folder, "x.txt")
        path.write_text(TOP + "".join(blocks) + end(len(said)), encoding="utf-8")
        found = [item for item in READER.read(Source(uri="x.txt", path=path)) if isinstance(item, RawTurn)]
    assert [(turn.speaker, turn.text) for turn in found] == [(who, words.strip()) for who, words in said]
    assert [turn.said_at for turn in found] == [datetime(2020, 7, 19, 13, 20 + place) for place in range(len(said))]
