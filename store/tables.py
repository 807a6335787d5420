"""Every table of the catalogue, declared once: what its rows are known by, what they point at, when they are erased.

Export, import, check, delete and the compaction after it go by this list and name no table themselves, so a new table
needs an entry here and nothing else. tests/test_store/test_tables.py compares the list with the real schema.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refers:
    """A column that holds the key of a row in another table."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is true of a table whatever it is for.

    identity: the columns by which a row is known to be the same in another store. Import adds only what is new by them.
    number: the column that this store numbers by itself; import gives imported rows new numbers and follows `refers`.
    refers: where the columns point. A row that points nowhere is damage.
    erased: which rows go when turns are erased: an SQL condition that may read the temporary tables gone_turns (the
        erased turns, whole rows) and gone_NAME of every table declared before this one. None: no row tells of a turn.
    exported: False for what only has a meaning inside this store.
    """

    name: str
    identity: tuple[str, ...]
    number: str | None = None
    refers: tuple[Refers, ...] = ()
    erased: str | None = None
    exported: bool = True


def mentions(table: str, key: str, column: str) -> str:
    """A condition for `erased`: the text in `column` names the id of an erased turn (JSON documents that quote it)."""
    return (
        f"{key} IN (SELECT {key} FROM (SELECT {key}, unnest(regexp_extract_all({column}, '[0-9a-f]{{32}}')) AS named "
        f"FROM {table}) WHERE named IN (SELECT id FROM gone_turns))"
    )


TABLES = (
    Table(name="migrations", identity=("number",), exported=False),
    Table(name="settings", identity=("key",), exported=False),
    Table(name="outbox", identity=("first_seq",), exported=False),
    Table(name="batches", identity=("id",), number="number"),
    Table(
        name="turns",
        identity=("session", "id"),
        number="seq",
        refers=(
            Refers("session", "sessions", "number"),
            Refers("source", "sources", "number"),
            Refers("batch", "batches", "number"),
            Refers("who", "speakers", "number"),
        ),
        erased="seq IN (SELECT seq FROM gone_turns)",
    ),
    Table(
        name="speakers",
        identity=("format", "key"),
        number="number",
        refers=(Refers("person", "speakers", "number"),),
        erased="number IN (SELECT who FROM gone_turns) AND number NOT IN (SELECT s.person FROM speakers s "
        "WHERE s.number IN (SELECT who FROM turns WHERE who IS NOT NULL)) "
        "AND number NOT IN (SELECT who FROM turns WHERE who IS NOT NULL)",
    ),
    Table(
        name="speaker_names",
        identity=("speaker", "name", "batch"),
        refers=(Refers("speaker", "speakers", "number"), Refers("batch", "batches", "number")),
        erased="speaker IN (SELECT who FROM gone_turns) "
        "AND speaker NOT IN (SELECT who FROM turns WHERE who IS NOT NULL)",
    ),
    Table(
        name="people",
        identity=("number",),
        refers=(Refers("number", "speakers", "number"),),
        erased="number IN (SELECT number FROM gone_speakers)",
    ),
    Table(
        name="seen_again",
        identity=("batch", "seq"),
        refers=(
            Refers("batch", "batches", "number"),
            Refers("seq", "turns", "seq"),
            Refers("source", "sources", "number"),
        ),
        erased="seq IN (SELECT seq FROM gone_turns)",
    ),
    # Which words of an edited message are not its present ones; made anew wherever a version comes or goes.
    Table(
        name="superseded",
        identity=("seq",),
        refers=(Refers("seq", "turns", "seq"), Refers("current", "turns", "seq")),
        erased="seq IN (SELECT seq FROM gone_turns) OR current IN (SELECT seq FROM gone_turns)",
        exported=False,
    ),
    Table(
        name="sources",
        identity=("uri",),
        number="number",
        refers=(Refers("batch", "batches", "number"),),
        erased="number IN (SELECT source FROM gone_turns) AND number NOT IN (SELECT source FROM turns)",
    ),
    Table(
        name="sessions",
        identity=("id",),
        number="number",
        erased="number IN (SELECT session FROM gone_turns) AND number NOT IN (SELECT session FROM turns)",
    ),
    # What a source was read to is of use only beside its file, and holds what the next part has to know of the last.
    Table(
        name="source_reads",
        identity=("batch", "source"),
        refers=(Refers("batch", "batches", "number"), Refers("source", "sources", "number")),
        erased="source IN (SELECT source FROM gone_turns)",
        exported=False,
    ),
    Table(
        name="quarantine",
        identity=("uri", "line", "reason"),
        refers=(Refers("batch", "batches", "number"),),
        erased="uri IN (SELECT uri FROM gone_sources)",
    ),
    Table(name="answers", identity=("id",), erased=mentions("answers", "id", "document")),
    Table(name="recall_events", identity=("id",), erased="item_id IN (SELECT id FROM gone_turns)"),
    # What consolidation makes of turns is made again without the erased ones: an episode goes as a whole.
    Table(
        name="turn_memory",
        identity=("seq",),
        refers=(Refers("seq", "turns", "seq"), Refers("episode", "episodes", "number")),
        erased="episode IN (SELECT episode FROM turn_memory WHERE seq IN (SELECT seq FROM gone_turns))",
        exported=False,
    ),
    Table(
        name="episodes",
        identity=("id",),
        refers=(Refers("session", "sessions", "number"),),
        erased="number IN (SELECT episode FROM gone_turn_memory)",
        exported=False,
    ),
    # A scene has the id of the episode that founded it, and its centre; those that joined it later find another.
    Table(
        name="scenes",
        identity=("id",),
        refers=(Refers("session", "sessions", "number"),),
        erased="id IN (SELECT id FROM gone_episodes)",
        exported=False,
    ),
    Table(
        name="summaries",
        identity=("about", "number", "place"),
        refers=(Refers("seq", "turns", "seq"),),
        erased="seq IN (SELECT seq FROM gone_turns)"
        " OR (about = 'episode' AND number IN (SELECT number FROM gone_episodes))"
        " OR (about = 'scene' AND number IN (SELECT number FROM gone_scenes))",
        exported=False,
    ),
    Table(
        name="archive",
        identity=("seq",),
        refers=(Refers("seq", "turns", "seq"),),
        erased="seq IN (SELECT seq FROM gone_turns)",
        exported=False,
    ),
    Table(
        name="claims",
        identity=("seq", "start_at", "subject", "predicate", "object"),
        refers=(Refers("seq", "turns", "seq"),),
        erased="seq IN (SELECT seq FROM gone_turns)",
        exported=False,  # made from turns, like all that follow from it
    ),
    # Of whom an erased turn spoke, all facts go: the next consolidation makes them anew from what is left.
    Table(
        name="facts",
        identity=("id",),
        erased="subject_key IN (SELECT subject_key FROM gone_claims) OR subject_key IN ("
        "SELECT subject_key FROM fact_sources WHERE seq IN (SELECT seq FROM gone_turns))",
        exported=False,
    ),
    Table(
        name="fact_sources",
        identity=("fact_id", "seq", "start_at", "role"),
        refers=(Refers("fact_id", "facts", "id"), Refers("seq", "turns", "seq")),
        erased="subject_key IN (SELECT subject_key FROM gone_claims)"
        " OR subject_key IN (SELECT subject_key FROM gone_facts)",
        exported=False,
    ),
    Table(name="facts_due", identity=("subject_key",), exported=False),
    Table(
        name="mentions",
        identity=("name_key", "seq"),
        refers=(Refers("seq", "turns", "seq"),),
        erased="seq IN (SELECT seq FROM gone_turns)",
        exported=False,
    ),
    Table(
        name="memory_states",
        identity=("item_id",),
        erased="item_id IN (SELECT id FROM gone_turns) OR item_id IN (SELECT id FROM gone_episodes)"
        " OR item_id IN (SELECT 'summary:' || id FROM gone_scenes) OR item_id IN (SELECT id FROM gone_facts)",
        exported=False,
    ),
    Table(name="marks", identity=("item_id",), erased="item_id IN (SELECT id FROM gone_turns)"),
    Table(name="rejections", identity=("question", "item_id"), erased="item_id IN (SELECT id FROM gone_turns)"),
    Table(name="consolidations", identity=("number",), exported=False),
    Table(name="tombstone_keys", identity=("id",)),
    Table(name="tombstones", identity=("hash",)),
    Table(name="audit", identity=("done_at", "command", "what")),
)
"""In the order in which rows are erased: what points at a row of another table, and goes with it, comes after that."""

VIEWS = ("shown", "current_turns")
"""What the schema has beside tables: looks at them, which keep nothing of their own."""

TURN_CHECKSUM = "('0x' || left(sha256(concat_ws(chr(31), id, speaker, said_at::VARCHAR, text)), 16))::UBIGINT"
"""The checksum that a turn is stored with: the first 64 bits of the SHA-256 of what must never change in it."""
