"""Telegram: what Telegram Desktop exports, and what bots get."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers import telegram
from memcli.ingest.readers.base import Item


def message(number: int, text: Any = "", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2024-05-10T10:31:15",
        "date_unixtime": "1715326275",
        "from": "Maria",
        "from_id": "user9",
        "text": text,
    } | more


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Maria", "type": "personal_chat", "id": 9, "messages": list(messages)} | more


def items(tmp_path: Path, *messages: dict[str, Any], **more: Any) -> list[Item]:
    return read(write(tmp_path, "result.json", chat(*messages, **more)), "telegram")


def test_a_message(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(7, "Hi there")))
    assert (turn.speaker, turn.speaker_key, turn.text, turn.native_id) == ("Maria", "user9", "Hi there", "7")
    assert turn.said_at == datetime(2024, 5, 10, 7, 31, 15, tzinfo=UTC)
    assert turn.said_at.utcoffset() == timedelta(hours=3)
    assert turn.line == 6
    assert turn.metadata == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain", "plain"),
        (["see ", {"type": "bold", "text": "this"}, " now"], "see this now"),
        ([{"type": "italic", "text": " a"}, {"type": "plain", "text": "\nb"}], " a\nb"),
        ([1, None, {"type": "bold"}, "x"], "x"),
    ],
)
def test_text_is_one_text_or_a_list_of_pieces(tmp_path: Path, text: Any, words: str) -> None:
    assert texts(items(tmp_path, message(1, text))) == [words]


def test_words_that_are_in_the_entities_only(tmp_path: Path) -> None:
    pieces = [{"type": "plain", "text": "Hello "}, {"type": "mention", "text": "@bo"}]
    assert texts(items(tmp_path, message(1, "", text_entities=pieces))) == ["Hello @bo"]


def test_the_address_behind_a_link(tmp_path: Path) -> None:
    piece = {"type": "text_link", "text": "here", "href": "https://example.org/a"}
    (turn,) = turns(items(tmp_path, message(1, ["look ", piece])))
    assert (turn.text, turn.metadata) == ("look here", {"links": ["https://example.org/a"]})


def test_details(tmp_path: Path) -> None:
    (turn,) = turns(
        items(
            tmp_path,
            message(
                1,
                "caption",
                reply_to_message_id=5,
                forwarded_from="Bo",
                edited="2024-05-10T10:32:00",
                via_bot="@gif",
                file="files/plan.pdf",
                reactions=[{"type": "emoji", "count": 2, "emoji": "👍"}],
            ),
        )
    )
    assert turn.metadata == {
        "reply_to": "5",
        "forwarded_from": "Bo",
        "edited": "2024-05-10T10:32:00",
        "via_bot": "@gif",
        "attachment": "plan.pdf",
        "reactions": ["👍 2"],
    }


def test_what_is_no_utterance(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(1, photo="(File not included. Change data exporting settings to download.)"),
        message(2, media_type="sticker", sticker_emoji="👍", file="stickers/a.webp"),
        message(3),
        {"id": 4, "type": "service", "actor": "Maria", "actor_id": "user9", "action": "phone_call", "text": ""},
        {"id": 5, "type": "unsupported"},
    )
    assert turns(found) == []
    assert ignored(found) == {
        "media without words": 2,
        "empty message": 1,
        "service message": 1,
        "message of a kind that Telegram did not export": 1,
    }


def test_a_poll_is_its_question_and_answers(tmp_path: Path) -> None:
    poll = {"question": "When?", "closed": False, "answers": [{"text": "Mon", "voters": 1}, {"text": "Tue"}]}
    (turn,) = turns(items(tmp_path, message(1, poll=poll)))
    assert turn.text == "When?\n- Mon\n- Tue"


def test_a_deleted_account_has_no_name(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(1, "x", **{"from": None})))
    assert (turn.speaker, turn.speaker_key) == ("Deleted Account", "user9")


def test_a_post_is_by_its_channel(tmp_path: Path) -> None:
    post = message(1, "News") | {"from_id": "channel5"}
    del post["from"]
    (turn,) = turns(items(tmp_path, post, name="The Channel", type="public_channel", id=5))
    assert turn.speaker == "The Channel"


def test_old_exports_have_local_times_and_bare_numbers(tmp_path: Path) -> None:
    old = message(1, "x") | {"from_id": 9}
    del old["date_unixtime"]
    (turn,) = turns(items(tmp_path, old))
    assert (turn.said_at, turn.speaker_key) == (datetime(2024, 5, 10, 10, 31, 15), "user9")


def test_a_zone_that_is_nowhere_is_not_believed(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(1, "x", date="2024-05-10T10:31:22")))
    assert turn.said_at == datetime(2024, 5, 10, 7, 31, 15, tzinfo=UTC)
    assert turn.said_at.utcoffset() == timedelta(0)


def test_a_whole_account(tmp_path: Path) -> None:
    account = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "Ann"},
        "contacts": {"about": "...", "list": [{"user_id": 9, "first_name": "Maria", "name": "no chat", "id": 3}]},
        "chats": {
            "about": "This is your chat list.",
            "list": [
                chat(message(1, "one"), message(2, "two")),
                {"type": "saved_messages", "id": 1, "messages": [message(3, "note")]},
                {"name": None, "type": "personal_chat", "id": 4, "messages": [message(4, "gone")]},
                chat(name="Empty", id=6),
            ],
        },
        "left_chats": {"about": "", "list": [chat(message(5, "bye"), type="private_supergroup", name="Club", id=7)]},
    }
    source = write(tmp_path, "result.json", account)
    found = read(source, "telegram")
    assert sessions(found) == [
        ("user9", "Maria"),
        ("user1", "Saved Messages"),
        ("user4", "Deleted Account"),
        ("channel7", "Club"),
    ]
    assert texts(found) == ["one", "two", "note", "gone", "bye"]
    lines = source.path.read_text().split("\n")
    assert [lines[(turn.line or 0) + 6].strip() for turn in turns(found)] == [
        f'"text": "{text}"' for text in texts(found)
    ]


def test_a_broken_message_costs_only_itself(tmp_path: Path) -> None:
    source = write(tmp_path, "result.json", chat(message(1, "a"), message(2, "BELL"), message(3, "c")))
    source.path.write_bytes(source.path.read_bytes().replace(b"BELL", rb"\x07"))
    found = read(source, "telegram")
    assert texts(found) == ["a", "c"]
    assert [one.line for one in skipped(found)] == [15]


@pytest.mark.parametrize("bad", ["no message", 7, {"type": "gift"}, message(1, "x", date_unixtime=[1], date=None)])
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = items(tmp_path, message(1, "a"), bad)
    assert texts(found) == ["a"]
    assert len(skipped(found)) == 1


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    older = [message(1, "a"), message(2, "b", **{"from": "Maria"})]
    newer = [*older, message(3, "c")]
    one, two = items(tmp_path, *older), items(tmp_path, *newer, name="Maria Smith")
    assert kept(two)[:2] == kept(one)
    assert sessions(one)[0][0] == sessions(two)[0][0]


def update(number: int, kind: str = "message", **more: Any) -> dict[str, Any]:
    sender = {"id": 8, "first_name": "Santi", "last_name": "Du", "username": "sdd", "is_bot": False}
    group = {"id": -1001387877165, "title": "Group", "type": "supergroup"}
    return {
        "update_id": number,
        kind: {"message_id": number, "from": sender, "chat": group, "date": 1467289325} | more,
    }


def bot_items(tmp_path: Path, *updates: dict[str, Any]) -> list[Item]:
    return read(write(tmp_path, "updates.json", {"ok": True, "result": list(updates)}), "telegram")


def test_updates_of_a_bot(tmp_path: Path) -> None:
    found = bot_items(
        tmp_path,
        update(1, text="Hi", reply_to_message={"message_id": 9}),
        update(2, caption="A photo", photo=[{"file_id": "x"}]),
        update(3, kind="edited_message", text="Hi!"),
        update(4, kind="channel_post", text="News", **{"from": None, "sender_chat": {"id": -1005, "title": "Paper"}}),
        update(5, sticker={"emoji": "x"}),
        update(6, new_chat_title="New"),
        {"update_id": 7, "callback_query": {"id": "1"}},
    )
    assert sessions(found) == [("channel1387877165", "Group")]
    assert [(turn.speaker, turn.speaker_key, turn.text, turn.metadata) for turn in turns(found)] == [
        ("Santi Du", "user8", "Hi", {"reply_to": "9"}),
        ("Santi Du", "user8", "A photo", {"attachment": "photo"}),
        ("Santi Du", "user8", "Hi!", {"edited": True}),
        ("Paper", "chat1005", "News", {}),
    ]
    assert ignored(found) == {"media without words": 1, "service message": 1, "update without a message": 1}


def test_a_bot_is_no_user(tmp_path: Path) -> None:
    bot = {"id": 5, "first_name": "Helper", "is_bot": True}
    (turn,) = turns(bot_items(tmp_path, update(1, text="Hi", **{"from": bot})))
    assert turn.role == "assistant"


def test_a_private_chat_of_a_bot_is_known_by_the_user(tmp_path: Path) -> None:
    private = {"id": 8, "first_name": "Santi", "type": "private"}
    assert sessions(bot_items(tmp_path, update(1, text="Hi", chat=private))) == [("user8", "Santi")]


def test_a_list_of_other_things_is_no_telegram(tmp_path: Path) -> None:
    for data in ({"messages": [{"type": "message", "ts": "1"}]}, {"chats": {"list": []}}, {"update_id": 1}):
        assert telegram.READER.sniff(write(tmp_path, "x.json", data)) == 0
