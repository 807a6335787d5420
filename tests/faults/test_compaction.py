"""Files of older versions of the index go as soon as it is compacted; whoever reads it meanwhile notices nothing."""

from __future__ import annotations

import threading
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from store import index as index_module
from store import resident
from store.index import Filter, Index
from store.index_schema import COLUMNS

EVERYTHING = Filter()
AT_ONCE, ROUNDS = 60, 12


def vector(seq: int) -> Any:
    seed = int.from_bytes(blake2b(str(seq).encode(), digest_size=8).digest(), "big")
    return np.random.default_rng(seed).normal(size=64).astype(np.float32)


def put(index: Index, seqs: range) -> None:
    values = {"seq": pa.array(seqs, pa.int64()), "session": pa.array([1] * len(seqs), pa.int32()),
              "speaker": ["Ann"] * len(seqs), "said": [f"Ann: word{seq}" for seq in seqs]}  # fmt: skip
    columns = {name: values.get(name, pa.nulls(len(seqs))) for name in COLUMNS}
    index.put(pa.table(columns), np.stack([vector(seq) for seq in seqs]))


@pytest.mark.parametrize("exact", [True, False])
def test_searches_beside_one_compaction_after_another_find_the_right_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: bool
) -> None:
    """Rows have other ids after it: the turns of one version, taken from another, would be wrong ones."""
    monkeypatch.setattr(index_module, "EXACT_ROWS", 10_000 if exact else 10)
    monkeypatch.setattr(resident, "FILES_BYTES", 0)  # what is in memory cannot be missed
    writer, reader = Index(tmp_path / "index"), Index(tmp_path / "index")
    put(writer, range(1, AT_ONCE + 1))
    writer.refresh_text()
    over, failed, reads = threading.Event(), [], 0

    def write() -> None:
        try:
            for number in range(1, ROUNDS):
                put(writer, range(AT_ONCE * number + 1, AT_ONCE * (number + 1) + 1))
                writer.remove([AT_ONCE * number + 1])
                writer.refresh_text()
        except BaseException as error:  # so that the test tells of it
            failed.append(error)
        finally:
            over.set()

    writing = threading.Thread(target=write)
    writing.start()
    while not over.is_set() or reads < 20:
        seq = 2 + reads % (AT_ONCE - 1)
        reads += 1
        assert [found for found, _ in reader.lexical(f"word{seq}", limit=5, where=EVERYTHING)[0]] == [seq]
        assert reader.dense(vector(seq), limit=5, where=EVERYTHING)[0][0][0] == seq
        assert {found: row.text for found, row in reader.rows([seq, 7]).items()} == {seq: f"word{seq}", 7: "word7"}
    writing.join()
    assert not failed
    reader.reopen()
    assert reader.count() == ROUNDS * AT_ONCE - (ROUNDS - 1)
