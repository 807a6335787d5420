"""Signal: its own export in plain text, and what signal-export makes of its database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item

FRAMES: list[dict[str, Any]] = [
    {"version": "1", "backupTimeMs": "1734990000000", "mediaRootBackupKey": "AA=="},
    {"account": {"givenName": "Ann", "familyName": "Lee"}},
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "2", "contact": {"aci": "EREREQ==", "e164": "15550001111", "profileGivenName": "Bo"}}},
    {"recipient": {"id": "3", "contact": {"e164": "15550002222"}}},
    {"recipient": {"id": "4", "group": {"masterKey": "c2VjcmV0", "snapshot": {"title": {"title": "Lake"}}}}},
    {"chat": {"id": "10", "recipientId": "2"}},
    {"chat": {"id": "11", "recipientId": "4"}},
]


def item(chat: int, author: int, second: int, body: str | None = None, **more: Any) -> dict[str, Any]:
    said = {} if body is None else {"standardMessage": {"text": {"body": body}}}
    time = str(1700000000000 + 1000 * second)
    return {"chatItem": {"chatId": str(chat), "authorId": str(author), "dateSent": time, "incoming": {}} | said | more}


def items(tmp_path: Path, *frames: dict[str, Any], first: list[dict[str, Any]] = FRAMES) -> list[Item]:
    lines = "".join(json.dumps(frame) + "\n" for frame in [*first, *frames])
    return read(write(tmp_path, "main.jsonl", lines), "signal")


def test_messages_and_who_wrote_them(tmp_path: Path) -> None:
    found = items(tmp_path, item(10, 2, 0, "Hi"), item(10, 1, 1, "Ho"), item(11, 3, 2, "All?"), item(10, 2, 3, "So?"))
    assert [(turn.speaker, turn.speaker_key, turn.text, turn.line) for turn in turns(found)] == [
        ("Bo", "EREREQ==", "Hi", 9),
        ("Ann Lee", "self", "Ho", 10),
        ("+15550002222", "+15550002222", "All?", 11),
        ("Bo", "EREREQ==", "So?", 12),
    ]
    assert turns(found)[0].said_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    chats = sessions(found)
    assert [title for _, title in chats] == ["Bo", "Lake", "Bo"]
    assert chats[0] == chats[2] == ("EREREQ==", "Bo")
    assert "c2VjcmV0" not in str(chats[1])


def test_ids_that_change_from_file_to_file_do_not_matter(tmp_path: Path) -> None:
    swapped = json.loads(json.dumps(FRAMES).replace('"id": "10"', '"id": "77"').replace('"2"', '"55"'))
    one = items(tmp_path, item(10, 2, 0, "Hi"), item(11, 2, 1, "Ho"))
    two = items(tmp_path, item(77, 55, 0, "Hi"), item(11, 55, 1, "Ho"), item(77, 55, 2, "New"), first=swapped)
    assert kept(two)[:2] == kept(one)


def test_details(tmp_path: Path) -> None:
    message = {
        "text": {"body": "look"},
        "quote": {"targetSentTimestamp": "1699999999000", "authorId": "2", "text": {"body": "?"}},
        "attachments": [{"pointer": {"contentType": "image/jpeg", "fileName": "a.jpg"}}],
        "linkPreview": [{"url": "https://a.org"}],
        "reactions": [{"emoji": "👍", "authorId": "2"}],
    }
    (turn,) = turns(items(tmp_path, item(10, 1, 5, standardMessage=message, revisions=[{"chatId": "10"}])))
    assert turn.metadata == {
        "reply_to": "1699999999000",
        "edited": 1,
        "attachments": ["a.jpg"],
        "links": ["https://a.org"],
        "reactions": ["👍 Bo"],
    }


def test_what_is_no_utterance(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        item(10, 2, 0, updateMessage={"simpleUpdate": {"type": "JOINED_SIGNAL"}}),
        item(10, 2, 0, remoteDeletedMessage={}),
        item(10, 2, 0, standardMessage={"attachments": [{"pointer": {"contentType": "image/jpeg"}}]}),
        item(10, 2, 0, stickerMessage={"sticker": {"emoji": "👍"}}),
        item(10, 2, 0, standardMessage={}),
    )
    assert turns(found) == []
    assert ignored(found) == {
        "system message": 1,
        "deleted message": 1,
        "media without words": 2,
        "empty message": 1,
    }


def test_replies_to_stories_and_polls(tmp_path: Path) -> None:
    reply = {"textReply": {"text": {"body": "nice place"}}}
    poll = {"question": "When?", "options": [{"option": "Mon", "votes": []}, {"option": "Tue"}]}
    found = items(tmp_path, item(10, 2, 0, directStoryReplyMessage=reply), item(10, 2, 1, poll=poll))
    assert texts(found) == ["nice place", "When?\n- Mon\n- Tue"]


def test_frames_that_cannot_be_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps(frame) + "\n" for frame in [*FRAMES, item(10, 2, 0, "a")])
    timeless = json.dumps({"chatItem": {"chatId": "10", "authorId": "9", "standardMessage": {"text": {"body": "x"}}}})
    found = read(write(tmp_path, "main.jsonl", lines + '{"chatItem": {\n7\n' + timeless + "\n"), "signal")
    assert texts(found) == ["a"]
    assert [one.line for one in skipped(found)] == [10, 11, 12]


CHAT_MD = """\
[2023-06-01 12:23:45] Jane Doe: Hello  

[2023-06-01 12:24:00] Me: 

> Hello
> there

Hi!
two lines  
(- Jane Doe: 👍, Me: 😀 -)![photo.jpg](./media/photo.jpg)  

[2023-06-01 12:25:00] Jane Doe:   
![photo.jpg](./media/photo%201.jpg)  

[2023-06-01 12:26:00] Me: (This message was deleted)

[2023-06-01 12:27:00] Jane Doe: Missed voice call  

[2023-06-01 12:28:00] Jane Doe: see [this](https://a.org), [2023]  

"""  # noqa: W291
DATA_JSON = [
    {"date": "2023-06-01T12:23:45.678000", "sender": "Jane Doe", "body": "Hello  ", "quote": "", "sticker": None,
     "reactions": [], "attachments": []},
    {"date": "2023-06-01T12:24:00.100000", "sender": "Me", "body": "Hi!\ntwo lines  ",
     "quote": "\n\n> Hello\n> there\n\n", "sticker": None, "reactions": [["Jane Doe", "👍"], ["Me", "😀"]],
     "attachments": [{"name": "photo.jpg", "path": "media/photo.jpg"}]},
    {"date": "2023-06-01T12:25:00", "sender": "Jane Doe", "body": "  ", "quote": "", "sticker": None, "reactions": [],
     "attachments": [{"name": "photo.jpg", "path": "media/photo%201.jpg"}]},
    {"date": "2023-06-01T12:26:00", "sender": "Me", "body": "", "quote": "", "sticker": None, "reactions": [],
     "attachments": [], "deleted": True},
    {"date": "2023-06-01T12:27:00", "sender": "Jane Doe", "body": "Missed voice call  ", "quote": "", "sticker": None,
     "reactions": [], "attachments": []},
    {"date": "2023-06-01T12:28:00", "sender": "Jane Doe", "body": "see [this](https://a.org), [2023]  ", "quote": "",
     "sticker": None, "reactions": [], "attachments": []},
]  # fmt: skip


def test_both_files_of_signal_export_hold_the_same_turns(tmp_path: Path) -> None:
    text = read(write(tmp_path, "Jane Doe/chat.md", CHAT_MD), "signal-export")
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in DATA_JSON)
    data = read(write(tmp_path, "Jane Doe/data.json", lines), "signal-export")
    assert kept(text) == kept(data) == [
        (None, "Jane Doe", datetime(2023, 6, 1, 12, 23, 45), "Hello"),
        (None, "Me", datetime(2023, 6, 1, 12, 24, 0), "Hi!\ntwo lines"),
        (None, "Jane Doe", datetime(2023, 6, 1, 12, 28, 0), "see [this](https://a.org), [2023]"),
    ]  # fmt: skip
    assert sessions(text) == sessions(data) == [(None, "Jane Doe")]
    assert [turn.metadata for turn in turns(text)] == [turn.metadata for turn in turns(data)]
    assert turns(text)[1].metadata == {
        "reply_to_words": "Hello\nthere",
        "attachments": ["photo.jpg"],
        "reactions": ["Jane Doe: 👍", "Me: 😀"],
    }
    assert ignored(text) == ignored(data) == {"media without words": 1, "deleted message": 1, "call": 1}
    assert [turn.line for turn in turns(text)] == [1, 3, 19]
    assert [turn.line for turn in turns(data)] == [1, 2, 6]


def test_the_old_way_to_write_times(tmp_path: Path) -> None:
    chat = "[2019-12-24, 12:23] Jane: Hello\n[2020-01-17, 21:49] Me: Two\nlines\n"
    found = read(write(tmp_path, "index.md", chat), "signal-export")
    assert kept(found) == [
        (None, "Jane", datetime(2019, 12, 24, 12, 23), "Hello"),
        (None, "Me", datetime(2020, 1, 17, 21, 49), "Two\nlines"),
    ]


def test_a_longer_chat_begins_with_the_same_turns(tmp_path: Path) -> None:
    older = CHAT_MD[: CHAT_MD.index("[2023-06-01 12:28")]
    one, two = (read(write(tmp_path, "a.md", text), "signal-export") for text in (older, CHAT_MD))
    assert kept(two)[:2] == kept(one)


@pytest.mark.parametrize(
    ("chat", "name"),
    [
        ("[2024-03-01 09:30:00] Ann: a\n[2024-03-01 09:31:00] Bob: b\n[2024-03-01 09:32:00] Ann: c\n", "plain"),
        ("[2023-12-31, 21:05:33] Ann: hi\n[2023-12-31, 21:05:40] Bo: ho\n", "whatsapp"),
    ],
)
def test_other_logs_with_such_times_are_not_signal(tmp_path: Path, chat: str, name: str) -> None:
    read(write(tmp_path, "chat.txt", chat), name)


def test_lines_of_signal_export_that_cannot_be_read(tmp_path: Path) -> None:
    chat = "[2023-06-01 12:23:45] Jane: a  \n\n[2023-13-01 12:23:46] Me: b  \n\n"
    found = read(write(tmp_path, "chat.md", chat), "signal-export")
    assert (texts(found), [one.line for one in skipped(found)]) == (["a"], [3])
    lines = "".join(json.dumps(one) + "\n" for one in [DATA_JSON[0], {"sender": "x"}, 7, DATA_JSON[0] | {"date": "?"}])
    found = read(write(tmp_path, "data.json", lines), "signal-export")
    assert (texts(found), [one.line for one in skipped(found)]) == (["Hello"], [2, 3, 4])
