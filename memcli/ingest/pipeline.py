"""The way of a log into the memory: detect, read, normalise, commit, index."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from memcli.ingest.detect import detect, reader_named
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.identity import OpenSession, native_id_from
from memcli.ingest.indexing import index_outbox
from memcli.ingest.normalise import Normaliser, clean
from memcli.ingest.readers.base import Ignored, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.walk import sources
from memcli.progress import Progress
from store.catalogue import Catalogue
from store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from engines.protocols import Embedder

BATCH = 16_384
"""Turns of one commit. What is not committed when the process is killed is read again by the next ingest."""

EXCERPT = 200
"""Characters of a bad record that the quarantine keeps."""


@dataclass(slots=True)
class SourceReport:
    """What became of one source."""

    uri: str
    format: str | None
    sessions: int = 0
    turns_read: int = 0
    turns_added: int = 0
    skipped: list[tuple[int | None, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class IngestReport:
    """What became of one ingest. `redacted` counts the secrets that were taken out, by kind."""

    batch: str
    sources: list[SourceReport] = field(default_factory=list)
    redacted: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def turns_added(self) -> int:
        """Turns that are new in the store."""
        return sum(source.turns_added for source in self.sources)

    @property
    def skipped(self) -> int:
        """Records and files that could not be read."""
        return sum(len(source.skipped) for source in self.sources)


def ingest(
    paths: Sequence[str],
    *,
    folder: Path,
    wait_s: float,
    embedder: Callable[[], Embedder],
    format_name: str | None,
    zone: tzinfo,
    redacting: bool,
    progress: Progress,
    allow_return: bool = False,
    exposed: bool = False,
) -> IngestReport:
    """Read the logs at `paths` into the store in `folder`, which is made if it is not there.

    A record or file that cannot be read costs only itself and is in the report and in quarantine. Turns that were
    deleted stay out, and are counted as ignored, unless `allow_return`. exposed: see Store.open. Raises
    InputUnreadable, before anything is written, if nothing at all can be read.
    """
    started = time.monotonic()
    with sources(paths) as found:
        chosen, refused = _readers_for(found, format_name, paths)
        store = Store.create(folder, wait_s=wait_s, exposed=exposed)
        with store.locks.writer():
            store.fold_spool()
            run = _Run(store, Normaliser(zone, redacting=redacting), allow_return=allow_return)
            run.refuse(refused)
            total = sum(source.path.stat().st_size for source, _ in chosen)
            with progress.phase("read", total, "bytes") as advance:
                for source, reader in chosen:
                    run.read(source, reader)
                    advance(source.path.stat().st_size)
                run.commit()
            index_outbox(store, embedder(), progress)
            with store.writing() as catalogue:
                catalogue.end_batch(run.batch, datetime.now(UTC))
    if not any(report.turns_read for report in run.report.sources):
        where = run.report.sources[0].uri if len(run.report.sources) == 1 else f"{len(run.report.sources)} sources"
        reasons = "; ".join(dict.fromkeys(reason for report in run.report.sources for _, reason in report.skipped))
        raise InputUnreadable(f"{where}: no turn could be read{': ' + reasons if reasons else ''}")
    run.report.seconds = time.monotonic() - started
    return run.report


def _readers_for(
    found: Sequence[Source], format_name: str | None, paths: Sequence[str]
) -> tuple[list[tuple[Source, Reader]], list[tuple[Source, str]]]:
    named = reader_named(format_name) if format_name else None
    chosen, refused, hint = [], [], ""
    for source in found:
        try:
            chosen.append((source, detect(source) if named is None else named))
        except (InputUnreadable, OSError) as error:
            refused.append((source, str(error)))
            hint = getattr(error, "hint", "")
    if not chosen:
        if len(refused) == 1:
            raise InputUnreadable(f"{refused[0][0].uri}: {refused[0][1]}", hint=hint)
        what = f"none of its {len(refused)} files is a conversation log" if refused else "there is no file in it"
        raise InputUnreadable(f"{' '.join(paths)}: {what}", hint="--format NAME reads files as that format")
    return chosen, refused


class _Pending(NamedTuple):
    """A turn on its way to the catalogue. `said_at` is naive UTC."""

    session: OpenSession
    report: SourceReport
    raw: RawTurn
    position: int
    text: str
    said_at: datetime | None
    utc_offset: int

    @property
    def speaker(self) -> str:
        return clean(self.raw.speaker) or self.raw.role


class _Run:
    """One ingest at work: turns are gathered as columns and committed BATCH at a time."""

    def __init__(self, store: Store, normaliser: Normaliser, *, allow_return: bool) -> None:
        self._store = store
        self._allow_return = allow_return
        self._normaliser = normaliser
        self._pending: list[_Pending] = []
        self._source_numbers: dict[str, int] = {}
        self._quarantine: list[tuple[str, int | None, str, str]] = []
        self.report = IngestReport(batch=uuid.uuid4().hex, redacted=normaliser.redacted)
        with store.writing() as catalogue:
            self.batch = catalogue.begin_batch(self.report.batch, datetime.now(UTC))

    def refuse(self, refused: Sequence[tuple[Source, str]]) -> None:
        """Take note of files that are no logs."""
        for source, reason in refused:
            self.report.sources.append(SourceReport(uri=source.uri, format=None, skipped=[(None, reason)]))
            self._quarantine.append((source.uri, None, reason, ""))

    def read(self, source: Source, reader: Reader) -> None:
        """Read one source to its end."""
        report = SourceReport(uri=source.uri, format=reader.name)
        self.report.sources.append(report)
        sessions: dict[str, OpenSession] = {}
        session: OpenSession | None = None
        for item in _items(source, reader):
            if isinstance(item, RawTurn):
                if session is None:
                    session = OpenSession.begin(source, reader.name, RawSession(native_id=None))
                text = self._normaliser.text(item.text)
                if not text:
                    report.ignored["empty"] += 1
                    continue
                if session.turns_read == 0:
                    report.sessions += 1
                session.turns_read += 1
                report.turns_read += 1
                said_at, utc_offset = self._normaliser.moment(item.said_at)
                self._pending.append(_Pending(session, report, item, session.turns_read, text, said_at, utc_offset))
                if len(self._pending) >= BATCH:
                    self.commit()
            elif isinstance(item, RawSession):
                session = OpenSession.begin(source, reader.name, item)
                if item.native_id is not None:
                    session = sessions.setdefault(item.native_id, session)
            elif isinstance(item, Ignored):
                report.ignored[item.reason] += 1
            elif isinstance(item, Skipped):
                report.skipped.append((item.line, item.reason))
                excerpt = self._normaliser.text(item.excerpt[: 10 * EXCERPT])[:EXCERPT]
                self._quarantine.append((source.uri, item.line, item.reason, excerpt))

    def commit(self) -> None:
        """Write what is gathered to the catalogue; it is safe on the disk when this returns."""
        if not self._pending and not self._quarantine:
            return
        self._store.expect_pending()
        with self._store.writing() as catalogue:
            self._identify(catalogue)
            if self._pending:
                self._add(catalogue)
            if self._quarantine:
                uris, lines, reasons, excerpts = zip(*self._quarantine, strict=True)
                columns = {"uri": uris, "line": lines, "reason": reasons, "excerpt": excerpts}
                catalogue.add_quarantine(_table(columns | {"batch": [self.batch] * len(uris)}))
        self._pending.clear()
        self._quarantine.clear()

    def _identify(self, catalogue: Catalogue) -> None:
        """Find out which conversation the sessions without an id of their own are: a known one, or a new one."""
        unnamed: dict[int, tuple[OpenSession, list[tuple[str, datetime | None, str]]]] = {}
        for turn in self._pending:
            if turn.session.native_id is None:
                entry = unnamed.setdefault(id(turn.session), (turn.session, []))
                entry[1].append((turn.speaker, turn.said_at, turn.text))
        for session, turns in unnamed.values():
            timed = [turn for turn in turns if turn[1] is not None]
            if timed:
                speakers, times, texts = zip(*timed, strict=True)
                probe = _table({"speaker": speakers, "said_at": times, "text": texts})
                known = catalogue.sessions_with(session.format, probe)
                # Three turns alike to the minute, speaker and word are no accident; nor are all of a shorter log.
                if known and known[0][2] >= min(3, len(timed)):
                    session.native_id = known[0][1]
                    continue
            session.native_id = native_id_from(session.source, turns)

    def _add(self, catalogue: Catalogue) -> None:
        reports = {self._source_number(catalogue, turn.session): turn.report for turn in self._pending}
        opened = {turn.session.id: turn.session for turn in self._pending}
        numbers = catalogue.keep_sessions(
            _table(
                {
                    "id": list(opened),
                    "format": [session.format for session in opened.values()],
                    "native_id": [session.native_id for session in opened.values()],
                    "title": [clean(session.title) for session in opened.values()],
                }
            )
        )
        columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        seen: set[str] = set()
        for turn in self._pending:
            session, raw = turn.session, turn.raw
            turn_id = session.turn_id(turn.speaker, turn.said_at, turn.text)
            if turn_id in seen:
                continue  # two files of this commit overlap
            seen.add(turn_id)
            row = (
                turn_id, numbers[session.id], turn.position,
                turn.speaker, raw.role, turn.text, turn.said_at, turn.utc_offset, raw.native_id,
                self._source_numbers[session.source.uri], raw.line, self.batch,
                json.dumps(raw.metadata, default=str) if raw.metadata else None,
            )  # fmt: skip
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
        turns = _table(columns)
        if not self._allow_return:
            for source_number, deleted in catalogue.deleted_before(turns).items():
                reports[source_number].ignored["deleted before"] += deleted
        for source_number, added in catalogue.add_turns(turns, allow_return=self._allow_return).items():
            reports[source_number].turns_added += added

    def _source_number(self, catalogue: Catalogue, session: OpenSession) -> int:
        source = session.source
        if source.uri not in self._source_numbers:
            with source.open() as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self._source_numbers[source.uri] = catalogue.keep_source(
                uri=source.uri,
                format=session.format,
                sha256=digest,
                size=source.path.stat().st_size,
                batch=self.batch,
            )
        return self._source_numbers[source.uri]


_COLUMNS = (
    "id", "session", "position", "speaker", "role", "text", "said_at", "utc_offset", "native_id", "source", "line",
    "batch", "metadata",
)  # fmt: skip


def _table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    import pyarrow as pa

    types = {
        "session": pa.int32(), "position": pa.int64(), "said_at": pa.timestamp("us"), "utc_offset": pa.int16(),
        "source": pa.int32(), "line": pa.int64(), "batch": pa.int32(),
    }  # fmt: skip
    return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})


def _items(source: Source, reader: Reader) -> Iterator[RawSession | RawTurn | Skipped | Ignored]:
    """What the reader finds; an input that fails under it (a disk, a pulled stick) ends it with a skipped record."""
    try:
        yield from reader.read(source)
    except OSError as error:
        yield Skipped(line=None, reason=f"reading stopped: {error.strerror or error}")
