"""The turns and windows nearest to a query in a large table: codes choose them, true vectors rank them.

An estimate that were kept beside true scores would pass better ones: it errs by some 0.1. So what is not rescored is
left out.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import TYPE_CHECKING, Any

from store.columns import array_of
from store.nearest import agreements, foremost, refined_cosines, window_scores, window_sums
from store.ranked import Scored, distinct, with_neighbours

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from store.lance_reader import LanceReader
    from store.loaded_rows import LoadedRows

    Floats = npt.NDArray[np.float32]
    Places = npt.NDArray[np.int64]

REFINED, REFINED_GROWTH = 3_500, 7
"""So many of the best by code, of turns and of windows each, are first estimated again, with the query itself instead
of its code; in a large table, this many times the root of the number of rows."""

RESCORED_SHARE = 5
"""One in so many of them is compared exactly.

Of the exact ten nearest turns and windows of 200 questions, 99.5 and 99.3 % are found of 225,458 turns of IRC, 99.9 and
99.9 % of 54,518 of them, 99.4 and 99.1 % of a million made of them."""

UNTURNED = 2
"""So many times as many are looked at where the codes are of vectors that were not turned: see store/nearest.py."""

_LEFT_OUT = -(2**15)
"""Less than any sum of agreements, or of cosines."""


def looked_at(rows: LoadedRows) -> tuple[int, int]:
    """How many of the best by code are estimated again, and how many of them compared exactly."""
    refined = max(REFINED, REFINED_GROWTH * isqrt(len(rows.seqs))) * (1 if rows.turned else UNTURNED)
    return refined, refined // RESCORED_SHARE


def nearest_by_code(
    rows: LoadedRows,
    query: Floats,
    outside: npt.NDArray[np.bool_] | None,
    products_of: Callable[[Places], Floats],
    *,
    at_most: int | None = None,
) -> tuple[Scored, Scored]:
    """True scores of the turns and of the windows that are best by code.

    outside: which rows are left out, if any are. products_of: gives the products of the query with the vectors
    of the rows at some places. at_most: of so many turns and windows, where less are wanted than a search compares.
    """
    import numpy as np

    refined, rescored = looked_at(rows)
    compared = rows.compared(query)

    def taking_part(turns: Places, windows: Places) -> Places:
        return distinct(np.concatenate((turns, with_neighbours(windows, len(rows.seqs)))))

    turns, windows = _foremost(rows, agreements(rows.codes, compared), None, None, outside, refined)
    near = taking_part(turns, windows)
    estimates = refined_cosines(np.take(rows.codes, near, axis=1), compared)
    turns, windows = _foremost(rows, estimates, near, windows, outside, min(rescored, at_most or rescored))
    near = taking_part(turns, windows)
    found = products_of(near)
    joined = window_scores(found, rows.sessions[near], near)[np.searchsorted(near, windows)]
    passing = slice(None) if outside is None else ~outside[near]
    return Scored(near[passing], found[passing]), Scored(windows, joined)


def column_at(table: LanceReader, rows: LoadedRows, places: Places, column: str) -> tuple[pa.ChunkedArray, Places]:
    """A column of the table's rows at these places as it is read, and where in that the row of each place is."""
    import numpy as np

    row_ids = rows.row_ids[places]
    found = table.take(row_ids.tolist(), [column], with_ids=True)
    read = array_of(found["_rowid"])
    order = np.argsort(read)
    return found[column], order[np.searchsorted(read, row_ids, sorter=order)]


def _foremost(
    rows: LoadedRows,
    scores: npt.NDArray[Any],
    places: Places | None,
    centres: Places | None,
    outside: npt.NDArray[np.bool_] | None,
    count: int,
) -> tuple[Places, Places]:
    """The places, ascending, of the `count` best turns by these scores, and of as many windows by what they make.

    places: of the rows that have scores; centres: of the windows to choose from; None: all, in either case.
    """
    import numpy as np

    windows = window_sums(scores, rows.sessions if places is None else rows.sessions[places], places)
    if places is not None and centres is not None:
        windows = windows[np.searchsorted(places, centres)]
    found = []
    for at, ratings in ((places, scores), (centres, windows)):
        if outside is not None:
            ratings[outside if at is None else outside[at]] = _LEFT_OUT
        best = foremost(ratings, count)
        if outside is not None:
            best = best[ratings[best] > _LEFT_OUT]
        found.append(best if at is None else at[best])
    return found[0], found[1]
