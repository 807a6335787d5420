"""Turns by how well they match, and turns beside them in the order of speaking."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.nearest import foremost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.loaded_rows import LoadedRows

    Floats = npt.NDArray[np.float32]
    Places = npt.NDArray[np.int64]

Ranked = list[tuple[int, float]]
"""Turns by their seqs with their scores, best first, ties by seq."""


class Scored(NamedTuple):
    """Places of rows in the order of speaking, ascending, with their scores; -inf is none."""

    places: Places
    scores: Floats


def ranked(rows: LoadedRows, scored: Scored, limit: int) -> Ranked:
    """The `limit` best of them, without those of no score."""
    import numpy as np

    chosen = foremost(scored.scores, limit)
    chosen = chosen[scored.scores[chosen] > -np.inf]
    return in_order(rows.seqs[scored.places[chosen]], scored.scores[chosen])


def in_order(seqs: npt.NDArray[np.int64], scores: Floats) -> Ranked:
    """Seqs with their scores, best first, ties by seq."""
    import numpy as np

    order = np.lexsort((seqs, -scores))
    return list(zip(seqs[order].tolist(), scores[order].tolist(), strict=True))


def with_neighbours(places: Places, count: int) -> Places:
    """These places, of `count`, and those just before and after each, ascending, each once."""
    import numpy as np

    return distinct(np.clip(np.concatenate((places - 1, places, places + 1)), 0, count - 1))


def distinct(places: Places) -> Places:
    """The places, ascending, each once. (numpy.unique imports masked arrays first.)"""
    import numpy as np

    ordered = np.sort(places)
    once: Places = ordered[np.concatenate((np.ones(min(len(ordered), 1), bool), ordered[1:] != ordered[:-1]))]
    return once
