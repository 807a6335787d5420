"""What consolidation made of a memory, laid out for recall: facts, names, episodes and instructions, with their turns.

The catalogue has all of it, but a question is not to open that, nor to wait for whoever writes into it. So a copy lies
in the store's folder `cache`, an SQLite file that names the consolidation which it is of. It is derived, made anew for
another, goes when anything is erased, and is in the memory of the process alone where the store is encrypted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.disk import writable
from store.errors import StoreDamaged
from store.nearest import agreements, best, by_words, foremost, turned, turned_codes

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    import numpy.typing as npt

Kind = Literal["fact", "instruction"]

_LAYOUT = 2
"""Goes up whenever something else is kept, or is kept otherwise."""

COMPARED = 8
"""Of so many times as many episodes as are wanted, the best by code, the centres are compared."""

_SCHEMA = """
    CREATE TABLE about (made_of TEXT NOT NULL, embedder TEXT NOT NULL, size INTEGER NOT NULL, codes BLOB NOT NULL);
    CREATE TABLE sayings (
        number INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, weight REAL NOT NULL);
    CREATE TABLE words (stem TEXT, kind TEXT, saying INTEGER, PRIMARY KEY (stem, kind, saying)) WITHOUT ROWID;
    CREATE TABLE said_in (saying INTEGER, seq INTEGER, PRIMARY KEY (saying, seq)) WITHOUT ROWID;
    CREATE TABLE names (key TEXT PRIMARY KEY, name TEXT NOT NULL, turns INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE mentions (key TEXT, seq INTEGER, PRIMARY KEY (key, seq)) WITHOUT ROWID;
    CREATE TABLE links (one TEXT, other TEXT, weight REAL NOT NULL, PRIMARY KEY (one, other)) WITHOUT ROWID;
    CREATE TABLE episodes (number INTEGER PRIMARY KEY, centre BLOB NOT NULL);
    CREATE TABLE members (episode INTEGER, seq INTEGER, PRIMARY KEY (episode, seq)) WITHOUT ROWID;
"""


class Saying(NamedTuple):
    """A fact or an instruction: the stems of its words, what it counts (at most 1), and the turns that say it."""

    kind: Kind
    text: str
    weight: float
    stems: frozenset[str]
    seqs: Sequence[int]


class Matching(NamedTuple):
    """A saying that shares stems with what was asked for."""

    number: int
    text: str
    weight: float
    stems: frozenset[str]


class Made(NamedTuple):
    """All that is kept. names: (key, name as it is shown, turns); mentions: (key, seq), each once; links: (key, other
    key, weight); episodes: (mean vector by the embedder of that id, as float16 bytes; the turns of which it is)."""

    sayings: Sequence[Saying]
    names: Sequence[tuple[str, str, int]]
    mentions: Iterable[tuple[str, int]]
    links: Iterable[tuple[str, str, float]]
    episodes: Sequence[tuple[bytes, Sequence[int]]]
    embedder: str


class KnowledgeBroken(StoreDamaged):
    """The file is not whole. It is derived: KnowledgeFile.discard() lets it be made anew."""


class Knowledge:
    """What is known, open for reading. Reading raises KnowledgeBroken where the file is damaged."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def sharing(self, kind: Kind, stems: Iterable[str]) -> list[Matching]:
        """The facts or instructions that have any of these stems, in their order."""
        wanted = sorted(stems)
        rows = self._rows(
            f"""SELECT number, text, weight, group_concat(stem, ' ') FROM words JOIN sayings ON number = saying
                WHERE words.kind = ? AND stem IN ({_marks(wanted)}) GROUP BY number ORDER BY number""",
            [kind, *wanted],
        )
        return [Matching(number, text, weight, frozenset(found.split())) for number, text, weight, found in rows]

    def counts(self, kind: Kind, stems: Iterable[str]) -> tuple[int, dict[str, int]]:
        """How many facts or instructions there are, and how many have each of these stems."""
        wanted = sorted(stems)
        rows = self._rows(
            f"SELECT stem, count(*) FROM words WHERE kind = ? AND stem IN ({_marks(wanted)}) GROUP BY stem",
            [kind, *wanted],
        )
        [(every,)] = self._rows("SELECT count(*) FROM sayings WHERE kind = ?", [kind])
        return every, dict(rows)

    def said_in(self, numbers: Sequence[int]) -> dict[int, list[int]]:
        """The turns (seqs) that say each of these facts or instructions."""
        found: dict[int, list[int]] = {number: [] for number in numbers}
        rows = self._rows(
            f"SELECT saying, seq FROM said_in WHERE saying IN ({_marks(numbers)}) ORDER BY saying, seq", [*numbers]
        )
        for number, seq in rows:
            found[number].append(seq)
        return found

    def names(self, keys: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Those of these keys that are of a name: how it is shown, and how many turns mention it."""
        wanted = sorted(set(keys))
        rows = self._rows(f"SELECT key, name, turns FROM names WHERE key IN ({_marks(wanted)})", wanted)
        return {key: (name, turns) for key, name, turns in rows}

    def near(self, keys: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
        """The names beside these, as (key, weight), the closest first."""
        found: dict[str, list[tuple[str, float]]] = {}
        rows = self._rows(
            f"SELECT one, other, weight FROM links WHERE one IN ({_marks(keys)}) ORDER BY one, weight DESC, other",
            [*keys],
        )
        for one, other, weight in rows:
            found.setdefault(one, []).append((other, weight))
        return found

    def mentioning(self, key: str) -> list[int]:
        """The turns (seqs) that mention a name."""
        return [seq for (seq,) in self._rows("SELECT seq FROM mentions WHERE key = ? ORDER BY seq", [key])]

    @cached_property
    def embedder(self) -> str:
        """The id of the embedder whose vectors the centres of episodes are."""
        return str(self._rows("SELECT embedder FROM about")[0][0])

    def nearest_episodes(self, query: npt.NDArray[np.float32], limit: int) -> list[tuple[float, list[int]]]:
        """The episodes whose centre is nearest to a query (dimension,), each as (cosine, its turns), nearest first.

        As with turns, codes choose which are compared.
        """
        import numpy as np

        if not self._codes.size:
            return []
        promising = foremost(agreements(self._codes, turned(query[None, :])[0]), COMPARED * limit).tolist()
        rows = self._rows(
            f"SELECT number, centre FROM episodes WHERE number IN ({_marks(promising)}) ORDER BY number", promising
        )
        cosines = np.stack([np.frombuffer(centre, np.float16) for _, centre in rows]).astype(np.float32) @ query
        near = [(rows[at][0], float(cosines[at])) for at in best(cosines, limit).tolist()]
        turns: dict[int, list[int]] = {number: [] for number, _ in near}
        found = self._rows(
            f"SELECT episode, seq FROM members WHERE episode IN ({_marks(near)}) ORDER BY episode, seq", [*turns]
        )
        for episode, seq in found:
            turns[episode].append(seq)
        return [(cosine, turns[number]) for number, cosine in near]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query. Raises KnowledgeBroken."""
        import sqlite3

        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise KnowledgeBroken(f"what consolidation made cannot be read: {error}") from error

    @cached_property
    def _codes(self) -> npt.NDArray[np.unsignedinteger]:
        import numpy as np

        [(size, codes)] = self._rows("SELECT size, codes FROM about")
        return by_words(np.frombuffer(codes, np.uint8).reshape(-1, size))


class KnowledgeFile:
    """Where the knowledge of one store is kept between processes, if anywhere, and what this one has open of it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._made_of: str | None = None
        self._open: Knowledge | None = None

    def of(self, stamp: str) -> Knowledge | None:
        """What is known as of that consolidation, or None if it was not made yet."""
        if self._open is not None and self._made_of == stamp:
            return self._open
        self.forget()
        if self._path is None or not self._path.exists():
            return None
        import sqlite3

        with suppress(sqlite3.Error):  # it is not whole, or of another layout: it is made anew
            database = _connect(f"file:{_quoted(self._path)}?mode=ro&immutable=1", uri=True)
            found = database.execute("SELECT made_of FROM about").fetchone()
            if found == (f"{_LAYOUT} {stamp}",):
                self._made_of, self._open = stamp, Knowledge(database)
                return self._open
            database.close()
        return None

    def make(self, stamp: str, made: Made) -> Knowledge:
        """Keep what was made of that consolidation; where the file cannot be written, for this process alone."""
        import sqlite3

        self.forget()
        if self._path is not None:
            draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
            try:
                self._path.parent.mkdir(mode=0o700, exist_ok=True)
                draft.unlink(missing_ok=True)
                draft.touch(mode=0o600)
                _fill(str(draft), stamp, made).close()
                draft.replace(self._path)
            except (OSError, sqlite3.Error):  # a store that may only be read, a full disk
                pass
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
            if found := self.of(stamp):
                return found
        self._made_of, self._open = stamp, Knowledge(_fill(":memory:", stamp, made))
        return self._open

    def discard(self) -> None:
        """Delete what is kept, so that it is made anew."""
        self.forget()
        if self._path is not None:
            with writable(self._path):
                self._path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Let go of what is open."""
        if self._open is not None:
            self._open.close()
        self._made_of = self._open = None


def _fill(place: str, stamp: str, made: Made) -> sqlite3.Connection:
    database = _connect(place)
    database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
    database.execute("BEGIN")
    codes = _codes([centre for centre, _ in made.episodes])
    about = [f"{_LAYOUT} {stamp}", made.embedder, codes.shape[1], codes.tobytes()]
    database.execute("INSERT INTO about VALUES (?, ?, ?, ?)", about)
    for number, one in enumerate(made.sayings, start=1):
        database.execute("INSERT INTO sayings VALUES (?, ?, ?, ?)", [number, one.kind, one.text, one.weight])
        database.executemany("INSERT INTO words VALUES (?, ?, ?)", [(s, one.kind, number) for s in sorted(one.stems)])
        database.executemany("INSERT OR IGNORE INTO said_in VALUES (?, ?)", [(number, seq) for seq in one.seqs])
    database.executemany("INSERT INTO names VALUES (?, ?, ?)", made.names)
    database.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?)", made.mentions)
    database.executemany("INSERT OR IGNORE INTO links VALUES (?, ?, ?)", made.links)
    for number, (centre, seqs) in enumerate(made.episodes):
        database.execute("INSERT INTO episodes VALUES (?, ?)", [number, centre])
        database.executemany("INSERT OR IGNORE INTO members VALUES (?, ?)", [(number, seq) for seq in seqs])
    database.execute("COMMIT")
    return database


def _codes(centres: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    import numpy as np

    if not centres:
        return np.zeros((0, 8), np.uint8)
    return turned_codes(np.stack([np.frombuffer(centre, np.float16) for centre in centres]))


def _connect(place: str, **options: Any) -> sqlite3.Connection:
    import sqlite3

    database: sqlite3.Connection = sqlite3.connect(place, isolation_level=None, check_same_thread=False, **options)
    database.execute("PRAGMA temp_store = MEMORY")  # of an encrypted memory nothing is to be in a file
    return database


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
