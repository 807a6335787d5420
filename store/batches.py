"""What was read when: the state of each source at its last reading, and batches that can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from store import audit, erase, versions
from store.outbox import enqueue
from store.speakers import Speakers
from store.transactions import transaction

if TYPE_CHECKING:
    import duckdb


class ReadRow(NamedTuple):
    """A reading of a source: its bytes from `start` to `bytes`, the hash of all of them from 0, how it was read.

    `turns` and `sessions` are those of the whole source as far as it was read; `state` is what the next part has to
    know, as JSON; None where there can be no next part.
    """

    uri: str
    format: str
    start: int
    bytes: int
    sha256: str
    mtime_ns: int
    read_at: datetime
    how: str
    sessions: int
    turns: int
    state: str | None


class BatchRow(NamedTuple):
    """One ingest: what is in the store because of it alone, and what others brought too."""

    number: int
    id: str
    started_at: datetime
    finished_at: datetime | None
    turns: int
    shared_turns: int
    sessions: int
    sources: Sequence[str]


class Batches:
    """The readings and batches of a catalogue that is open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def last_reads(self) -> dict[str, ReadRow]:
        """The last reading of every source, by its URI."""
        rows = self._db.execute(
            """SELECT o.uri, o.format, r.start, r.bytes, r.sha256, r.mtime_ns, r.read_at, r.how, r.sessions, r.turns,
                      r.state
               FROM source_reads r JOIN sources o ON o.number = r.source
               QUALIFY row_number() OVER (PARTITION BY r.source ORDER BY r.batch DESC) = 1"""
        ).fetchall()
        reads = map(ReadRow._make, rows)
        return {read.uri: read._replace(read_at=_aware(read.read_at)) for read in reads}

    def keep_reads(self, batch: int, reads: Mapping[int, ReadRow]) -> None:
        """Record readings, by the number of their source; another one of the same batch is replaced."""
        import pyarrow as pa

        if not reads:
            return
        rows = [read._replace(read_at=read.read_at.astimezone(UTC).replace(tzinfo=None)) for read in reads.values()]
        columns = dict(zip(ReadRow._fields, zip(*rows, strict=True), strict=True))
        columns["state"] = pa.array(columns["state"], pa.string())
        with transaction(self._db):
            self._db.register("fresh", pa.table({"source": list(reads), **columns}))
            self._db.execute(
                """CREATE OR REPLACE TEMP TABLE kept_reads AS
                   SELECT $batch AS batch, fresh.* REPLACE (least(fresh.start, before.start) AS start)
                   FROM fresh LEFT JOIN (SELECT source, start FROM source_reads WHERE batch = $batch) before
                   USING (source)""",
                {"batch": batch},
            )
            self._db.execute(
                "DELETE FROM source_reads WHERE batch = ? AND source IN (SELECT source FROM kept_reads)", [batch]
            )
            self._db.execute("INSERT INTO source_reads BY NAME SELECT * EXCLUDE (uri, format) FROM kept_reads")
            self._db.execute("DROP TABLE kept_reads")
            self._db.unregister("fresh")

    def quarantined(self, uris: Collection[str]) -> dict[str, list[tuple[int | None, str]]]:
        """What could not be read of each of the sources, as (line, reason)."""
        rows = self._db.execute(
            "SELECT uri, line, reason FROM quarantine WHERE uri IN (SELECT unnest(?)) "
            "ORDER BY uri, line NULLS FIRST, reason",
            [list(uris)],
        ).fetchall()
        found: dict[str, list[tuple[int | None, str]]] = {uri: [] for uri in uris}
        for uri, line, reason in rows:
            found[uri].append((line, str(reason)))
        return found

    def batches(self) -> list[BatchRow]:
        """The batches that have brought something that is still there, newest first."""
        rows = self._db.execute(
            """WITH mine AS (
                   SELECT batch, count(*) AS turns, count(DISTINCT session) AS sessions,
                          count(*) FILTER (seq IN (SELECT seq FROM seen_again)) AS shared
                   FROM turns GROUP BY batch),
               again AS (SELECT batch, count(*) AS shared FROM seen_again GROUP BY batch),
               read AS (
                   SELECT r.batch, list(o.uri ORDER BY o.uri) AS uris
                   FROM source_reads r JOIN sources o ON o.number = r.source GROUP BY r.batch)
               SELECT b.number, b.id, b.started_at, b.finished_at, coalesce(mine.turns, 0) - coalesce(mine.shared, 0),
                      coalesce(mine.shared, 0) + coalesce(again.shared, 0), coalesce(mine.sessions, 0),
                      coalesce(read.uris, [])
               FROM batches b LEFT JOIN mine ON mine.batch = b.number LEFT JOIN again ON again.batch = b.number
               LEFT JOIN read ON read.batch = b.number
               WHERE mine.turns > 0 OR again.shared > 0 OR len(read.uris) > 0 ORDER BY b.number DESC"""
        ).fetchall()
        batches = map(BatchRow._make, rows)
        return [
            batch._replace(
                started_at=_aware(batch.started_at),
                finished_at=_aware(batch.finished_at) if batch.finished_at is not None else None,
            )
            for batch in batches
        ]

    def undo(self, batch: int) -> int:
        """Take a batch back, in one transaction; returns how many turns are gone, which the outbox names.

        Turns that another batch brought too stay, and are that batch's from now on. What was read of the sources is as
        it was before the batch; a later reading that went on where this one ended counts no more.
        """
        self._db.begin()
        try:
            self._hand_over(batch)
            self._db.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT seq FROM turns WHERE batch = ?", [batch])
            enqueue(self._db, "FROM gone")
            self._db.execute("CREATE OR REPLACE TEMP TABLE gone_turns AS FROM turns SEMI JOIN gone USING (seq)")
            self._db.execute(
                f"""CREATE OR REPLACE TEMP TABLE gone_messages AS
                    SELECT {versions.MESSAGE} FROM gone_turns WHERE worded_at IS NOT NULL"""
            )
            erase.remove(self._db, spared=("source_reads", "sources", "quarantine", "superseded"))
            self._db.execute("DELETE FROM superseded WHERE seq IN (FROM gone)")
            self._forget_reading(batch)
            Speakers(self._db).forget_silent(batch)
            self._db.execute("DELETE FROM quarantine WHERE batch = ?", [batch])
            self._db.execute("DELETE FROM sessions WHERE number NOT IN (SELECT session FROM turns)")
            self._db.execute(
                "DELETE FROM sources WHERE number NOT IN (SELECT source FROM turns)"
                " AND number NOT IN (SELECT source FROM source_reads) AND number NOT IN (SELECT source FROM seen_again)"
            )
            self._db.execute("DELETE FROM batches WHERE number = ?", [batch])
            [(count,)] = self._db.execute("SELECT count(*) FROM gone").fetchall()
            audit.note(self._db, "undo", f"an ingest: {count} turns")
            versions.settle(self._db, "FROM gone_messages")
            for table in ("gone_turns", "gone_messages", "gone"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()
        return int(count)

    def _hand_over(self, batch: int) -> None:
        """Give turns that a later batch brought too to that batch, with the place where it found them."""
        self._db.execute("DELETE FROM seen_again WHERE batch = ?", [batch])
        self._db.execute(
            """CREATE OR REPLACE TEMP TABLE heirs AS
               SELECT seq, first(batch ORDER BY batch) AS batch, first(source ORDER BY batch) AS source,
                      first(line ORDER BY batch) AS line
               FROM seen_again WHERE seq IN (SELECT seq FROM turns WHERE batch = ?) GROUP BY seq""",
            [batch],
        )
        self._db.execute(
            """UPDATE turns SET batch = heirs.batch, source = heirs.source, line = heirs.line
               FROM heirs WHERE turns.seq = heirs.seq"""
        )
        self._db.execute(
            "DELETE FROM seen_again USING heirs WHERE seen_again.seq = heirs.seq AND seen_again.batch = heirs.batch"
        )
        enqueue(self._db, "SELECT seq FROM heirs")  # the index holds the place, too
        self._db.execute("DROP TABLE heirs")

    def _forget_reading(self, batch: int) -> None:
        self._db.execute(
            """UPDATE source_reads SET how = '' WHERE batch > $batch AND start > 0
               AND source IN (SELECT source FROM source_reads WHERE batch = $batch)""",
            {"batch": batch},
        )
        self._db.execute("DELETE FROM source_reads WHERE batch = ?", [batch])


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)
