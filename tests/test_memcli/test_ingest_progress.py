from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pytest

from memcli.ingest.pipeline import dry_run
from memcli.ingest.reading import Reading


class Watcher:
    """Somebody who watches, and remembers what was told."""

    def __init__(self) -> None:
        self.total = 0
        self.told: list[int] = []

    @contextmanager
    def phase(self, name: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        self.total = total
        yield self.told.append


@pytest.mark.parametrize("as_array", [True, False])
def test_progress_is_told_inside_a_file_and_ends_at_its_end(tmp_path: Path, as_array: bool) -> None:
    turns = [{"speaker": "Ann", "time": "2024-05-01T12:00:00Z", "text": f"{number} " + "kettle " * 40}
             for number in range(3000)]  # fmt: skip
    log = tmp_path / "log.json"
    log.write_text(json.dumps(turns) if as_array else "\n".join(map(json.dumps, turns)))
    watcher = Watcher()
    dry_run([str(log)], reading=Reading(zone=UTC), progress=watcher)
    assert sum(watcher.told) == watcher.total == log.stat().st_size
    assert max(watcher.told) < watcher.total / 2
