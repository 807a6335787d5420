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
    centres = _promising(rows, query, outside, refined, min(rescored, at_most or rescored))
    near = with_neighbours(centres, len(rows.seqs))
    found = products_of(near)
    windows = window_scores(found, rows.sessions[near], near)[np.searchsorted(near, centres)]
    turns = Scored(near, found) if outside is None else Scored(near[~outside[near]], found[~outside[near]])
    return turns, Scored(centres, windows)


def column_at(table: LanceReader, rows: LoadedRows, places: Places, column: str) -> tuple[pa.ChunkedArray, Places]:
    """A column of the table's rows at these places as it is read, and where in that the row of each place is."""
    import numpy as np

    row_ids = rows.row_ids[places]
    found = table.take(row_ids.tolist(), [column], with_ids=True)
    read = array_of(found["_rowid"])
    order = np.argsort(read)
    return found[column], order[np.searchsorted(read, row_ids, sorter=order)]


def _promising(
    rows: LoadedRows, query: Floats, outside: npt.NDArray[np.bool_] | None, refined: int, limit: int
) -> Places:
    """The places, ascending, whose turn or window is among the `limit` best by code, of `refined` of each looked at."""
    import numpy as np

    def chosen(places: Places | None, turns: npt.NDArray[Any], count: int) -> Places:
        sessions = rows.sessions if places is None else rows.sessions[places]
        windows = window_sums(turns, sessions, places)
        if outside is not None:
            left_out = outside if places is None else outside[places]
            turns[left_out] = windows[left_out] = _LEFT_OUT
        at = distinct(np.concatenate((foremost(turns, count), foremost(windows, count))))
        if outside is not None:
            at = at[~left_out[at]]
        return at if places is None else places[at]

    compared = rows.compared(query)
    near = with_neighbours(chosen(None, agreements(rows.codes, compared), refined), len(rows.seqs))
    return chosen(near, refined_cosines(np.take(rows.codes, near, axis=1), compared), limit)
