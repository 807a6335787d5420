"""LINE chats: phones of several languages, orders of the date, messages of several lines."""

from datetime import datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import line
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

HEAD = "[LINE] Chat history with Ann\nSaved on: 2024/03/25 19:57\n\n"


def read(tmp_path: Path, text: str, name: str = "line.txt") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(line.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


@pytest.mark.parametrize(
    ("day", "row", "expected"),
    [
        ("2024/03/01 Fri", "07:33", datetime(2024, 3, 1, 7, 33)),
        ("2024/03/01(金)", "午後7:33", datetime(2024, 3, 1, 19, 33)),
        ("2024.03.01 金曜日", "12:05", datetime(2024, 3, 1, 12, 5)),
        ("2024年3月1日 星期五", "上午12:05", datetime(2024, 3, 1, 0, 5)),
        ("Fri, 03/01/2024", "8:15PM", datetime(2024, 3, 1, 20, 15)),
        ("Fri, 1/3/2024", "8:15 pm", datetime(2024, 3, 1, 20, 15)),
        ("Fri, 3/1/2024", "8:15 a.m.", datetime(2024, 3, 1, 8, 15)),
        ("ศ. 1/3/2024", "20:15", datetime(2024, 3, 1, 20, 15)),
        ("ศ. 1/3/2567", "20:15", datetime(2024, 3, 1, 20, 15)),
    ],
)
def test_days_and_times(tmp_path: Path, day: str, row: str, expected: datetime) -> None:
    assert read(tmp_path, f"{HEAD}{day}\n{row}\tAnn\thi there\n") == [
        RawSession(native_id=None, title="Ann"),
        RawTurn(speaker="Ann", text="hi there", said_at=expected, line=5),
    ]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("[LINE] Chat history with Ann", "Ann"),
        ("[LINE] Chat history in Book club", "Book club"),
        ("[LINE] 花子とのトーク履歴", "花子"),
        ("[LINE] 与小明的聊天记录", "小明"),
        ("[LINE] 與小明的聊天記錄", "小明"),
        ("\ufeff[LINE] Chat history with Ann", "Ann"),
    ],
)
def test_titles(tmp_path: Path, head: str, title: str) -> None:
    assert read(tmp_path, f"{head}\n\n2024/03/01 Fri\n07:33\tAnn\thi\n")[0] == RawSession(native_id=None, title=title)


def test_messages_of_several_lines(tmp_path: Path) -> None:
    text = (
        HEAD + '2024/03/01 Fri\n07:33\tAnn\t"one\n2024/03/02 Sat\n\ntwo ""x"""\n07:34\tBob\tplain\ngoes on\n'
        '07:35\tAnn\t"quoted" word\n\n2024/03/02 Sat\n07:36\tBob\tnext day\n'
    )
    found = turns(read(tmp_path, text))
    assert [(turn.text, turn.line) for turn in found] == [
        ('one\n2024/03/02 Sat\n\ntwo "x"', 5),
        ("plain\ngoes on", 9),
        ('"quoted" word', 11),
        ("next day", 14),
    ]
    assert found[-1].said_at == datetime(2024, 3, 2, 7, 36)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("Ann joined the chat.", "system line"),
        ("\tAnn joined", "system line"),
        ("Ann\t[Photo]", "media without words"),
        ("Ann\t[スタンプ]", "media without words"),
        ("Ann\t[รูป]", "media without words"),
        ("Ann\t☎ Call time 1:23", "call"),
        ("Ann\t", "empty message"),
    ],
)
def test_what_is_no_utterance(tmp_path: Path, rest: str, reason: str) -> None:
    assert read(tmp_path, f"{HEAD}2024/03/01 Fri\n07:33\t{rest}\n")[1:] == [Ignored(reason=reason)]


def test_words_in_brackets_are_words(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, HEAD + "2024/03/01 Fri\n07:33\tAnn\t[no idea]\n"))
    assert turn.text == "[no idea]"


def test_the_order_of_days_decides_where_no_weekday_is_known(tmp_path: Path) -> None:
    days = "".join(f"xx. {n}/3/2024\n07:33\tAnn\thi\n" for n in range(1, 6))
    found = [turn.said_at for turn in turns(read(tmp_path, HEAD + days))]
    assert found == [datetime(2024, 3, n, 7, 33) for n in range(1, 6)]


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, HEAD + "words\n2024/13/45 Fri\n25:99\tAnn\thi\n07:33\tAnn\thi\n")
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [
        (4, "not a line of a LINE chat"),
        (5, "no such date"),
        (6, "no such time"),
    ]
    (turn,) = turns(items)
    assert (turn.said_at, turn.metadata) == (None, {"clock": "07:33"})


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (HEAD + "2024/03/01 Fri\n07:33\tAnn\thi\n", True),
        ("2024/03/01 Fri\n07:33\tAnn\thi\n07:34\tBob\tho\n", True),
        ("2005-01-08 23:33:54\tann\thi\n", False),
        ("07:33\tAnn\thi\n", False),
        ("[12:18] <ann> hi\n", False),
    ],
)
def test_sniff(tmp_path: Path, text: str, sure: bool) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    assert (line.READER.sniff(Source(uri="x", path=path)) > 0.9) == sure


def test_a_longer_export_has_the_same_turns(tmp_path: Path) -> None:
    older = HEAD + "2024/03/01 Fri\n07:33\tAnn\thi\n"
    newer = older.replace("19:57", "21:00") + "07:34\tBob\tho\n"
    assert turns(read(tmp_path, newer))[:1] == turns(read(tmp_path, older))
