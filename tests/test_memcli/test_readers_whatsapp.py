"""WhatsApp exports of both systems, in many locales."""

import os
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import whatsapp
from memcli.ingest.readers.base import LINE_BYTES, Ignored, Item, RawSession, RawTurn, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def read(tmp_path: Path, text: str, name: str = "WhatsApp Chat with Bob.txt") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(whatsapp.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def shared(name: str) -> list[Item]:
    path = SHARED / "formats" / "whatsapp" / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    return list(whatsapp.READER.read(Source(uri=str(path), path=path)))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("31/12/23, 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("12/31/23, 9:05 PM - ", datetime(2023, 12, 31, 21, 5)),
        ("12/31/23, 12:05 AM - ", datetime(2023, 12, 31, 0, 5)),
        ("12/31/23, 12:05\u202fPM - ", datetime(2023, 12, 31, 12, 5)),
        ("31/12/2023, 9:05 p.\u00a0m. - ", datetime(2023, 12, 31, 21, 5)),
        ("31.12.23, 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("31.12.2023, 21.05 - ", datetime(2023, 12, 31, 21, 5)),
        ("31.12.2023 klo 21.05 - ", datetime(2023, 12, 31, 21, 5)),
        ("31/12/2023 à 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("2023-12-31 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("2023/12/31, 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("2023. 12. 31. 21:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("[31.12.23, 21:05:33] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("\u200e[31.12.23, 21:05:33] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("[2023-12-31, 21:05:33] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("[12/31/23, 9:05:33\u202fPM] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("[31-12-23 21:05:33] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("[2023/12/31 下午9:05:33] ", datetime(2023, 12, 31, 21, 5, 33)),
        ("2023/12/31 晚上9:05 - ", datetime(2023, 12, 31, 21, 5)),
        ("2023. 12. 31. 오전 9:05 - ", datetime(2023, 12, 31, 9, 5)),
        ("٣١\u200f/١٢\u200f/٢٠٢٣، ٩:٠٥ م - ", datetime(2023, 12, 31, 21, 5)),
        ("31/12/23, 9:05 μ.μ. - ", datetime(2023, 12, 31, 21, 5)),
        ("31.12.2023 9:05 ÖS - ", datetime(2023, 12, 31, 21, 5)),
        ("31.12.23 г., 21:05 ч. - ", datetime(2023, 12, 31, 21, 5)),
    ],
)
def test_headers(tmp_path: Path, header: str, expected: datetime) -> None:
    items = read(tmp_path, f"{header}Ann: Happy new year: all!\n")
    assert items == [
        RawSession(native_id=None, title="Bob"),
        RawTurn(speaker="Ann", text="Happy new year: all!", said_at=expected, line=1),
    ]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        # one date that only exists in one order decides for all
        (["01/02/24", "02/13/24"], ["2024-01-02", "2024-02-13"]),
        (["01/02/24", "13/02/24"], ["2024-02-01", "2024-02-13"]),
        # else the order in which time does not go back
        (["1/4/23", "2/2/23", "2/4/23"], ["2023-01-04", "2023-02-02", "2023-02-04"]),
        # else the shorter span
        (["01/12/24", "02/12/24", "04/12/24"], ["2024-12-01", "2024-12-02", "2024-12-04"]),
        (["12/01/24", "12/02/24", "12/04/24"], ["2024-12-01", "2024-12-02", "2024-12-04"]),
        # else the day first
        (["03.04.24"], ["2024-04-03"]),
    ],
)
def test_the_order_of_day_and_month(tmp_path: Path, dates: list[str], expected: list[str]) -> None:
    items = read(tmp_path, "".join(f"{date}, 10:00 - Ann: hi\n" for date in dates))
    assert [f"{turn.said_at:%Y-%m-%d}" for turn in turns(items)] == expected


def test_am_and_pm_with_slashes_are_american_where_nothing_else_decides(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, "3/4/24, 9:05 PM - Ann: hi\n"))
    assert turn.said_at == datetime(2024, 3, 4, 21, 5)


def test_messages_of_many_lines(tmp_path: Path) -> None:
    items = read(tmp_path, "31/12/23, 21:05 - Ann: one\n\ntwo: three\n31/12/23, 21:06 - Bob:\nlist\n- a\n")
    assert [(turn.speaker, turn.text, turn.line) for turn in turns(items)] == [
        ("Ann", "one\n\ntwo: three", 1),
        ("Bob", "list\n- a", 4),
    ]


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("Messages and calls are end-to-end encrypted. Tap to learn more.", "system line"),
        ('Ann created group "Friends"', "system line"),
        ('Ann changed the subject from "A" to "Re: B"', "system line"),
        ("Ann started a call at 12:30", "system line"),
        ("Ann: \u200eMessages and calls are end-to-end encrypted.", "system line"),
        ("Ann: \u200eimage omitted", "media without words"),
        ("Ann: <Media omitted>", "media without words"),
        ("Ann: <Medien ausgeschlossen>", "media without words"),
        ("Ann: <省略多媒体文件>", "media without words"),
        ("Ann: \u200e<attached: 00000012-PHOTO-2023-12-31.jpg>", "media without words"),
        ("Ann: IMG-20231231-WA0001.jpg (Datei angehängt)", "media without words"),
        ("Ann: This message was deleted", "deleted message"),
        ("Ann: Diese Nachricht wurde gelöscht.", "deleted message"),
        ("Ann: このメッセージは削除されました", "deleted message"),
        ("Ann: \u200eYou deleted this message.", "deleted message"),
        ("Ann: ", "empty message"),
        ("Ann:", "empty message"),
    ],
)
def test_what_is_no_utterance(tmp_path: Path, rest: str, reason: str) -> None:
    assert read(tmp_path, f"31/12/23, 21:05 - {rest}\n")[1:] == [Ignored(reason=reason)]


@pytest.mark.parametrize(
    ("rest", "speaker", "text", "attachment"),
    [
        ("Ann: IMG-20231231-WA0001.jpg (file attached)\nAt the sea", "Ann", "At the sea", "IMG-20231231-WA0001.jpg"),
        ("Ann: The plan \u200e<attached: plan.pdf>", "Ann", "The plan", "plan.pdf"),
        ("Ann: see main.py (my file) please", "Ann", "see main.py (my file) please", None),
        ("Ann: <div>", "Ann", "<div>", None),
        ("Ann: fixed \u200e<This message was edited>", "Ann", "fixed", None),
        ('Bob "the Builder" B: hi', 'Bob "the Builder" B', "hi", None),
        ("\u202a+49\u00a0151\u00a01234\u202c: hi", "+49\u00a0151\u00a01234", "hi", None),
        ("~\u00a0Ann: hi", "Ann", "hi", None),
    ],
)
def test_words_and_attachments(tmp_path: Path, rest: str, speaker: str, text: str, attachment: str | None) -> None:
    (turn,) = turns(read(tmp_path, f"31/12/23, 21:05 - {rest}\n"))
    assert (turn.speaker, turn.text, turn.metadata.get("attachment")) == (speaker, text, attachment)


def test_a_colon_without_a_space_needs_a_known_name(tmp_path: Path) -> None:
    items = read(tmp_path, "31/12/23, 21:05 - Ann: hi\n31/12/23, 21:06 - Ann:.\n31/12/23, 21:07 - Call at 12:30\n")
    assert [turn.text for turn in turns(items)] == ["hi", "."]


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    items = read(
        tmp_path, "preamble\n31/12/23, 21:05 - Ann: hi\n45/45/23, 21:06 - Ann: bad\n31/12/23, 21:07 - Ann: yo\n"
    )
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [
        (1, "text in front of the first message"),
        (3, "no such date or time"),
    ]
    assert [turn.text for turn in turns(items)] == ["hi", "yo"]


def test_long_lines_and_messages_are_bounded(tmp_path: Path) -> None:
    text = f"31/12/23, 21:05 - Ann: hi\n{'x' * (LINE_BYTES + 5)}\n" + ("y" * 1000 + "\n") * 1100
    items = read(tmp_path, text + "31/12/23, 21:06 - Ann: yo\n")
    assert all(len(turn.text) <= LINE_BYTES for turn in turns(items))
    assert turns(items)[-1].text == "yo"
    reasons = {item.reason for item in items if isinstance(item, Skipped)}
    assert reasons == {"the line is longer than 1 MiB", "a message longer than 1 MiB"}


def test_an_edited_message_says_so(tmp_path: Path) -> None:
    text = (
        "31/12/23, 21:05 - Ann: fixed \u200e<Diese Nachricht wurde bearbeitet.>\n31/12/23, 21:06 - Ann: a <b c d e>\n"
    )
    first, second = turns(read(tmp_path, text))
    assert (first.text, first.metadata) == ("fixed", {"edited": True})
    assert (second.text, second.metadata) == ("a <b c d e>", {})


def test_a_poll_is_somebodys_words(tmp_path: Path) -> None:
    text = "[31.12.23, 21:05:33] Ann: \u200ePOLL:\nWhere?\n\u200eOPTION: Lake (2 votes)\n"
    assert [turn.text for turn in turns(read(tmp_path, text))] == ["POLL:\nWhere?\nOPTION: Lake (2 votes)"]


@pytest.mark.parametrize("folder", ["WhatsApp Chat - Ann & Co", "WhatsApp Chat - Ann & Co.zip"])
def test_a_chat_of_ios_is_named_as_its_folder(tmp_path: Path, folder: str) -> None:
    path = tmp_path / "_chat.txt"
    path.write_text("[31.12.23, 21:05:33] Ann: hi\n")
    first, *_ = whatsapp.READER.read(Source(uri=f"/x/{folder}/_chat.txt", path=path))
    assert first == RawSession(native_id=None, title="Ann & Co")


@pytest.mark.parametrize(
    ("name", "title"), [("_chat.txt", None), ("WhatsApp Chat - Ann & Co.txt", "Ann & Co"), ("x.txt", "x"), ("-", None)]
)
def test_titles(tmp_path: Path, name: str, title: str | None) -> None:
    assert read(tmp_path, "31/12/23, 21:05 - Ann: hi\n", name)[0] == RawSession(native_id=None, title=title)


@pytest.mark.parametrize(
    "name",
    [
        "chatminer_test_[mmddyy]_24hrs.txt",
        "chatminer_test_ddmmyy_24hrs.txt",
        "chatminer_test_mmddyy_24hrs.txt",
    ],
)
def test_one_chat_in_three_locales(name: str) -> None:
    items = shared(name)
    assert [(turn.speaker, f"{turn.said_at:%Y-%m-%d %H:%M}", turn.line) for turn in turns(items)] == [
        ("John Doe", "2019-01-01 11:25", 1),
        ("John Doe", "2019-01-20 11:23", 2),
        ("Jahn Doe", "2019-01-30 20:49", 3),
        ("John-John Doe", "2020-06-10 15:55", 5),
        ("John Doe 🤓", "2021-12-10 10:10", 8),
        ("🤓", "2021-12-20 12:10", 9),
        ("John Doe", "2021-12-30 22:01", 10),
    ]
    assert turns(items)[2].text.endswith("sit amet,\nconsectetur adipiscing elit. Duis libero.")
    assert Counter(item.reason for item in items if isinstance(item, Ignored)) == {"system line": 2}


def test_an_ios_chat() -> None:
    items = shared("chatpack_us_ios.txt")
    assert [turn.said_at for turn in turns(items)][:2] == [datetime(2024, 1, 15, 10, 30), datetime(2024, 1, 15, 10, 31)]
    assert Counter(item.reason for item in items if isinstance(item, Ignored)) == {
        "system line": 1,
        "media without words": 1,
    }
    assert len(turns(items)) == 6


def test_an_android_chat_with_narrow_spaces() -> None:
    found = turns(shared("pustur_issue248_nnbsp_android.txt"))
    assert [turn.line for turn in found] == [4, 5, 6, 7, 8]
    assert {turn.said_at for turn in found} == {datetime(2023, 2, 4, 22, 35)}
    assert found[3].text == "K, I'll be there around 6 bz\"h"


def test_an_ambiguous_chat_is_in_december() -> None:
    # Its photo, IMG-20241202, says that 02/12/24 is the second of December.
    items = shared("whatsreader_private_android.txt")
    assert {(turn.said_at.year, turn.said_at.month) for turn in turns(items) if turn.said_at} == {(2024, 12)}
    assert len(turns(items)) == 8


def test_larger_chats() -> None:
    assert len(turns(shared("whatstk_lorem.txt"))) == 500
    pokemon = shared("whatstk_pokemon.txt")
    assert len(turns(pokemon)) == 18
    assert turns(pokemon)[-1].said_at == datetime(2016, 10, 31, 12, 23)
    assert {turn.speaker for turn in turns(pokemon)} >= {"Ash Ketchum", "Jessie & James", "Prof. Oak"}
