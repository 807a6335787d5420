"""The best turns and windows by their words: BM25 as LanceDB computes it, of the turns that match alike the first ones.

A window is a turn with the one before and the one after it in its session. Its score is made of theirs, as that of its
meaning is (see window_scores): what is indexed of a turn is its own words alone, and stays as it is whatever is said
beside it later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from store.columns import array_of
from store.index_schema import WORDS
from store.loaded_rows import LoadedRows
from store.nearest import window_scores
from store.ranked import Ranked, Scored, ranked, with_neighbours

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.lance_reader import LanceReader

TIED, MOST_TIED = 40, 5_000
"""So many more rows than wanted are asked for at first, and so many at most, to have all that tie with the last one."""

LENDING = 480
"""So many of the best turns, at least, lend their score to the windows that they are in. Four times as many took 4 ms
more, and lifted FriendsQA's recall_at_10 after the first look from 57.6 to 57.9 %."""


def begin_lexical(
    reader: LanceReader,
    text: str,
    *,
    limit: int,
    where: str | None,
    waiting: bool,
    rows: Callable[[], LoadedRows],
    outside: Callable[[], npt.NDArray[np.bool_] | None],
) -> Callable[[], tuple[Ranked, Ranked]]:
    """Begin to look for the `limit` best turns, and windows around turns, that a condition holds for.

    Calling what this gives waits for them. The rest is as in LanceReader.matching(). rows: gives those of the reader's
    table; outside: which of these the condition leaves out, if there is one.
    """
    import numpy as np

    wide = max(limit, LENDING)
    mine = _begin(reader, text, wide, where, waiting, rows)
    everyones = _begin(reader, text, wide, None, waiting, rows) if where else mine

    def found() -> tuple[Ranked, Ranked]:
        passing = mine()
        lending = everyones() if where else passing
        every = rows()
        near = with_neighbours(np.concatenate((passing.places, lending.places)), len(every.seqs))
        scores = np.zeros(len(near), np.float32)
        for one in (lending, passing):
            scores[np.searchsorted(near, one.places)] = one.scores
        windows = window_scores(scores, every.sessions[near], near)
        windows[windows <= 0] = -np.inf
        left_out = outside()
        if left_out is not None:
            windows[left_out[near]] = -np.inf
        return ranked(every, passing, limit), ranked(every, Scored(near, windows), limit)

    return found


def _begin(
    reader: LanceReader, text: str, limit: int, where: str | None, waiting: bool, rows: Callable[[], LoadedRows]
) -> Callable[[], Scored]:
    """Begin to look for the `limit` best turns; more of them come where they tie with the last."""

    def begin(asked: int) -> Callable[[], Scored | None]:
        begun = reader.begin_matching(text, column=WORDS, limit=asked, where=where, waiting=waiting)

        def finish() -> Scored | None:
            import numpy as np

            found = begun()
            scores = array_of(found["_score"])
            # Of rows of one score the last are any of them: those that are cut off must score less than the best.
            if len(scores) == asked and scores[-1] == scores[limit - 1] and asked < MOST_TIED:
                return None
            kept = scores >= scores[min(limit, len(scores)) - 1] if len(scores) else slice(0)
            places = rows().places_of_row_ids(array_of(found["_rowid"])[kept])
            order = np.argsort(places)
            return Scored(places[order], scores[kept][order])

        return finish

    asked = limit + TIED
    begun = begin(asked)

    def best() -> Scored:
        found, more = begun(), asked
        while found is None:
            more *= 4
            found = begin(more)()
        return found

    return best
