"""The catalogue's schema, as named steps. A step never changes once released; a new one is added after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import MigrationFailed, StoreDamaged, StoreNewer
from store.fact_tables import FACT_TABLES

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
    Migration(2, "taken by another branch: its step comes here when the branches meet", ()),
    Migration(3, "taken by another branch: its step comes here when the branches meet", ()),
    Migration(4, "taken by another branch: its step comes here when the branches meet", ()),
    Migration(5, "claims, facts and the names that are mentioned", FACT_TABLES),
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
