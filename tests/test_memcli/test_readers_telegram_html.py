"""Telegram's export as web pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item

HEAD = """<!DOCTYPE html>
<html>
 <head><meta charset="utf-8"/><title>Exported Data</title></head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
Weekend crew
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
     <div class="message service" id="message-1">
      <div class="body details">
2 January 2024
      </div>
     </div>
"""
FOOT = "    </div>\n   </div>\n  </div>\n </body>\n</html>\n"


def message(number: int, body: str, name: str = "", date: str = "02.01.2024 10:30:00 UTC+01:00") -> str:
    named = f'       <div class="from_name">\n{name} \n       </div>\n' if name else ""
    return (
        f'     <div class="message default clearfix{"" if name else " joined"}" id="message{number}">\n'
        '      <div class="pull_left userpic_wrap"><div class="userpic"><div class="initials">\nA\n</div></div></div>\n'
        '      <div class="body">\n'
        f'       <div class="pull_right date details" title="{date}">\n10:30\n       </div>\n{named}{body}'
        "      </div>\n     </div>\n"
    )


def text(words: str) -> str:
    return f'       <div class="text">\n{words}\n       </div>\n'


def items(tmp_path: Path, *messages: str, name: str = "messages.html") -> list[Item]:
    return read(write(tmp_path, name, HEAD + "".join(messages) + FOOT), "telegram")


def test_messages_and_joined_messages(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(7, text("Hello <strong>world</strong>, <em>all</em><br>a &amp; b"), "Ada &amp; Co"),
        message(8, text("again")),
        message(9, text("me too"), "Bo"),
    )
    assert [title for _, title in sessions(found)] == ["Weekend crew"]
    assert [(turn.speaker, turn.text, turn.native_id) for turn in turns(found)] == [
        ("Ada & Co", "Hello world, all\na & b", "7"),
        ("Ada & Co", "again", "8"),
        ("Bo", "me too", "9"),
    ]
    said_at = turns(found)[0].said_at
    assert said_at == datetime(2024, 1, 2, 9, 30, tzinfo=UTC)
    assert said_at is not None
    assert said_at.utcoffset() == timedelta(hours=1)
    lines = (tmp_path / "messages.html").read_text().split("\n")
    assert all(f'id="message{turn.native_id}"' in lines[(turn.line or 0) - 1] for turn in turns(found))
    assert ignored(found) == {"service message": 1}


def test_details(tmp_path: Path) -> None:
    reply = '<div class="reply_to details">\nIn reply to <a href="#go_to_message5">this message</a>\n</div>\n'
    link = text('see <a href="https://a.org/x">the page</a>, <a href="https://b.org">https://b.org</a>')
    forwarded = (
        '<div class="forwarded body"><div class="from_name">\nNews <span class="date details" '
        'title="01.01.2024 09:00:00 UTC+01:00"> 01.01.2024</span>\n</div>' + text("old words") + "</div>\n"
    )
    found = items(
        tmp_path, message(7, reply + link, "Ada"), message(8, forwarded, "Bo"), message(9, text("x"), "Cy via @gif")
    )
    assert [(turn.speaker, turn.text, turn.metadata) for turn in turns(found)] == [
        ("Ada", "see the page, https://b.org", {"reply_to": "5", "links": ["https://a.org/x"]}),
        ("Bo", "old words", {"forwarded_from": "News"}),
        ("Cy", "x", {"via_bot": "@gif"}),
    ]
    assert turns(found)[1].said_at == datetime(2024, 1, 2, 9, 30, tzinfo=UTC)


def test_media(tmp_path: Path) -> None:
    photo = '<div class="media_wrap clearfix"><a class="photo_wrap" href="photos/1.jpg"><img src="t.jpg"></a></div>'
    found = items(tmp_path, message(7, photo, "Ada"), message(8, photo + text("my cat"), "Ada"))
    assert texts(found) == ["my cat"]
    assert ignored(found) == {"service message": 1, "media without words": 1}


def test_old_pages_have_no_zone(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(7, text("x"), "Ada", date="02.01.2019 10:30:00")))
    assert turn.said_at == datetime(2019, 1, 2, 10, 30)


def test_all_pages_of_a_chat_are_one_conversation(tmp_path: Path) -> None:
    first = items(tmp_path, message(7, text("a"), "Ada"))
    second = items(tmp_path, message(8, text("b"), "Ada"), name="messages2.html")
    longer = items(tmp_path, message(7, text("a"), "Ada"), message(8, text("b"), "Ada"))
    assert sessions(first) == sessions(second) == sessions(longer)
    assert kept(longer) == kept(first) + kept(second)


def test_a_time_that_is_none_costs_only_its_message(tmp_path: Path) -> None:
    found = items(tmp_path, message(7, text("a"), "Ada", date="32.01.2024 10:30:00"), message(8, text("b"), "Ada"))
    assert (texts(found), [one.line for one in skipped(found)]) == (["b"], [20])


def test_a_tag_without_end_is_bounded(tmp_path: Path) -> None:
    page = HEAD + message(7, text("a"), "Ada") + "<div class='" + "x\n" * 100_000
    found = read(write(tmp_path, "messages.html", page), "telegram")
    assert texts(found) == ["a"]
    assert len(skipped(found)) == 1
