"""An archive that is as it was is not taken apart again, and says the same of itself."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from memcli.engines_in_use import built_in_embedder
from memcli.ingest import walk
from memcli.ingest.pipeline import ingest
from memcli.ingest.report import IngestReport
from memcli.progress import Unwatched
from store import erase
from store.batches import Batches
from store.store import Store


def line(number: int) -> str:
    return (
        json.dumps({"session": "s", "speaker": "Ann", "time": 1_709_280_000 + number, "text": f"words {number}"}) + "\n"
    )


def zipped(path: Path, **members: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.jsonl", text)
        archive.writestr("photo.jpg", b"\xff\xd8\xff")
        archive.writestr("essay.txt", "It was the best of times.\n")


@pytest.fixture(scope="module")
def embedder() -> Any:
    return built_in_embedder()


@pytest.fixture
def read(tmp_path: Path, embedder: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[IngestReport, int]]:
    """Ingests export.zip; returns the report and how many archives were taken apart."""

    def run(**more: Any) -> tuple[IngestReport, int]:
        taken: list[str] = []

        def unpack(uri: str, *rest: Any, **options: Any) -> Any:
            taken.append(uri)
            return real(uri, *rest, **options)

        with monkeypatch.context() as patch:
            real = walk.unpack
            patch.setattr(walk, "unpack", unpack)
            report = ingest(
                [str(tmp_path / "export.zip")], folder=tmp_path / "memory", wait_s=5, embedder=lambda: embedder,
                zone=UTC, progress=Unwatched(), **({"redacting": True} | more),
            )  # fmt: skip
        return report, len(taken)

    return run


def told(report: IngestReport) -> list[tuple[Any, ...]]:
    return sorted(
        (one.uri, str(one.format), one.sessions, one.turns_read, one.skipped, dict(one.ignored))
        for one in report.sources
    )


def test_an_unchanged_archive_is_passed_over_and_told_of_as_before(tmp_path: Path, read: Any) -> None:
    zipped(tmp_path / "export.zip", a=line(1) + "{broken\n", b=line(2))
    first, taken = read()
    assert (first.turns_added, taken) == (2, 1)
    again, taken = read()
    assert (again.turns_added, taken) == (0, 0)
    assert told(again) == told(first)
    (tmp_path / "export.zip").touch()
    assert read()[1] == 0, "its content decides, not its time"
    assert read(redacting=False)[1] == 1, "it is to be read in another way"


def test_a_changed_archive_is_read(tmp_path: Path, read: Any) -> None:
    zipped(tmp_path / "export.zip", a=line(1), b=line(2))
    read()
    zipped(tmp_path / "export.zip", a=line(1) + line(3))
    report, taken = read()
    assert (report.turns_added, taken) == (1, 1)
    report, taken = read()
    assert taken == 0
    assert [one.turns_read for one in report.sources if one.format] == [2], "what is no longer in it is not told of"


def test_what_was_taken_back_or_deleted_is_looked_at_again(tmp_path: Path, read: Any) -> None:
    zipped(tmp_path / "export.zip", a=line(1), b=line(2))
    read()
    store = Store.open(tmp_path / "memory", wait_s=5)
    with store.locks.writer(), store.writing() as catalogue:
        batches = Batches(catalogue.connection)
        batches.undo(batches.batches()[0].number)
    report, taken = read()
    assert (report.turns_added, taken) == (2, 1)
    with store.locks.writer():
        erase.erase(store, "t.text = 'words 2'", [], command="delete", what="by text")
        erase.finish(store)
    report, taken = read()
    assert (report.turns_added, taken) == (0, 1)
    assert sum(one.ignored["deleted before"] for one in report.sources) == 1
    report, taken = read(allow_return=True)
    assert (report.turns_added, taken) == (1, 1)
