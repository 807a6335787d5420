"""memcli open shows all words that an edited message has had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_open_shows_the_earlier_words_of_an_edited_message(memcli: Any, tmp_path: Path) -> None:
    turn = {"session": "s", "id": "m7", "speaker": "Ana", "time": "2024-03-01T09:00:00Z", "text": "see you at nine"}
    log = tmp_path / "chat.jsonl"
    for changed in ({}, {"text": "see you at ten", "edited_at": "2024-03-01T09:05:00Z"}):
        log.write_text(json.dumps(turn | changed) + "\n")
        assert memcli("ingest", log).code == 0
    (hit,) = memcli("--json", "search", "see you").json["hits"]
    assert hit["text"] == "see you at ten"
    document = memcli("--json", "open", hit["id"]).json
    assert [turn["text"] for turn in document["versions"]] == ["see you at nine", "see you at ten"]
    shown = memcli("open", document["versions"][0]["id"]).out
    assert shown.count("see you at nine") == 2, "where it was said, and among its versions"
    assert shown.rindex("see you at nine") < shown.rindex("see you at ten")
