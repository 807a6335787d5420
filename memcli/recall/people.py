"""Who is meant by a name: everybody who is shown under it, or was ever seen with it."""

from __future__ import annotations

from collections.abc import Sequence

from store.speakers import Speakers, people_called
from store.store import Store


def shown_names(store: Store, names: Sequence[str]) -> list[str]:
    """The names that turns are shown under whose speakers are meant by these; a name that nobody has stays itself."""
    if not names:
        return []
    with store.reading() as catalogue:
        people = Speakers(catalogue.connection).people()
    return sorted({one for name in names for one in [p.name for p in people_called(name, people)] or [name]})
