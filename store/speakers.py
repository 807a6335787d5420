"""Who speaks: every speaker of every source, the names they were seen with, and which of them are one person.

A speaker is known by the format and by a key that the source keeps where names change. The name to show is the one that
the user gave the person, else the latest that was seen. A turn whose shown name changes goes to the outbox, because the
index holds the name with the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from store.outbox import enqueue

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class PersonRow(NamedTuple):
    """A person: the name to show, the speakers that were merged (format, key), all names, and what there is of them."""

    number: int
    name: str
    speakers: Sequence[tuple[str, str]]
    names: Sequence[str]
    turns: int
    sessions: int
    sources: int
    first_said_at: datetime | None
    last_said_at: datetime | None
    merged: bool


class Speakers:
    """The speakers of a catalogue that is open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def keep(self, seen: pa.Table) -> dict[tuple[str, str], int]:
        """Record speakers and the names they were seen with (columns format, key, name, said_at, batch).

        Returns the numbers of those speakers by (format, key).
        """
        self._db.register("seen", seen)
        try:
            with self._renaming("SELECT number FROM speakers SEMI JOIN seen USING (format, key)"):
                self._db.execute(
                    """INSERT INTO speakers
                       SELECT last + place, format, key, last + place
                       FROM (SELECT row_number() OVER (ORDER BY format, key) AS place, format, key
                             FROM (SELECT DISTINCT format, key FROM seen) ANTI JOIN speakers USING (format, key)),
                            (SELECT coalesce(max(number), 0) AS last FROM speakers)"""
                )
                self._db.execute(
                    """CREATE OR REPLACE TEMP TABLE fresh_names AS
                       SELECT number AS speaker, name, batch, max(said_at) AS last_said_at
                       FROM seen JOIN speakers USING (format, key) GROUP BY ALL"""
                )
                self._db.execute(
                    """UPDATE speaker_names old SET last_said_at = fresh.last_said_at FROM fresh_names fresh
                       WHERE old.speaker = fresh.speaker AND old.name = fresh.name AND old.batch = fresh.batch
                       AND coalesce(fresh.last_said_at > old.last_said_at, old.last_said_at IS NULL)"""
                )
                self._db.execute(
                    "INSERT INTO speaker_names FROM fresh_names ANTI JOIN speaker_names USING (speaker, name, batch)"
                )
            rows = self._db.execute(
                "SELECT format, key, number FROM speakers SEMI JOIN seen USING (format, key)"
            ).fetchall()
        finally:
            self._db.unregister("seen")
        return {(str(row[0]), str(row[1])): int(row[2]) for row in rows}

    def people(self) -> list[PersonRow]:
        """Everybody, those who said most first."""
        rows = self._db.execute(
            """WITH said AS (
                   SELECT s.person, count(*) AS turns, count(DISTINCT t.session) AS sessions,
                          count(DISTINCT t.source) AS sources, min(t.said_at) AS first, max(t.said_at) AS last
                   FROM current_turns t JOIN speakers s ON s.number = t.who GROUP BY s.person),
               named AS (
                   SELECT s.person, list_sort(list(DISTINCT n.name)) AS names
                   FROM speaker_names n JOIN speakers s ON s.number = n.speaker GROUP BY s.person),
               members AS (
                   SELECT s.person, any_value(shown.name) AS name,
                          list([s.format, s.key] ORDER BY s.format, s.key) AS of,
                          count(*) > 1 OR any_value(p.shown_as) IS NOT NULL AS merged
                   FROM speakers s JOIN shown ON shown.who = s.number LEFT JOIN people p ON p.number = s.person
                   GROUP BY s.person)
               SELECT m.person, m.name, m.of, n.names, coalesce(said.turns, 0), coalesce(said.sessions, 0),
                      coalesce(said.sources, 0), said.first, said.last, m.merged
               FROM members m JOIN named n USING (person) LEFT JOIN said USING (person)
               ORDER BY 5 DESC, m.name, m.person"""
        ).fetchall()
        return [
            PersonRow(
                number, name, [(format_name, key) for format_name, key in of], names, turns, sessions, sources,
                _aware(first), _aware(last), merged,
            )
            for number, name, of, names, turns, sessions, sources, first, last, merged in rows
        ]  # fmt: skip

    def merge(self, people: Sequence[int], *, shown_as: str) -> None:
        """Make one person of these, who is shown under that name."""
        members = f"SELECT number FROM speakers WHERE person IN ({_list(people)})"
        self._db.begin()
        try:
            with self._renaming(members):
                self._db.execute(f"UPDATE speakers SET person = {min(people)} WHERE person IN ({_list(people)})")
                self._db.execute(f"DELETE FROM people WHERE number IN ({_list(people)})")
                self._db.execute("INSERT INTO people VALUES (?, ?)", [min(people), shown_as])
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()

    def unmerge(self, person: int) -> None:
        """Make each speaker of the person a person again, under the name that the source has."""
        self._db.begin()
        try:
            with self._renaming(f"SELECT number FROM speakers WHERE person = {int(person)}"):
                self._db.execute("UPDATE speakers SET person = number WHERE person = ?", [person])
                self._db.execute("DELETE FROM people WHERE number = ?", [person])
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()

    def forget_silent(self, batch: int) -> None:
        """Forget the names that only a batch brought, and the speakers of whom nothing is left."""
        with self._renaming(f"SELECT speaker FROM speaker_names WHERE batch = {int(batch)}"):
            self._db.execute("DELETE FROM speaker_names WHERE batch = ?", [batch])
            self._db.execute(
                "DELETE FROM speakers WHERE number NOT IN (SELECT who FROM turns WHERE who IS NOT NULL)"
                " AND number NOT IN (SELECT speaker FROM speaker_names)"
                " AND number NOT IN (SELECT person FROM speakers WHERE number IN (SELECT speaker FROM speaker_names))"
            )
            self._db.execute("DELETE FROM people WHERE number NOT IN (SELECT person FROM speakers)")

    @contextmanager
    def _renaming(self, speakers: str) -> Iterator[None]:
        """Put the turns of those speakers (a query) in the outbox whose shown name is another one afterwards."""
        before = self._shown(speakers)
        yield
        after = dict(self._db.execute("SELECT who, name FROM shown").fetchall()) if before else {}
        changed = [number for number, name in before.items() if after.get(number) != name]
        if changed:
            enqueue(self._db, f"SELECT seq FROM turns WHERE who IN ({_list(changed)})")

    def _shown(self, speakers: str) -> dict[int, str]:
        return dict(self._db.execute(f"SELECT who, name FROM shown WHERE who IN ({speakers})").fetchall())


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


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None
