"""IRC logs of many clients, and the clock that carries their dates."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import irc
from memcli.ingest.readers.base import LINE_BYTES, Ignored, Item, RawSession, RawTurn, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
EVENT = Ignored(reason="join, part, nick, mode or topic line")


def read(tmp_path: Path, text: str, name: str = "2004-11-15.log") -> list[Item]:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return list(irc.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def times(items: list[Item]) -> list[str]:
    return [f"{turn.said_at:%m-%d %H:%M}" if turn.said_at else "-" for turn in turns(items)]


def shared(*parts: str) -> list[Item]:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared data is not here")
    return list(irc.READER.read(Source(uri=str(path), path=path)))


def test_one_line(tmp_path: Path) -> None:
    assert read(tmp_path, "[12:18] <|trey|> usual, quite stable  :)\r\n") == [
        RawSession(native_id=f"{tmp_path.name}/2004-11-15", title=f"{tmp_path.name}/2004-11-15"),
        RawTurn(speaker="|trey|", text="usual, quite stable  :)", said_at=datetime(2004, 11, 15, 12, 18), line=1),
    ]


@pytest.mark.parametrize(
    ("line", "said_at"),
    [
        ("[23:33] <ann> hi", datetime(2004, 11, 15, 23, 33)),
        ("[23:33:54] <ann> hi", datetime(2004, 11, 15, 23, 33, 54)),
        ("23:33 <ann> hi", datetime(2004, 11, 15, 23, 33)),
        ("23:33 <@ann> hi", datetime(2004, 11, 15, 23, 33)),
        ("23:33 < ann> hi", datetime(2004, 11, 15, 23, 33)),
        ("2005-01-08T23:33:54  <ann> hi", datetime(2005, 1, 8, 23, 33, 54)),
        ("2005-01-08T23:33:54+0000  <ann> hi", datetime(2005, 1, 8, 23, 33, 54, tzinfo=UTC)),
        ("[2005-01-08 23:33:54] <ann> hi", datetime(2005, 1, 8, 23, 33, 54)),
        ("2005-01-08 23:33:54\tann\thi", datetime(2005, 1, 8, 23, 33, 54)),
        ("2005-01-08 23:33:54\t@ann\thi", datetime(2005, 1, 8, 23, 33, 54)),
        ("Jan 08 23:33:54 <ann>\thi", datetime(2004, 1, 8, 23, 33, 54)),
        ("[14 Jan 23:33] <ann!n=ann@example.org> +hi", datetime(2004, 1, 14, 23, 33)),
    ],
)
def test_shapes(tmp_path: Path, line: str, said_at: datetime) -> None:
    (turn,) = turns(read(tmp_path, line + "\n"))
    assert (turn.speaker, turn.text, turn.said_at, turn.metadata) == ("ann", "hi", said_at, {})


@pytest.mark.parametrize(
    ("line", "speaker", "text", "kind"),
    [
        ("[06:25]  * ann waves", "ann", "waves", "action"),
        ("06:25  * ann waves", "ann", "waves", "action"),
        ("2012-10-17T09:16:35+0000  * ann is wondering...", "ann", "is wondering...", "action"),
        ("2005-01-08 23:33:54\t *\tann waves", "ann", "waves", "action"),
        ("=== ann scrolls up", "ann", "scrolls up", "action"),
        ("[06:25] Action: ann waves", "ann", "waves", "action"),
        ("[06:25] * ann has left her keys at home", "ann", "has left her keys at home", "action"),
        ("[06:25] -ann:#ubuntu- hi all", "ann", "hi all", "notice"),
        ("[06:25] -ann- hi all", "ann", "hi all", "notice"),
        ("[06:25] (ann/#ubuntu) hi all", "ann", "hi all", "notice"),
    ],
)
def test_actions_and_notices(tmp_path: Path, line: str, speaker: str, text: str, kind: str) -> None:
    (turn,) = turns(read(tmp_path, line))
    assert (turn.speaker, turn.text, turn.metadata) == (speaker, text, {kind: True})


@pytest.mark.parametrize(
    "line",
    [
        "=== topyli [~juha@dsl.inet.fi]  has left #ubuntu []",
        "=== tuxx [~tuxx@0x50.dk]  has joined #ubuntu",
        "=== usual is now known as ubuntor",
        "=== bur[n] [~b@x]  has joined #ubuntu",
        "=== mode/#ubuntu [+o Seveas] by ChanServ",
        "=== netjoined: irc.freenode.net -> kornbluth.freenode.net",
        "12:18 -!- ann [~ann@example.org] has joined #ubuntu",
        "2005-01-08T23:33:54  *** povbot has joined #pov",
        "2005-01-08 23:33:54\t-->\tann (~ann@example.org) has joined #ubuntu",
        "2005-01-08 23:33:54\t<--\tann (~ann@example.org) has quit (Quit: bye)",
        "2005-01-08 23:33:54\t--\tMode #ubuntu [+o ann] by bob",
        "[14 Jan 11:32] *** You disconnected",
        "[14 Jan 10:36] --> jsmith (n=user@68.net) joined the channel",
        "[10:36] * ann has joined #ubuntu",
        "[10:36] * ann has quit IRC (Quit: bye)",
        "[10:36] * ann sets mode: +o bob",
        "[10:36] ann (~ann@example.org) has joined #ubuntu",
        "Jan 08 23:33:54 *\tann (~ann@example.org) has joined #ubuntu",
        "--- Log opened Mon Nov 15 12:18:00 2004",
        "**** BEGIN LOGGING AT Sat Jan  8 23:33:54 2005",
    ],
)
def test_events_are_ignored(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, line)[1:] == [EVENT]


@pytest.mark.parametrize(
    "line",
    [
        "2012-10-17T09:19:43+0000  Tv_ http://vger.kernel.org/",
        "just some words",
        "[25:61] <ann> hi",
        "2012-13-17T09:19:43 <ann> hi",
        "[30 Feb 10:00] <ann> hi",
        "[12:18] <unclosed",
        "[12:18] <> hi",
        "[12:18] <" + "x" * 200 + "> hi",
    ],
)
def test_what_cannot_be_read_costs_only_itself(tmp_path: Path, line: str) -> None:
    items = read(tmp_path, f"[12:18] <ann> one\n{line}\n[12:19] <ann> two\n")
    assert [turn.text for turn in turns(items)] == ["one", "two"]
    (skipped,) = [item for item in items if isinstance(item, Skipped)]
    assert (skipped.line, skipped.excerpt) == (2, line[:200])


def test_empty_messages_and_blank_lines(tmp_path: Path) -> None:
    items = read(tmp_path, "[12:18] <ann> a\n\n  \n[12:18] <ann>\n[12:18] <ann> \n[12:18] <ann> > b\n")
    assert items[2:4] == [Ignored(reason="empty message")] * 2
    assert [(turn.line, turn.text) for turn in turns(items)] == [(1, "a"), (6, "> b")]


def test_a_24_hour_clock_turns_at_midnight(tmp_path: Path) -> None:
    items = read(tmp_path, "[13:00] <a> x\n[23:59] <a> x\n[00:00] <a> x\n[23:59] <a> x\n[00:01] <a> x\n[13:00] <a> x\n")
    assert times(items) == ["11-15 13:00", "11-15 23:59", "11-16 00:00", "11-15 23:59", "11-16 00:01", "11-16 13:00"]


def test_a_small_step_back_changes_no_date(tmp_path: Path) -> None:
    items = read(tmp_path, "[13:00] <a> x\n[12:58] <a> x\n[03:10] <a> x\n")
    assert times(items) == ["11-15 13:00", "11-15 12:58", "11-15 03:10"]


def test_a_12_hour_clock_turns_at_noon(tmp_path: Path) -> None:
    items = read(tmp_path, "[09:10] <a> x\n[12:59] <a> x\n[01:00] <a> x\n[11:55] <a> x\n[00:05] <a> x\n")
    assert times(items) == ["11-15 09:10", "11-15 12:59", "11-15 13:00", "11-15 23:55", "11-16 00:05"]


def test_a_channel_over_days_in_irssi(tmp_path: Path) -> None:
    text = (
        "--- Log opened Mon Nov 15 23:58:00 2004\n23:59 < ann> a\n--- Day changed Tue Nov 16 2004\n00:00 < ann> b\n"
        "--- Log closed Tue Nov 16 00:01:00 2004\n--- Log opened Fri Dec 31 2004\n10:00 < ann> c\n"
    )
    assert times(read(tmp_path, text, "#ubuntu.log")) == ["11-15 23:59", "11-16 00:00", "12-31 10:00"]


def test_day_changed_after_midnight_was_noticed(tmp_path: Path) -> None:
    text = "23:59 < ann> a\n00:00 < ann> b\n--- Day changed Tue Nov 16 2004\n00:01 < ann> c\n"
    assert times(read(tmp_path, text)) == ["11-15 23:59", "11-16 00:00", "11-16 00:01"]


def test_the_same_time_of_another_day(tmp_path: Path) -> None:
    text = "10:00 < ann> a\n--- Day changed Tue Nov 16 2004\n10:00 < ann> b\n10:00 < ann> c\n"
    assert times(read(tmp_path, text)) == ["11-15 10:00", "11-16 10:00", "11-16 10:00"]


def test_a_year_turns_in_dates_without_one(tmp_path: Path) -> None:
    text = "**** BEGIN LOGGING AT Fri Dec 31 23:00:00 2004\n\nDec 31 23:59:00 <a>\tx\nJan 01 00:01:00 <a>\ty\n"
    found = turns(read(tmp_path, text, "chan.log"))
    assert [turn.said_at for turn in found] == [datetime(2004, 12, 31, 23, 59), datetime(2005, 1, 1, 0, 1)]


def test_without_a_date_the_clock_is_kept(tmp_path: Path) -> None:
    found = turns(read(tmp_path, "[12:18] <ann> a\n[12:18] <ann> b\n[12:18] * ann c\n<ann> d\n", "ubuntu.log"))
    assert [turn.said_at for turn in found] == [None] * 4
    assert [dict(turn.metadata) for turn in found] == [
        {"clock": "12:18"},
        {"clock": "12:18"},
        {"clock": "12:18", "action": True},
        {"clock": "12:18"},
    ]


def test_a_line_without_a_time_has_that_of_the_line_before(tmp_path: Path) -> None:
    items = read(tmp_path, "[12:18] <ann> a\n=== ann scrolls up\n")
    assert times(items) == ["11-15 12:18", "11-15 12:18"]


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2004-11-15_03.raw.txt", datetime(2004, 11, 15)),
        ("#chan_20041115.log", datetime(2004, 11, 15)),
        ("chan.2004.11.15.log", datetime(2004, 11, 15)),
        ("20041315.log", None),
        ("120041115.log", None),
        ("irc.log", None),
    ],
)
def test_dates_in_names(name: str, date: datetime | None) -> None:
    assert irc.date_in_name(name) == date


def test_a_nick_with_a_mode_is_the_same_nick(tmp_path: Path) -> None:
    found = turns(read(tmp_path, "[12:18] <ann> a\n[12:18] <@ann> b\n[12:18] <ann> c <b> d\n[12:18] <@ann> e\n"))
    assert [(turn.speaker, turn.text) for turn in found] == [
        ("ann", "a"),
        ("ann", "b"),
        ("ann", "c <b> d"),
        ("ann", "e"),
    ]


def test_an_over_long_line_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, f"[12:18] <ann> a\n[12:18] <ann> {'x' * LINE_BYTES}\n[12:18] <ann> b\n")
    assert [(turn.line, turn.text) for turn in turns(items)] == [(1, "a"), (3, "b")]
    assert [item.line for item in items if isinstance(item, Skipped)] == [2]


def test_a_log_with_stamps_of_ubuntu() -> None:
    items = shared("ubuntu_irc", "2004-11-15_03.raw.txt")
    assert items[0] == RawSession(native_id="2004-11-15_03.raw", title="2004-11-15_03.raw")
    assert items[1] == RawTurn(
        speaker="|trey|", text="usual, quite stable though  :)", said_at=datetime(2004, 11, 15, 12, 18), line=1
    )
    assert turns(items)[-1].said_at == datetime(2004, 11, 15, 16, 51)  # written [04:51], after [12:59] and [01:00]
    assert not any(isinstance(item, Skipped) for item in items)


def test_all_logs_of_ubuntu_are_read_and_none_goes_back_in_time() -> None:
    paths = sorted(SHARED.glob("ubuntu_irc/2*.txt"))
    if not paths:
        pytest.skip("the shared data is not here")
    kinds: Counter[str] = Counter()
    for path in paths:
        last = datetime(1, 1, 1)
        for item in irc.READER.read(Source(uri=str(path), path=path)):
            kinds[type(item).__name__] += 1
            if isinstance(item, RawTurn):
                assert item.said_at is not None
                assert item.said_at >= last
                last = item.said_at
    assert kinds == {"RawSession": 173, "RawTurn": 222_872, "Ignored": 25_091}


def test_a_log_of_dircproxy() -> None:
    items = shared("formats", "irc", "irclog2html_2009-01-14-dircproxy.log")
    found = turns(items)
    assert len(found) == 9
    assert (found[0].speaker, found[0].said_at) == ("nombyte", datetime(2009, 1, 14, 12, 36))
    assert found[0].text.startswith("hey doesn't anyone know")
    assert found[-1].text == "k"
    other = shared("formats", "irc", "irclog2html_2009-01-16-dircproxy.log")
    assert (turns(other)[0].text, turns(other)[0].metadata) == ("wanders away...", {"action": True})


def test_logs_of_supybot() -> None:
    items = shared("formats", "irc", "perceval_supybot_valid.log")
    assert len(turns(items)) == 50
    assert turns(items)[0].said_at == datetime(2012, 10, 17, 9, 16, 21, tzinfo=UTC)
    assert [item.line for item in items if isinstance(item, Skipped)] == [23]
    bad = shared("formats", "irc", "perceval_supybot_invalid_msg.log")
    assert [item.line for item in bad if isinstance(item, Skipped)] == [9]


def test_logs_with_foreign_bytes() -> None:
    found = turns(shared("formats", "irc", "irclog2html_sample.log"))
    assert found[0].text == "let's see if irc logging works... ąčę"
    assert len(found) == 7
