"""What a worker of Ray reads, as it comes back: through pickle, from another process. Ray itself: tests/faults."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.static import StaticEmbedder
from memcli import __version__, config
from memcli.engines_in_use import built_in_embedder
from memcli.ingest import on_ray
from memcli.ingest.pipeline import IngestReport, ingest
from memcli.progress import Unwatched
from store.place import Place, keep_place
from store.store import Store


class ThroughPickle(AbstractContextManager[object]):
    """Has each source read by what workers run, and its result brought over as bytes."""

    def __init__(self) -> None:
        self.read = 0

    def __exit__(self, *raised: object) -> None:
        pass

    def embedder(self) -> StaticEmbedder:
        return built_in_embedder()

    def told(self, chosen: Any, reads: Any, reading: Any) -> Iterator[Any]:
        for source, detected in chosen:
            given = [(replace(source, watched=None), detected, reads.get(source.uri))]
            [found] = pickle.loads(pickle.dumps(on_ray._read(given, reading, __version__)))
            self.read += found is not None
            yield found


def read_in(memory: Path, logs: Path, elsewhere: ThroughPickle | None) -> IngestReport:
    return ingest(
        [str(logs)], folder=memory, wait_s=10, embedder=built_in_embedder, zone=UTC, redacting=True,
        progress=Unwatched(), elsewhere=elsewhere,
    )  # fmt: skip


def rows(memory: Path) -> list[Any]:
    with Store.open(memory, wait_s=10).reading() as catalogue:
        db = catalogue.connection
        return [db.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in ("turns", "sessions", "speakers")]


@pytest.mark.parametrize("grown", [
    ("chat.log", "[2024-05-01 10:00] <Ann> the kettle is on\n", "[2024-05-01 10:01] <Ben> the kettle is on\n"),
    ("talk.txt", "Ann: is the oven here?\nBen: the oven is here\n", "Ann: good\n"),
])  # fmt: skip
def test_a_log_that_grows_goes_on_as_one_that_is_read_here(tmp_path: Path, grown: tuple[str, str, str]) -> None:
    name, begun, more = grown
    log = tmp_path / "logs" / name
    log.parent.mkdir()
    worker = ThroughPickle()
    for content in (begun * 3, begun * 3 + more):
        log.write_text(content)
        here = read_in(tmp_path / "here", log.parent, None)
        there = read_in(tmp_path / "there", log.parent, worker)
        assert [(one.turns_read, one.turns_added, one.continued) for one in there.sources] == [
            (one.turns_read, one.turns_added, one.continued) for one in here.sources
        ]
    assert there.sources[0].continued
    assert worker.read == 2
    assert rows(tmp_path / "there") == rows(tmp_path / "here")


def test_a_file_that_a_worker_does_not_see_is_left_to_the_ingest(tmp_path: Path, examples: Path) -> None:
    class Blind(ThroughPickle):
        def told(self, chosen: Any, reads: Any, reading: Any) -> Iterator[Any]:
            elsewhere = [(replace(source, path=tmp_path / "not there"), detected) for source, detected in chosen]
            return super().told(elsewhere, reads, reading)

    worker = Blind()
    report = read_in(tmp_path / "there", examples / "logs", worker)
    assert worker.read == 0
    assert report.turns_read == read_in(tmp_path / "here", examples / "logs", None).turns_read
    assert rows(tmp_path / "there") == rows(tmp_path / "here")


def test_another_version_of_memcli_is_refused() -> None:
    with pytest.raises(on_ray.EngineUnavailable, match=r"memcli .* this one 0\.0"):
        on_ray._read([], None, "0.0")  # type: ignore[arg-type]


def test_texts_are_spread_in_pieces_and_come_back_in_order() -> None:
    embedder, pieces = built_in_embedder(), []

    def vectors(given: Sequence[Any]) -> list[Any]:
        pieces.extend(map(len, given))
        return [embedder.embed(piece.to_pylist()) for piece in given]

    texts = [f"turn {number} of the kettle" for number in range(on_ray.PIECE + 5)]
    spread = on_ray.SpreadEmbedder(embedder, vectors)
    assert np.array_equal(spread.embed(texts), embedder.embed(texts))
    assert pieces == [on_ray.PIECE, 5]


def test_pylance_is_needed_where_workers_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do where they reach the index: not from the machines of a cluster into a folder of this one."""
    monkeypatch.setattr(on_ray, "_ray", lambda: None)
    monkeypatch.setattr(on_ray, "find_spec", lambda name: None)
    monkeypatch.delenv(on_ray.ADDRESS, raising=False)
    settings, tell = config.load(None, {}, {}), [].append
    with pytest.raises(on_ray.EngineUnavailable, match="pylance is not installed") as error:
        on_ray.OnRay(tmp_path, settings, built_in_embedder, tell)
    assert "memcli[ray]" in error.value.hint
    monkeypatch.setenv(on_ray.ADDRESS, "10.0.0.5:6379")
    on_ray.OnRay(tmp_path, settings, built_in_embedder, tell)
    keep_place(tmp_path, Place(uri="s3://memories/big"))
    with pytest.raises(on_ray.EngineUnavailable, match="pylance is not installed"):
        on_ray.OnRay(tmp_path, settings, built_in_embedder, tell)
