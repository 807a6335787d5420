"""Real exports of chat services, read as a person who looks into the files would read them."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.detect import READERS, detect
from memcli.ingest.errors import NotALog
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FORMATS = SHARED / "formats"

SYSTEM, MEDIA, SERVICE = "system message", "media without words", "service message"
DISCORD = "discord/dce_33275c0_Example_guild_-_"
ENRIQUE, SAILOR = "slack/hfaran_export/enrique/", "slack/hfaran_export/traveling-sailor/"
GITHUB, PYRALLELSA, SAILOR_BOT = "B0JL6RASU", "B0VJZKVHC", "B0JL6UFSL"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a person finds in a file. Times are UTC where the format tells them."""

    format: str
    session: str | None
    title: str | None
    speakers: dict[str, int]
    first: str
    last: str
    ignored: dict[str, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    """Texts, or how they begin where they end in "...", by the number of the turn."""
    lines: dict[int, int] = field(default_factory=dict)


def enrique(first: str, last: str, speakers: dict[str, int], **more: object) -> Expected:
    return Expected(
        format="slack", session="C0JGLMMNX", title="#enrique", first=first, last=last, speakers=speakers, **more
    )  # type: ignore[arg-type]


def sailor(first: str, last: str, speakers: dict[str, int], **more: object) -> Expected:
    title = "#traveling-sailor"
    return Expected(format="slack", session="C0JL6CGQ2", title=title, first=first, last=last, speakers=speakers, **more)  # type: ignore[arg-type]


EXPECTED = {
    DISCORD + "Text_Channels_-_chill_talk_[1012224565567125544].json": Expected(
        format="discord",
        session="1012224565567875236",
        title="Example guild / chill talk",
        speakers={"Adam": 2, "Patrick": 1, "RICK NITRO": 1, "Thomas": 2},
        first="2023-01-06T16:11:26.414+00:00",
        last="2023-01-06T16:14:05.275+00:00",
        texts={0: "It's a little cold in here 🥶", 3: "@Adam delete this please", 4: "Done"},
        lines={0: 20, 3: 108, 5: 167},
    ),
    DISCORD + "Text_Channels_-_chill_talk_[1012224565567125544]_without_deleted_message.json": Expected(
        format="discord",
        session="1012224565567875236",
        title="Example guild / chill talk",
        speakers={"Adam": 2, "Patrick": 1, "Thomas": 2},
        first="2023-01-06T16:11:26.414+00:00",
        last="2023-01-06T16:14:05.275+00:00",
        texts={1: "Yeah, it's winter :thisisfine:", 4: ":pepeheart:"},
    ),
    DISCORD + "Text_Channels_-_general_[1012224565567721552].json": Expected(
        format="discord",
        session="1012224565567721552",
        title="Example guild / general",
        speakers={"Adam": 16, "Thomas": 7, "Patrick": 5},
        first="2023-01-06T14:03:03.853+00:00",
        last="2023-01-06T16:05:35.860+00:00",
        ignored={SYSTEM: 4, MEDIA: 3},
        texts={
            1: "Hello 👏",
            7: "How so? We are chatting online now",
            23: 'You can start learning Python 3 as your first language. This is how you would write "Hello World!"...',
            27: "Anyway that's all. If you find this project useful, please consider starring ⭐ it on GitHub.\n...",
        },
        lines={0: 20, 27: 950},
    ),
    DISCORD + "general_-_Thomas_is_Thomas_[1060927310439657577].json": Expected(
        format="discord",
        session="1060927310439657577",
        title="Example guild / Thomas is Thomas",
        speakers={"Adam": 2, "Thomas": 1, "Patrick": 2},
        first="2023-01-06T14:26:58.031+00:00",
        last="2023-01-06T14:27:26.980+00:00",
        texts={0: "Here you are 🙂", 1: "thanks!", 4: "Thank you!"},
    ),
    "google_chat/EXCERPTS_messages.json": Expected(
        format="google-chat",
        session="k6oxHQAAAAE",
        title=None,
        speakers={"Lou": 1, "Elektra": 1, "Ada Lovelace": 1, "Grace Hopper": 1},
        first="2015-02-10T18:03:00+00:00",
        last="2024-01-02T10:16:30+00:00",
        ignored={MEDIA: 1},
        texts={0: "did you see the thing i sent u?", 3: "yep, parsing it now"},
        lines={0: 3, 3: 47},
    ),
    "instagram_messenger/chatminer_instagram.json": Expected(
        format="messenger",
        session=None,
        title=None,
        speakers={"Jane Doe": 1, "John Doe": 1},
        first="2019-12-24T11:23:00+00:00",
        last="2020-01-17T20:49:00+00:00",
        texts={0: "Hello John!", 1: "Hello Jane!"},
        lines={0: 8, 1: 3},
    ),
    "instagram_messenger/messenger_mojibake_EXCERPTS.json": Expected(
        format="messenger",
        session="Zs11Uy-bpw",
        title="Jessica Zhang",
        speakers={"Other Person": 1, "Self Person": 1, "test’": 1},
        first="2013-06-10T14:03:18.841+00:00",
        last="2019-08-12T04:03:08.971+00:00",
        ignored={MEDIA: 1},
        texts={0: "SPOILED monster.\n", 1: "Cats new hiding spot", 2: "Its up to the 220 gods now"},
        lines={0: 7, 1: 5, 2: 4},
    ),
    "signal/chatminer_test_export.txt": Expected(
        format="signal-export",
        session=None,
        title=None,
        speakers={"Jane Doe": 1, "John Doe": 1},
        first="2019-12-24T12:23:00",
        last="2020-01-17T21:49:00",
        texts={0: "Hello John!", 1: "Hello\nJane!"},
        lines={0: 1, 1: 2},
    ),
    ENRIQUE + "2016-01-14.json": enrique(
        "2016-01-15T05:55:52.000006+00:00",
        "2016-01-15T05:55:59.000007+00:00",
        {"hamza": 2},
        ignored={SYSTEM: 4},
        texts={0: "@abilinski: Created an issue for a setup.py so that it can be installed to a standard place"},
        lines={0: 33, 1: 39},
    ),
    ENRIQUE + "2016-01-15.json": enrique(
        "2016-01-15T08:17:45.000008+00:00",
        "2016-01-15T09:21:17.000014+00:00",
        {"abilinski": 2, "hamza": 4},
        texts={
            1: 'Nope. Just "install" the executor.',
            3: "Here's an example: https://github.com/hfaran/progressive/blob/master/setup.py",
        },
    ),
    ENRIQUE + "2016-01-16.json": enrique(
        "2016-01-16T23:48:41.000015+00:00", "2016-01-16T23:48:41.000015+00:00", {"hamza": 1}, ignored={SYSTEM: 1}
    ),
    ENRIQUE + "2016-02-07.json": enrique(
        "2016-02-07T22:42:07.000002+00:00",
        "2016-02-08T07:15:06.000023+00:00",
        {"hamza": 8, GITHUB: 12},
        texts={
            2: "[enrique:master] 1 new commit by Anthony Bilinski:\n"
            "ed1acbe (https://github.com/mesos-magellan/enrique/commit/ed1acbe9837b5ddf91e93606b604df3c2b4e128f): "
            "executor with simulated annealing rough draft - Anthony Bilinski",
            14: "@abilinski: \n```\n"
            "wget http://downloads.mesosphere.io/master/debian/8/mesos-0.27.0-py2.7-linux-x86_64.egg\n"
            "easy_install mesos-0.27.0-py2.7-linux-x86_64.egg\n```",
        },
    ),
    ENRIQUE + "2016-02-08.json": enrique(
        "2016-02-08T18:51:11.000024+00:00", "2016-02-09T01:56:15.000032+00:00", {GITHUB: 9}
    ),
    ENRIQUE + "2016-03-17.json": enrique(
        "2016-03-17T09:48:02.000002+00:00",
        "2016-03-17T21:54:19.000005+00:00",
        {"hamza": 10, "heroeshannibal": 1, "doubledeez": 1},
        texts={9: "We do GA", 8: ">\"Essentially what I'm getting from this is that SA is just a bad metaheuristic..."},
    ),
    ENRIQUE + "2016-03-25.json": enrique(
        "2016-03-25T22:49:36.000003+00:00",
        "2016-03-26T04:04:28.000011+00:00",
        {PYRALLELSA: 8, GITHUB: 1},
        ignored={SYSTEM: 1},
        texts={4: '[pyrallelsa] The branch "hfaran_setup" was deleted by hfaran'},
    ),
    ENRIQUE + "2016-03-26.json": enrique(
        "2016-03-26T08:22:05.000012+00:00",
        "2016-03-27T03:55:13.000017+00:00",
        {GITHUB: 11, PYRALLELSA: 6, "doubledeez": 1},
    ),
    ENRIQUE + "2016-03-28.json": enrique(
        "2016-03-28T08:33:34.000018+00:00",
        "2016-03-29T06:44:34.000036+00:00",
        {GITHUB: 16, PYRALLELSA: 3},
    ),
    SAILOR + "2016-02-07.json": sailor(
        "2016-02-08T00:38:15.000002+00:00", "2016-02-08T02:18:05.000004+00:00", {SAILOR_BOT: 3}
    ),
    SAILOR + "2016-02-08.json": sailor(
        "2016-02-08T22:05:00.000005+00:00", "2016-02-09T06:05:50.000018+00:00", {SAILOR_BOT: 14}
    ),
    SAILOR + "2016-03-25.json": sailor(
        "2016-03-25T23:44:41.000002+00:00",
        "2016-03-26T06:16:32.000011+00:00",
        {"abilinski": 3, "hamza": 3, SAILOR_BOT: 3},
        texts={
            1: "33MB zip file",
            6: 'cities=cities_120, start_city="Houston",\n        updates_enabled=False',
            8: "@doubledeez: ^",
        },
    ),
    SAILOR + "2016-03-26.json": sailor(
        "2016-03-26T22:55:36.000002+00:00",
        "2016-03-27T06:23:09.000016+00:00",
        {"doubledeez": 9, SAILOR_BOT: 4},
        ignored={MEDIA: 1},
        texts={
            2: "```Traceback (most recent call last):\n"
            '  File "/usr/local/bin/enrique", line 5, in <module>\n'
            "    from pkg_resources import load_entry_point\n..."
        },
    ),
    SAILOR + "2016-03-27.json": sailor(
        "2016-03-27T19:14:08.000018+00:00",
        "2016-03-28T05:51:53.000024+00:00",
        {"doubledeez": 1, "hamza": 4, SAILOR_BOT: 2},
        ignored={MEDIA: 1},
        texts={0: "```'cities': {\n   'Holmesville': (31.7036111, -82.3208333),\n...", 5: "7 minutes cpu time"},
    ),
    SAILOR + "2016-03-28.json": sailor(
        "2016-03-28T11:42:46.000026+00:00",
        "2016-03-28T11:42:46.000026+00:00",
        {SAILOR_BOT: 1},
        ignored={MEDIA: 1},
        texts={
            0: "[traveling-sailor] New tag 0.1.0 "
            "(https://github.com/mesos-magellan/traveling-sailor/compare/0.1.0) was pushed by hfaran"
        },
    ),
    SAILOR + "2016-03-29.json": sailor(
        "2016-03-29T12:33:06.000027+00:00", "2016-03-29T12:33:06.000027+00:00", {SAILOR_BOT: 1}
    ),
    "slack/perceval_api_slack_history.json": Expected(
        format="slack",
        session=None,
        title=None,
        speakers={"U0001": 2, "U0002": 2, "B0001": 1, "U0003": 1},
        first="2015-03-23T18:35:33.000068+00:00",
        last="2017-02-13T15:31:40+00:00",
        ignored={SYSTEM: 1},
        texts={1: "¿vale?", 3: "tengo el móvil", 4: "There are no events this week.", 5: "Thanks."},
        lines={0: 55, 5: 4},
    ),
    "slack/zulip_random_2018-01-20_abridged.json": Expected(
        format="slack",
        session=None,
        title=None,
        speakers={"U8VAHEVUY": 1, "k._": 1, "U8W3QFGQ5": 2},
        first="2018-01-20T13:22:17.000093+00:00",
        last="2018-01-20T17:15:29.000046+00:00",
        ignored={SYSTEM: 1},
        texts={0: "This is Steve typing random stuff.", 1: "test upload attachment", 3: "@channel"},
    ),
    "telegram/chatminer_test_single_export.json": Expected(
        format="telegram",
        session=None,
        title=None,
        speakers={"Author 1": 1, "Author 2": 1},
        first="2018-12-05T10:39:10+00:00",
        last="2018-12-05T10:49:24+00:00",
        texts={0: "Minimal Message", 1: "Link:https://telegram.org/"},
        lines={0: 3, 1: 9},
    ),
    "telegram/EXCERPTS_media_service_fullaccount.json": Expected(
        format="telegram",
        session="user123456",
        title="Alice Smith",
        speakers={"JohnDoe": 1},
        first="2023-01-15T09:50:00+00:00",
        last="2023-01-15T09:50:00+00:00",
        ignored={MEDIA: 1, SERVICE: 1},
        texts={0: "Hello Alice!"},
        lines={0: 11},
    ),
}
EMPTY = {
    "slack/hfaran_export/users.json": {"list of users": 1},
    "slack/hfaran_export/channels.json": {"list of channels": 1},
    "slack/hfaran_export/integration_logs.json": {"log of integrations": 1},
    SAILOR + "2016-01-16.json": {SYSTEM: 5},
}
"""Files of an export in which nobody says anything."""

REFUSED = ["slack/perceval_api_slack_info.json", "slack/perceval_api_slack_members1.json"]
"""Answers of Slack's API about a channel and its members: no conversations."""


def source(name: str) -> Source:
    path = FORMATS / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    return Source(uri=str(path), path=path)


def read(name: str) -> tuple[str, list[Item]]:
    found = source(name)
    reader = detect(found)
    return reader.name, list(reader.read(found))


def ignored(items: list[Item]) -> Counter[str]:
    return Counter(item.reason for item in items if isinstance(item, Ignored))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file(name: str) -> None:
    expected = EXPECTED[name]
    format_name, items = read(name)
    said = turns(items)
    assert format_name == expected.format
    assert [item for item in items if isinstance(item, Skipped)] == []
    (session,) = [item for item in items if isinstance(item, RawSession)]
    assert (session.native_id, session.title) == (expected.session, expected.title)
    assert Counter(turn.speaker for turn in said) == expected.speakers
    assert ignored(items) == expected.ignored
    times = [turn.said_at for turn in said if turn.said_at is not None]
    assert (times[0], times[-1]) == (datetime.fromisoformat(expected.first), datetime.fromisoformat(expected.last))
    assert times == sorted(times)
    for number, text in expected.texts.items():
        if text.endswith("..."):
            assert said[number].text.startswith(text[:-3])
        else:
            assert said[number].text == text
    assert {number: said[number].line for number in expected.lines} == expected.lines


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_of_an_export_without_any_words(name: str) -> None:
    format_name, items = read(name)
    assert format_name == "slack"
    assert ignored(items) == EMPTY[name]
    assert not [item for item in items if isinstance(item, RawTurn | Skipped)]


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_of_an_api_that_is_no_conversation_is_refused(name: str) -> None:
    with pytest.raises(NotALog, match="no known conversation format"):
        detect(source(name))


def test_updates_of_a_telegram_bot_are_read_chat_by_chat() -> None:
    format_name, items = read("telegram/perceval_botapi_messages.json")
    assert format_name == "telegram"
    assert [(one.native_id, one.title) if isinstance(one, RawSession) else one.text for one in items] == [  # type: ignore[union-attr]
        ("chat1", "Testing Telegram Bots"),
        "Testing, testing",
        ("chat2", "A new group"),
        "Hi!",
        ("chat1", "Testing Telegram Bots"),
        "Hi, this is Alvaro!",
    ]
    said = turns(items)
    assert [(turn.speaker, turn.speaker_key, turn.native_id, turn.line) for turn in said] == [
        ("Santi", "user8", "31", 4),
        ("Santi", "user8", "32", 22),
        ("Alvaro", "user2", "33", 40),
    ]
    assert said[0].said_at == datetime(2016, 6, 30, 12, 22, 5, tzinfo=UTC)


def test_details_that_stand_beside_the_words() -> None:
    said = turns(read(DISCORD + "Text_Channels_-_general_[1012224565567721552].json")[1])
    assert said[8].metadata == {"reply_to": "1060926317920538735", "reactions": ["👀 1"]}
    assert said[10].metadata == {"edited": "2023-01-06T14:23:25.845+00:00"}
    assert said[12].metadata == {"attachments": ["tutorial_move_to_exports_folder.png"]}
    said = turns(read(SAILOR + "2016-03-25.json")[1])
    assert said[7].metadata == {"edited": "2016-03-26T08:32:14+00:00"}
    assert said[0].metadata == {"links": ["https://www.maxmind.com/en/free-world-cities-database"]}
    said = turns(read(ENRIQUE + "2016-03-28.json")[1])
    assert said[0].metadata == {"reactions": [":botman: 1"]}
    assert {(turn.speaker_key, turn.role) for turn in said} == {(GITHUB, "assistant"), (PYRALLELSA, "assistant")}
    said = turns(read("instagram_messenger/messenger_mojibake_EXCERPTS.json")[1])
    assert said[1].metadata == {"reactions": ["😆 Other Person"]}


def test_nothing_of_other_formats_is_claimed() -> None:
    if not FORMATS.exists():
        pytest.skip("the shared data is not here")
    ours = {"telegram", "slack", "discord", "messenger", "google-chat", "signal", "signal-export", "sigtop"}
    folders = {"telegram", "slack", "discord", "instagram_messenger", "google_chat", "signal"}
    for path in sorted(FORMATS.rglob("*")):
        if path.is_file() and path.relative_to(FORMATS).parts[0] not in folders:
            found = Source(uri=str(path), path=path)
            assert {reader.name for reader in READERS if reader.sniff(found)} & ours == set(), path
