"""Gemini in a Takeout: prompts and answers by day, as JSON and as a page; times in many languages."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import gemini, gemini_cells
from memcli.ingest.readers.base import HEAD_BYTES, Ignored, Item, RawSession, RawTurn, Skipped, Source
from memcli.ingest.readers.gemini_dates import activity_time


def activity(title: str, time: str = "2026-03-10T18:00:00.000Z", *answers: str, **more: Any) -> dict[str, Any]:
    found = {"header": "Gemini Apps", "title": title, "time": time, "products": ["Gemini Apps"]}
    return found | ({"safeHtmlItem": [{"html": answer} for answer in answers]} if answers else {}) | more


def read(tmp_path: Path, data: object, name: str = "MyActivity.json") -> list[Item]:
    path = tmp_path / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=1), encoding="utf-8")
    source = Source(uri=name, path=path)
    assert gemini.READER.sniff(source) > 0.8
    return list(gemini.READER.read(source))


def texts(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, RawTurn)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Ignored | Skipped)]


def test_a_prompt_and_its_answer(tmp_path: Path) -> None:
    items = read(tmp_path, [activity("Prompted Capital of Australia?", "2026-03-10T18:00:00.5Z", "<p>Canberra.</p>")])
    then = datetime(2026, 3, 10, 18, 0, 0, 500_000, tzinfo=UTC)
    assert items == [
        RawSession(native_id="2026-03-10", title="Gemini, 2026-03-10"),
        RawTurn(speaker="user", text="Capital of Australia?", said_at=then, line=2, role="user"),
        RawTurn(speaker="assistant", text="Canberra.", said_at=then, line=2, role="assistant"),
    ]


def test_days_are_sessions_and_told_from_their_beginning(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        [
            activity("Prompted d", "2026-03-11T00:00:01Z"),
            activity("Prompted c", "2026-03-10T18:05:00Z"),
            activity("Prompted b", "2026-03-10T18:00:00Z"),
            activity("Prompted a", "2026-03-10T18:00:00Z"),
        ],
    )
    assert [item.native_id if isinstance(item, RawSession) else item.text for item in items] == [  # type: ignore[union-attr]
        "2026-03-11", "d", "2026-03-10", "a", "b", "c",
    ]  # fmt: skip


def test_a_link_names_the_conversation(tmp_path: Path) -> None:
    items = read(tmp_path, [activity("Prompted a", titleUrl="https://gemini.google.com/app/c_0123abcd")])
    assert items[0] == RawSession(native_id="0123abcd", title="Gemini, 2026-03-10")


def test_answers_that_were_made_again_are_kept(tmp_path: Path) -> None:
    assert texts(read(tmp_path, [activity("Prompted a", "2026-03-10T18:00:00Z", "<p>one</p>", "<p>two</p>")])) == [
        "a", "one", "two",
    ]  # fmt: skip


def test_code_in_an_answer_keeps_its_lines(tmp_path: Path) -> None:
    code = "def f():\n    return <b>1</b> &lt; 2"
    html = f'<p>See:</p><pre class="x"><code class="y">{code}</code></pre><script>no()</script>'
    assert texts(read(tmp_path, [activity("Prompted a", "2026-03-10T18:00:00Z", html)]))[1] == (
        "See:\n\ndef f():\n    return 1 < 2"
    )


@pytest.mark.parametrize(
    ("title", "answer", "expected"),
    [
        ("Eingegebener Prompt: Wie spät?", "", ["Wie spät?"]),
        ("Prompted\u00a0hello", "", ["hello"]),
        ("Запрос: который час?", "<p>5</p>", ["Запрос: который час?", "5"]),
    ],
)
def test_titles_in_other_languages(tmp_path: Path, title: str, answer: str, expected: list[str]) -> None:
    assert texts(read(tmp_path, [activity(title, "2026-03-10T18:00:00Z", *([answer] if answer else []))])) == expected


def test_what_is_no_prompt(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        [
            activity("Gave feedback: Good response"),
            activity("Created Gemini Canvas titled Oven", "2026-03-10T18:00:00Z", "<p>text</p>"),
            activity("Something in a language that is not known"),
            activity("Searched for pizza", header="Search", products=["Search"]),
        ],
    )
    assert texts(items) == []
    assert reasons(items) == [*["activity without a prompt"] * 3, "activity of another product"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "an activity without a title"),
        (activity("Prompted x", "soon"), "'soon' is no ISO 8601 time"),
        (activity("Prompted x", ""), "an activity without a time"),
    ],
)
def test_a_bad_activity_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    items = read(tmp_path, [activity("Prompted a"), bad, activity("Prompted b", "2026-03-10T17:00:00Z")])
    assert texts(items) == ["b", "a"]
    assert reasons(items) == [reason]


UNREADABLE = "<p " + "x" * 50
"""A tag that never ends: there are letters, and a browser shows none of them."""


def test_an_answer_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    items = read(tmp_path, [activity("Prompted a", "2026-03-10T18:00:00Z", UNREADABLE, "fine", "<img src=x>", "<br>")])
    assert texts(items) == ["a", "fine"]
    assert [(type(item), item.reason) for item in items if isinstance(item, Ignored | Skipped)] == [
        (Skipped, "an answer that cannot be read"),
        (Ignored, "media without words"),
    ]
    items = read(tmp_path, [activity("Prompted a", safeHtmlItem=[{"html": 7}, {"text": "x"}])])
    assert texts(items) == ["a"]
    assert reasons(items) == ["an answer that is no text"] * 2


def test_attached_files_are_named(tmp_path: Path) -> None:
    items = read(tmp_path, [activity("Prompted a", attachedFiles=["a.png", "b.png"], imageFile="a.png")])
    assert [item.metadata for item in items if isinstance(item, RawTurn)] == [{"attachments": ["a.png", "b.png"]}]


def cell(body: str, product: str = "Gemini Apps") -> str:
    return (
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        f'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">{product}<br></p></div>'
        f'<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">{body}</div>'
        '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>'
        '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;Gemini'
        "</div></div></div>"
    )


def page(*cells: str, styles: int = 100, between: str = "") -> str:
    style = ".mdl-cell{margin:8px}" * styles
    return (
        f"<html><head><title>My Activity</title><style>{style}</style></head><body>{between.join(cells)}</body></html>"
    )


def test_a_page(tmp_path: Path) -> None:
    data = page(
        cell("Prompted&nbsp;one &amp; two<br>Mar 10, 2026, 6:12:00\u202fPM UTC<br><p>At <b>six</b>.</p><br>"),
        cell("Prompted first<br>line two<br>Mar 10, 2026, 6:00:00\u202fPM UTC<br>"),
        between="\n",
    )
    then = datetime(2026, 3, 10, 18, tzinfo=UTC)
    assert read(tmp_path, data, "MyActivity.html") == [
        RawSession(native_id="2026-03-10", title="Gemini, 2026-03-10"),
        RawTurn(speaker="user", text="first\nline two", said_at=then, line=2, role="user"),
        RawTurn(speaker="user", text="one & two", said_at=then + timedelta(minutes=12), line=1, role="user"),
        RawTurn(speaker="assistant", text="At six.", said_at=then + timedelta(minutes=12), line=1, role="assistant"),
    ]


def test_attachments_of_a_page_are_no_words_of_the_prompt(tmp_path: Path) -> None:
    attached = 'Attached 1 file.<br>-&nbsp; <a href="x">oven.png</a>'
    body = f"Prompted draw it<br>{attached}<br>10.03.2026, 18:12:00 MEZ<br><p>ok</p>"
    items = read(tmp_path, page(cell(body)), "MyActivity.html")
    assert texts(items) == ["draw it", "ok"]
    assert [item.metadata for item in items if isinstance(item, RawTurn)] == [{"attachments": ["oven.png"]}, {}]


def test_a_link_in_a_page_names_the_conversation(tmp_path: Path) -> None:
    body = (
        'Prompted <a href="https://gemini.google.com/app/abc123">Which version?</a><br>Apr 12, 2026, 3:34:31 PM EDT'
        '<p>Mine. See <a href="https://gemini.google.com/app/other99">that</a></p>'
    )
    items = read(tmp_path, page(cell(body)), "MyActivity.html")
    assert items[0] == RawSession(native_id="abc123", title="Gemini, 2026-04-12")
    assert texts(items) == ["Which version?", "Mine. See that"]


def test_other_cells_of_a_page(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        page(
            cell("Searched for pizza<br>Mar 10, 2026, 6:12:00 PM UTC<br>", "Search"),
            cell("Gave feedback: Good response<br>Mar 10, 2026, 6:12:00 PM UTC<br>"),
            cell("Prompted without a time<br>sometime<br>"),
        ),
        "MyActivity.html",
    )
    assert reasons(items) == ["activity of another product", "activity without a prompt", "an activity without a time"]


def test_an_answer_in_a_page_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    time = "Mar 10, 2026, 6:12:00 PM UTC"
    items = read(
        tmp_path,
        page(
            cell(f"Prompted one<br>{time}<br>{UNREADABLE}"),
            cell(f"Prompted two<br>{time}<br><img src=x>"),
            cell(f"Prompted three<br>{time}<br>"),
        ),
        "MyActivity.html",
    )
    assert texts(items) == ["three", "two", "one"]
    assert sorted(reasons(items)) == ["an answer that cannot be read", "media without words"]


def test_the_styles_of_a_page_may_be_longer_than_its_head(tmp_path: Path) -> None:
    data = page(cell("Prompted a<br>Mar 10, 2026, 6:12:00 PM UTC<br>"), styles=8000)
    assert data.index("outer-cell") > HEAD_BYTES
    assert texts(read(tmp_path, data, "MyActivity.html")) == ["a"]


def test_a_page_of_another_product_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "MyActivity.html"
    path.write_text(
        page(cell("Searched for pizza<br>Mar 10, 2026, 6:12:00 PM UTC<br>", "Search").replace("Gemini", "x"))
    )
    assert gemini.READER.sniff(Source(uri="x", path=path)) == 0


def test_a_cell_that_is_too_long_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini_cells, "CELL_CHARS", 300_000)
    long = cell("Prompted b<br>Mar 10, 2026, 6:12:00 PM UTC<br>" + "<p>x</p>\n" * 200_000)
    small = [cell(f"Prompted {name}<br>Mar 10, 2026, 6:12:0{n} PM UTC<br>") for n, name in enumerate("ac")]
    items = read(tmp_path, page(small[0], long, small[1]), "MyActivity.html")
    assert texts(items) == ["a", "c"]
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [
        (1, "an activity that is too long")
    ]
    assert [item.line for item in items if isinstance(item, RawTurn)] == [1, 200_001]


def at(*parts: int, hours: float | None = None) -> datetime:
    return datetime(*parts, tzinfo=None if hours is None else timezone(timedelta(hours=hours)))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mar 10, 2026, 6:12:00\u202fPM UTC", at(2026, 3, 10, 18, 12, 0, hours=0)),
        ("Mar 10, 2026, 12:12:00 AM PDT", at(2026, 3, 10, 0, 12, 0, hours=-7)),
        ("10 Mar 2026, 18:12:00 GMT", at(2026, 3, 10, 18, 12, 0, hours=0)),
        ("10.03.2026, 18:12:00 MESZ", at(2026, 3, 10, 18, 12, 0, hours=2)),
        ("10 mars 2026, 18:12:00 CET", at(2026, 3, 10, 18, 12, 0, hours=1)),
        ("12 juil. 2026, 18:12:00 UTC+02:00", at(2026, 7, 12, 18, 12, 0, hours=2)),
        ("10 de mai. de 2026, 03:46:09 BRT", at(2026, 5, 10, 3, 46, 9, hours=-3)),
        ("10 мар. 2026 г., 18:12:00 MSK", at(2026, 3, 10, 18, 12, 0, hours=3)),
        ("2026/03/10 18:12:00 JST", at(2026, 3, 10, 18, 12, 0, hours=9)),
        ("2026. 3. 10. 오후 6:12:00 KST", at(2026, 3, 10, 18, 12, 0, hours=9)),
        ("2026年3月10日 下午6:12:00 GMT+8", at(2026, 3, 10, 18, 12, 0, hours=8)),
        ("2026年6月20日 00:28:51 CST", at(2026, 6, 20, 0, 28, 51)),
        ("10/03/2026, 18:12:00", None),
        ("Jan 32, 2026, 1:00:00 AM UTC", None),
        ("Foo 10, 2026, 1:00:00 AM UTC", None),
        ("Mar 10, 2026, 1:00:00 AM GMT+99", at(2026, 3, 10, 1, 0, 0)),
        ("we met on Mar 10, 2026", None),
    ],
)
def test_times(text: str, expected: datetime | None) -> None:
    found = activity_time(text)
    assert found == expected
    assert (found and found.utcoffset()) == (expected and expected.utcoffset())
