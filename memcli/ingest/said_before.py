"""How often equal words were said long before in the sessions of a source: in eight bytes each, however many there are.

Equal words of one speaker at one time are told apart by their number (see OpenSession.turn_ids()), so that an ingest
has to know all that it has read of a source, in whatever order its times are. What was said of late stays in the
sessions, for the next part of the source; the rest goes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class SaidBefore:
    """What was said long before in the sessions of one source, by session key and content: 16 and 32 hex digits."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []
        """Sorted keys, each run less than half as long as the one before: a key is looked up in few of them."""
        self._repeated: dict[int, int] = {}
        """How often what was said more than once was said, by key."""

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, counted: Mapping[tuple[str, str], int]) -> None:
        """Keep how often each content was said so far, by session key and content; a later count is the whole one."""
        import numpy as np

        keys = _keys(counted)
        self._repeated |= {
            int(key): count for key, count in zip(keys, counted.values(), strict=True) if count > 1
        }  # fmt: skip
        keys.sort()
        while self._runs and len(self._runs[-1]) < 2 * len(keys):
            keys = np.concatenate([self._runs.pop(), keys])
            keys.sort(kind="stable")
        self._runs.append(keys)

    def counts(self, contents: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """How often those of these contents that were said before were said, by session key and content."""
        import numpy as np

        keys = _keys(contents)
        known = np.zeros(len(keys), bool)
        for run in self._runs:
            places = np.searchsorted(run, keys)
            known |= run[np.minimum(places, len(run) - 1)] == keys
        return {contents[place]: self._repeated.get(int(keys[place]), 1) for place in np.flatnonzero(known).tolist()}


def _keys(contents: Iterable[tuple[str, str]]) -> np.ndarray:
    """A number for each content of a session: 64 bits of its hash, and the key in them."""
    import numpy as np

    hashes = [part for session, content in contents for part in (session, content[:16])]
    pairs = np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").reshape(-1, 2)
    return np.asarray(pairs[:, 0] ^ pairs[:, 1], np.uint64)
