"""What was said when and where, in numbers: the catalogue summed up by session and by stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import duckdb

    from store.index import Filter

Unit = Literal["day", "week", "month", "year"]


class SessionRow(NamedTuple):
    """A session with what is in it; the times are those of its first and last turn, None where it has none."""

    id: str
    format: str
    native_id: str
    title: str
    turns: int
    speakers: Sequence[str]
    first: datetime | None
    last: datetime | None


class Stretch(NamedTuple):
    """A day, week (from Monday), month or year in which something was said."""

    begins: date
    turns: int
    sessions: int


def session_rows(connection: duckdb.DuckDBPyConnection, where: Filter) -> list[SessionRow]:
    """The sessions with a turn that passes, latest first; sessions without times come last, by title."""
    rows = connection.execute(
        f"""SELECT s.id, s.format, s.native_id, s.title, count(*), list_sort(list(DISTINCT t.speaker)),
                   min(t.said_at), max(t.said_at)
            FROM current_turns t JOIN sessions s ON s.number = t.session WHERE {where.sql() or "true"}
            GROUP BY ALL ORDER BY max(t.said_at) DESC NULLS LAST, s.title, s.id"""
    ).fetchall()
    return [SessionRow._make((*row[:6], _aware(row[6]), _aware(row[7]))) for row in rows]


def speaker_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Everybody who said something, by name."""
    return [name for (name,) in connection.execute("SELECT DISTINCT speaker FROM turns ORDER BY speaker").fetchall()]


def session_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What conversations are called: their titles, and the ids that their sources gave them."""
    rows = connection.execute(
        """SELECT DISTINCT unnest([title, native_id]) AS name FROM sessions
           WHERE number IN (SELECT session FROM turns) ORDER BY name"""
    ).fetchall()
    return [name for (name,) in rows if not name.startswith("content:")]


def stretches(
    connection: duckdb.DuckDBPyConnection, unit: Unit, where: Filter, only: Sequence[int] | None = None
) -> tuple[list[Stretch], int]:
    """The stretches in which a turn that passes was said, earliest first, on the clock of whoever said it.

    only: the seqs of the turns that count, if not all do. Also returns how many of those turns have no time.
    """
    condition = f"{where.sql() or 'true'} AND (? OR seq IN (SELECT unnest(?::BIGINT[])))"
    rows = connection.execute(
        f"""SELECT date_trunc(?, said_at + to_minutes(utc_offset::BIGINT))::DATE, count(*), count(DISTINCT session)
            FROM current_turns WHERE {condition} GROUP BY 1 ORDER BY 1""",
        [unit, only is None, list(only or ())],
    ).fetchall()
    return [Stretch(*row) for row in rows if row[0] is not None], sum(row[1] for row in rows if row[0] is None)


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None
