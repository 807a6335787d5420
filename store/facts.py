"""The catalogue's tables of what is known: claims that turns make, facts that they add up to, names that they mention.

All of it is derived from the turns and can be made anew. Reached through Catalogue.facts, inside its transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class SaidRow(NamedTuple):
    """A turn as extraction reads it. `said_at` is in UTC; `utc_offset` in minutes. shown: the name that its speaker is
    shown under, which may be another one than the turn has."""

    seq: int
    id: str
    session: str
    position: int
    speaker: str
    role: str
    text: str
    said_at: datetime | None
    utc_offset: int
    shown: str


class ClaimRow(NamedTuple):
    """A claim with the turn that makes it."""

    said: SaidRow
    start_at: int
    end_at: int
    kind: str
    subject: str
    predicate: str
    object: str
    stance: str
    valid_from: date | None
    valid_to: date | None
    confidence: float


class NamingRow(NamedTuple):
    """A name that a person was seen with, and the one that they are shown under. clear: nobody else has that name."""

    name: str
    shown: str
    clear: bool


class FactRow(NamedTuple):
    """A fact. over: it has ended, even where nobody knows when (valid_to None)."""

    id: str
    kind: str
    subject: str
    predicate: str
    object: str
    statement: str
    confidence: float
    valid_from: date | None
    valid_to: date | None
    since_known: bool
    over: bool
    recorded_at: datetime | None
    retracted_at: datetime | None
    superseded_by: str | None
    rivals: list[str]
    proofs: int


class SourceSpan(NamedTuple):
    """Characters of a turn that say a fact, or that end it (`role`)."""

    fact_id: str
    turn_id: str
    start_at: int
    end_at: int
    role: str
    speaker: str
    said_at: datetime | None
    uri: str
    line: int | None


class Acquaintance(NamedTuple):
    """A name, how many turns mention it, and when first and last."""

    name: str
    turns: int
    first_said_at: datetime | None
    last_said_at: datetime | None


READ_TO = "facts_read_to"
"""The setting that holds the last seq that was read for claims."""

Rows = Sequence[Mapping[str, Any]]
"""Rows to be written: each with a value for every column of its table."""

_SHOWN = "coalesce(shown.name, t.speaker)"
_SAID = f"t.seq, t.id, s.id, t.position, t.speaker, t.role, t.text, t.said_at, t.utc_offset, {_SHOWN}"
_CLAIM = (
    "c.start_at, c.end_at, c.kind, c.subject, c.predicate, c.object, c.stance, c.valid_from, c.valid_to, c.confidence"
)
_FACT = (
    "id, kind, subject, predicate, object, statement, confidence, valid_from, valid_to, since_known, over, "
    "recorded_at, retracted_at, superseded_by, rivals, proofs"
)
_FACT_ORDER = "subject_key, kind, predicate, valid_from NULLS FIRST, recorded_at NULLS FIRST, id"
_DERIVED = ("claims", "facts", "fact_sources", "facts_due", "mentions")


class FactTables:
    """The tables claims, facts, fact_sources, facts_due and mentions of one open catalogue."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    # from turns to claims

    def turns_after(self, seq: int, limit: int) -> list[SaidRow]:
        """The next turns after `seq`, by seq."""
        rows = self._db.execute(
            f"""SELECT {_SAID} FROM current_turns t JOIN sessions s ON s.number = t.session
                LEFT JOIN shown ON shown.who = t.who WHERE t.seq > ? ORDER BY t.seq LIMIT ?""",
            [seq, limit],
        ).fetchall()
        return [_said(row) for row in rows]

    def turns_behind(self) -> int:
        """How many turns were not yet read for claims."""
        row = self._db.execute(
            f"""SELECT count(*) FROM current_turns
                WHERE seq > coalesce((SELECT value::BIGINT FROM settings WHERE key = '{READ_TO}'), 0)"""
        ).fetchall()[0]
        return int(row[0])

    def add_claims(self, claims: Rows, mentions: Rows, due: Sequence[str], settings: Mapping[str, str]) -> None:
        """Keep what some turns claim and name, whose facts are due for it (keys), and how far reading has come
        (`settings`), in one transaction."""
        self._db.begin()
        try:
            self._insert("claims", claims)
            self._insert("mentions", mentions)
            self._make_due(due)
            for key, value in settings.items():
                self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [key, value])
            self._db.commit()
        except BaseException:
            self._db.rollback()
            raise

    def begin_anew(self, settings: Mapping[str, str]) -> None:
        """Throw away everything derived: the rules have changed."""
        self._db.begin()
        for table in _DERIVED:
            self._db.execute(f"DELETE FROM {table}")
        self._db.execute("DELETE FROM settings WHERE starts_with(key, 'facts_model_read_to')")
        for key, value in settings.items():
            self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [key, value])
        self._db.commit()

    # from claims to facts

    def believed(self) -> list[str]:
        """The keys of the subjects of whom facts are held."""
        rows = self._db.execute("SELECT DISTINCT subject_key FROM facts ORDER BY 1").fetchall()
        return [str(row[0]) for row in rows]

    def make_due(self, subjects: Sequence[str], settings: Mapping[str, str]) -> None:
        """Have the facts of these subjects made anew, and note why (`settings`), in one transaction."""
        self._db.begin()
        self._make_due(subjects)
        for key, value in settings.items():
            self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [key, value])
        self._db.commit()

    def _make_due(self, subjects: Sequence[str]) -> None:
        known = {row[0] for row in self._db.sql("FROM facts_due").fetchall()}
        self._insert("facts_due", [{"subject_key": key} for key in sorted({*subjects} - known)])

    def due(self, limit: int) -> list[str]:
        """Subjects of whom something new was claimed, in their order."""
        rows = self._db.execute("SELECT DISTINCT subject_key FROM facts_due ORDER BY 1 LIMIT ?", [limit]).fetchall()
        return [str(row[0]) for row in rows]

    def any_claim(self) -> bool:
        """Whether there is a claim at all."""
        return bool(self._db.execute("SELECT EXISTS (FROM claims)").fetchall()[0][0])

    def claims_of(self, subjects: Sequence[str] | None, said_by: datetime | None = None) -> list[ClaimRow]:
        """What is claimed under these keys (None: under all), by the moment said_by at the latest."""
        until = said_by.astimezone(UTC).replace(tzinfo=None) if said_by else None
        rows = self._db.execute(
            f"""SELECT {_SAID}, {_CLAIM} FROM claims c JOIN turns t ON t.seq = c.seq
                JOIN sessions s ON s.number = t.session LEFT JOIN shown ON shown.who = t.who
                WHERE ($subjects IS NULL OR list_contains($subjects, c.subject_key))
                AND ($until IS NULL OR t.said_at IS NULL OR t.said_at <= $until)
                ORDER BY c.subject_key, c.seq, c.start_at, c.predicate, c.object""",
            {"subjects": list(subjects) if subjects is not None else None, "until": until},
        ).fetchall()
        return [ClaimRow(_said(row[:10]), *row[10:]) for row in rows]

    def replace_facts(self, subjects: Sequence[str], facts: Rows, sources: Rows) -> None:
        """Put these facts in the place of all that was held of the subjects, who are no longer due."""
        self._db.begin()
        try:
            for table in ("facts", "fact_sources", "facts_due"):
                self._db.execute(f"DELETE FROM {table} WHERE list_contains(?, subject_key)", [list(subjects)])
            self._insert("facts", facts)
            self._insert("fact_sources", sources)
            self._db.commit()
        except BaseException:
            self._db.rollback()
            raise

    # what is known

    def facts_of(self, subjects: Sequence[str] | None = None) -> list[FactRow]:
        """The facts of these subjects (None: all), by subject, kind, predicate and time."""
        rows = self._db.execute(
            f"""SELECT {_FACT} FROM facts WHERE $subjects IS NULL OR list_contains($subjects, subject_key)
                ORDER BY {_FACT_ORDER}""",
            {"subjects": list(subjects) if subjects is not None else None},
        ).fetchall()
        return [_fact(row) for row in rows]

    def turns_of_facts(self) -> dict[str, list[int]]:
        """The turns (seqs) that say each fact, end it, or doubt it, by its id."""
        rows = self._db.execute(
            "SELECT fact_id, list(DISTINCT seq ORDER BY seq) FROM fact_sources GROUP BY 1"
        ).fetchall()
        return {str(fact): list(seqs) for fact, seqs in rows}

    def subjects(self, *, so: bool = False) -> list[tuple[str, str, str]]:
        """Of whom anything is claimed (so: that something is so), as (subject, speaker, name the speaker has now)."""
        rows = self._db.execute(
            f"""SELECT DISTINCT c.subject, t.speaker, {_SHOWN} FROM claims c JOIN turns t ON t.seq = c.seq
                LEFT JOIN shown ON shown.who = t.who WHERE c.stance = 'holds' OR NOT ? ORDER BY ALL""",
            [so],
        ).fetchall()
        return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]

    def namings(self) -> list[NamingRow]:
        """The names that people were seen with and are not shown under."""
        rows = self._db.execute(
            """WITH named AS (
                   SELECT DISTINCT s.person, n.name, shown.name AS shown FROM speaker_names n
                   JOIN speakers s ON s.number = n.speaker JOIN shown ON shown.who = s.number)
               SELECT name, shown,
                      (SELECT count(DISTINCT o.person) FROM named o WHERE lower(o.name) = lower(named.name)) = 1
               FROM named WHERE name <> shown ORDER BY ALL"""
        ).fetchall()
        return [NamingRow(*row) for row in rows]

    def sources_of(self, facts: Sequence[str]) -> list[SourceSpan]:
        """Where the facts were said, by fact and time."""
        rows = self._db.execute(
            """SELECT f.fact_id, t.id, f.start_at, f.end_at, f.role, t.speaker, t.said_at, o.uri, t.line
               FROM fact_sources f JOIN turns t ON t.seq = f.seq JOIN sources o ON o.number = t.source
               WHERE list_contains(?, f.fact_id)
               ORDER BY f.fact_id, f.role DESC, t.said_at NULLS FIRST, t.id, f.start_at""",
            [list(facts)],
        ).fetchall()
        return [SourceSpan._make((*row[:6], _aware(row[6]), row[7], row[8])) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many claims, facts, facts that are over, and subjects that are due."""
        row = self._db.execute(
            """SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM facts),
                      (SELECT count(*) FROM facts WHERE over), (SELECT count(DISTINCT subject_key) FROM facts_due)"""
        ).fetchall()[0]
        return dict(zip(("claims", "facts", "facts_over", "subjects_due"), map(int, row), strict=True))

    # names

    def names(self, least: int, limit: int) -> list[Acquaintance]:
        """The names that at least so many turns mention, the most mentioned first."""
        rows = self._db.execute(
            """SELECT min(m.name), count(DISTINCT m.seq) AS turns, min(t.said_at), max(t.said_at)
               FROM mentions m JOIN turns t ON t.seq = m.seq GROUP BY m.name_key HAVING turns >= ?
               ORDER BY turns DESC, m.name_key LIMIT ?""",
            [least, limit],
        ).fetchall()
        return [Acquaintance(str(row[0]), int(row[1]), _aware(row[2]), _aware(row[3])) for row in rows]

    def mentioned_together(self, name_keys: Sequence[str], limit: int) -> list[tuple[str, str, str, int]]:
        """The names that turns mention beside these, as (key, other key, other name, turns): at most so many for each,
        the most frequent first."""
        rows = self._db.execute(
            """SELECT one.name_key, other.name_key, min(other.name), count(DISTINCT other.seq) AS turns
               FROM mentions one JOIN mentions other ON other.seq = one.seq AND other.name_key <> one.name_key
               WHERE list_contains(?, one.name_key) GROUP BY one.name_key, other.name_key
               QUALIFY row_number() OVER (PARTITION BY one.name_key ORDER BY turns DESC, other.name_key) <= ?
               ORDER BY one.name_key, turns DESC, other.name_key""",
            [list(name_keys), limit],
        ).fetchall()
        return [(str(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in rows]

    def mention_counts(self, name_keys: Sequence[str]) -> dict[str, int]:
        """How many turns mention each of these names."""
        rows = self._db.execute(
            "SELECT name_key, count(DISTINCT seq) FROM mentions WHERE list_contains(?, name_key) GROUP BY 1 ORDER BY 1",
            [list(name_keys)],
        ).fetchall()
        return dict(rows)

    def related(self, keys: Sequence[str]) -> list[FactRow]:
        """The facts whose subject, or whose object in lower case, is one of these keys."""
        rows = self._db.execute(
            f"""SELECT {_FACT} FROM facts WHERE list_contains($keys, subject_key) OR list_contains($keys, lower(object))
                ORDER BY {_FACT_ORDER}""",
            {"keys": list(keys)},
        ).fetchall()
        return [_fact(row) for row in rows]

    def mentions(self) -> list[tuple[int, str, str]]:
        """Every mention of a name, as (seq, key, name), by turn."""
        rows = self._db.execute("SELECT DISTINCT seq, name_key, name FROM mentions ORDER BY ALL").fetchall()
        return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]

    def known_by_name(self) -> set[str]:
        """The names of all who speak, in lower case."""
        return {str(row[0]) for row in self._db.execute("SELECT DISTINCT lower(name) FROM speaker_names").fetchall()}

    def _insert(self, table: str, rows: Rows) -> None:
        import pyarrow as pa

        if rows:
            names = rows[0].keys()
            columns = {name: pa.array([row[name] for row in rows], _type(name)) for name in names}
            self._db.register("incoming", pa.table(columns))
            self._db.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
            self._db.unregister("incoming")


def _type(column: str) -> pa.DataType:
    import pyarrow as pa

    types = {
        "seq": pa.int64(), "start_at": pa.int32(), "end_at": pa.int32(), "proofs": pa.int32(),
        "confidence": pa.float64(), "valid_from": pa.date32(), "valid_to": pa.date32(), "since_known": pa.bool_(),
        "over": pa.bool_(), "recorded_at": pa.timestamp("us"), "retracted_at": pa.timestamp("us"),
        "rivals": pa.list_(pa.string()),
    }  # fmt: skip
    return types.get(column, pa.string())


def _said(row: Sequence[Any]) -> SaidRow:
    return SaidRow._make((*row[:7], _aware(row[7]), *row[8:]))


def _fact(row: Sequence[Any]) -> FactRow:
    return FactRow._make((*row[:11], _aware(row[11]), _aware(row[12]), *row[13:]))


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None
