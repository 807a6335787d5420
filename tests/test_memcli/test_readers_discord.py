"""Discord: DiscordChatExporter's JSON, and the package that Discord hands out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item

ADAM = {"id": "5214", "name": "adam", "discriminator": "0000", "nickname": "Adam", "isBot": False}
BOT = {"id": "77", "name": "helper", "nickname": None, "isBot": True}


def message(number: int, content: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "type": "Default",
        "timestamp": f"2023-01-06T16:{number:02}:26.414+00:00",
        "timestampEdited": None,
        "content": content,
        "author": ADAM,
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
    } | more


def export(*messages: Any) -> dict[str, Any]:
    return {
        "guild": {"id": "1", "name": "Guild", "iconUrl": "x"},
        "channel": {"id": "22", "type": "GuildTextChat", "categoryId": "3", "category": "Talk", "name": "general"},
        "dateRange": {"after": None, "before": None},
        "messages": list(messages),
        "messageCount": len(messages),
    }


def items(tmp_path: Path, *messages: Any) -> list[Item]:
    return read(write(tmp_path, "export.json", export(*messages)), "discord")


def test_a_message(tmp_path: Path) -> None:
    found = items(tmp_path, message(1, "Hi"), message(2, "Ho", author=ADAM | {"nickname": None}))
    assert sessions(found) == [("22", "Guild / general")]
    one, two = turns(found)
    assert (one.speaker, one.speaker_key, one.text, one.native_id, one.line) == ("Adam", "5214", "Hi", "1", 19)
    assert one.said_at == datetime(2023, 1, 6, 16, 1, 26, 414000, tzinfo=UTC)
    assert (two.speaker, two.speaker_key) == ("adam", "5214")


@pytest.mark.parametrize(
    "kind", ["RecipientAdd", "Call", "ChannelPinnedMessage", "GuildMemberJoin", "ThreadCreated", "7"]
)
def test_what_discord_says_itself(tmp_path: Path, kind: str) -> None:
    assert ignored(items(tmp_path, message(1, "x", type=kind))) == {"system message": 1}


@pytest.mark.parametrize("kind", ["Default", "Reply", "20", "23"])
def test_what_people_and_bots_say(tmp_path: Path, kind: str) -> None:
    assert texts(items(tmp_path, message(1, "x", type=kind))) == ["x"]


def test_details(tmp_path: Path) -> None:
    (turn,) = turns(
        items(
            tmp_path,
            message(
                9,
                "look",
                type="Reply",
                timestampEdited="2023-01-07T16:11:26.414+00:00",
                attachments=[{"id": "1", "url": "x/plan-1.pdf", "fileName": "plan.pdf"}],
                stickers=[{"name": "wave"}],
                embeds=[{"title": "A page", "url": "https://a.org", "description": "what it says"}],
                reactions=[{"emoji": {"id": "", "name": "👀"}, "count": 3}],
                reference={"messageId": "4", "channelId": "22", "guildId": "1"},
            ),
        )
    )
    assert turn.text == "look"
    assert turn.metadata == {
        "reply_to": "4",
        "edited": "2023-01-07T16:11:26.414+00:00",
        "attachments": ["plan.pdf"],
        "stickers": ["wave"],
        "links": ["https://a.org"],
        "reactions": ["👀 3"],
    }


def test_a_bot_speaks_in_embeds(tmp_path: Path) -> None:
    embed = {
        "title": "Build",
        "description": "green",
        "fields": [{"name": "took", "value": "3 min"}],
        "url": "https://b",
    }
    (turn,) = turns(items(tmp_path, message(1, "Done:", author=BOT, embeds=[embed])))
    assert (turn.speaker, turn.role, turn.text) == ("helper", "assistant", "Done:\nBuild\ngreen\ntook: 3 min")


def test_a_forwarded_message(tmp_path: Path) -> None:
    forwarded = {"timestamp": "2023-01-01T00:00:00+00:00", "content": "old words", "attachments": []}
    reference = {"type": "Forward", "messageId": "3"}
    (turn,) = turns(items(tmp_path, message(1, "", forwardedMessage=forwarded, reference=reference)))
    assert (turn.text, turn.metadata) == ("old words", {"forwarded": True})


def test_media(tmp_path: Path) -> None:
    found = items(
        tmp_path, message(1, attachments=[{"fileName": "a.png"}]), message(2, stickers=[{"name": "x"}]), message(3)
    )
    assert ignored(found) == {"media without words": 2, "empty message": 1}


@pytest.mark.parametrize("bad", ["x", {}, message(1, "x", author=None), message(1, "x", timestamp="now")])
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = items(tmp_path, message(1, "a"), bad, message(2, "b"))
    assert texts(found) == ["a", "b"]
    assert len(skipped(found)) == 1


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    one = items(tmp_path, message(1, "a"), message(2, "b"))
    two = items(tmp_path, message(1, "a"), message(2, "b"), message(3, "c"))
    assert kept(two)[:2] == kept(one)


# 1060953753550860429 was made at 2023-01-06T16:11:26.414Z: the id has the milliseconds.
ROWS = (
    "ID,Timestamp,Contents,Attachments\n"
    '1060954391009570826,2023-01-06 16:13:58.396000+00:00,"two\nlines, and ""quotes""",\n'
    "1060953753550860429,2023-01-06 16:11:26.414000+00:00,first,https://cdn/a/plan.pdf https://cdn/b/x.png\n"
    "1060953753550860400,2023-01-06 16:10:26+00:00,,https://cdn/a/plan.pdf\n"
)
PACKAGE = [
    {"ID": 1060953753550860429, "Timestamp": "2023-01-06 16:11:26", "Contents": "first", "Attachments": ""},
    {"ID": 1060954391009570826, "Timestamp": "2023-01-06 16:13:58", "Contents": "second", "Attachments": ""},
]


def package(tmp_path: Path, name: str, messages: object) -> list[Item]:
    channel = {
        "id": "1012224565567875236",
        "type": "GUILD_TEXT",
        "name": "chill",
        "guild": {"id": "1", "name": "Guild"},
    }
    write(tmp_path, "messages/c1012224565567875236/channel.json", channel)
    write(tmp_path, "messages/index.json", {"1012224565567875236": "chill in Guild"})
    write(tmp_path, "account/user.json", {"id": "5214", "username": "adam", "discriminator": 0, "global_name": "Adam"})
    return read(write(tmp_path, f"messages/c1012224565567875236/{name}", messages), "discord")


def test_the_package_of_rows(tmp_path: Path) -> None:
    found = package(tmp_path, "messages.csv", ROWS)
    assert sessions(found) == [("1012224565567875236", "Guild / chill")]
    assert [(turn.speaker, turn.speaker_key, turn.text, turn.line) for turn in turns(found)] == [
        ("Adam", "5214", "first", 4),
        ("Adam", "5214", 'two\nlines, and "quotes"', 2),
    ]
    assert turns(found)[0].metadata == {"attachments": ["plan.pdf", "x.png"]}
    assert ignored(found) == {"media without words": 1}


def test_the_package_of_objects(tmp_path: Path) -> None:
    found = package(tmp_path, "messages.json", PACKAGE)
    assert [(turn.text, turn.native_id) for turn in turns(found)] == [
        ("first", "1060953753550860429"),
        ("second", "1060954391009570826"),
    ]
    assert turns(found)[0].said_at == datetime(2023, 1, 6, 16, 11, 26, 414000, tzinfo=UTC)


def test_the_package_and_an_export_of_a_channel_hold_the_same_turn(tmp_path: Path) -> None:
    one = package(tmp_path, "messages.json", PACKAGE)
    both = export(message(11, "first", id="1060953753550860429"))
    both["channel"]["id"] = "1012224565567875236"
    assert kept(read(write(tmp_path, "export.json", both), "discord"))[0] == kept(one)[0]


def test_the_other_files_of_the_package_are_no_messages(tmp_path: Path) -> None:
    package(tmp_path, "messages.json", PACKAGE)
    write(tmp_path, "servers/1/guild.json", {"id": "1", "name": "Guild"})
    for name in (
        "messages/index.json",
        "messages/c1012224565567875236/channel.json",
        "account/user.json",
        "servers/1/guild.json",
    ):
        found = read(write(tmp_path, name, (tmp_path / name).read_text()), "discord")
        assert [type(item).__name__ for item in found] == ["Ignored"]


def test_messages_of_a_package_that_stand_alone(tmp_path: Path) -> None:
    found = read(write(tmp_path, "c1012224565567875236/messages.json", PACKAGE), "discord")
    assert (sessions(found), turns(found)[0].speaker) == ([("1012224565567875236", None)], "me")
    assert sessions(read(write(tmp_path, "mine.json", PACKAGE), "discord")) == [(None, None)]


def test_a_row_that_is_broken_costs_only_itself(tmp_path: Path) -> None:
    rows = "ID,Timestamp,Contents,Attachments\n1,2023-01-06 16:11:26,a,\n2,b\n3,never,c,\n4,2023-01-06 16:11:26,d,\n"
    found = read(write(tmp_path, "messages.csv", rows), "discord")
    assert texts(found) == ["a", "d"]
    assert [one.line for one in skipped(found)] == [3, 4]
