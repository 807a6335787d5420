"""How well memories are kept: strengths of what was recalled, what the user pinned, put away or rejected, the archive.

Every table here is small beside the turns but `turn_memory` and `archive`, which are as narrow as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Mark = Literal["pinned", "forgotten"]

SUMMARY = "'summary:' || c.id"
"""The id of the gist of a scene c, in SQL: the scene itself has that of the episode that founded it."""


class StateRow(NamedTuple):
    """The strength of a memory that was recalled at least once."""

    item_id: str
    kind: str
    stability_days: float
    difficulty: float
    last_recalled_at: datetime | None
    recall_count: int


class EventRow(NamedTuple):
    """A recall of an item, with the turn that it is, where it is one: seq, its text and when that was said."""

    item_id: str
    recalled_at: datetime
    rating: int
    seq: int | None
    text: str | None
    said_at: datetime | None


class MadeEventRow(NamedTuple):
    """A recall of a turn that an item is made of: an episode, a summary or a fact. born: when what it tells of ended;
    began_with: the highest rating among its turns, or text: the words that tell its rating."""

    item_id: str
    kind: str
    began_with: int
    text: str | None
    born: datetime | None
    recalled_at: datetime
    rating: int
    answer_id: str


class AgeRow(NamedTuple):
    """A turn whose age may have changed its tier: `rating` is the one that it began with, `born` when."""

    seq: int
    id: str
    rating: int
    born: datetime | None
    archived: bool
    instruction: bool


class States:
    """Reads and writes over one open connection: see Catalogue.states."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    # from the spool

    def fold(self, record: dict[str, Any]) -> bool:
        """Take in a record of the spool that is a rating, a rejection or a mark. Returns whether it was one."""
        kind = record["kind"]
        if kind == "rating":
            self.outdate(record["item_id"])
            self._db.execute(
                "INSERT OR REPLACE INTO recall_events VALUES (?, ?, ?, ?, ?)",
                [
                    record["id"],
                    record["item_id"],
                    _parsed(record["recalled_at"]),
                    record["rating"],
                    record["answer_id"],
                ],
            )
            self._db.execute(
                "DELETE FROM rejections WHERE answer_id = ? AND item_id = ?", [record["answer_id"], record["item_id"]]
            )
        elif kind == "rejection":
            self._db.execute(
                """INSERT INTO rejections SELECT $question, $item_id, $answer_id, $since WHERE NOT EXISTS (
                   FROM rejections WHERE question = $question AND item_id = $item_id)""",
                {name: record[name] for name in ("question", "item_id", "answer_id")}
                | {"since": _parsed(record["since"])},
            )
        elif kind == "mark":
            self._db.execute("DELETE FROM marks WHERE item_id = ?", [record["item_id"]])
            if record["mark"] is not None:
                since = _parsed(record["since"])
                self._db.execute("INSERT INTO marks VALUES (?, ?, ?)", [record["item_id"], record["mark"], since])
        else:
            return False
        return True

    def outdate(self, item_id: str) -> None:
        """Say that the item was recalled since its strength was worked out."""
        self._db.execute("DELETE FROM memory_states WHERE item_id = ?", [item_id])

    # strengths

    def unsettled_events(self) -> list[EventRow]:
        """All recalls of the items whose strength is to be worked out, by item and time."""
        rows = self._db.execute(
            """SELECT e.item_id, e.recalled_at, e.rating, t.seq, t.text, t.said_at
               FROM recall_events e LEFT JOIN turns t ON t.id = e.item_id
               WHERE NOT EXISTS (FROM memory_states s WHERE s.item_id = e.item_id)
               ORDER BY e.item_id, e.recalled_at, e.id"""
        ).fetchall()
        return [EventRow._make((row[0], _aware(row[1]), *row[2:5], _aware(row[5]))) for row in rows]

    def events_of(self, item_id: str) -> list[tuple[datetime, int]]:
        """The recalls of one item, as (when, rating), by time."""
        rows = self._db.execute(
            "SELECT recalled_at, rating FROM recall_events WHERE item_id = ? ORDER BY recalled_at, id", [item_id]
        ).fetchall()
        return [(row[0].replace(tzinfo=UTC), int(row[1])) for row in rows]

    def events_of_made(self) -> list[MadeEventRow]:
        """The recalls of turns by the episodes, summaries and facts that these turns went into, by item and time."""
        rows = self._db.execute(
            f"""WITH used AS (
                    SELECT t.seq, v.recalled_at, v.rating, v.answer_id
                    FROM recall_events v JOIN turns t ON t.id = v.item_id),
                rated AS (SELECT episode, max(rating) AS rating FROM turn_memory GROUP BY episode)
                SELECT e.id, 'episode', r.rating, NULL, e.ended_at, u.recalled_at, u.rating, u.answer_id
                FROM used u JOIN turn_memory m USING (seq) JOIN episodes e ON e.number = m.episode
                JOIN rated r ON r.episode = e.number
                UNION ALL
                SELECT {SUMMARY}, 'summary', c.rating, NULL, c.ended_at, u.recalled_at, u.rating, u.answer_id
                FROM used u JOIN turn_memory m USING (seq) JOIN episodes e ON e.number = m.episode
                JOIN (SELECT s.number, s.id, max(r.rating) AS rating, max(e.ended_at) AS ended_at
                      FROM scenes s JOIN episodes e ON e.scene = s.number JOIN rated r ON r.episode = e.number
                      GROUP BY s.number, s.id) c ON c.number = e.scene
                UNION ALL
                SELECT f.id, 'fact', 0, f.statement, f.recorded_at, u.recalled_at, u.rating, u.answer_id
                FROM used u JOIN fact_sources s ON s.seq = u.seq AND s.role = 'says' JOIN facts f ON f.id = s.fact_id
                ORDER BY ALL"""
        ).fetchall()
        return [MadeEventRow._make((*row[:4], _aware(row[4]), _aware(row[5]), *row[6:])) for row in rows]

    def keep_states(self, states: Iterable[StateRow], *, without: Sequence[str] = ()) -> None:
        """Record strengths; those of the items in `without` go."""
        self._db.execute("DELETE FROM memory_states WHERE item_id IN (SELECT unnest(?::VARCHAR[]))", [list(without)])
        for state in states:
            at = _naive(state.last_recalled_at) if state.last_recalled_at else None
            self._db.execute(
                "INSERT OR REPLACE INTO memory_states VALUES (?, ?, ?, ?, ?, ?)",
                [state.item_id, state.kind, state.stability_days, state.difficulty, at, state.recall_count],
            )

    def states(self) -> list[StateRow]:
        """The strengths of all that was ever recalled, by id."""
        rows = self._db.execute("FROM memory_states ORDER BY item_id").fetchall()
        return [StateRow._make((*row[:4], _aware(row[4]), row[5])) for row in rows]

    def recalled(self) -> dict[str, int]:
        """How many memories of each kind were recalled at least once."""
        return dict(self._db.execute("SELECT kind, count(*) FROM memory_states GROUP BY ALL ORDER BY ALL").fetchall())

    # what the user said

    def marks(self) -> dict[str, Mark]:
        """Which items are pinned or forgotten."""
        return dict(self._db.execute("SELECT item_id, mark FROM marks ORDER BY item_id").fetchall())

    def rejections(self) -> list[tuple[str, str]]:
        """Questions with the items that do not answer them, as (question, item_id)."""
        rows = self._db.execute("SELECT question, item_id FROM rejections ORDER BY question, item_id").fetchall()
        return [(str(row[0]), str(row[1])) for row in rows]

    def any_instruction(self) -> bool:
        """Whether there is a standing instruction that was not put away."""
        sql = (
            "SELECT EXISTS (FROM turn_memory m WHERE m.instruction AND NOT EXISTS (FROM archive a WHERE a.seq = m.seq))"
        )
        return bool(self._db.execute(sql).fetchall()[0][0])

    def answers(self, prefix: str) -> list[str]:
        """The JSON documents of the answers whose id begins so, at most 10."""
        rows = self._db.execute(
            "SELECT document FROM answers WHERE starts_with(id, ?) ORDER BY id LIMIT 10", [prefix.lower()]
        ).fetchall()
        return [str(row[0]) for row in rows]

    # tiers

    def ratings(self) -> dict[int, int]:
        """How many consolidated turns began with each rating."""
        return dict(self._db.execute("SELECT rating, count(*) FROM turn_memory GROUP BY ALL ORDER BY ALL").fetchall())

    def aged(
        self, keeps_days: dict[int, float], now: datetime, also: Sequence[str], unwritten: pa.Table
    ) -> list[AgeRow]:
        """The turns that may have to change between the archive and the rest, by seq.

        keeps_days: for each rating the days that a turn that is never recalled keeps. `also`: ids of turns that are
        looked at whatever their age. unwritten: the same of turns of which it is not written yet (columns seq,
        rating, instruction).

        A turn keeps from when it was said or read in, whichever is later: a log of old times is not forgotten on the
        day on which it comes in. A moment before it was read in asks how things would have stood then, so there the
        turn counts from when it was said.
        """
        bounds = " ".join(f"WHEN {int(rating)} THEN {float(days)}::DOUBLE" for rating, days in keeps_days.items())
        self._db.register("unwritten", unwritten)
        rows = self._db.execute(
            f"""
            WITH looked AS (SELECT unnest($also::VARCHAR[]) AS id),
            rated AS (SELECT seq, rating, instruction FROM turn_memory UNION ALL FROM unwritten),
            known AS (
                SELECT t.seq, t.id, r.rating, r.instruction, a.seq IS NOT NULL AS archived, a.reason,
                       CASE WHEN b.started_at <= $now THEN greatest(t.said_at, b.started_at) ELSE t.said_at END AS born
                FROM turns t JOIN rated r USING (seq) JOIN batches b ON b.number = t.batch
                LEFT JOIN archive a ON a.seq = t.seq)
            SELECT seq, id, rating, born, archived, instruction FROM known
            WHERE (NOT archived AND epoch($now::TIMESTAMP) - epoch(born) > 86400 * CASE rating {bounds} END)
               OR reason = 'put away' OR id IN (SELECT id FROM looked) ORDER BY seq
            """,
            {"also": list(also), "now": _naive(now)},
        ).fetchall()
        self._db.unregister("unwritten")
        return [AgeRow._make((*row[:3], _aware(row[3]), *row[4:])) for row in rows]

    def fading_at(self, keeps_days: dict[int, float], now: datetime, until: datetime) -> list[tuple[int, datetime]]:
        """The turns that will be faded between now and then if nobody uses them, as (seq, when), soonest first."""
        bounds = " ".join(f"WHEN {int(rating)} THEN {float(days)}::DOUBLE" for rating, days in keeps_days.items())
        rows = self._db.execute(
            f"""
            WITH known AS (
                SELECT t.seq, m.rating,
                       CASE WHEN b.started_at <= $now THEN greatest(t.said_at, b.started_at) ELSE t.said_at END
                       + to_seconds(86400 * CASE m.rating {bounds} END) AS fades_at
                FROM turns t JOIN turn_memory m USING (seq) JOIN batches b ON b.number = t.batch
                WHERE NOT EXISTS (FROM archive a WHERE a.seq = t.seq)
                AND NOT EXISTS (FROM memory_states s WHERE s.item_id = t.id)
                AND NOT EXISTS (FROM marks k WHERE k.item_id = t.id))
            SELECT seq, fades_at FROM known WHERE fades_at > $now AND fades_at <= $until
            ORDER BY rating DESC, fades_at, seq
            """,
            {"now": _naive(now), "until": _naive(until)},
        ).fetchall()
        return [(int(row[0]), row[1].replace(tzinfo=UTC)) for row in rows]

    def move(self, into: pa.Table, out_of: Sequence[int]) -> None:
        """Put turns into the archive (columns seq, since, reason), and take others (seqs) out of it."""
        self._db.begin()
        self._db.register("incoming", into)
        self._db.execute("INSERT INTO archive SELECT * FROM incoming WHERE seq NOT IN (SELECT seq FROM archive)")
        self._db.unregister("incoming")
        self._db.execute("DELETE FROM archive WHERE seq IN (SELECT unnest(?::BIGINT[]))", [list(out_of)])
        self._db.commit()

    def archived(self) -> list[int]:
        """The seqs of all archived turns, ascending."""
        return [int(row[0]) for row in self._db.execute("SELECT seq FROM archive ORDER BY seq").fetchall()]

    # runs

    def keep_run(self, started_at: datetime, finished_at: datetime, changes: str) -> None:
        """Record a consolidation that changed something."""
        self._db.execute(
            "INSERT INTO consolidations SELECT coalesce(max(number), 0) + 1, ?, ?, ? FROM consolidations",
            [_naive(started_at), _naive(finished_at), changes],
        )

    def last_run(self) -> datetime | None:
        """When the last consolidation that changed something ended."""
        [(at,)] = self._db.execute("SELECT max(finished_at) FROM consolidations").fetchall()
        return _aware(at)

    def consolidated(self) -> str:
        """A name for what consolidation made and deletion left of it; "" if nothing was ever made."""
        [(runs, gone)] = self._db.execute(
            "SELECT (SELECT max(number) FROM consolidations), (SELECT count(*) FROM tombstones)"
        ).fetchall()
        return f"{runs}.{gone}" if runs else ""

    def growth(self, months: int) -> list[tuple[str, int]]:
        """How many turns were said in each of the last months that have any, as ("2024-05", n), oldest first."""
        rows = self._db.execute(
            """SELECT strftime(date_trunc('month', said_at), '%Y-%m') AS month, count(*) FROM current_turns
               WHERE said_at IS NOT NULL GROUP BY ALL ORDER BY month DESC LIMIT ?""",
            [months],
        ).fetchall()
        return [(str(row[0]), int(row[1])) for row in reversed(rows)]

    def counts(self) -> dict[str, int]:
        """How many episodes, scenes, turns of each mark and tier there are, and turns yet to consolidate."""
        [row] = self._db.execute(
            """SELECT (SELECT count(*) FROM episodes), (SELECT count(*) FROM scenes), (SELECT count(*) FROM archive),
                      (SELECT count(*) FROM marks WHERE mark = 'pinned'),
                      (SELECT count(*) FROM marks WHERE mark = 'forgotten'),
                      (SELECT count(*) FROM turn_memory m WHERE instruction AND m.seq NOT IN (SELECT seq FROM archive)),
                      (SELECT count(*) FROM current_turns) - (SELECT count(*) FROM turn_memory)"""
        ).fetchall()
        names = ("episodes", "scenes", "archived", "pinned", "forgotten", "instructions", "unconsolidated")
        return dict(zip(names, map(int, row), strict=True))


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None


def _naive(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None)


def _parsed(value: str) -> datetime:
    return _naive(datetime.fromisoformat(value))
