"""Looking for deleted text in every file of a store, and the receipt that says what was looked at.

Looked for are the texts of the deleted turns, as UTF-8 and as they stand inside JSON, and their ids. A text that a turn
which stays also says, or that is part of one, cannot be told apart and is counted instead; so is one too short for a
find to mean anything. Looked at are

- the bytes of every file in the store's folder, as they lie on the disk, and
- because both databases compress: every value of every column of every table of the catalogue, and every value of
  every column that holds text in every version of every table of the index that can still be opened, decoded.

- the full-text index's lists of words, which are compressed so that no word is seen among their bytes. Which words such
  a file holds decides every byte of it, so each is compared with that of an index which is built anew, of the rows that
  stay alone: if they are the same, it holds no other word. The index's other files hold numbers of words and of rows.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.disk import put_in_place, writable
from store.index_schema import WORDS
from store.lance import full_text, lance
from store.store import Store

if TYPE_CHECKING:
    import duckdb

SHORTEST = 8
"""Bytes that a text needs to be looked for among bytes: shorter ones occur in compressed files by chance."""

HOW = {
    "files": "every byte of every file, for the texts in UTF-8 and as they stand in JSON, and for the ids",
    "decoded": "every value of every column of the catalogue, and every text in every version of the index that can "
    "be opened, for the same",
    "word_lists": "each list of words of the full-text index is compared, byte for byte, with that of an index built "
    "anew of the turns that stay; its other files hold numbers and no words",
}
"""What the receipt says of the way in which each kind of thing was looked at."""

WORD_LISTS = "*_tokens.lance"
"""The files of a full-text index that hold its words."""

_VALUES, _BLOCK_BYTES = 512, 1024 * 1024
"""Values that are fetched at a time, and bytes of them that are looked through at a time."""
_JOIN = b"\x00"


@dataclass(slots=True)
class Receipt:
    """What was looked for, where, and what was found. Holds no text of what was deleted."""

    deleted_at: datetime
    what: str
    removed: dict[str, int]
    looked_for: int
    told_by_others: int
    too_short: int
    files: list[dict[str, Any]] = field(default_factory=list)
    decoded: list[dict[str, Any]] = field(default_factory=list)
    word_lists: list[dict[str, Any]] = field(default_factory=list)
    found: list[dict[str, Any]] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.found


class Needles:
    """The texts and ids to look for."""

    def __init__(self, texts: Iterable[str], ids: Iterable[str], staying: Iterator[str]) -> None:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind

        wanted = {text for text in texts if text.strip()}
        long = sorted(text for text in wanted if len(text.encode()) >= SHORTEST)
        self.too_short = len(wanted) - len(long)
        finder = BytesAhoCorasick([text.encode() for text in long], matchkind=MatchKind.Standard)
        told: set[int] = set()
        for block in _blocks(staying):
            told.update(index for index, _, _ in finder.find_matches_as_indexes(block, overlapping=True))
        self.told_by_others = len(told)
        looked_for = [text for place, text in enumerate(long) if place not in told]
        self.count = len(looked_for)
        patterns = {form for text in looked_for for form in _forms(text)} | {one.encode() for one in ids}
        self._finder = BytesAhoCorasick(sorted(patterns), matchkind=MatchKind.Standard) if patterns else None

    def within(self, data: bytes | mmap.mmap) -> int:
        """How many times any of them occurs."""
        return len(self._finder.find_matches_as_indexes(data)) if self._finder else 0


def _forms(text: str) -> Iterator[bytes]:
    yield text.encode()
    for ascii_only in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()


def deleted_texts(db: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """Texts and ids of the turns in gone_turns (see store/erase.py)."""
    rows = db.execute("SELECT text, id FROM gone_turns").fetchall()
    return [str(row[0]) for row in rows], [str(row[1]) for row in rows]


def look(store: Store, texts: Sequence[str], ids: Sequence[str], receipt: Receipt) -> None:
    """Look for the deleted in everything that the store's folder holds, and fill the receipt. Under the writer lock."""
    with store.reading() as catalogue:
        db = catalogue.connection
        needles = Needles(texts, ids, _staying(db))
        receipt.looked_for, receipt.told_by_others = needles.count, needles.told_by_others
        receipt.too_short = needles.too_short
        for table, column, kind in db.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall():
            values = _catalogue_values(db, table, column, kind)
            _look_at_values(f"memory.duckdb: {table}.{column}", values, needles, receipt, hashing=store.seal is None)
    for name, values in _index_values(store.folder / "index"):
        _look_at_values(f"index: {name}", values, needles, receipt)
    _look_at_word_lists(store, receipt)
    for path in sorted(store.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            _look_at_file(path, str(path.relative_to(store.folder)), needles, receipt)


def keep_receipt(store: Store, receipt: Receipt, place: Path | None) -> Path:
    """Write the receipt as JSON, at `place` or into the store's folder `receipts`. Returns where."""
    if place is None:
        place = store.folder / "receipts" / f"{receipt.deleted_at:%Y%m%dT%H%M%S%f}.json"
    with writable(place):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        draft = place.with_name(place.name + ".new")
        draft.write_text(json.dumps(document(receipt), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.chmod(0o600)
        put_in_place(draft, place)
    return place


def document(receipt: Receipt) -> dict[str, Any]:
    """The receipt as JSON."""
    return {
        "schema": 1,
        "deleted_at": receipt.deleted_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "what": receipt.what,
        "removed": receipt.removed,
        "clean": receipt.clean,
        "looked_for": receipt.looked_for,
        "said_by_others_too": receipt.told_by_others,
        "too_short": receipt.too_short,
        "how": HOW,
        "files": receipt.files,
        "decoded": receipt.decoded,
        "word_lists": receipt.word_lists,
        "found": receipt.found,
    }


def _staying(db: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Everything that stays and that a text could be part of by right: words, names, titles, places."""
    for table, column in (
        ("turns", "text"), ("turns", "speaker"), ("turns", "metadata"), ("turns", "native_id"), ("sessions", "title"),
        ("sessions", "native_id"), ("sources", "uri"),
    ):  # fmt: skip
        yield from _catalogue_values(db, table, column, "VARCHAR")


def _catalogue_values(db: duckdb.DuckDBPyConnection, table: str, column: str, kind: str) -> Iterator[str]:
    value = f'"{column}"' if kind == "VARCHAR" else f'"{column}"::VARCHAR'
    cursor = db.execute(f'SELECT {value} FROM "{table}" WHERE "{column}" IS NOT NULL')
    while rows := cursor.fetchmany(_VALUES):
        for (text,) in rows:
            yield text


def _index_values(folder: Path) -> Iterator[tuple[str, Iterator[str]]]:
    import pyarrow as pa

    if not folder.is_dir():
        return
    for place in sorted(folder.glob("*.lance")):
        table = lance().connect(str(folder)).open_table(place.stem)
        for version in sorted(one["version"] for one in table.list_versions()):
            try:
                table.checkout(version)
                columns = [
                    one.name
                    for one in table.schema
                    if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)
                ]
                batches = table.search().select(columns).to_batches(batch_size=_VALUES)
                yield f"{place.stem} version {version} ({', '.join(columns)})", _strings(batches)
            except (OSError, RuntimeError, ValueError):
                continue  # a version whose rows were cleaned away: its files are seen as bytes, if any are left
        table.checkout_latest()


def _look_at_word_lists(store: Store, receipt: Receipt) -> None:
    """Whether each list of words is what the rows that stay make; builds them in the folder index.new for that."""
    folder, scratch = store.folder / "index", store.folder / "index.new"
    try:
        for place in sorted(folder.glob("*.lance")):
            shutil.rmtree(scratch, ignore_errors=True)
            with writable(scratch):
                made = _words_of_rows(lance().connect(str(folder)).open_table(place.stem), scratch)
            for path in sorted(place.rglob(WORD_LISTS)):
                name = str(path.relative_to(store.folder))
                same = hashlib.sha256(path.read_bytes()).digest() in made
                receipt.word_lists.append({"file": name, "as_of_what_stays": same})
                if not same:
                    receipt.found.append(
                        {"where": f"{name}: its words are not those of the turns that stay", "times": 1}
                    )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _words_of_rows(table: Any, scratch: Path) -> set[bytes]:
    """Hashes of the lists of words that a full-text index of these rows has, built in the folder `scratch`."""
    rows = table.search().select([WORDS]).limit(max(1, table.count_rows())).to_arrow().select([WORDS])
    lance().connect(str(scratch)).create_table(table.name, rows).create_index(WORDS, config=full_text())
    return {hashlib.sha256(path.read_bytes()).digest() for path in scratch.rglob(WORD_LISTS)}


def _strings(batches: Any) -> Iterator[str]:
    for batch in batches:
        for column in batch.columns:
            if str(column.type).endswith("string"):
                yield from (value for value in column.to_pylist() if value is not None)


def _look_at_values(
    where: str, values: Iterator[str], needles: Needles, receipt: Receipt, *, hashing: bool = True
) -> None:
    """hashing: not of an encrypted memory, whose receipt would let somebody without the key test what is in it."""
    digest = hashlib.sha256()
    count = finds = 0
    for block in _blocks(values):
        digest.update(block)
        count += block.count(_JOIN)
        finds += needles.within(block)
    receipt.decoded.append({"what": where, "values": count, "sha256": digest.hexdigest() if hashing else None})
    if finds:
        receipt.found.append({"where": where, "times": finds})


def _look_at_file(path: Path, name: str, needles: Needles, receipt: Receipt) -> None:
    size = path.stat().st_size
    digest = hashlib.sha256()
    finds = 0
    if size:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            digest.update(data)
            finds = needles.within(data)
    receipt.files.append({"file": name, "bytes": size, "sha256": digest.hexdigest()})
    if finds:
        receipt.found.append({"where": name, "times": finds})


def _blocks(values: Iterator[str]) -> Iterator[bytes]:
    """Values one after the other in blocks, each value ended by a zero byte."""
    gathered: list[bytes] = []
    size = 0
    for value in values:
        gathered.append(value.encode("utf-8", "surrogatepass"))
        size += len(gathered[-1])
        if size >= _BLOCK_BYTES:
            yield _JOIN.join([*gathered, b""])
            gathered, size = [], 0
    if gathered:
        yield _JOIN.join([*gathered, b""])
