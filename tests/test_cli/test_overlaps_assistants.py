"""Exports of assistants, through the whole command: twice is once, and a longer export adds only what is new."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from written import FORMATS, STORY


def write(folder: Path, turns: int) -> Path:
    folder.mkdir()
    for name, (_, written) in FORMATS.items():
        (folder / f"{name}.log").write_text(written(STORY[:turns]), encoding="utf-8")
    return folder


def added(done) -> dict[str, int]:
    return {Path(source["uri"]).stem: source["turns_added"] for source in done.json["sources"]}


def test_overlapping_exports_are_joined(memcli, tmp_path):
    older, newer = write(tmp_path / "older", 4), write(tmp_path / "newer", 6)
    first = memcli("--json", "ingest", older)
    assert first.code == 0, first.err
    again = memcli("--json", "ingest", older)
    assert set(added(again).values()) == {0}
    later = added(memcli("--json", "ingest", newer))
    # Two layouts of one format are one conversation, but for Markdown, where only one of them has an id.
    sums: Counter[str] = Counter()
    for name, (form, _) in FORMATS.items():
        sums[form] += later[name]
    assert sums == {form: 4 if form == "markdown" else 2 for form, _ in FORMATS.values()}
    assert set(added(memcli("--json", "ingest", newer)).values()) == {0}
    sources = {Path(source["uri"]).stem: source["format"] for source in first.json["sources"]}
    assert sources == {name: form for name, (form, _) in FORMATS.items()}


def test_the_order_of_overlapping_exports_changes_nothing(memcli, tmp_path):
    older, newer = write(tmp_path / "older", 4), write(tmp_path / "newer", 6)
    counts = []
    for number, order in enumerate([(older, newer), (newer, older)]):
        memory = tmp_path / f"memory-{number}"
        for folder in order:
            memcli("--memory", memory, "ingest", folder)
        status = memcli("--memory", memory, "--json", "status").json
        counts.append((status["turns"], status["sessions"]))
    assert counts[0] == counts[1]
