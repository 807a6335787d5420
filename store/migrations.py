"""The catalogue's schema, as named steps. A step never changes once released; a new one is added after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import MigrationFailed, StoreDamaged, StoreNewer

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
)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the catalogue to the present schema, one transaction a step, each with its record.

    Raises StoreNewer if the catalogue has a step that this program does not know, MigrationFailed (after rolling the
    step back) if a step fails.
    """
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if tables and "migrations" not in tables:
        raise StoreDamaged(
            f"this is not a memcli catalogue: it has the tables {', '.join(sorted(tables))}",
            hint="name the right place with --memory",
        )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name VARCHAR, applied_at TIMESTAMP)"
    )
    done = applied(connection)
    for step in MIGRATIONS[done:]:
        connection.begin()
        try:
            for statement in step.statements:
                connection.execute(statement)
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


def applied(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the last step that the catalogue has. Raises StoreNewer if this program does not know it."""
    [(done,)] = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchall()
    if done > MIGRATIONS[-1].number:
        raise StoreNewer(
            f"the store has schema {done}, this program knows up to {MIGRATIONS[-1].number}",
            hint="use the newer memcli that wrote it",
        )
    return int(done)
