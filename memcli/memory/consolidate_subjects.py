"""The claims of a catalogue, each of the person that it is about: see `subjects`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from memcli.memory.facts.claims import subject_key
from memcli.memory.subjects import OWNERS, Subjects

if TYPE_CHECKING:
    from store.catalogue import Catalogue
    from store.facts import ClaimRow


def people_of(catalogue: Catalogue) -> Subjects:
    """The people of a catalogue, and their names. Where it is known who the user is, those are called so, too, whom
    exports of assistants and notes only call "user" or "me"."""
    namings: list[tuple[str, str, bool]] = [*catalogue.facts.namings()]
    me = catalogue.setting("me")
    if me is not None:
        shown = Subjects(namings).shown(me)
        taken = {subject_key(shown), *(subject_key(name) for name, *_ in namings)}
        namings += [(name, shown, True) for name in OWNERS if name not in taken]
    return Subjects(namings)


def claims_about(
    catalogue: Catalogue, people: Subjects, keys: Sequence[str] | None, said_by: datetime | None = None
) -> list[ClaimRow]:
    """What is claimed of the subjects with these keys (None: of all), by the moment said_by at the latest."""
    rows = catalogue.facts.claims_of(people.keys_behind(keys) if keys is not None else None, said_by)
    rows = [
        row._replace(
            subject=people.of_claim(row.subject, row.said.speaker, row.said.shown),
            said=row.said._replace(shown=people.shown(row.said.shown)),
        )
        for row in rows
    ]
    wanted = set(keys or ())
    return [row for row in rows if keys is None or subject_key(row.subject) in wanted]


def keys_of(catalogue: Catalogue, people: Subjects, *, so: bool = False) -> set[str]:
    """The keys of all of whom anything is claimed (so: that something is so)."""
    return {subject_key(people.of_claim(*one)) for one in catalogue.facts.subjects(so=so)}
