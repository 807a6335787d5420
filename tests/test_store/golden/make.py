"""Makes the golden store of a released schema: python tests/test_store/golden/make.py NUMBER

Run once when a schema is released, with the program of that release; a later program must still read what this leaves.
The rows are written in plain SQL, by the columns that the schema had then.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

import duckdb

from store import migrations
from store.tables import TURN_CHECKSUM

ROWS = (
    "INSERT INTO batches VALUES (1, 'batch', TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01', 6)",
    "INSERT INTO sources (number, uri, format, sha256, bytes, batch) VALUES (1, '/logs/chat.txt', 'plain', '0', 10, 1)",
    """INSERT INTO sessions (number, id, format, native_id, title)
       VALUES (1, 's1', 'plain', 's1', 'one'), (2, 's2', 'plain', 's2', 'two')""",
    """INSERT INTO turns (seq, id, session, position, speaker, role, text, said_at, utc_offset, native_id, source, line,
                          batch, metadata)
       SELECT range + 1, md5(range::VARCHAR), 1 + range % 2, range, 'Ann', 'user', 'word' || range,
              TIMESTAMP '2024-05-01' + to_minutes(range), 120, NULL, 1, range + 1, 1, NULL FROM range(6)""",
    "UPDATE settings SET value = '7' WHERE key = 'next_seq'",
    "INSERT INTO outbox VALUES (1, 6)",
    "INSERT INTO answers (id, asked_at, question, document) VALUES ('a1', TIMESTAMP '2024-06-01', 'Who?', '{}')",
    """INSERT INTO recall_events (id, item_id, recalled_at, rating, answer_id)
       SELECT 'r1', id, TIMESTAMP '2024-06-01', 3, 'a1' FROM turns WHERE seq = 1""",
)


def main(schema: int) -> None:
    migrations.MIGRATIONS = tuple(step for step in migrations.MIGRATIONS if step.number <= schema)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "memory.duckdb")
        with duckdb.connect(str(path)) as connection:
            migrations.migrate(connection)
            for statement in ROWS:
                connection.execute(statement)
            if schema >= 3:
                connection.execute(f"UPDATE turns SET checksum = {TURN_CHECKSUM}")
        golden = Path(__file__).with_name(f"schema-{schema}.duckdb.gz")
        golden.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
