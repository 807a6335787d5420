"""Logs that people write or programs append to: twice is once, and a longer one adds only what is new."""

from __future__ import annotations

import json
from pathlib import Path

from memcli.ingest.detect import READERS

SAID = [("Ann", "Shall we bake today?"), ("Bo", "Yes, rye bread."), ("Ann", "Flour is in the shed."), ("Bo", "I know.")]
SAID += [("Ann", "At ten, then."), ("Bo", "Bring the oven gloves.")]
RULE = "=" * 62

ELSEWHERE = {
    "chatgpt", "claude", "claude-code", "codex", "gemini", "gemini-cli", "longmemeval", "markdown", "openai", "mail",
    "mattermost", "rocketchat", "gitter", "discourse", "twitter", "line", "imessage", "subtitles", "table", "telegram",
    "slack", "messenger", "google-chat", "signal", "sigtop", "signal-export",
}  # fmt: skip
"""The formats of which test_overlaps_assistants, test_overlaps_mail and test_chat_exports hold the same."""


def logs(count: int) -> dict[str, tuple[str, str]]:
    """By the name of the file: the format, and the first so many utterances in it."""
    said = [(who, f"{text}", minute) for minute, (who, text) in enumerate(SAID[:count], start=10)]
    values = [{"from": who, "value": text} for who, text, _ in said]
    turns = [
        {"speaker": who, "dia_id": f"D1:{number}", "text": text} for number, (who, text, _) in enumerate(said, start=1)
    ]
    talk = {"speaker_a": "Ann", "speaker_b": "Bo", "session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": turns}
    blocks = "".join(f"[7/19/2020 1:{minute} PM] {who}\n{text}\n\n\n" for who, text, minute in said)
    table = "".join(f'"7","{who}","7/19/2021 1:{minute} PM","{text}","",""\n' for who, text, minute in said)
    return {
        "bakers - talk [1012224565567721552].txt": (
            "discord",
            f"{RULE}\nGuild: bakers\nChannel: talk\n{RULE}\n\n{blocks}{RULE}\nExported {count} message(s)\n{RULE}\n",
        ),
        "bakers - other [1012224565567721553].csv": (
            "discord", "AuthorID,Author,Date,Content,Attachments,Reactions\n" + table
        ),
        "chat.txt": ("whatsapp", "".join(f"31.01.24, 09:{minute} - {who}: {text}\n" for who, text, minute in said)),
        "#bakers.log": ("irc", "".join(f"2024-02-01T09:{minute}:00  <{who}> {text}\n" for who, text, minute in said)),
        "kitchen.txt": ("plain", "".join(f"[2024-03-01 09:{minute}] {who}: {text}\n" for who, text, minute in said)),
        "turns.jsonl": (
            "turns",
            "".join(
                json.dumps({"speaker": who, "text": text, "time": f"2024-04-01T09:{minute}:00Z"}) + "\n"
                for who, text, minute in said
            ),
        ),
        "gpt.jsonl": ("sharegpt", json.dumps({"id": "g1", "conversations": values}) + "\n"),
        "locomo.json": ("locomo", json.dumps([{"sample_id": "c1", "conversation": talk, "qa": []}])),
    }  # fmt: skip


def test_every_format_is_held_to_it() -> None:
    assert {reader.name for reader in READERS} == ELSEWHERE | {name for name, _ in logs(1).values()}


def test_a_longer_log_adds_only_what_is_new(memcli, tmp_path: Path) -> None:
    def ingest(name: str, count: int) -> dict[str, tuple[str, int]]:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, (_, text) in logs(count).items():
            (folder / file).write_text(text)
        done = memcli("--json", "ingest", folder, "--timezone", "UTC")
        assert done.code == 0, done.err
        return {Path(one["uri"]).name: (one["format"], one["turns_added"]) for one in done.json["sources"]}

    def expected(count: int) -> dict[str, tuple[str, int]]:
        return {file: (name, count) for file, (name, _) in logs(1).items()}

    assert ingest("older", 4) == expected(4)
    assert ingest("copy", 4) == expected(0)
    assert ingest("newer", 6) == expected(2)
    assert ingest("older", 6) == expected(0), "they have grown to what is known"
    assert memcli("--json", "status").json["turns"] == 6 * len(logs(1))
