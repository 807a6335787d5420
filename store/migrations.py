"""The catalogue's schema, as named steps. A step never changes once released; a new one is added after it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store.disk import put_in_place, writable
from store.errors import MigrationFailed, StoreDamaged, StoreNewer
from store.fact_tables import FACT_TABLES
from store.memory_tables import MEMORY_TABLES
from store.tables import TURN_CHECKSUM
from store.versions import VERSION_TABLES

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, what it is for, and the statements that do it."""

    number: int
    name: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        "conversations, answers and recall events",
        (
            "CREATE TABLE settings (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
            """CREATE TABLE batches (
                number INTEGER PRIMARY KEY, id VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL,
                finished_at TIMESTAMP, turns_added BIGINT NOT NULL)""",
            """CREATE TABLE sources (
                number INTEGER PRIMARY KEY, uri VARCHAR NOT NULL UNIQUE, format VARCHAR NOT NULL,
                sha256 VARCHAR NOT NULL, bytes BIGINT NOT NULL, batch INTEGER NOT NULL)""",
            """CREATE TABLE sessions (
                number INTEGER PRIMARY KEY, id VARCHAR NOT NULL UNIQUE, format VARCHAR NOT NULL,
                native_id VARCHAR NOT NULL, title VARCHAR NOT NULL)""",
            # No index on id: turns are looked up inside their session or by seq, which zone maps serve well, and an
            # index over years of turns would cost more memory than all the rest.
            """CREATE TABLE turns (
                seq BIGINT NOT NULL, id VARCHAR NOT NULL, session INTEGER NOT NULL, position BIGINT NOT NULL,
                speaker VARCHAR NOT NULL, role VARCHAR NOT NULL, text VARCHAR NOT NULL, said_at TIMESTAMP,
                utc_offset SMALLINT NOT NULL, native_id VARCHAR, source INTEGER NOT NULL, line BIGINT,
                batch INTEGER NOT NULL, metadata VARCHAR)""",
            """CREATE TABLE outbox (
                first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL)""",
            """CREATE TABLE quarantine (
                batch INTEGER NOT NULL, uri VARCHAR NOT NULL, line BIGINT, reason VARCHAR NOT NULL,
                excerpt VARCHAR NOT NULL)""",
            """CREATE TABLE answers (
                id VARCHAR PRIMARY KEY, asked_at TIMESTAMP NOT NULL, question VARCHAR NOT NULL,
                document VARCHAR NOT NULL)""",
            """CREATE TABLE recall_events (
                id VARCHAR PRIMARY KEY, item_id VARCHAR NOT NULL, recalled_at TIMESTAMP NOT NULL,
                rating TINYINT NOT NULL, answer_id VARCHAR NOT NULL)""",
            "INSERT INTO settings VALUES ('next_seq', '1')",
        ),
    ),
    Migration(
        2,
        "speakers, inferred times, what was read of each source, what each batch brought",
        (
            "ALTER TABLE turns ADD COLUMN time_inferred BOOLEAN DEFAULT false",
            "ALTER TABLE turns ADD COLUMN who INTEGER",
            # Who a source knows by which key; speakers of one person were merged by the user.
            """CREATE TABLE speakers (
                number INTEGER PRIMARY KEY, format VARCHAR NOT NULL, key VARCHAR NOT NULL, person INTEGER NOT NULL,
                UNIQUE (format, key))""",
            """CREATE TABLE speaker_names (
                speaker INTEGER NOT NULL, name VARCHAR NOT NULL, batch INTEGER NOT NULL, last_said_at TIMESTAMP)""",
            "CREATE TABLE people (number INTEGER PRIMARY KEY, shown_as VARCHAR NOT NULL)",
            # The name to show: the one the user chose, else the latest that the source has used. Where the name is all
            # that the speaker is known by, its spellings differ by case and an @ alone, and the plainest is taken.
            """CREATE VIEW shown AS
                SELECT s.number AS who, coalesce(p.shown_as, n.name) AS name
                FROM speakers s LEFT JOIN people p ON p.number = s.person
                LEFT JOIN (
                    SELECT person, first(name ORDER BY
                        CASE WHEN starts_with(key, '=') THEN last_said_at END DESC NULLS LAST,
                        starts_with(name, '@'), name = upper(name), name) AS name
                    FROM speaker_names JOIN speakers ON speakers.number = speaker GROUP BY person) n
                ON n.person = s.person""",
            """INSERT INTO speakers
                SELECT row_number() OVER (ORDER BY format, key), format, key, row_number() OVER (ORDER BY format, key)
                FROM (SELECT DISTINCT s.format, lower(ltrim(t.speaker, '@')) AS key
                      FROM turns t JOIN sessions s ON s.number = t.session)""",
            """UPDATE turns SET who = speakers.number FROM sessions, speakers
                WHERE sessions.number = turns.session AND speakers.format = sessions.format
                AND speakers.key = lower(ltrim(turns.speaker, '@'))""",
            """INSERT INTO speaker_names
                SELECT who, speaker, batch, max(said_at) FROM turns GROUP BY who, speaker, batch""",
            """CREATE TABLE source_reads (
                batch INTEGER NOT NULL, source INTEGER NOT NULL, start BIGINT NOT NULL, bytes BIGINT NOT NULL,
                sha256 VARCHAR NOT NULL, mtime_ns BIGINT NOT NULL, read_at TIMESTAMP NOT NULL, how VARCHAR NOT NULL,
                sessions BIGINT NOT NULL, turns BIGINT NOT NULL, state VARCHAR)""",
            # A turn that a batch brought although it was there already.
            """CREATE TABLE seen_again (
                batch INTEGER NOT NULL, seq BIGINT NOT NULL, source INTEGER NOT NULL, line BIGINT)""",
        ),
    ),
    Migration(
        3,
        "checksums of turns, tombstones of deleted ones, an audit trail",
        (
            "ALTER TABLE turns ADD COLUMN checksum UBIGINT",
            f"UPDATE turns SET checksum = {TURN_CHECKSUM}",
            "CREATE TABLE tombstone_keys (id VARCHAR PRIMARY KEY, key VARCHAR NOT NULL)",
            """CREATE TABLE tombstones (
                hash VARCHAR PRIMARY KEY, key VARCHAR NOT NULL, deleted_at TIMESTAMP NOT NULL)""",
            """CREATE TABLE audit (
                done_at TIMESTAMP NOT NULL, command VARCHAR NOT NULL, what VARCHAR NOT NULL)""",
        ),
    ),
    Migration(4, "episodes, strengths, marks and the archive", MEMORY_TABLES),
    Migration(5, "claims, facts and the names that are mentioned", FACT_TABLES),
    Migration(6, "earlier words of edited messages", VERSION_TABLES),
)


BEFORE_SCHEMA = "before-schema-"
"""Beginning of the name of a copy that keep_copy() leaves."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the catalogue to the present schema, one transaction a step, each with its record.

    Raises StoreNewer if the catalogue has a step that this program does not know, MigrationFailed (after rolling the
    step back) if a step fails or leaves a table with fewer rows than it had.
    """
    done = schema_of(connection)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name VARCHAR, applied_at TIMESTAMP)"
    )
    for step in (step for step in MIGRATIONS if step.number > done):
        connection.begin()
        try:
            before = _counts(connection) if done else {}  # there is nothing to lose in a new one
            for statement in step.statements:
                connection.execute(statement)
            after = _counts(connection) if done else {}
            lost = [f"{name} ({rows} rows, then {after.get(name, 0)})" for name, rows in before.items()
                    if after.get(name, 0) < rows]  # fmt: skip
            if lost:
                raise ValueError(f"it would lose rows of {', '.join(lost)}")
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, current_timestamp::TIMESTAMP)", [step.number, step.name]
            )
        except Exception as error:
            connection.rollback()
            raise MigrationFailed(
                f"step {step.number} ({step.name}) failed and was rolled back: {error}",
                hint="the store is as it was before; please report this",
            ) from error
        connection.commit()


def latest() -> int:
    """The number of the last step that this program knows."""
    return MIGRATIONS[-1].number


def applied(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the last step that the catalogue has. Raises StoreNewer if this program does not know it."""
    [(done,)] = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchall()
    if done > latest():
        raise StoreNewer(
            f"the store has schema {done}, this program knows up to {latest()}",
            hint="use the newer memcli that wrote it",
        )
    return int(done)


def schema_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Like applied(), and 0 for a database without any table. Raises StoreDamaged for one of something else."""
    import duckdb

    try:
        return applied(connection)
    except duckdb.CatalogException:
        tables = _tables(connection)
    if tables:
        raise StoreDamaged(
            f"this is not a memcli catalogue: it has the tables {', '.join(sorted(tables))}",
            hint="name the right place with --memory",
        )
    return 0


def keep_copy(catalogue: Path, schema: int) -> None:
    """Keep the catalogue file, closed and of this schema, as before-schema-N beside it; an older copy goes.

    Under the exclusive catalogue lock. What is kept is whole or not there: it gets its name last.
    """
    copy = catalogue.with_name(f"{BEFORE_SCHEMA}{schema}")
    draft = catalogue.with_name(f"{catalogue.name}.new")
    with writable(copy):
        shutil.copyfile(catalogue, draft)
        draft.chmod(0o600)
        put_in_place(draft, copy)
        for older in copies(catalogue.parent):
            if older != copy:
                older.unlink()


def copies(folder: Path) -> list[Path]:
    """The copies that keep_copy() left in a store's folder."""
    return sorted(folder.glob(f"{BEFORE_SCHEMA}*"))


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = {}
    for name in sorted(_tables(connection)):
        [(rows,)] = connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()
        counts[name] = int(rows)
    return counts
