"""Reading a LanceDB table through the compiled core of lancedb, without the rest of it: see store/lance.py.

The core is asynchronous. One loop in a thread of its own waits for all tables of the process, as lancedb itself does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from store.errors import StoreUnreachable
from store.lance import core

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    import pyarrow as pa

Result = TypeVar("Result")

S3_FAILED = 'store: "S3"'
"""Stands in what lancedb says of errors of object storage."""

EVERY_ROW = 2**31 - 1
"""A limit that is none; the core asks for one."""


MADE = "memcli.made"
"""The name in the metadata of a table on object storage under which it keeps a random name of its own."""


class LanceReader:
    """A table of a database as it is now; later changes are not seen.

    place: the database's folder, or its address on object storage, with the options of that. Raises ValueError,
    RuntimeError, OSError, as lancedb does, and StoreUnreachable where object storage fails.
    """

    def __init__(self, place: Path | str, name: str, options: Mapping[str, str] | None = None) -> None:
        async def opened() -> Any:
            # The address, then settings of remote databases, then of the storage: all as they are by default.
            given = dict(options) if options else None
            database = await core().connect(str(place), None, None, None, None, None, None, given, None)
            return await database.open_table(name)

        self._table = _done(opened())
        self.folder: Path | None = place / f"{name}.lance" if isinstance(place, Path) else None
        """Where the table's files are, if they are on this machine."""
        self._elsewhere = isinstance(place, str)
        self._count: int | None = None

    @classmethod
    def of(cls, table: Any) -> LanceReader:
        """The reader of a table that lancedb has open: of a database in memory, which nobody else can open."""
        reader = cls.__new__(cls)
        reader._table, reader.folder, reader._elsewhere, reader._count = table._table._inner, None, False, None
        return reader

    def count(self) -> int:
        """How many rows the table has."""
        if self._count is None:
            self._count = int(_done(_awaited(lambda: self._table.count_rows(None))))
        return self._count

    def version(self) -> int:
        """The number of the table's version, which every change raises."""
        return int(_done(_awaited(self._table.version)))

    def made(self) -> str | None:
        """The random name of a table on object storage, if it has one."""
        metadata = _done(_awaited(self._table.schema)).metadata if self._elsewhere else None
        return (metadata or {}).get(MADE.encode(), b"").decode() or None

    def bytes(self) -> int:
        """What the table's files take on the disk, those of its older versions too; on object storage without them."""
        if self._elsewhere:
            return int(_done(_awaited(self._table.stats))["total_bytes"])
        return sum(path.stat().st_size for path in (self.folder / "data").glob("*")) if self.folder else 0

    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(_done(_awaited(self._table.schema)).names)

    def scan(self, columns: Sequence[str], *, where: str | None = None, row_ids: bool = False) -> pa.Table:
        """These columns of all rows, or of those that a condition holds for; row_ids: with the column _rowid."""

        async def read() -> pa.Table:
            query = self._table.query()
            query.select_columns(list(columns))
            query.limit(EVERY_ROW)
            if where:
                query.where(where)
            if row_ids:
                query.with_row_id()
            return await _table(await query.execute(None, None))

        return _done(read())

    def pieces(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As scan() with the column _rowid, piece by piece, so that not all of it lies in memory at once."""

        async def begun() -> Any:
            query = self._table.query()
            query.select_columns(list(columns))
            query.limit(EVERY_ROW)
            query.with_row_id()
            return await query.execute(None, None)

        stream = _done(begun())

        async def following() -> pa.RecordBatch | None:
            async for batch in stream:
                return batch
            return None

        while (batch := _done(following())) is not None:
            yield batch

    def take(self, row_ids: Sequence[int], columns: Sequence[str], *, with_ids: bool = False) -> pa.Table:
        """These columns of the rows with these ids, in any order; with_ids: with the column _rowid."""

        async def read() -> pa.Table:
            query = self._table.take_row_ids(list(row_ids))
            query.select([(name, name) for name in columns])
            if with_ids:
                query.with_row_id()
            return await _table(await query.execute())

        return _done(read())

    def waiting(self) -> int:
        """How many rows are not in every full-text index yet."""
        return most_waiting(_done(_awaited(self._table.list_indices)))

    def matching(self, text: str, *, column: str, limit: int, where: str | None, waiting: bool = True) -> pa.Table:
        """The best rows by BM25 over a column with a full-text index, as _rowid and _score, best first.

        Any of the words may match; where a condition is given, only rows that it holds for are ranked. Which of the
        rows of one score are among the last of them is left to chance. waiting: read through the rows too that are not
        in the index yet, one by one.
        """
        return self.begin_matching(text, column=column, limit=limit, where=where, waiting=waiting)()

    def begin_matching(
        self, text: str, *, column: str, limit: int, where: str | None, waiting: bool = True
    ) -> Callable[[], pa.Table]:
        """As matching(), without waiting: calling what it gives waits for the rows, and raises what matching() does."""

        async def read() -> pa.Table:
            query = self._table.query()
            if where:
                query.where(where)
            found = query.nearest_to_text({"query": text, "columns": [column]})
            found.select([("_score", "_score")])
            found.with_row_id()
            found.limit(limit)
            if not waiting:
                found.fast_search()
            return await _table(await found.execute(None, None), limit)

        begun = _begun(read())
        return lambda: _result(begun)


def most_waiting(indexes: Iterable[Any]) -> int:
    """The most rows that one of a table's indexes lacks."""
    return max((int(one.num_unindexed_rows) for one in indexes), default=0)


async def _table(stream: Any, limit: int = EVERY_ROW) -> pa.Table:
    """limit: no more rows than these are coming, so that nothing need be waited for once they are there."""
    import pyarrow as pa

    batches, count = [], 0
    async for batch in stream:
        batches.append(batch)
        count += len(batch)
        if count >= limit:
            break
    return pa.Table.from_batches(batches, stream.schema)


async def _awaited(call: Callable[[], Awaitable[Result]]) -> Result:
    """What a call of the core gives: it must be made where the loop runs."""
    return await call()


def _begun(work: Coroutine[Any, Any, Result]) -> Future[Result]:
    import asyncio

    return asyncio.run_coroutine_threadsafe(work, _loop())


def _done(work: Coroutine[Any, Any, Result]) -> Result:
    return _result(_begun(work))


def _result(begun: Future[Result]) -> Result:
    try:
        return begun.result()
    except (RuntimeError, ValueError) as error:
        if S3_FAILED in str(error):
            raise StoreUnreachable.of("object storage", error) from error
        raise


@cache
def _loop() -> asyncio.AbstractEventLoop:
    import asyncio
    from threading import Thread

    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="lance", daemon=True).start()
    return loop
