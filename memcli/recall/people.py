"""Who is meant by a name: everybody who is shown under it, or was ever seen with it."""

from __future__ import annotations

from collections.abc import Sequence

from store.speakers import PersonRow, Speakers
from store.store import Store


def people_called(name: str, people: Sequence[PersonRow]) -> list[PersonRow]:
    """Everybody who is shown under that name, was ever seen with it, or has the number #N; case and @ do not count."""
    if name.startswith("#") and name[1:].isdecimal():
        return [person for person in people if person.number == int(name[1:])]
    wanted = name.lstrip("@").lower()
    return [
        person
        for person in people
        if wanted in {one.lstrip("@").lower() for one in (person.name, *person.names)}
        or any(key.removeprefix("=").lstrip("@").lower() == wanted for _, key in person.speakers)
    ]


def shown_names(store: Store, names: Sequence[str]) -> list[str]:
    """The names that turns are shown under whose speakers are meant by these; a name that nobody has stays itself."""
    if not names:
        return []
    with store.reading() as catalogue:
        people = Speakers(catalogue.connection).people()
    return sorted({one for name in names for one in [p.name for p in people_called(name, people)] or [name]})
