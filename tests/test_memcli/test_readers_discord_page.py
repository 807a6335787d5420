"""DiscordChatExporter's web pages and CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from reading import ignored, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import RETOLD, Item, RawTurn
from memcli.ingest.readers.timestamps import from_snowflake

FIRST = 1060919160000000000
NAME = "Guild - general [1012224565567721552].html"


def container(number: int, inner: str, *, first: bool = True, who: str = "Ann", bot: bool = False) -> str:
    tag = "<span class=chatlog__author-tag>BOT</span>" if bot else ""
    header = (
        f'<div class=chatlog__header><span class=chatlog__author title="{who}#1" data-user-id=77{len(who)}>{who}</span>'
        f"{tag}<span class=chatlog__timestamp><a href=#x>1/6/2023 2:03 PM</a></span></div>"
    )
    return (
        f'<div id=chatlog__message-container-{FIRST + number} class="chatlog__message-container" '
        f"data-message-id={FIRST + number}><div class=chatlog__message><div class=chatlog__message-aside>"
        f"{'<img class=chatlog__avatar src=a.png>' if first else '<div class=chatlog__short-timestamp>2:03 PM</div>'}"
        f"</div><div class=chatlog__message-primary>{header if first else ''}{inner}</div></div></div>\n"
    )


def content(words: str, edited: bool = False) -> str:
    note = "<span class=chatlog__edited-timestamp title=x>(edited)</span>" if edited else ""
    words = f"<span class=chatlog__markdown-preserve>{words}</span>"
    return f'<div class="chatlog__content chatlog__markdown">{words}{note}</div>'


def page(tmp_path: Path, *containers: str, name: str = NAME) -> list[Item]:
    body = "<div class=chatlog><div class=chatlog__message-group>" + "".join(containers) + "</div></div>"
    head = "<title>Guild - general</title><style>.chatlog__message{color:red}</style>"
    return read(
        write(tmp_path, name, f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>"), "discord"
    )


def test_a_page(tmp_path: Path) -> None:
    quoted = "<div class=chatlog__reply-author>Bo</div><div class=chatlog__reply-content>old</div>"
    reply = f"<div class=chatlog__reply>{quoted}</div>"
    smiles = 'again <img class="chatlog__emoji" alt="😄"> <img class=chatlog__emoji alt=blob>'
    notice = "<span class=chatlog__system-notification-author data-user-id=5>Bo</span><span>joined the server.</span>"
    found = page(
        tmp_path,
        container(1, content("Hello <strong>you</strong> &amp;\nall")),
        container(2, content(smiles, True), first=False),
        container(3, reply + content("me too"), who="Bob"),
        container(4, '<div class="chatlog__attachment"><img src=a.png></div>', who="Bob"),
        container(5, notice, first=False),
        container(6, content("beep"), who="Robot", bot=True),
    )
    assert sessions(found) == [("1012224565567721552", "Guild / general")]
    assert texts(found) == ["Hello you &\nall", "again 😄 :blob:", "me too", "beep"]
    assert [(turn.speaker, turn.role) for turn in turns(found)] == [
        ("Ann", "user"), ("Ann", "user"), ("Bob", "user"), ("Robot", "assistant"),
    ]  # fmt: skip
    assert ignored(found) == {"media without words": 1, "system message": 1}
    assert turns(found)[0] == RawTurn(
        speaker="Ann",
        speaker_key="773",
        text="Hello you &\nall",
        said_at=from_snowflake(FIRST + 1),
        line=1,
        native_id=str(FIRST + 1),
        worded_at=RETOLD,
    )


def test_an_id_tells_the_time() -> None:
    assert from_snowflake(175928847299117063) == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)


def test_a_page_whose_name_does_not_tell_the_channel(tmp_path: Path) -> None:
    assert sessions(page(tmp_path, container(1, content("hi")), name="export.html"))[0][0] == f"page/{FIRST + 1}"


def test_a_tag_without_end_is_bounded(tmp_path: Path) -> None:
    found = page(tmp_path, container(1, content("hi")), "<div " + "x" * 400_000)
    assert texts(found) == ["hi"]
    assert len(skipped(found)) == 1


HEADER = "AuthorID,Author,Date,Content,Attachments,Reactions\n"


def table(tmp_path: Path, *rows: str, name: str = "Guild - general [1012224565567721552].csv") -> list[Item]:
    return read(write(tmp_path, name, HEADER + "".join(rows)), "discord")


def row(date: str, words: str = "hi", attached: str = "") -> str:
    return f'"77","Ann#0000","{date}","{words}","{attached}",""\n'


def test_a_table(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        row("2023-01-06T14:03:07.1230000+00:00", "Hello\nall"),
        row("2023-01-06T14:04:00.0000000+00:00", "", "https://cdn.example/a.png"),
        row("2023-01-06T14:05:00.0000000+00:00", "Joined the server."),
        row("soon", "lost"),
    )
    assert sessions(found) == [("1012224565567721552", None)]
    assert turns(found) == [
        RawTurn(speaker="Ann", speaker_key="77", text="Hello\nall", line=2,
                said_at=datetime(2023, 1, 6, 14, 3, 7, 123000, tzinfo=UTC))
    ]  # fmt: skip
    assert ignored(found) == {"media without words": 1, "system message": 1}
    assert [item.reason for item in skipped(found)] == ["'soon' is no ISO 8601 time"]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["06-Jan-23 02:03 PM"], ["2023-01-06 14:03"]),
        (["1/6/2023 2:03 PM", "1/13/2023 12:03 AM"], ["2023-01-06 14:03", "2023-01-13 00:03"]),
        (["1/6/2023 2:03 PM"], ["2023-01-06 14:03"]),
        (["06.01.2023 14:03", "13.01.2023 00:03"], ["2023-01-06 14:03", "2023-01-13 00:03"]),
        (["2023/01/06 14:03"], ["2023-01-06 14:03"]),
        (["06/01/2023 14:03"], []),
        (["13/13/2023 14:03"], []),
    ],
)
def test_dates_as_locales_write_them(tmp_path: Path, dates: list[str], expected: list[str]) -> None:
    found = table(tmp_path, *map(row, dates))
    assert [f"{turn.said_at:%Y-%m-%d %H:%M}" for turn in turns(found)] == expected
    assert len(skipped(found)) == len(dates) - len(expected)
