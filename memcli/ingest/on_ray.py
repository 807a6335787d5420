"""An ingest whose reading and embedding is done by Ray: by as many processes as Ray has cores, of one machine or many.

Who does the work changes nothing of what comes out: a worker reads a whole source with the reader, the normaliser and
the redaction of any ingest, and embeds texts with the memory's embedder. Ids and commits stay with the one process that
holds the memory, in the order of the sources, so that the memory is the same to the bit (but for the last bits of
vectors of an added embedder, which depend on the batch anyway). A worker that dies costs time: Ray gives its task to
another, and nothing is committed of a source before the whole of it has come back.

Workers write the index too, in Lance fragments that this process joins in one commit for each part of the outbox, where
they reach its place: on object storage, or on this machine if the Ray is this machine's. Otherwise vectors come back as
numbers, and this process writes them. A fragment of a worker that died is in no version of the table, and goes when its
files are next compacted. Only pylance can write fragments (217 MB beside the LanceDB that is there). It saves this
process little: 52 microseconds of processor time a turn were left to it instead of 56 (225,458 turns of IRC, medians of
seven runs each, as tests/bench/on_ray.py measures), and 660 MB at most instead of 770. What it spares is the network of
one machine: neither vectors nor rows that are uploaded pass through it, until files are compacted.

A Ray of its own is for this command alone: bound to this machine, with a token that nobody else has, its files in a
private folder, without a dashboard and without Ray's statistics.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engines.errors import EngineFailed, EngineUnavailable
from memcli import __version__
from memcli.config import Config
from memcli.ingest.ray_start import ADDRESS, StartedRay
from memcli.ingest.reading import Reading, Told, begun
from memcli.usage import UsageError
from store.errors import StoreUnreachable
from store.place import place_of
from store.sealing import is_sealed
from store.store import CATALOGUE

if TYPE_CHECKING:
    import pyarrow as pa

    from engines.protocols import Embedder, Vectors
    from memcli.ingest.detect import Detected
    from memcli.ingest.readers.base import Source
    from store.batches import ReadRow
    from store.fragments import TableAt
    from store.index import Index

GROUP_BYTES, GROUP_SOURCES = 8 * 1024 * 1024, 256
"""Sources that one task reads together: small ones cost less that way."""

LARGEST_BYTES = 64 * 1024 * 1024
"""A larger source is read by the ingest itself, piece by piece: all of it would have to lie in memory at once."""

FRAGMENT = 16_384
"""Turns of one fragment of the index. More and smaller ones would have to be compacted sooner."""

AHEAD = 2
"""So many tasks for each core are given out before the first of them is waited for."""

PIECE = 1_024
"""Texts that one task embeds."""

Given = tuple["Source", "Detected", "ReadRow | None"]


class OnRay:
    """Ray at work for one ingest. It is an Elsewhere, and its `embedder` spreads the texts that it is given.

    memory: the folder. settings: those that the embedder is loaded by. embedder: of the memory. tell: is told what a
    person should know. Raises EngineUnavailable where Ray is missing, or its cluster, or where that has another version
    of memcli, and UsageError for an encrypted memory.
    """

    def __init__(
        self, memory: Path, settings: Config, embedder: Callable[[], Embedder], tell: Callable[[str], None]
    ) -> None:
        if is_sealed(memory / CATALOGUE):
            raise UsageError(
                "an encrypted memory is not read in on Ray",
                hint="what passes between Ray's processes may lie on disks in clear: leave --on out",
            )
        self._settings = settings
        self._load = embedder
        self._tell = tell
        self.ray = _ray()
        self._started = StartedRay(self.ray, os.environ.get(ADDRESS))
        self._writes = ADDRESS not in os.environ or place_of(memory) is not None
        if self._writes:
            _need_pylance()

    def __enter__(self) -> Self:
        self._started.__enter__()
        try:
            self._cores = max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self._started.__exit__(*raised)

    # reading

    def told(
        self, chosen: Sequence[tuple[Source, Detected]], reads: Mapping[str, ReadRow], reading: Reading
    ) -> Iterator[Told | None]:
        """What is told in each of the sources, in their order; None for one that is to be read in this process."""
        read = self.ray.remote(_read)
        waiting: deque[tuple[int, Any]] = deque()
        unseen = 0
        groups = iter(_groups(chosen))
        while True:
            while len(waiting) < AHEAD * self._cores and (group := next(groups, None)):
                given = [(source, one, reads.get(source.uri)) for source, one in group]
                large = group[0][0].path.stat().st_size > LARGEST_BYTES
                waiting.append((len(group), None if large else read.remote(given, reading, __version__)))
            if not waiting:
                break
            count, task = waiting.popleft()
            found = [None] * count if task is None else self._result(task)
            unseen += 0 if task is None else found.count(None)
            yield from found
        if unseen:
            self._tell(f"{unseen} files are not on Ray's machines under the same path, and were read on this one")

    # embedding

    def embedder(self) -> Embedder:
        """The embedder of the memory, with its texts spread over the workers."""
        return self._spread

    @cached_property
    def _spread(self) -> SpreadEmbedder:
        def vectors(pieces: Sequence[pa.Array]) -> list[Vectors]:
            return [self._result(task) for task in self._embedding(pieces)]

        return SpreadEmbedder(self._load(), vectors, self._fragments if self._writes else None)

    def _embedding(self, pieces: Sequence[pa.Array]) -> list[Any]:
        """The tasks that embed the texts, one for each piece."""
        embed = self.ray.remote(_embed)
        return [embed.remote(self._settings, self._spread.id, piece, __version__) for piece in pieces]

    def _fragments(self, at: TableAt, rows: pa.Table) -> list[str]:
        """Have rows embedded, and written as fragments of the table, in their order; the vectors stay with Ray."""
        write = self.ray.remote(_write)
        parts = [rows.slice(first, FRAGMENT) for first in range(0, rows.num_rows, FRAGMENT)]
        tasks = [write.remote(at, part, __version__, *self._embedding(_pieces(part["said"]))) for part in parts]
        try:
            return [fragment for task in tasks for fragment in self._result(task)]
        except StoreUnreachable as error:
            if ADDRESS in os.environ:
                error.hint = "every machine of the Ray cluster must reach it, by AWS_... in its own environment"
            raise

    def _result(self, task: Any) -> Any:
        """What a task gave, or the error that it raised. Raises EngineFailed where its workers died again and again."""
        from ray.exceptions import RayError, RayTaskError

        try:
            return self.ray.get(task)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise EngineFailed(
                f"Ray gave up a task: {str(error).strip().splitlines()[0]}",
                hint="what was committed is safe: run the same command again",
            ) from error


class SpreadEmbedder:
    """An Embedder whose texts others embed, where there are enough of them.

    vectors: has pieces of them embedded. fragments: has rows embedded and written as fragments, where others
    can (see WritesFragments).
    """

    def __init__(
        self,
        embedder: Embedder,
        vectors: Callable[[Sequence[pa.Array]], Sequence[Vectors]],
        fragments: Callable[[TableAt, pa.Table], list[str]] | None = None,
    ) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._write = fragments

    @property
    def id(self) -> str:
        """That of the embedder."""
        return self._embedder.id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the embedder's own."""
        import numpy as np
        import pyarrow as pa

        if len(texts) < PIECE:
            return self._embedder.embed(texts)
        return np.concatenate(self._vectors(_pieces(pa.chunked_array([texts], pa.string()))))

    def fragments(self, index: Index, rows: pa.Table) -> list[str] | None:
        """See WritesFragments."""
        if self._write is None or rows.num_rows < PIECE:
            return None
        index.make_ready(self.dimension)
        return self._write(index.at, rows)

    def embed_query(self, text: str) -> Vectors:
        """As the embedder's own."""
        return self._embedder.embed_query(text)


def _groups(chosen: Sequence[tuple[Source, Detected]]) -> Iterator[list[tuple[Source, Detected]]]:
    """The sources, in their order, in groups for one task each; a large one stands alone."""
    group: list[tuple[Source, Detected]] = []
    room = GROUP_BYTES
    for source, detected in chosen:
        size = source.path.stat().st_size
        if group and (size > room or len(group) == GROUP_SOURCES):
            yield group
            group, room = [], GROUP_BYTES
        group.append((source, detected))
        room -= size
    if group:
        yield group


def _pieces(texts: pa.ChunkedArray) -> list[pa.Array]:
    """The texts, in their order, in pieces for one task each."""
    return [texts.slice(at, PIECE).combine_chunks() for at in range(0, len(texts), PIECE)]


# what runs in a worker


def _read(given: Sequence[Given], reading: Reading, version: str) -> list[Told | None]:
    """What is told in the sources, each as a whole; None for one that is not on this machine."""
    _same_version(version)
    return [_told(*one, reading) for one in given]


def _told(source: Source, detected: Detected, last: ReadRow | None, reading: Reading) -> Told | None:
    from memcli.ingest.incremental import part
    from memcli.ingest.listen import listen_to
    from memcli.ingest.normalise import Normaliser

    if not source.path.is_file():
        return None
    normaliser = Normaliser(reading.zone, redacting=reading.redacting)
    found = part(source, detected.reader, last, reading.how(detected.reader))
    report = begun(source, detected, found)
    if found.source is None:
        return Told(found, report, [], Counter())
    items = list(listen_to(found, detected.reader, normaliser, report))
    return Told(found, report, items, normaliser.redacted)


def _embed(settings: Config, embedder_id: str, texts: pa.Array, version: str) -> Vectors:
    _same_version(version)
    return _embedder(embedder_id, settings).embed(texts.to_pylist())


def _write(at: TableAt, rows: pa.Table, version: str, *vectors: Vectors) -> list[str]:
    import numpy as np

    from store.fragments import write

    _same_version(version)
    _need_pylance()
    return write(at, rows, np.concatenate(vectors))


_loaded: dict[str, Embedder] = {}


def _embedder(embedder_id: str, settings: Config) -> Embedder:
    """The embedder, loaded once by each worker, on one thread: there is a worker for each core."""
    from memcli.engines_in_use import embedder_with_id

    if embedder_id not in _loaded:
        _loaded[embedder_id] = embedder_with_id(settings, embedder_id, threads=1)
    return _loaded[embedder_id]


def _same_version(version: str) -> None:
    if version != __version__:
        raise EngineUnavailable(
            f"a machine of the Ray cluster has memcli {__version__}, this one {version}",
            hint="install the same version on all of them",
        )


def _need_pylance() -> None:
    if find_spec("lance") is None:
        raise EngineUnavailable("pylance is not installed", hint="pip install 'memcli[ray]', on all machines of Ray")


@cache
def _ray() -> Any:
    # Before the import, which reads them. Nothing is sent anywhere; what its processes say of themselves is not put
    # among our data on stdout; and the Ray that is started is for nobody else.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
    if ADDRESS not in os.environ:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray
    except ImportError as error:
        raise EngineUnavailable("Ray is not installed", hint="pip install 'memcli[ray]'") from error
    return ray
