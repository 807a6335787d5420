"""Real exports of mail, forums, phones and subtitles, against what a person sees in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from memcli.ingest.detect import detect
from memcli.ingest.errors import NotALog
from memcli.ingest.readers.base import Ignored, RawSession, RawTurn, Skipped, Source


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a person sees in a file. `texts` are exact words by the line they stand on; `skipped` reasons by line."""

    format: str
    turns: int
    speakers: set[str]
    first: str | None
    last: str | None
    texts: dict[int, str] = field(default_factory=dict)
    sessions: int = 1
    title: str | None = None
    ignored: dict[str, int] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)


JESUS, ANDY, GORAN = "Jesus M. Gonzalez-Barahona", "Andy Grunwald", "Göran Lastname"
GREETING = "Hi!\n\nA message in English, with a signature with a different encoding.\n\nregards, G?ran"
SYSTEM, MEDIA = "system line", "media without words"
CHANNEL = "join, part, nick, mode or topic line"
LOREM = "Lorem ipsum dolor sit amet,\nconsectetur adipiscing elit. Duis libero."
CHATMINER = {
    "format": "whatsapp",
    "turns": 7,
    "speakers": {"John Doe", "Jahn Doe", "John-John Doe", "John Doe 🤓", "🤓"},
    "first": "2019-01-01T11:25:00",
    "last": "2021-12-30T22:01:00",
    "texts": {2: ".", 3: LOREM, 5: "Lorem ipsum : dolor sit amet.", 9: "Lorem ipsum 🤓", 10: LOREM},
    "ignored": {SYSTEM: 2},
}

FILES: dict[str, Seen] = {
    "mail/perceval_hyperkitty_2016_april.mbox": Seen(
        format="mail",
        turns=3,
        speakers={JESUS, ANDY},
        first="2016-04-14T11:06:56+02:00",
        last="2016-04-26T00:00:07+02:00",
        title="Presenting GrimoireLab",
        texts={
            42: "Thank you Jesus.\nFor me it is fine to use this mailinglist.\n\n"
            "One question: The old tools (CVSAnaly, MLStats, ...) are deprecated /\n"
            "obsolete and get no further development from your side anymore?\n\nAndy",
            102: "Great.\n\nAt least for a while, we're planning to still maintain them. For now,\n"
            "we're still using them, and basing some services on them. But with\n"
            "time, the new tools should provide all their functionality, and likely\n"
            "Bitergia will no longer actively maintain them. Which doesn't mean that\n"
            "some of their developers (be them hired by Bitergia or not) still\n"
            "maintain them in their own time.\n\nSaludos,\n\n\tJesus.",
        },
    ),
    "mail/perceval_mbox_iso8859_encoding.mbox": Seen(
        format="mail",
        turns=1,
        speakers={"Lucía Charlie"},
        first="2016-11-07T19:44:27+01:00",
        last="2016-11-07T19:44:27+01:00",
        title="Remittance Advice",
    ),
    # Six mails: one comes twice, one without a date is dated by its From line, one names no id, and is twice as well.
    "mail/perceval_mbox_no_fields.mbox": Seen(
        format="mail",
        turns=4,
        sessions=3,
        speakers={GORAN, "goran@domain.com"},
        first="2010-12-01T08:26:40",
        last="2016-09-21T22:42:07+03:00",
        title="Protocol Buffers anyone?",
        texts={1: GREETING, 25: GREETING, 36: GREETING, 60: "Hi!\n\nThis message contains an invalid date header"},
        ignored={"the same mail again": 2},
    ),
    "mail/perceval_mbox_single.mbox": Seen(
        format="mail",
        turns=1,
        speakers={GORAN},
        first="2010-12-01T14:26:40+01:00",
        last="2010-12-01T14:26:40+01:00",
        texts={1: GREETING},
    ),
    "mail/perceval_mbox_unixfrom_encoding.mbox": Seen(
        format="mail",
        turns=1,
        speakers={"Christian Aistleitner"},
        first="2015-01-15T14:22:25+01:00",
        last="2015-01-15T14:22:25+01:00",
        title="DNT, standards, and expectations",
    ),
    # An article of a news group; the zone of its Date is mangled, so the first server that took it says when it was.
    "mail/perceval_nntp_1.txt": Seen(
        format="mail",
        turns=1,
        speakers={"Fernando Jiménez Moreno"},
        first="2016-03-15T04:06:08-07:00",
        last="2016-03-15T04:06:08-07:00",
        title="Github wiki vs Mozilla wiki",
    ),
    # The archive changed the id of the first mail, but not the references to it: two threads.
    "mail/perceval_pipermail_2015_november.mbox": Seen(
        format="mail",
        turns=4,
        sessions=2,
        speakers={JESUS, ANDY},
        first="2015-11-14T21:29:28+01:00",
        last="2015-11-28T21:25:30+01:00",
        title="Docker and MetricsGrimoire",
        texts={
            27: "This is cool, Andy.\n\nWhich rights do you need?\n\n\tJesus",
            119: "I thought: Just do it.\nAnd here is the result:\n"
            "https://github.com/MetricsGrimoire/sortinghat/pull/40",
        },
    ),
    "mattermost_rocketchat_gitter_discourse/mattermost_posts.json": Seen(
        format="mattermost",
        turns=5,
        speakers={"8tbwn7uikpdy3gpse6fgiie5co", "haqnaxe4cpn4jfsx3w7x3y96ea"},
        first="2018-04-12T09:43:19.108000+00:00",
        last="2018-04-12T15:27:26.639000+00:00",
        texts={66: "hola valerio!", 29: "ya ves! en semis!", 11: "El Madrid también en semis"},
    ),
    "mattermost_rocketchat_gitter_discourse/rocketchat_message_page_1.json": Seen(
        format="rocketchat",
        turns=2,
        speakers={"Animesh Kumar", "Animesh Kumar Singh"},
        first="2020-05-02T07:30:42.993000+00:00",
        last="2020-05-02T07:31:26.007000+00:00",
        texts={4: "Test message 1", 36: "Test reply 1"},
    ),
    "line/en_12h_ampm.txt": Seen(
        format="line",
        turns=2,
        speakers={"Alice", "Bob"},
        first="2025-11-03T08:15:00",
        last="2025-11-03T08:20:00",
        title="Alice",
        texts={5: "New week, new plans", 6: "Coffee first"},
    ),
    "line/hornberger_en_2018.txt": Seen(
        format="line",
        turns=4,
        speakers={"Erik Hornberger", "Kaori Date"},
        first="2015-12-25T07:33:00",
        last="2015-12-26T19:27:00",
        title="Kaori Date",
        texts={6: "Merry Christmas!", 10: "今日はお疲れの中休むことなく、遊んでくれてありがとう!"},
    ),
    "imessage/imessage_exporter_txt.txt": Seen(
        format="imessage",
        turns=3,
        speakers={"+15558675309", "Me"},
        first="2022-05-17T17:29:42",
        last="2023-03-01T14:06:00",
        texts={1: "Are we still on?", 5: "Yes, at six.\nBring the cake.", 10: "Hello world"},
    ),
    "twitter_dm/personify_direct-messages.js": Seen(
        format="twitter",
        turns=1,
        speakers={"100100"},
        first="2024-04-06T15:30:00+00:00",
        last="2024-04-06T15:30:00+00:00",
        texts={6: "hey, sending you the design doc later today"},
    ),
    "vtt_srt/scrumscribe_teams.vtt": Seen(
        format="subtitles",
        turns=3,
        speakers={"Avish Maniar", "Dr. Chen"},
        first=None,
        last=None,
        title="scrumscribe_teams",
        texts={
            3: "Um, so this week I finished the WCOnline sync and pushed the Supabase migration.",
            9: "Good. Is the tutor availability table populated yet?",
            12: "Not yet, I'm blocked on the API rate limit.",
        },
    ),
    "whatsapp/chatminer_test_[mmddyy]_24hrs.txt": Seen(**CHATMINER),  # type: ignore[arg-type]
    "whatsapp/chatminer_test_ddmmyy_24hrs.txt": Seen(**CHATMINER),  # type: ignore[arg-type]
    "whatsapp/chatminer_test_mmddyy_24hrs.txt": Seen(**CHATMINER),  # type: ignore[arg-type]
    "whatsapp/chatpack_us_ios.txt": Seen(
        format="whatsapp",
        turns=6,
        speakers={"Alice", "Bob"},
        first="2024-01-15T10:30:00",
        last="2024-01-15T10:36:00",
        texts={4: "I hope you're all well", 8: "Check out this link https://example.com"},
        ignored={SYSTEM: 1, MEDIA: 1},
    ),
    "whatsapp/pustur_issue248_nnbsp_android.txt": Seen(
        format="whatsapp",
        turns=5,
        speakers={"Person 1", "Person 2"},
        first="2023-02-04T22:35:00",
        last="2023-02-04T22:35:00",
        texts={4: "Got it. So is it 4:30 or 6?", 7: "K, I'll be there around 6 bz\"h"},
        ignored={SYSTEM: 1, MEDIA: 2},
    ),
    "whatsapp/whatsreader_private_android.txt": Seen(
        format="whatsapp",
        turns=8,
        speakers={"Alice", "Bob"},
        first="2024-12-01T10:05:00",
        last="2024-12-04T16:35:00",
        texts={2: "Hey Bob! 👋 How are you doing?", 6: "2 PM? ⏰"},
        ignored={SYSTEM: 2, MEDIA: 2},
    ),
    "whatsapp/whatstk_lorem.txt": Seen(
        format="whatsapp",
        turns=500,
        speakers={"Mary", "John", "Giuseppe", "+1 123 456 789"},
        first="2020-01-15T02:22:56",
        last="2020-05-11T22:32:48",
    ),
    "whatsapp/whatstk_pokemon.txt": Seen(
        format="whatsapp",
        turns=18,
        speakers={
            "Ash Ketchum", "Brock", "Misty", "Prof. Oak", "Jessie & James", "Raichu", "Meowth", "Wobbuffet",
        },
        first="2016-08-06T13:23:00",
        last="2016-10-31T12:23:00",
        texts={3: "Hey guys!", 20: "Wo-bbu-ffet"},
        ignored={SYSTEM: 2},
    ),
    "irc/irclog2html_2005-01-08-test1.log": Seen(
        format="irc",
        turns=6,
        speakers={"mgedmin", "povbot"},
        first="2005-01-08T23:34:46",
        last="2005-01-08T23:47:54",
        texts={2: "let's see if irc logging works...", 5: "!seen mgedmin"},
        ignored={CHANNEL: 2},
    ),
    "irc/irclog2html_2009-01-14-dircproxy.log": Seen(
        format="irc",
        turns=9,
        speakers={"jsmith", "nombyte", "stickster"},
        first="2009-01-14T12:36:00",
        last="2009-01-14T23:35:00",
        texts={7: "But I don't claim to know anything about Java", 25: "k"},
        ignored={CHANNEL: 16},
    ),
    "irc/irclog2html_2009-01-16-dircproxy.log": Seen(
        format="irc",
        turns=12,
        speakers={"jsmith", "quigleymd", "stickster", "stickster_work"},
        first="2009-01-16T14:42:00",
        last="2009-01-16T23:03:00",
        texts={10: "wanders away...", 17: "Oh, then I got it right :-)"},
        ignored={CHANNEL: 17, "empty message": 2},
    ),
    "irc/irclog2html_sample.log": Seen(
        format="irc",
        turns=7,
        speakers={"mgedmin", "povbot"},
        first="2005-01-08T23:34:46",
        last="2005-01-08T23:47:54",
        texts={2: "let's see if irc logging works... ąčę", 3: "š"},
        ignored={CHANNEL: 3},
    ),
    # Line 4 has no sign in its zone; it is a join, and costs nobody's words.
    "irc/perceval_supybot_invalid_date.log": Seen(
        format="irc",
        turns=5,
        speakers={"benpol", "Tv_"},
        first="2012-10-17T09:16:21+00:00",
        last="2012-10-17T09:19:43+00:00",
        texts={2: "they're related to fragmentation?", 9: "http://vger.kernel.org/majordomo-info.html#taboo"},
        ignored={CHANNEL: 4},
    ),
    "irc/perceval_supybot_invalid_msg.log": Seen(
        format="irc",
        turns=4,
        speakers={"benpol", "Tv_"},
        first="2012-10-17T09:16:21+00:00",
        last="2012-10-17T09:18:48+00:00",
        ignored={CHANNEL: 4},
        skipped={9: "not a line of an IRC log"},
    ),
    "irc/perceval_supybot_valid.log": Seen(
        format="irc",
        turns=50,
        speakers={
            "Q310", "Tv_", "benpol", "gregaf", "jamespage", "joao", "nhm", "renzhi", "sagewk", "scuttlemonkey", "sjust",
            "sjustlaptop", "supy-bot",
        },
        first="2012-10-17T09:16:21+00:00",
        last="2012-10-17T23:42:26+00:00",
        texts={4: "is wondering...", 15: "heh"},
        ignored={CHANNEL: 46, "empty message": 1},
        skipped={23: "no nick in front of the message"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_real_file(shared_data: Path, name: str) -> None:
    path, seen = shared_data / "formats" / name, FILES[name]
    if not path.exists():
        pytest.skip("the file is not here")
    source = Source(uri=str(path), path=path)
    reader = detect(source)
    items = list(reader.read(source))
    turns = [item for item in items if isinstance(item, RawTurn)]
    sessions = [item for item in items if isinstance(item, RawSession)]
    assert reader.name == seen.format
    assert len(turns) == seen.turns
    assert {turn.speaker for turn in turns} == seen.speakers
    times = [turn.said_at for turn in turns if turn.said_at]
    assert len(times) == (len(turns) if seen.first else 0)
    if seen.first and seen.last:
        key = lambda time: time.replace(tzinfo=None)  # noqa: E731 - a file may mix times with and without a zone
        assert (min(times, key=key), max(times, key=key)) == tuple(map(datetime.fromisoformat, (seen.first, seen.last)))
    assert {turn.line: turn.text for turn in turns if turn.line in seen.texts} == seen.texts
    assert len(sessions) == seen.sessions
    if seen.title:
        assert sessions[0].title == seen.title
    assert Counter(item.reason for item in items if isinstance(item, Ignored)) == seen.ignored
    assert {item.line: item.reason for item in items if isinstance(item, Skipped)} == seen.skipped


def test_every_file_of_these_folders_is_expected(shared_data: Path) -> None:
    folders = {Path(name).parts[0] for name in FILES}
    there = {
        str(path.relative_to(shared_data / "formats"))
        for folder in folders
        for path in (shared_data / "formats" / folder).rglob("*")
        if path.is_file()
    }
    assert there == set(FILES)


def test_no_other_real_file_is_taken_for_one_of_these(shared_data: Path) -> None:
    ours = {seen.format for seen in FILES.values()} - {"whatsapp"} | {"table", "gitter", "discourse"}
    for path in sorted((shared_data / "formats").rglob("*")):
        if path.is_file() and str(path.relative_to(shared_data / "formats")) not in FILES:
            try:
                format_name = detect(Source(uri=str(path), path=path)).name
            except NotALog:
                continue
            assert format_name not in ours, path
