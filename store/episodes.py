"""Episodes, scenes and their summaries: what consolidation makes of the turns of a session.

An episode is a stretch of a session. Closed ones stay; the last one of a session is open, and is made anew with what
comes after it. A scene is episodes of one session about the same. A summary is sentences, each of them characters of a
turn. `centre` is the mean vector of an episode's turns, or of the episode that founded a scene, as float16 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import duckdb

About = Literal["episode", "scene"]

_ORDER = "t.session, t.said_at NULLS FIRST, t.position, t.seq"


class PlaceRow(NamedTuple):
    """A turn in the order of its session, with its episode if it has one, and whether that is closed."""

    session: int
    seq: int
    said_at: datetime | None
    episode: int | None
    closed: bool


class SpokenRow(NamedTuple):
    """What consolidation reads of a turn."""

    seq: int
    id: str
    speaker: str
    role: str
    text: str


class SceneRow(NamedTuple):
    """A scene, with the centre that it was founded on."""

    number: int
    id: str
    session: int
    centre: bytes


class EpisodeRow(NamedTuple):
    """An episode as it is written."""

    number: int
    id: str
    session: int
    turns: int
    started_at: datetime | None
    ended_at: datetime | None
    closed: bool
    centre: bytes
    scene: int | None


class MemberRow(NamedTuple):
    """A turn in its episode: the rating that it began with, and whether it is a standing instruction."""

    seq: int
    episode: int
    rating: int
    instruction: bool


class SentenceRow(NamedTuple):
    """A sentence of a summary: characters first..last-1 of a turn; `place` orders those of one summary by rank."""

    about: About
    number: int
    place: int
    seq: int
    first: int
    last: int
    centrality: float


class GistRow(NamedTuple):
    """An episode with the sentences of its summary, as they were said, each with its turn's id.

    rating: the highest that one of its turns began with.
    """

    id: str
    title: str
    turns: int
    started_at: datetime | None
    ended_at: datetime | None
    closed: bool
    scene: str | None
    sentences: list[tuple[str, str, str]]
    rating: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented:
    """What a batch of sessions became: all of it is written in one commit.

    reopened: numbers of the open episodes that are replaced; members: of every turn of a new episode and of every turn
    that came late into an old one (`joined`: how many each); gists: the numbers of scenes whose summaries are replaced.
    """

    reopened: Sequence[int]
    episodes: Sequence[EpisodeRow]
    members: Sequence[MemberRow]
    joined: Mapping[int, int]
    scenes: Sequence[SceneRow]
    sentences: Sequence[SentenceRow]
    gists: Sequence[int]


class Episodes:
    """Reads and writes over one open connection: see Catalogue.episodes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    # what consolidation reads

    def waiting(self) -> list[tuple[int, int]]:
        """Sessions that hold turns without an episode, with their number, by session."""
        rows = self._db.execute(
            """SELECT session, count(*) FROM current_turns t ANTI JOIN turn_memory m USING (seq)
               GROUP BY ALL ORDER BY ALL"""
        ).fetchall()
        return [(int(row[0]), int(row[1])) for row in rows]

    def order_of(self, sessions: Sequence[int]) -> list[PlaceRow]:
        """Every turn of these sessions in its order."""
        rows = self._db.execute(
            f"""SELECT t.session, t.seq, t.said_at, m.episode, coalesce(e.closed, false)
                FROM current_turns t LEFT JOIN turn_memory m USING (seq) LEFT JOIN episodes e ON e.number = m.episode
                WHERE t.session IN (SELECT unnest(?::INTEGER[])) ORDER BY {_ORDER}""",
            [list(sessions)],
        ).fetchall()
        return [PlaceRow._make((*row[:2], _aware(row[2]), *row[3:])) for row in rows]

    def spoken(self, seqs: Sequence[int]) -> dict[int, SpokenRow]:
        """What was said in these turns."""
        rows = self._db.execute(
            "SELECT seq, id, speaker, role, text FROM turns WHERE seq IN (SELECT unnest(?::BIGINT[]))", [list(seqs)]
        ).fetchall()
        return {row[0]: SpokenRow(*row) for row in rows}

    def session_ids(self, sessions: Sequence[int]) -> dict[int, str]:
        """The ids of sessions by their numbers."""
        return dict(
            self._db.execute(
                "SELECT number, id FROM sessions WHERE number IN (SELECT unnest(?::INTEGER[]))", [list(sessions)]
            ).fetchall()
        )

    def scenes_of(self, sessions: Sequence[int]) -> list[SceneRow]:
        """The scenes of these sessions, in the order in which they were founded."""
        rows = self._db.execute(
            "SELECT number, id, session, centre FROM scenes WHERE session IN (SELECT unnest(?::INTEGER[])) ORDER BY 1",
            [list(sessions)],
        ).fetchall()
        return [SceneRow(*row) for row in rows]

    def next_numbers(self) -> tuple[int, int]:
        """The numbers that the next episode and the next scene will have."""
        [(episode, scene)] = self._db.execute(
            "SELECT (SELECT coalesce(max(number), 0) + 1 FROM episodes), "
            "(SELECT coalesce(max(number), 0) + 1 FROM scenes)"
        ).fetchall()
        return int(episode), int(scene)

    def scene_sentences(self, scenes: Sequence[int]) -> list[tuple[int, int, int, int, int, str]]:
        """The sentences of the episodes of these scenes, as (scene, episode, seq, first, last, turn's text)."""
        rows: list[tuple[int, int, int, int, int, str]] = self._db.execute(
            """SELECT e.scene, e.number, s.seq, s.first_character, s.last_character, t.text
               FROM episodes e JOIN summaries s ON s.about = 'episode' AND s.number = e.number JOIN turns t USING (seq)
               WHERE e.scene IN (SELECT unnest(?::INTEGER[]))
               ORDER BY e.scene, t.said_at NULLS FIRST, t.seq, s.place""",
            [list(scenes)],
        ).fetchall()
        return rows

    # what it writes

    def keep(self, made: Segmented) -> None:
        """Write what a batch of sessions became, in one commit."""
        import pyarrow as pa

        db = self._db
        db.begin()
        gone = list(made.reopened)
        for table, column in (("episodes", "number"), ("turn_memory", "episode")):
            db.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT unnest(?::INTEGER[]))", [gone])
        db.execute("DELETE FROM summaries WHERE about = 'episode' AND number IN (SELECT unnest(?::INTEGER[]))", [gone])
        db.execute(
            "DELETE FROM summaries WHERE about = 'scene' AND number IN (SELECT unnest(?::INTEGER[]))",
            [list(made.gists)],
        )
        self._insert("episodes", pa.table(_columns(made.episodes, EpisodeRow, {"started_at", "ended_at"})))
        self._insert("scenes", pa.table(_columns(made.scenes, SceneRow, set())))
        self._insert("summaries", pa.table(_columns(made.sentences, SentenceRow, set())))
        self._insert("turn_memory", pa.table(_columns(made.members, MemberRow, set())))
        for number, count in made.joined.items():
            db.execute("UPDATE episodes SET turns = turns + ? WHERE number = ?", [count, number])
        db.commit()

    def _insert(self, table: str, rows: Any) -> None:
        if rows.num_rows:
            self._db.register("incoming", rows)
            self._db.execute(f"INSERT INTO {table} SELECT * FROM incoming")
            self._db.unregister("incoming")

    # what recall reads

    def stretches(self) -> list[tuple[bytes, list[int]]]:
        """Every episode as (centre, its turns), by number."""
        rows = self._db.execute(
            """SELECT any_value(e.centre), list(m.seq ORDER BY m.seq)
               FROM episodes e JOIN turn_memory m ON m.episode = e.number GROUP BY e.number ORDER BY e.number"""
        ).fetchall()
        return [(bytes(centre), list(seqs)) for centre, seqs in rows]

    def instructions(self) -> list[tuple[int, str]]:
        """The standing instructions that were found and not put away, as (seq, text)."""
        rows = self._db.execute(
            """SELECT t.seq, t.text FROM current_turns t JOIN turn_memory m USING (seq)
               WHERE m.instruction AND NOT EXISTS (FROM archive a WHERE a.seq = t.seq) ORDER BY t.seq"""
        ).fetchall()
        return [(int(row[0]), str(row[1])) for row in rows]

    # what people read

    def gists(self, since: datetime | None, until: datetime | None, limit: int) -> list[GistRow]:
        """The episodes that began at or after `since` and before `until`, the last `limit` of them, oldest first."""
        rows = self._db.execute(
            """WITH shown AS (
                   FROM episodes WHERE ($since IS NULL OR started_at >= $since)
                   AND ($until IS NULL OR started_at < $until)
                   ORDER BY started_at DESC NULLS LAST, id LIMIT $limit)
               SELECT e.id, n.title, e.turns, e.started_at, e.ended_at, e.closed, c.id,
                      list({'a': t.id, 'b': t.speaker,
                            'c': substring(t.text, s.first_character + 1, s.last_character - s.first_character)}
                           ORDER BY t.said_at NULLS FIRST, t.seq) FILTER (t.id IS NOT NULL),
                      (SELECT max(m.rating) FROM turn_memory m WHERE m.episode = e.number)
               FROM shown e JOIN sessions n ON n.number = e.session LEFT JOIN scenes c ON c.number = e.scene
               LEFT JOIN summaries s ON s.about = 'episode' AND s.number = e.number LEFT JOIN turns t ON t.seq = s.seq
               GROUP BY ALL ORDER BY e.started_at NULLS FIRST, e.id""",
            {"since": _naive(since), "until": _naive(until), "limit": limit},
        ).fetchall()
        return [_gist(row) for row in rows]

    def scenes_with(self, speaker: str, limit: int) -> list[str]:
        """The ids of the scenes in which somebody (by the name that is shown) says most, the most first."""
        rows = self._db.execute(
            """SELECT c.id FROM turns t JOIN shown w ON w.who = t.who JOIN turn_memory m USING (seq)
               JOIN episodes e ON e.number = m.episode JOIN scenes c ON c.number = e.scene
               WHERE lower(w.name) = lower(?) GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT ?""",
            [speaker, limit],
        ).fetchall()
        return [str(row[0]) for row in rows]

    def scene_gists(
        self, since: datetime | None, until: datetime | None, limit: int, ids: Sequence[str] | None = None
    ) -> list[GistRow]:
        """The scenes with an episode that began at or after `since` and before `until`, the last `limit` of them; of
        these ids, if they are given.

        As gists() gives episodes; `turns` and times are those of all their episodes, `scene` is the scene's own id.
        A scene of one episode has the sentences of that episode.
        """
        rows = self._db.execute(
            """WITH shown AS (
                   SELECT c.id, n.title, sum(e.turns)::BIGINT AS turns, min(e.started_at) AS first,
                          max(e.ended_at) AS last, bool_and(e.closed) AS closed, c.number,
                          CASE WHEN count(*) = 1 THEN any_value(e.number) END AS only
                   FROM scenes c JOIN episodes e ON e.scene = c.number JOIN sessions n ON n.number = c.session
                   GROUP BY c.id, n.title, c.number
                   HAVING ($since IS NULL OR max(e.started_at) >= $since)
                      AND ($until IS NULL OR min(e.started_at) < $until)
                      AND ($ids IS NULL OR list_contains($ids, c.id))
                   ORDER BY last DESC NULLS LAST, c.id LIMIT $limit)
               SELECT w.id, w.title, w.turns, w.first, w.last, w.closed, w.id,
                      list({'a': t.id, 'b': t.speaker,
                            'c': substring(t.text, s.first_character + 1, s.last_character - s.first_character)}
                           ORDER BY t.said_at NULLS FIRST, t.seq) FILTER (t.id IS NOT NULL),
                      (SELECT max(m.rating) FROM turn_memory m JOIN episodes e ON e.number = m.episode
                       WHERE e.scene = w.number)
               FROM shown w
               LEFT JOIN summaries s ON (s.about = 'scene' AND s.number = w.number AND w.only IS NULL)
                                     OR (s.about = 'episode' AND s.number = w.only)
               LEFT JOIN turns t ON t.seq = s.seq
               GROUP BY ALL ORDER BY w.first NULLS FIRST, w.id""",
            {
                "since": _naive(since),
                "until": _naive(until),
                "limit": limit,
                "ids": list(ids) if ids is not None else None,
            },
        ).fetchall()
        return [_gist(row) for row in rows]


def _gist(row: tuple[Any, ...]) -> GistRow:
    sentences = [tuple(one.values()) for one in row[7] or []]
    return GistRow._make((*row[:3], _aware(row[3]), _aware(row[4]), *row[5:7], sentences, row[8]))


def _columns(rows: Sequence[Any], shape: Any, times: set[str]) -> dict[str, Any]:
    """The rows as columns; those named in `times` hold times."""
    import pyarrow as pa

    columns = zip(*rows, strict=True) if rows else ([] for _ in shape._fields)
    found = {}
    for name, column in zip(shape._fields, map(list, columns), strict=True):
        found[name] = pa.array([_naive(at) for at in column], pa.timestamp("us")) if name in times else pa.array(column)
    return found


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None


def _naive(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None
