"""What was heard is written once, however often the catalogue is found locked, and not all of it at the end."""

import json
from datetime import UTC
from pathlib import Path

import pytest

from memcli.ingest import writing
from memcli.ingest.detect import reader_named
from memcli.ingest.incremental import part
from memcli.ingest.normalise import Normaliser
from memcli.ingest.readers.base import Source
from memcli.ingest.report import SourceReport
from memcli.ingest.writing import Writer
from store.errors import StoreLocked
from store.locks import StoreLocks
from store.store import Store


def read(folder: Path, log: Path, *, locked: bool) -> list[tuple[object, ...]]:
    store = Store.create(folder, wait_s=0)
    writer, reader = Writer(store, Normaliser(UTC, redacting=True)), reader_named("turns")
    source = Source(uri="log.jsonl", path=log)
    writer.read(part(source, reader, None, ""), reader, "", SourceReport(uri=source.uri, format=reader.name))
    if locked:
        with StoreLocks(store.folder / "locks", 0).catalogue(shared=True):
            for _ in range(2):
                with pytest.raises(StoreLocked):
                    writer.commit()
    assert writer.commit()
    writer.finish(me=None)
    with store.reading() as catalogue:
        return catalogue.connection.execute("SELECT seq, id, speaker, text, said_at FROM turns ORDER BY seq").fetchall()


def test_a_commit_that_found_the_catalogue_locked_is_made_later(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"speaker": "Ann", "text": "Again!", "time": "2024-03-01T09:30:00Z"}\n' * 3
        + '{"speaker": "Bo", "text": "No."}\n'
    )
    expected = read(tmp_path / "free", log, locked=False)
    assert len(expected) == 4  # equal words of one time are told apart by their number
    assert read(tmp_path / "locked", log, locked=True) == expected


@pytest.mark.parametrize(("chars", "commits"), [(1_000, 9), (10_000, 0)])
def test_turns_without_a_time_wait_for_one_unless_they_are_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chars: int, commits: int
) -> None:
    """All in one commit at the end would have to lie in memory."""
    monkeypatch.setattr(writing, "BATCH_CHARS", chars)
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"speaker": "Ann", "text": f"{number:099}x"}) + "\n" for number in range(99)))
    store = Store.create(tmp_path / "m", wait_s=0)
    writer, reader = Writer(store, Normaliser(UTC, redacting=True)), reader_named("turns")
    source = Source(uri="log.jsonl", path=log)
    waiting: list[int] = []

    def committed() -> None:
        with store.reading() as catalogue:
            waiting.append(catalogue.counts()["turns"])

    told = SourceReport(uri=source.uri, format=reader.name)
    writer.read(part(source, reader, None, ""), reader, "", told, committed=committed)
    writer.finish(me=None)
    assert len(waiting) == commits
    assert waiting == sorted(set(waiting))
    with store.reading() as catalogue:
        assert catalogue.counts()["turns"] == 99
