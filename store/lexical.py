"""The best turns by their words: BM25 as LanceDB computes it, and of turns that match alike the first ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from store.loaded_rows import LoadedRows, array_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.lance_reader import LanceReader

Ranked = list[tuple[int, float]]
"""Turns by their seqs with their scores, best first, ties by seq."""

TIED, MOST_TIED = 40, 5_000
"""So many more rows than wanted are asked for at first, and so many at most, to have all that tie with the last one."""


def in_order(seqs: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]) -> Ranked:
    """Seqs with their scores, best first, ties by seq."""
    import numpy as np

    order = np.lexsort((seqs, -scores))
    return list(zip(seqs[order].tolist(), scores[order].tolist(), strict=True))


def begin_lexical(
    reader: LanceReader,
    text: str,
    *,
    column: str,
    limit: int,
    where: str | None,
    waiting: bool,
    rows: Callable[[], LoadedRows],
) -> Callable[[], Ranked]:
    """Begin to look for the `limit` best turns; calling what this gives waits for them.

    The rest is as in LanceReader.matching(). rows: gives those of the reader's table.
    """

    def begin(asked: int) -> Callable[[], Ranked | None]:
        begun = reader.begin_matching(text, column=column, limit=asked, where=where, waiting=waiting)

        def finish() -> Ranked | None:
            found = begun()
            scores = array_of(found["_score"])
            # Of rows of one score the last are any of them: those that are cut off must score less than the best.
            if len(scores) == asked and scores[-1] == scores[limit - 1] and asked < MOST_TIED:
                return None
            seqs = rows().seqs_of(array_of(found["_rowid"]))
            return in_order(seqs, scores)[:limit]

        return finish

    asked = limit + TIED
    begun = begin(asked)

    def ranked() -> Ranked:
        found, more = begun(), asked
        while found is None:
            more *= 4
            found = begin(more)()
        return found

    return ranked
