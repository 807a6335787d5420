"""Through the whole of memcli: a newer export adds only what is new, in every format of mail, forums and phones."""

from __future__ import annotations

import json
from pathlib import Path

TIMES = [f"2024-03-01T09:3{minute}:00" for minute in range(6)]
SAID = [
    ("Ann", "Shall we bake the rye bread on Sunday?"),
    ("Bob", "Yes, with the new oven."),
    ("Ann", "ok"),
    ("Ann", "ok"),
    ("Bob", "Bring the caraway seeds."),
    ("Ann", "They are in the blue jar."),
]


def exports(count: int) -> dict[str, str]:
    """The first `count` utterances as an export of each format, by file name."""
    said = [(who, text, time, time[11:16]) for (who, text), time in zip(SAID[:count], TIMES, strict=False)]
    ids = list(range(count))
    mail = "".join(
        f"From x Fri Mar  1 09:30:00 2024\nFrom: {who} <{who}@x.de>\nDate: Fri, 1 Mar 2024 {clock}:00 +0000\n"
        f"Subject: {'Re: ' if n else ''}Bread\nMessage-ID: <{n}@x>\n{'References: <0@x>' if n else 'X-First: yes'}\n\n"
        f"{text}\n\n> quoted\n\n"
        for n, (who, text, _, clock) in enumerate(said)
    )
    posts = {
        f"p{n}": {
            "id": f"p{n}",
            "create_at": 1709285400000 + n * 60000,
            "user_id": who,
            "channel_id": "c",
            "message": text,
        }
        for n, (who, text, _, _) in enumerate(said)
    }
    rocket = [
        {"_id": f"r{n}", "rid": "r", "msg": text, "ts": f"{time}.000Z", "u": {"_id": who, "username": who}}
        for n, (who, text, time, _) in enumerate(said)
    ]
    gitter = [
        {"id": f"g{n}", "text": text, "sent": f"{time}.000Z", "fromUser": {"id": who, "username": who}}
        for n, (who, text, time, _) in enumerate(said)
    ]
    discourse = [
        {"id": n, "username": who, "cooked": f"<p>{text}</p>", "created_at": f"{time}.000Z"}
        for n, (who, text, time, _) in enumerate(said)
    ]
    twitter = [
        {"messageCreate": {"id": str(n), "senderId": who, "text": text, "createdAt": f"{time}.000Z"}}
        for n, (who, text, time, _) in enumerate(said)
    ]
    dm = [{"dmConversation": {"conversationId": "1-2", "messages": twitter[::-1]}}]
    cues = "".join(
        f"00:{n:02}:00.000 --> 00:{n:02}:02.000\n<v {who}>{text}\n\n" for n, (who, text, _, _) in enumerate(said)
    )
    return {
        "box.mbox": mail,
        "mattermost.json": json.dumps({"order": [f"p{n}" for n in reversed(ids)], "posts": posts}, indent=1),
        "rocket.json": json.dumps({"messages": rocket[::-1]}),
        "gitter.json": json.dumps(gitter),
        "topic.json": json.dumps({"post_stream": {"posts": discourse}, "id": 1, "title": "Bread"}),
        "direct-messages.js": "window.YTD.direct_messages.part0 = " + json.dumps(dm, indent=2),
        "line.txt": "[LINE] Chat history with Bob\nSaved on: 2024/03/25 19:57\n\n2024/03/01 Fri\n"
        + "".join(f"{clock}\t{who}\t{text}\n" for who, text, _, clock in said),
        "phone.txt": "".join(
            f"Mar 01, 2024  9:{clock[3:]}:00 AM\n{who}\n{text}\n\n" for who, text, _, clock in said
        ),
        "20240301_0930 sync.vtt": "WEBVTT\n\n" + cues,
        "table.csv": "speaker,time,text\n" + "".join(f'{who},{time},"{text}"\n' for who, text, time, _ in said),
    }  # fmt: skip


def test_a_newer_export_of_each_format_adds_only_what_is_new(memcli, tmp_path: Path):
    def ingest(name: str, count: int) -> dict[str, tuple[str, int, int]]:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, text in exports(count).items():
            (folder / file).write_text(text)
        done = memcli("--json", "ingest", folder)
        assert done.code == 0, done.err
        sources = done.json["sources"]
        return {Path(s["uri"]).name: (s["format"], s["turns_read"], s["turns_added"]) for s in sources}

    formats = {
        "box.mbox": "mail",
        "mattermost.json": "mattermost",
        "rocket.json": "rocketchat",
        "gitter.json": "gitter",
        "topic.json": "discourse",
        "direct-messages.js": "twitter",
        "line.txt": "line",
        "phone.txt": "imessage",
        "20240301_0930 sync.vtt": "subtitles",
        "table.csv": "table",
    }
    assert ingest("older", 4) == {name: (f, 4, 4) for name, f in formats.items()}
    assert ingest("newer", 6) == {name: (f, 6, 2) for name, f in formats.items()}
    assert ingest("newer", 6) == {name: (f, 6, 0) for name, f in formats.items()}
    assert memcli("--json", "status").json["sessions"] == len(formats)


def test_two_exports_that_overlap_read_at_once_are_their_union(memcli, tmp_path: Path):
    for name, count in (("a", 4), ("b", 6)):
        (tmp_path / name).mkdir()
        for file, text in exports(count).items():
            (tmp_path / name / file).write_text(text)
    done = memcli("--json", "ingest", tmp_path / "a", tmp_path / "b")
    assert done.json["turns_added"] == 6 * len(exports(6))
    assert memcli("--json", "status").json["turns"] == 6 * len(exports(6))
