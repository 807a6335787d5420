"""The working memory: turns that are at hand for every question, whatever it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from store.rows import TurnRow

if TYPE_CHECKING:
    from store.catalogue import Catalogue

_TURN = """
    SELECT t.seq, t.id, t.session, s.id, s.title, t.position, t.speaker, t.role, t.text, t.said_at, t.utc_offset,
           t.native_id, o.uri, t.line, t.metadata
    FROM current_turns t JOIN sessions s ON s.number = t.session JOIN sources o ON o.number = t.source
"""


class NamedSession(NamedTuple):
    """A session that a name may mean."""

    number: int
    id: str
    title: str


def sessions_named(catalogue: Catalogue, name: str) -> list[NamedSession]:
    """The sessions whose id begins so, or whose title or native id is this, in any case; by title, at most 10."""
    rows = catalogue.connection.execute(
        """SELECT number, id, title FROM sessions
           WHERE lower(title) = lower($1) OR lower(native_id) = lower($1)
           OR (len($1) >= 6 AND starts_with(id, lower($1)))
           ORDER BY title, id LIMIT 10""",
        [name],
    ).fetchall()
    return [NamedSession(*row) for row in rows]


def last_turns(catalogue: Catalogue, session: int, count: int) -> list[TurnRow]:
    """The last turns of a session, the latest first."""
    sql = _TURN + "WHERE t.session = ? ORDER BY t.said_at DESC NULLS LAST, t.position DESC, t.seq DESC LIMIT ?"
    return [_turn(row) for row in catalogue.connection.execute(sql, [session, count]).fetchall()]


def standing_instructions(catalogue: Catalogue, count: int) -> list[TurnRow]:
    """The latest standing instructions that consolidation found, and that were not put away, the latest first."""
    sql = (
        _TURN
        + """JOIN turn_memory m ON m.seq = t.seq
             WHERE m.instruction AND NOT EXISTS (FROM archive a WHERE a.seq = t.seq)
             ORDER BY t.said_at DESC NULLS LAST, t.seq DESC LIMIT ?"""
    )
    return [_turn(row) for row in catalogue.connection.execute(sql, [count]).fetchall()]


def turns_with_ids(catalogue: Catalogue, ids: Sequence[str]) -> list[TurnRow]:
    """The turns with these ids, by time."""
    sql = _TURN + "WHERE t.id IN (SELECT unnest(?::VARCHAR[])) ORDER BY t.said_at NULLS FIRST, t.seq"
    return [_turn(row) for row in catalogue.connection.execute(sql, [list(ids)]).fetchall()]


def _turn(row: tuple[object, ...]) -> TurnRow:
    turn = TurnRow._make(row)
    return turn._replace(said_at=turn.said_at.replace(tzinfo=UTC)) if turn.said_at else turn
