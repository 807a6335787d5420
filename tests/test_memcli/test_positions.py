"""One conversation in many files: every turn has a place of its own in it, whatever file is read first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from memcli.ingest.detect import detect
from memcli.ingest.listen import Heard, listen
from memcli.ingest.normalise import Normaliser
from memcli.ingest.report import SourceReport
from memcli.ingest.walk import sources

START = 1_709_280_000  # 2024-03-01 08:00


def slack(folder: Path) -> None:
    (folder / "users.json").write_text(json.dumps([{"id": "U0000ANA", "team_id": "T1", "name": "Ana", "profile": {}}]))
    channel = [{"id": "C00000001", "name": "lake", "created": 1, "members": []}]
    (folder / "channels.json").write_text(json.dumps(channel))
    (folder / "lake").mkdir()
    for day in range(3):
        times = [f"{START + 86_400 * day + 60 * n}.000100" for n in range(4)]
        said = [{"type": "message", "user": "U0000ANA", "text": f"at {ts}", "ts": ts} for ts in times]
        (folder / "lake" / f"2024-03-0{day + 1}.json").write_text(json.dumps(said))


def messenger(folder: Path) -> None:
    """message_1.json has the newest."""
    said = [{"sender_name": "Ana", "timestamp_ms": 1000 * (START + 60 * n), "content": str(n)} for n in range(12)][::-1]
    for number in range(3):
        part = {"messages": said[4 * number : 4 * number + 4], "thread_path": "inbox/ana_12", "title": "Ana"}
        (folder / f"message_{number + 1}.json").write_text(json.dumps(part))


@pytest.mark.parametrize("written", [slack, messenger], ids=lambda one: one.__name__)
def test_positions_are_unique_and_in_the_order_of_time(tmp_path: Path, written: Callable[[Path], None]) -> None:
    written(tmp_path)
    heard: defaultdict[str | None, list[Heard]] = defaultdict(list)
    with sources([str(tmp_path)]) as found:
        for source in reversed(found.sources.values()):
            reader = detect(source)
            report = SourceReport(uri=source.uri, format=reader.name)
            for one in listen(source, reader, Normaliser(UTC, redacting=True), report):
                assert isinstance(one, Heard)
                heard[one.session.native_id].append(one)
    assert len(heard) == 1
    [turns] = heard.values()
    assert len(turns) == 12
    assert len({turn.position for turn in turns}) == 12
    in_time = sorted(turns, key=lambda turn: (turn.said_at or datetime.max, turn.position))
    assert in_time == sorted(turns, key=lambda turn: turn.position)
    gaps = [after.position - before.position for before, after in pairwise(in_time)]
    assert gaps.count(1) == 9, "only what stands in one file is next to each other"
