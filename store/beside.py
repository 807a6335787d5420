"""What stands beside turns in the order of speaking, and how near any of them is to a query: see loaded_rows.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.nearest import refined_cosines

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.loaded_rows import LoadedRows


def beside(rows: LoadedRows, seq: int, reach: int) -> list[tuple[int, int]]:
    """The turns of its session within `reach` turns before and after one, as (seq, how many turns later it came),
    the nearest first, what came after before what came before. None if it is not there."""
    places = rows.places_of([seq])
    if not len(places):
        return []
    at = int(places[0])
    steps = [step for far in range(1, reach + 1) for step in (far, -far)]
    return [
        (int(rows.seqs[at + step]), step)
        for step in steps
        if 0 <= at + step < len(rows.seqs) and rows.sessions[at + step] == rows.sessions[at]
    ]


def cosines(rows: LoadedRows, query: npt.NDArray[np.float32], seqs: Sequence[int]) -> list[tuple[int, float]]:
    """The cosine of a query (dimension,) with each of these turns that is there, as (seq, cosine), by seq.

    Where the rows have codes alone, it is estimated, to some 0.05.
    """
    places = rows.places_of(seqs)
    if not len(places):
        return []
    if rows.vectors is not None:
        scores = rows.vectors[places] @ query
    else:
        scores = refined_cosines(rows.codes[:, places], rows.compared(query))
    return list(zip(rows.seqs[places].tolist(), scores.tolist(), strict=True))
