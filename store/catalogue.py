"""The DuckDB catalogue: the truth. Opened for as short as can be, under the catalogue lock, by store.store.Store.

Times go in and out as aware datetimes in UTC; in the file they are naive UTC TIMESTAMPs, which need no zone tables.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from store import long_turns, tombstones, versions
from store.episodes import Episodes
from store.errors import StoreDamaged
from store.facts import FactTables
from store.rows import SourceRow, TurnRow
from store.states import States
from store.tables import TURN_CHECKSUM
from store.to_index import METADATA, ORDER, pieces, rows_in
from store.transactions import transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


_ID = re.compile("[0-9a-f]{32}")
_COUNTED = {"turns": "current_turns"}
"""What is counted for a table, where that is not all that it holds."""

HELD_MEMORY = "256MB"
"""See Catalogue.hold_memory()."""

_CURRENT = "t.seq NOT IN (SELECT seq FROM superseded)"

_TURN = f"""
    SELECT t.seq, t.id, t.session, s.id, s.title, t.position, coalesce(shown.name, t.speaker), t.role, t.text,
           t.said_at, t.utc_offset, t.native_id, o.uri, t.line, {METADATA}
    FROM turns t JOIN sessions s ON s.number = t.session JOIN sources o ON o.number = t.source
    LEFT JOIN shown ON shown.who = t.who
"""


class Catalogue:
    """One open connection. Methods that write need a connection opened for writing."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    @property
    def states(self) -> States:
        """What consolidation and the user made of the turns."""
        return States(self._db)

    @property
    def episodes(self) -> Episodes:
        """Episodes, scenes and their gist."""
        return Episodes(self._db)

    @property
    def facts(self) -> FactTables:
        """Claims, facts and names: see store/facts.py."""
        return FactTables(self._db)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection, for the queries of other modules of this package."""
        return self._db

    # settings

    def setting(self, key: str) -> str | None:
        """The value kept under the key, or None."""
        row = self._row("SELECT value FROM settings WHERE key = ?", [key])
        return str(row[0]) if row else None

    def settings(self, prefix: str) -> dict[str, str]:
        """The settings whose key begins so."""
        rows = self._db.execute("SELECT key, value FROM settings WHERE starts_with(key, ?)", [prefix]).fetchall()
        return {str(key): str(value) for key, value in rows}

    def keep_setting(self, key: str, value: str) -> None:
        """Keep the value under the key."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [key, value])

    # what an ingest writes

    def begin_batch(self, batch_id: str, started_at: datetime) -> int:
        """Open a batch and return its number."""
        number = self._next("batches")
        self._db.execute("INSERT INTO batches VALUES (?, ?, ?, NULL, 0)", [number, batch_id, _naive(started_at)])
        return number

    def end_batch(self, number: int, finished_at: datetime) -> None:
        """Close the batch."""
        self._db.execute("UPDATE batches SET finished_at = ? WHERE number = ?", [_naive(finished_at), number])

    def keep_source(self, *, uri: str, format: str, sha256: str, size: int, batch: int) -> int:  # noqa: A002
        """Record a source, or bring its record up to date if its URI is known. Returns its number."""
        import pyarrow as pa

        row = {"uri": uri, "format": format, "sha256": sha256, "bytes": size, "batch": batch}
        return self.keep_sources(pa.table({name: [value] for name, value in row.items()}))[uri]

    def keep_sources(self, sources: pa.Table) -> dict[str, int]:
        """Like keep_source(), of many (columns uri, format, sha256, bytes, batch). Returns their numbers by URI."""
        self._db.register("incoming", sources)
        self._db.execute(
            """UPDATE sources SET format = incoming.format, sha256 = incoming.sha256, bytes = incoming.bytes
               FROM incoming WHERE sources.uri = incoming.uri"""
        )
        self._db.execute(
            """INSERT INTO sources
               SELECT (SELECT coalesce(max(number), 0) FROM sources) + row_number() OVER (ORDER BY ordinal),
                      uri, format, sha256, bytes, batch
               FROM (SELECT row_number() OVER () AS ordinal, * FROM incoming) ANTI JOIN sources USING (uri)"""
        )
        rows = self._db.execute("SELECT uri, number FROM sources SEMI JOIN incoming USING (uri)").fetchall()
        self._db.unregister("incoming")
        return {str(row[0]): int(row[1]) for row in rows}

    def keep_sessions(self, sessions: pa.Table) -> dict[str, int]:
        """Record the sessions (columns id, format, native_id, title) that are new. Returns all numbers by id."""
        self._db.register("incoming", sessions)
        self._db.execute(
            """INSERT INTO sessions
               SELECT (SELECT coalesce(max(number), 0) FROM sessions) + row_number() OVER (ORDER BY ordinal),
                      id, format, native_id, title
               FROM (SELECT row_number() OVER () AS ordinal, * FROM incoming) ANTI JOIN sessions USING (id)"""
        )
        rows = self._db.execute("SELECT id, number FROM sessions SEMI JOIN incoming USING (id)").fetchall()
        self._db.unregister("incoming")
        return {str(row[0]): int(row[1]) for row in rows}

    def hold_memory(self) -> None:
        """Let DuckDB take less memory on this connection, for a commit beside other work.

        As it brings its file up to date it compresses the last 122,880 turns again, and keeps in memory what it may of
        them: half a gigabyte, where they are long. (More than this bound is needed by what changes very much at once.)
        """
        self._db.execute(f"SET memory_limit = '{HELD_MEMORY}'")

    def add_turns(self, turns: pa.Table, *, allow_return: bool = False) -> dict[int, int]:
        """Add the turns whose ids are new, with an outbox row for the index, in one transaction.

        Returns how many were added of each source. A turn that was deleted stays out, unless `allow_return`.

        `turns` has the columns of the table turns but seq, in the order in which they were read; ids are unique in it.
        Without the column worded_at, no turn is a message that can be edited: see store/versions.py.
        """
        with transaction(self._db):
            first = int(self.setting("next_seq") or 1)
            turns = self._incoming(turns)
            if allow_return:
                tombstones.lift(self._db, "incoming")
            row = self._row(
                f"""
                INSERT INTO turns BY NAME
                SELECT ? - 1 + row_number() OVER (ORDER BY ordinal) AS seq, * EXCLUDE (ordinal),
                       {TURN_CHECKSUM} AS checksum
                FROM (SELECT row_number() OVER () AS ordinal, * FROM incoming) incoming
                WHERE NOT EXISTS (
                    FROM turns known WHERE known.session = incoming.session AND known.id = incoming.id)
                {self._not_deleted()}
                """,
                [first],
            )
            added = int(row[0]) if row else 0
            # What another batch brought and this one brought again stays when one of them is undone.
            self._db.execute(
                """INSERT INTO seen_again
                   SELECT incoming.batch, known.seq, incoming.source, incoming.line
                   FROM incoming JOIN turns known ON known.session = incoming.session AND known.id = incoming.id
                   WHERE known.seq < ? AND known.batch <> incoming.batch AND NOT EXISTS (
                       FROM seen_again s WHERE s.seq = known.seq AND s.batch = incoming.batch)""",
                [first],
            )
            if added < len(turns):
                # Words that were taken back and are there again are the latest, whenever they came in first.
                self._db.execute(
                    """UPDATE turns SET worded_at = incoming.worded_at FROM incoming
                       WHERE turns.session = incoming.session AND turns.id = incoming.id
                       AND incoming.worded_at > coalesce(turns.worded_at, TIMESTAMP '-infinity')"""
                )
            if turns["worded_at"].null_count < len(turns):
                versions.settle(self._db, f"SELECT {versions.MESSAGE} FROM incoming WHERE worded_at IS NOT NULL")
            self._db.unregister("incoming")
            if added:
                self._db.execute("INSERT INTO outbox VALUES (?, ?)", [first, first + added - 1])
                self.keep_setting("next_seq", str(first + added))
                long_turns.count(self._db, first)
                batch = turns.column("batch")[0].as_py()
                self._db.execute("UPDATE batches SET turns_added = turns_added + ? WHERE number = ?", [added, batch])
            counts = self._db.execute(
                "SELECT source, count(*) FROM turns WHERE seq >= ? GROUP BY source", [first]
            ).fetchall()
        return {int(source): int(count) for source, count in counts}

    def deleted_before(self, turns: pa.Table) -> dict[int, int]:
        """How many of the turns, by source, were deleted and are kept out by add_turns()."""
        if not tombstones.any_tombstone(self._db):
            return {}
        self._incoming(turns)
        rows = self._db.execute(
            f"SELECT source, count(*) FROM incoming WHERE id IN ({tombstones.known_ids('incoming')}) GROUP BY source"
        ).fetchall()
        self._db.unregister("incoming")
        return {int(source): int(count) for source, count in rows}

    def _incoming(self, turns: pa.Table) -> pa.Table:
        """The turns, with every column that the queries ask for, registered as `incoming`."""
        import pyarrow as pa

        if "worded_at" not in turns.column_names:
            turns = turns.append_column("worded_at", pa.nulls(len(turns), pa.timestamp("us")))
        self._db.register("incoming", turns)
        return turns

    def _not_deleted(self) -> str:
        known = tombstones.known_ids("incoming")
        return f"AND incoming.id NOT IN ({known})" if tombstones.any_tombstone(self._db) else ""

    def add_quarantine(self, records: pa.Table) -> None:
        """Keep records that could not be read (columns batch, uri, line, reason, excerpt), once each."""
        self._db.register("incoming", records)
        self._db.execute(
            """INSERT INTO quarantine BY NAME SELECT DISTINCT ON (uri, line, reason) * FROM incoming WHERE NOT EXISTS (
               FROM quarantine known WHERE known.uri = incoming.uri AND known.reason = incoming.reason
               AND known.line IS NOT DISTINCT FROM incoming.line)"""
        )
        self._db.unregister("incoming")

    # the outbox

    def outbox(self) -> list[tuple[int, int]]:
        """Ranges of seq (first, last) that are committed and not yet in the index."""
        rows = self._db.execute("SELECT first_seq, last_seq FROM outbox ORDER BY first_seq").fetchall()
        return [(int(row[0]), int(row[1])) for row in rows]

    def clear_outbox(self, last_seq: int, seen: Sequence[tuple[int, int]] | None = None) -> list[tuple[int, int]]:
        """Forget what lies up to and with `last_seq` of the entries `seen` (None: of all): it is in the index now.

        What was put in since outbox() gave `seen` stays, even of the same turns. Returns what is left of `seen`.
        """
        present = self.outbox()
        before = present if seen is None else seen
        fresh = Counter(present) - Counter(before)
        left = [(max(first, last_seq + 1), last) for first, last in before if last > last_seq]
        rows = [list(entry) for entry in [*left, *fresh.elements()]]
        self._db.begin()
        self._db.execute("DELETE FROM outbox")
        self._db.execute("INSERT INTO outbox SELECT one[1], one[2] FROM (SELECT unnest(?::BIGINT[][]) AS one)", [rows])
        self._db.commit()
        return left

    def refill_outbox(self) -> None:
        """Put every turn in the outbox: the index is to be built anew."""
        self._db.begin()
        self._db.execute("DELETE FROM outbox")
        self._db.execute("INSERT INTO outbox SELECT min(seq), max(seq) FROM turns HAVING count(*) > 0")
        self._db.commit()

    def rows_to_index(self, first: int, last: int) -> pa.Table:
        """Like rows_in(), of one range."""
        return self.rows_in([(first, last)])

    def pieces(self, ranges: Sequence[tuple[int, int]], chars: int) -> list[list[tuple[int, int]]]:
        """The ranges (first, last), by seq, in pieces whose turns have so many characters at most, or are but one."""
        return pieces(self._db, ranges, chars)

    def rows_in(self, ranges: Sequence[tuple[int, int]]) -> pa.Table:
        """The turns with a seq in the ranges (first, last), as the index holds them: see store/to_index.py."""
        return rows_in(self._db, ranges)

    # what recall reads

    def turns_by_id(self, prefix: str) -> list[TurnRow]:
        """The turns whose id begins with the prefix, at most 10, by id."""
        rows = self._db.execute(_TURN + "WHERE starts_with(t.id, ?) ORDER BY t.id LIMIT 10", [prefix]).fetchall()
        return [_turn(row) for row in rows]

    def turns_by_seq(self, seqs: Sequence[int]) -> list[TurnRow]:
        """The turns with these seqs, by seq."""
        rows = self._db.execute(_TURN + "WHERE list_contains(?, t.seq) ORDER BY t.seq", [list(seqs)]).fetchall()
        return [_turn(row) for row in rows]

    def turns_by_hash(self, *, limit: int) -> list[TurnRow]:
        """The `limit` turns with the lowest ids: hashes, so a sample that stays the same as the memory grows slowly."""
        rows = self._db.execute(_TURN + f"WHERE {_CURRENT} ORDER BY t.id LIMIT ?", [limit]).fetchall()
        return [_turn(row) for row in rows]

    def latest_turns(self, limit: int) -> list[TurnRow]:
        """The `limit` turns that were said last, the latest first."""
        order = "ORDER BY t.said_at DESC NULLS LAST, t.id LIMIT ?"
        rows = self._db.execute(_TURN + f"WHERE {_CURRENT} {order}", [limit]).fetchall()
        return [_turn(row) for row in rows]

    def turns_around(self, row: TurnRow, before: int, after: int) -> list[TurnRow]:
        """The turn with its neighbours in its session, in their order; of edited messages, their present words."""
        where = f"WHERE t.session = ? AND (t.seq = ? OR {_CURRENT}) ORDER BY {ORDER}"
        rows = self._db.execute(_TURN + where, [row.session, row.seq]).fetchall()
        place = next(place for place, other in enumerate(rows) if other[0] == row.seq)
        return [_turn(other) for other in rows[max(0, place - before) : place + after + 1]]

    def versions_of(self, row: TurnRow) -> list[TurnRow]:
        """All words that this message has had, the present ones last; none where it was never edited."""
        seqs = versions.of_message(self._db, row.seq)
        found = {one.seq: one for one in self.turns_by_seq(seqs)}
        rows = [found[seq] for seq in seqs]
        # Two exports may tell the same words under different names of the speaker.
        kept = [row for row, after in pairwise(rows) if after.text != row.text] + rows[-1:]
        return kept if len(kept) > 1 else []

    # answers and recall events

    def fold(self, records: Iterable[dict[str, Any]]) -> None:
        """Take in what the spool held: answers and recall events. Folding twice changes nothing.

        What names a turn that was deleted meanwhile is left out.
        """
        self._db.begin()
        for record in self._of_living(list(records)):
            if record["kind"] == "answer":
                self._db.execute(
                    "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)",
                    [record["id"], _parsed(record["asked_at"]), record["question"], record["document"]],
                )
            elif record["kind"] == "recall":
                self.states.outdate(record["item_id"])
                self._db.execute(
                    "INSERT OR IGNORE INTO recall_events VALUES (?, ?, ?, ?, ?)",
                    [
                        record["id"],
                        record["item_id"],
                        _parsed(record["recalled_at"]),
                        record["rating"],
                        record["answer_id"],
                    ],
                )
            elif not self.states.fold(record):
                raise StoreDamaged(f"the spool holds a record of unknown kind {record['kind']!r}")
        self._db.commit()

    def _of_living(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = [set(_ID.findall(json.dumps(record))) for record in records]
        deleted = tombstones.buried(self._db, sorted(set().union(*named)))
        return [record for record, ids in zip(records, named, strict=True) if not ids & deleted]

    def last_answer(self) -> str | None:
        """The JSON document of the newest answer."""
        row = self._row("SELECT document FROM answers ORDER BY asked_at DESC, id LIMIT 1")
        return str(row[0]) if row else None

    def answers(self, *, limit: int) -> list[dict[str, Any]]:
        """The newest answers, as {"id", "document"}, newest first."""
        rows = self._db.execute(
            "SELECT id, document FROM answers ORDER BY asked_at DESC, id LIMIT ?", [limit]
        ).fetchall()
        return [{"id": row[0], "document": row[1]} for row in rows]

    def answers_by_id(self, prefix: str) -> list[dict[str, Any]]:
        """The answers whose id begins with the prefix, as {"id", "asked_at", "question", "document"}, at most 10."""
        rows = self._db.execute(
            "SELECT id, asked_at, question, document FROM answers WHERE starts_with(id, ?) ORDER BY id LIMIT 10",
            [prefix],
        ).fetchall()
        return [{"id": row[0], "asked_at": _naive_text(row[1]), "question": row[2], "document": row[3]} for row in rows]

    # status

    def counts(self) -> dict[str, int]:
        """How many rows each table has, `pending` being the turns that wait for the index."""
        tables = ("sources", "sessions", "turns", "batches", "quarantine", "answers", "recall_events")
        sums = ", ".join(f"(SELECT count(*) FROM {_COUNTED.get(table, table)})" for table in tables)
        row = self._row(f"SELECT {sums}, (SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM outbox)")
        assert row is not None
        return dict(zip((*tables, "pending"), map(int, row), strict=True))

    def time_span(self) -> tuple[datetime | None, datetime | None]:
        """When the first and the last turn were said."""
        row = self._row("SELECT min(said_at), max(said_at) FROM current_turns")
        assert row is not None
        return _aware(row[0]), _aware(row[1])

    def source_rows(self) -> list[SourceRow]:
        """Every source with its number of turns, by URI."""
        rows = self._db.execute(
            """SELECT o.uri, o.format, count(t.seq) FROM sources o LEFT JOIN current_turns t ON t.source = o.number
               GROUP BY ALL ORDER BY o.uri"""
        ).fetchall()
        return [SourceRow(*row) for row in rows]

    def _next(self, table: str) -> int:
        row = self._row(f"SELECT coalesce(max(number), 0) + 1 FROM {table}")
        assert row is not None
        return int(row[0])

    def _row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The only row of a result, or None. Fetched to its end: an unfinished result blocks the connection."""
        rows = self._db.execute(sql, parameters).fetchall()
        return rows[0] if rows else None


def _turn(row: tuple[Any, ...]) -> TurnRow:
    return TurnRow._make((*row[:9], _aware(row[9]), *row[10:]))


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None


def _naive(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None)


def _naive_text(value: datetime) -> str:
    return value.replace(tzinfo=UTC).isoformat()


def _parsed(value: str) -> datetime:
    return _naive(datetime.fromisoformat(value))
