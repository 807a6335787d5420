"""How often equal words were said long before in the sessions of a source: in eight bytes each, however many there are.

Equal words of one speaker at one time are told apart by their number (see OpenSession.turn_ids()), so that an ingest
has to know all that it has read of a source, in whatever order its times are. What was said of late stays in the
sessions, for the next part of the source; the rest goes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from memcli.ingest.incremental import COUNTED, RECENT

if TYPE_CHECKING:
    import numpy as np

    from memcli.ingest.identity import OpenSession

AT_HAND = 65_536
"""So many contents stay in the sessions whenever they were said: about as many as one commit has."""


class SaidBefore:
    """What was said long before in the sessions of one source, by session id and content."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []
        """Sorted keys, each run less than half as long as the one before: a key is looked up in few of them."""
        self._repeated: dict[int, int] = {}
        """How often what was said more than once was said, by key."""

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, counted: Mapping[tuple[str, str], int]) -> None:
        """Keep how often each content was said so far, by session id and content; a later count is the whole one."""
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
        """How often those of these contents that were said before were said, by session id and content."""
        import numpy as np

        keys = _keys(contents)
        known = np.zeros(len(keys), bool)
        for run in self._runs:
            places = np.searchsorted(run, keys)
            known |= run[np.minimum(places, len(run) - 1)] == keys
        return {contents[place]: self._repeated.get(int(keys[place]), 1) for place in np.flatnonzero(known).tolist()}


def let_go(sessions: Sequence[OpenSession], before: SaidBefore) -> None:
    """Move what was said long before from the sessions of a source to where it takes less room, if it is much.

    What the next part of the source has to know (see state_after()) stays, unless it is more than that can have.
    """
    if sum(len(session.said) for session in sessions) <= AT_HAND:
        return
    last_unnamed = next((session for session in reversed(sessions) if session.unnamed), None)
    going_on = [one for one in sessions if one.continued and (not one.unnamed or one is last_unnamed)]
    known = [at for session in going_on for at in session.latest.values() if at is not None]
    since = max(known) - RECENT if known else None
    timeless = sum(len(session.latest) for session in going_on) - len(known)
    stay = {id(session) for session in going_on}
    if timeless > 2 * COUNTED:
        stay.clear()
        for session in going_on:
            session.continued = False
    for session in sessions:
        latest = session.latest if id(session) in stay else {}
        kept = {content: at for content, at in latest.items() if at is None or (since is not None and at >= since)}
        gone = {(session.id, content): count for content, count in session.said.items() if content not in kept}
        if gone:
            before.add(gone)
            session.gone = True
            session.said = Counter({content: session.said[content] for content in kept})
            session.latest = kept


def _keys(contents: Iterable[tuple[str, str]]) -> np.ndarray:
    """A number for each content of a session: 64 bits of both hashes."""
    import numpy as np

    hashes = [part for session, content in contents for part in (session[:16], content[:16])]
    pairs = np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").reshape(-1, 2)
    return np.asarray(pairs[:, 0] ^ pairs[:, 1], np.uint64)
