"""Exports of chat services: twice is once, and a newer, longer export adds only what is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Said = list[tuple[str, str]]

OLD: Said = [("Ana", "Are you coming to the lake?"), ("Bo", "Yes, with the canoe."), ("Bo", "ok"), ("Bo", "ok")]
NEW: Said = [*OLD, ("Ana", "Bring the big cooler too.")]
ALWAYS = 1709280000
"""When it was said, in seconds since 1970; every utterance a minute after the one before."""


def telegram(said: Said) -> dict[str, Any]:
    return {
        "result.json": {"name": f"Chat of {len(said)}", "type": "private_group", "id": 7, "messages": [
            {"id": n, "type": "message", "date_unixtime": str(ALWAYS + 60 * n), "from": who, "text": text}
            for n, (who, text) in enumerate(said)
        ]}
    }  # fmt: skip


def slack(said: Said) -> dict[str, Any]:
    messages = [
        {"type": "message", "user": f"U0000{who.upper()}", "text": text, "ts": f"{ALWAYS + 60 * n}.000100"}
        for n, (who, text) in enumerate(said)
    ]
    users = [{"id": f"U0000{who.upper()}", "team_id": "T1", "name": who, "profile": {}} for who in ("Ana", "Bo")]
    channels = [{"id": "C00000001", "name": "lake", "created": 1, "members": []}]
    return {"users.json": users, "channels.json": channels, "dms.json": [], "lake/2024-03-01.json": messages}


def discord(said: Said) -> dict[str, Any]:
    messages = [
        {"id": str(n), "type": "Default", "timestamp": f"2024-03-01T08:{n:02}:00+00:00", "content": text,
         "author": {"id": who, "name": who}}
        for n, (who, text) in enumerate(said)
    ]  # fmt: skip
    return {"c.json": {"guild": {"id": "1", "name": "G"}, "channel": {"id": "2", "name": "c"}, "messages": messages}}


def messenger(said: Said) -> dict[str, Any]:
    """Two files, the newest messages in the first: a longer export moves them from file to file."""
    messages = [
        {"sender_name": who, "timestamp_ms": 1000 * (ALWAYS + 60 * n), "content": text}
        for n, (who, text) in enumerate(said)
    ][::-1]
    path = {"thread_path": "inbox/ana_12", "title": "Ana"}
    return {"message_1.json": {"messages": messages[:2]} | path, "message_2.json": {"messages": messages[2:]} | path}


def google(said: Said) -> dict[str, Any]:
    messages = [
        {
            "creator": {"name": who, "email": f"{who}@example.org"},
            "created_date": f"Friday, March 1, 2024 at 8:{n:02}:00 AM UTC",
            "text": text,
        }
        for n, (who, text) in enumerate(said)
    ]
    members = {"members": [{"name": "Ana", "email": "Ana@example.org"}]}
    return {"DM ab12/messages.json": {"messages": messages}, "DM ab12/group_info.json": members}


def signal(said: Said) -> dict[str, Any]:
    first = len(said)  # ids differ from export to export
    frames: list[dict[str, Any]] = [{"version": "1", "backupTimeMs": "1"}]
    for n, who in enumerate(("Ana", "Bo")):
        frames.append({"recipient": {"id": str(first + n), "contact": {"aci": who, "profileGivenName": who}}})
    frames.append({"chat": {"id": str(first), "recipientId": str(first)}})
    for n, (who, text) in enumerate(said):
        item = {"chatId": str(first), "authorId": str(first + (who == "Bo")), "dateSent": str(1000 * (ALWAYS + 60 * n))}
        frames.append({"chatItem": item | {"standardMessage": {"text": {"body": text}}}})
    return {"main.jsonl": "\n".join(json.dumps(frame) for frame in frames)}


def sigtop(said: Said) -> dict[str, Any]:
    rows = [
        {"conversationId": "c", "type": "incoming", "sent_at": 1000 * (ALWAYS + 60 * n), "source": who, "body": text}
        for n, (who, text) in enumerate(said)
    ]
    return {"Lake (group).json": rows}


def signal_export(said: Said) -> dict[str, Any]:
    """The older export is read from one of the two files that it makes of a chat, the newer one from the other."""
    text = "".join(f"[2024-03-01 08:{n:02}:00] {who}: {text}  \n\n" for n, (who, text) in enumerate(said))
    none = {"quote": "", "sticker": None, "reactions": [], "attachments": []}
    lines = [
        {"date": f"2024-03-01T08:{n:02}:00.123000", "sender": who, "body": text + "  "} | none
        for n, (who, text) in enumerate(said)
    ]
    return {"chat.md": text} if said == OLD else {"data.json": "\n".join(json.dumps(line) for line in lines)}


def export(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return folder


@pytest.mark.parametrize("write", [telegram, slack, discord, messenger, google, signal, sigtop, signal_export])
def test_twice_is_once_and_overlapping_exports_are_their_union(
    memcli: Any, tmp_path: Path, write: Callable[[Said], dict[str, Any]]
) -> None:
    older, newer = export(tmp_path / "older", write(OLD)), export(tmp_path / "newer", write(NEW))
    first = memcli("--json", "ingest", older)
    assert (first.code, first.json["turns_added"]) == (0, 4), first.err
    assert memcli("--json", "ingest", older).json["turns_added"] == 0
    assert memcli("--json", "ingest", newer).json["turns_added"] == 1
    status = memcli("--json", "status").json
    assert (status["turns"], status["sessions"]) == (5, 1)
