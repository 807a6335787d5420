"""Who is meant by a name: everybody who is shown under it, or was ever seen with it."""

from __future__ import annotations

from collections.abc import Sequence

from memcli.memory.subjects import OWNERS
from store.rows import TurnRow
from store.speakers import Speakers, people_called
from store.store import Store


def shown_names(store: Store, names: Sequence[str]) -> list[str]:
    """The names that turns are shown under whose speakers are meant by these; a name that nobody has stays itself."""
    if not names:
        return []
    with store.reading() as catalogue:
        people = Speakers(catalogue.connection).people()
        me = catalogue.setting("me")
    if me is not None and me.casefold() in {name.casefold() for name in names}:
        names = [*names, *(one.name for one in people if one.name.casefold() in OWNERS)]
    return sorted({one for name in names for one in [p.name for p in people_called(name, people)] or [name]})


def as_said_by(row: TurnRow, me: str | None) -> TurnRow:
    """The turn as said by the user, if it is known who that is and the log only calls him "user" or "me"."""
    if me is None or row.role != "user" or row.speaker.casefold() not in OWNERS:
        return row
    return row._replace(speaker=me)
