"""iMessage chats by imessage-exporter: answers, reactions, edits, receipts."""

from datetime import datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import imessage
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

FIRST = "Mar 01, 2023  2:05:31 PM\nAnn\nAre we still on?\n"


def read(tmp_path: Path, text: str, name: str = "+15551234.txt") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(imessage.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def test_a_message(tmp_path: Path) -> None:
    assert read(tmp_path, FIRST + "\n") == [
        RawSession(native_id=None, title="+15551234"),
        RawTurn(speaker="Ann", text="Are we still on?", said_at=datetime(2023, 3, 1, 14, 5, 31), line=1),
    ]


@pytest.mark.parametrize(
    ("clock", "hour"), [("12:05:31 AM", 0), ("12:05:31 PM", 12), (" 1:05:31 AM", 1), ("11:05:31 PM", 23)]
)
def test_hours(tmp_path: Path, clock: str, hour: int) -> None:
    (turn,) = turns(read(tmp_path, f"Mar 01, 2023 {clock}\nAnn\nhi\n"))
    assert turn.said_at == datetime(2023, 3, 1, hour, 5, 31)


def test_receipts_blank_lines_and_quoted_stamps(tmp_path: Path) -> None:
    text = (
        "Mar 01, 2023  2:05:31 PM (Read by them after 3 seconds)\nMe\none\n\ntwo\nMar 01, 2023  2:05:31 PM\nthree\n\n"
    )
    (turn,) = turns(read(tmp_path, text))
    assert turn.text == "one\n\ntwo\nMar 01, 2023  2:05:31 PM\nthree"
    assert turn.metadata == {"receipt": "Read by them after 3 seconds"}


def test_reactions(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, FIRST + "Tapbacks:\nLoved by Me\nLoved by Bob\nEmphasized by Me\n\n"))
    assert turn.text == "Are we still on?"
    assert turn.metadata == {"reactions": {"Loved": ["Me", "Bob"], "Emphasized": ["Me"]}}


ANSWER = "Mar 01, 2023  2:06:00 PM\nMe\nYes\n"
INDENTED = "".join(f"    {line}\n" for line in ANSWER.splitlines())


def test_an_answer_that_is_shown_twice_is_read_in_its_place(tmp_path: Path) -> None:
    in_place = ANSWER + "This message responded to an earlier message.\n"
    items = read(tmp_path, f"{FIRST}{INDENTED}\n{in_place}\n")
    assert [(turn.text, turn.line, turn.metadata) for turn in turns(items)] == [
        ("Are we still on?", 1, {}),
        ("Yes", 8, {"answer": True}),
    ]
    assert sum(isinstance(item, Ignored) for item in items) == 1


def test_an_answer_that_is_shown_once_is_read(tmp_path: Path) -> None:
    found = turns(read(tmp_path, f"{FIRST}{INDENTED}\n"))
    assert [(turn.text, turn.metadata) for turn in found] == [
        ("Are we still on?", {}),
        ("Yes", {"reply_to": "Are we still on?"}),
    ]


def test_the_last_version_of_an_edited_message_is_read(tmp_path: Path) -> None:
    text = "Mar 01, 2023  2:05:31 PM\nMe\nSee you at 5\nEdited 10 seconds later: See you at 6\nor 7\n\n"
    (turn,) = turns(read(tmp_path, text))
    assert (turn.text, turn.metadata) == ("See you at 6\nor 7", {"edited": True})


def test_attachments_are_named(tmp_path: Path) -> None:
    path = "/Users/me/Library/Messages/Attachments/0a/IMG 1.heic"
    text = f"Mar 01, 2023  2:05:31 PM\nMe\n{path}\nLook!\nSent with Confetti\n"
    (turn,) = turns(read(tmp_path, text))
    assert (turn.text, turn.metadata) == ("Look!", {"attachments": ["IMG 1.heic"]})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('Mar 01, 2023  2:05:31 PM Ann named the conversation "Lunch"\n\n', "system line"),
        ("Mar 01, 2023  2:05:31 PM\nMe\nattachments/2/IMG.png\n\n", "media without words"),
        ("Mar 01, 2023  2:05:31 PM\nMe\nMe unsent this message part 5 seconds after sending!\n\n", "deleted message"),
        ("Mar 01, 2023  2:05:31 PM\nMe\n\n", "empty message"),
    ],
)
def test_what_is_no_utterance(tmp_path: Path, text: str, reason: str) -> None:
    assert read(tmp_path, text)[1:] == [Ignored(reason=reason)]


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, "preamble\n\nMar 41, 2023  2:05:31 PM\nMe\nhi\n\nMar 01, 2023  2:05:31 PM\n\n" + FIRST)
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [
        (1, "text in front of the first message"),
        (3, "no such date or time"),
        (7, "a message without a sender"),
    ]
    assert len(turns(items)) == 1


def test_sniff(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for text, sure in (
        (FIRST, True),
        ("Mar 01, 2023\nAnn\nhi\n", False),
        ("Ann: hi\nMar 01, 2023  2:05:31 PM\n", False),
    ):
        path.write_text(text)
        assert (imessage.READER.sniff(Source(uri="x", path=path)) > 0.9) == sure


def test_a_longer_export_has_the_same_turns(tmp_path: Path) -> None:
    assert turns(read(tmp_path, FIRST + "\n" + ANSWER))[:1] == turns(read(tmp_path, FIRST))
