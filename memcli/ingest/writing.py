"""The writing half of an ingest: turns are gathered as columns and committed to the catalogue many at a time."""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, NamedTuple

from memcli.ingest.identity import OpenSession, native_id_from, speaker_key
from memcli.ingest.incremental import Part, beside, let_go, state_after
from memcli.ingest.listen import Heard, Unread, listen_to
from memcli.ingest.normalise import Normaliser
from memcli.ingest.prepare import Prepared, SpeakersHeard, numbered, prepare, table_of
from memcli.ingest.readers.base import Reader
from memcli.ingest.report import IngestReport, SourceReport
from memcli.ingest.said_before import SaidBefore
from store.batches import Batches, ReadRow
from store.catalogue import Catalogue
from store.errors import StoreLocked
from store.speakers import Speakers
from store.store import Store
from store.tellings import sessions_sharing, sessions_with
from store.transactions import transaction

BATCH, BATCH_CHARS = 61_440, 16 * 1024 * 1024
"""Turns of one commit, and characters of them, which bounds memory and how long a commit keeps readers out. What is not
committed when the process is killed is read again by the next ingest. Half of a row group of DuckDB, which compresses
one that is not full again with each commit: a quarter of this costs an ingest a fifth more."""


class Writer:
    """One ingest at work on a store. It commits under the store's writer lock.

    guard: takes that lock for each commit, where it is not held all the time. allow_return: turns that were deleted may
    come back; else they stay out and are counted as ignored.
    """

    def __init__(
        self,
        store: Store,
        normaliser: Normaliser,
        *,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
        allow_return: bool = False,
    ) -> None:
        self._store = store
        self._allow_return = allow_return
        self._guard = guard
        self._normaliser = normaliser
        self._heard: list[Heard] = []
        self._chars = 0
        self._ready: list[Prepared] = []
        """What is only to be written yet: none but in a commit, and after one that found the store locked."""
        self._unread: list[Unread] = []
        self._parts: dict[str, Part] = {}
        self._source_numbers: dict[str, int] = {}
        self._read: list[_Read] = []
        self.sessions: dict[int, OpenSession] = {}
        self._before = SaidBefore()
        self._keys = itertools.count()
        self.report = IngestReport(batch=uuid.uuid4().hex, redacted=normaliser.redacted)
        with guard(), store.writing() as catalogue:
            self.batch = catalogue.begin_batch(self.report.batch, datetime.now(UTC))
            self.last_reads = Batches(catalogue.connection).last_reads()

    def refuse(self, uri: str, reason: str) -> None:
        """Take note of a file that is no log."""
        self.report.sources.append(SourceReport(uri=uri, format=None, skipped=[(None, reason)]))
        self._unread.append(Unread(uri, None, reason, ""))

    def known(self, before: ReadRow) -> None:
        """Take note of a source that is as it was when it was last read."""
        self.report.sources.append(
            SourceReport(
                uri=before.uri, format=before.format, unchanged=True, sessions=before.sessions, turns_read=before.turns
            )
        )  # fmt: skip

    def read(
        self, part: Part, reader: Reader, how: str, report: SourceReport, *,
        committed: Callable[[], None] | None = None, items: Iterable[Heard | Unread] | None = None,
    ) -> None:  # fmt: skip
        """Read a source, or what is new of it, to its end; commit as often as BATCH turns are gathered.

        committed: called after each commit. items: what another process has heard in it.
        """
        assert part.source is not None
        self.report.sources.append(report)
        self._parts[part.source.uri] = part
        self.sessions, self._before = {}, SaidBefore()
        session: OpenSession | None = None
        for item in listen_to(part, reader, self._normaliser, report) if items is None else items:
            if isinstance(item, Heard):
                if item.session is not session:
                    session = item.session
                    if id(session) not in self.sessions:
                        self.sessions[id(session)] = session
                        session.before, session.key = self._before, f"{next(self._keys):016x}"
                self._heard.append(item)
                self._chars += len(item.text)
                if len(self._heard) >= BATCH or self._chars >= BATCH_CHARS:
                    self._chars = 0
                    if self.commit(more_to_come=True) and committed is not None:
                        committed()
            else:
                self._unread.append(item)
        self.was_read(part, how, report)

    def was_read(self, part: Part, how: str, report: SourceReport) -> None:
        """Take note that the source being read was read so far; it is recorded with the next commit."""
        self._read.append(_Read(part, how, report, tuple(self.sessions.values())))

    def commit(self, *, more_to_come: bool = False) -> bool:
        """Write what is gathered to the catalogue; it is safe on the disk when this returns. False: there was nothing.

        more_to_come: turns without a time at the end of what is gathered wait, if they can, for the next known time.
        """
        waiting = self._without_time_at_the_end() if more_to_come else []
        heard, self._heard = self._heard[: len(self._heard) - len(waiting)], waiting
        if not heard and not self._ready and not self._unread and not self._read:
            return False
        ready = len(self._ready)
        try:
            with self._guard():
                self._commit(heard)
        except StoreLocked:
            if len(self._ready) == ready:  # nothing was begun: whoever calls may try again
                self._heard = heard + waiting
            raise
        return bool(heard or ready)

    def finish(self, *, me: str | None, also: Callable[[Catalogue], None] = lambda _: None) -> None:
        """Write what is left and close the batch. me: who of the speakers the user is, if that was said; also: what
        else is written with it."""
        heard, self._heard = self._heard, []
        with self._guard():
            self._commit(heard, last=also, me=me)

    def _commit(
        self, heard: Sequence[Heard], *, last: Callable[[Catalogue], None] | None = None, me: str | None = None
    ) -> None:
        if heard:
            # Before the catalogue is taken from its readers, whatever can be done without it.
            self._identify(heard)
            self._ready.append(prepare(heard, self._parts, self.batch))
        with self._store.writing() as catalogue, transaction(catalogue.connection):
            if not self._store.seal:  # an encrypted memory's catalogue is in memory, and has nowhere else to go
                catalogue.hold_memory()
            if self._ready:
                self._store.expect_pending()  # under the lock: see index_outbox() of indexing.py
            self._keep_sources(catalogue)
            for prepared in self._ready:
                self._add(catalogue, prepared)
            if self._unread:
                uris, lines, reasons, excerpts = zip(*self._unread, strict=True)
                columns = {"uri": uris, "line": lines, "reason": reasons, "excerpt": excerpts}
                catalogue.add_quarantine(table_of(columns | {"batch": [self.batch] * len(uris)}))
            self._keep_reads(catalogue)
            if last is not None:
                catalogue.end_batch(self.batch, datetime.now(UTC))
                self._recall_skipped(catalogue)
                last(catalogue)
            if me:
                catalogue.keep_setting("me", me)
        let_go(tuple(self.sessions.values()), self._before)
        self._ready.clear()
        self._unread.clear()
        self._read.clear()

    def _without_time_at_the_end(self) -> list[Heard]:
        """The last turns that have no time, of the session that is being read, if they are not too many to wait."""
        session = self._heard[-1].session if self._heard else None
        chars = 0
        for count, turn in enumerate(reversed(self._heard)):
            if turn.session is not session or turn.said_at is not None:
                return self._heard[len(self._heard) - count :]
            chars += len(turn.text)
            if count + 1 >= BATCH // 2 or chars >= BATCH_CHARS:
                return []
        return self._heard[:]

    def _keep_sources(self, catalogue: Catalogue) -> None:
        """Record the sources that this commit is the first to tell of."""
        told = {uri: report.format for prepared in self._ready for uri, report in prepared.reports.items()}
        for read in self._read:
            assert read.part.source is not None
            told[read.part.source.uri] = read.report.format
        fresh = {uri: format_name for uri, format_name in told.items() if uri not in self._source_numbers}
        if fresh:
            parts = [self._parts[uri] for uri in fresh]
            columns: dict[str, list[Any]] = {
                "uri": list(fresh), "format": list(fresh.values()), "sha256": [part.sha256 for part in parts],
                "bytes": [part.bytes for part in parts], "batch": [self.batch] * len(parts),
            }  # fmt: skip
            self._source_numbers |= catalogue.keep_sources(table_of(columns))

    def _keep_reads(self, catalogue: Catalogue) -> None:
        """Record how far the sources were read. All that was said up to there is committed."""
        reads: dict[int, ReadRow] = {}
        for part, how, report, sessions in self._read:
            source, before = part.source, part.before
            assert source is not None
            assert report.format is not None
            state = state_after(part, sessions) | {"beside": beside(source)}
            reads[self._source_numbers[source.uri]] = ReadRow(
                uri=source.uri, format=report.format, start=source.start, bytes=part.bytes, sha256=part.sha256,
                mtime_ns=part.mtime_ns, read_at=datetime.now(UTC), how=how,
                sessions=max(report.sessions, len(state.get("positions", ())), before.sessions if before else 0),
                turns=report.turns_read + (before.turns if before is not None else 0),
                state=json.dumps(state, default=lambda one: one.carried()),
            )  # fmt: skip
        Batches(catalogue.connection).keep_reads(self.batch, reads)

    def _recall_skipped(self, catalogue: Catalogue) -> None:
        """Let the reports of sources that were not read again name what could not be read of them."""
        unchanged = {source.uri: source for source in self.report.sources if source.unchanged}
        for uri, skipped in Batches(catalogue.connection).quarantined(unchanged).items():
            unchanged[uri].skipped = skipped

    def _identify(self, heard: Sequence[Heard]) -> None:
        """Find out which conversations the sessions are that do not say so for certain; those that are being read may
        have been told before."""
        if all(turn.session.native_id is not None and turn.session.telling is None for turn in heard):
            return
        with self._store.reading() as catalogue:
            self._name(catalogue, heard)
            self._join(catalogue, heard)

    def _name(self, catalogue: Catalogue, heard: Sequence[Heard]) -> None:
        """Find out which conversation the sessions without an id of their own are: a known one, or a new one.

        One with an id may have been told before by a log without it: then it goes on under the name that it got then.
        """
        opened: dict[int, tuple[OpenSession, list[tuple[str, datetime | None, str]]]] = {}
        for turn in heard:
            session = turn.session
            named = session.telling == "full" and session.is_fresh and turn.native_id is None
            if session.native_id is None or named:
                entry = opened.setdefault(id(session), (session, []))
                entry[1].append((turn.speaker, turn.said_at, turn.text))
        told_by: defaultdict[tuple[Any, ...], list[OpenSession]] = defaultdict(list)
        for session, turns in sorted(opened.values(), key=lambda one: one[0].native_id is None):
            timed = [turn for turn in turns if turn[1] is not None]
            found: list[tuple[str, int]] = []
            if timed:
                speakers, times, texts = zip(*timed, strict=True)
                probe = table_of({"speaker": speakers, "said_at": times, "text": texts})
                known = sessions_with(catalogue.connection, session.format, probe)
                found = [(native_id, shared) for _, native_id, shared in known]
                if session.native_id is None:
                    others = (told_by.get((session.format, *turn), ()) for turn in set(timed))
                    here = Counter(str(other.native_id) for some in others for other in some)
                    found += sorted(here.items(), key=lambda one: (-one[1], one[0]))
            # Three turns alike to the minute, speaker and word are no accident; nor are all of a shorter log.
            alike = [native_id for native_id, shared in found if shared >= min(3, len(timed))]
            if alike and session.native_id not in alike:
                session.rename(alike[0])
            elif session.native_id is None:
                session.native_id = native_id_from(session.source, turns)
            for told in set(timed):
                told_by[session.format, *told].append(session)

    def _join(self, catalogue: Catalogue, heard: Sequence[Heard]) -> None:
        """Find the conversations that are told a second time, in another way of exporting them: see RawSession."""
        told: dict[int, tuple[OpenSession, set[tuple[Any, ...]]]] = {}
        for turn in heard:
            session = turn.session
            if session.telling is not None and session.is_fresh and turn.said_at is not None and turn.native_id:
                told.setdefault(id(session), (session, set()))[1].add((turn.native_id, turn.said_at, turn.text))
        for format_name in {session.format for session, _ in told.values()}:
            mine = {key: some for key, (session, some) in told.items() if session.format == format_name}
            probe = [(key, *one) for key, some in mine.items() for one in some]
            columns = dict(zip(("told", "native_id", "said_at", "text"), zip(*probe, strict=True), strict=True))
            known = sessions_sharing(catalogue.connection, format_name, table_of(columns))
            for key, messages in sorted(mine.items(), key=lambda one: told[one[0]][0].telling == "lesser"):
                session = told[key][0]
                found = [(native_id, shared) for one, native_id, shared in known if one == key]
                if session.telling == "lesser":
                    found += [
                        (str(other.native_id), len(messages & others))
                        for other, others in (told[one] for one in mine)
                        if other.telling == "full"
                    ]
                alike = [native_id for native_id, shared in found if shared >= min(3, len(messages))]
                # Three messages with the same number, time and words are no accident.
                if alike and session.native_id not in alike:
                    session.rename(alike[0])

    def _add(self, catalogue: Catalogue, prepared: Prepared) -> None:
        opened, reports = prepared.sessions.values(), prepared.reports
        sessions = catalogue.keep_sessions(
            table_of(
                {
                    "id": list(prepared.sessions),
                    "format": [session.format for session in opened],
                    "native_id": [session.native_id for session in opened],
                    "title": [session.title for session in opened],
                }
            )
        )
        speakers = self._keep_speakers(catalogue, prepared.speakers)
        report_of = {self._source_numbers[uri]: report for uri, report in reports.items()}
        turns = prepared.turns
        for name, numbers in (
            ("session", [sessions[id_] for id_ in prepared.sessions]), ("who", speakers), ("source", list(report_of)),
        ):  # fmt: skip
            turns = numbered(turns, name, numbers)
        if not self._allow_return:
            for number, deleted in catalogue.deleted_before(turns).items():
                report_of[number].ignored["deleted before"] += deleted
        for number, added in catalogue.add_turns(turns, allow_return=self._allow_return).items():
            report_of[number].turns_added += added

    def _keep_speakers(self, catalogue: Catalogue, latest: SpeakersHeard) -> list[int]:
        """The numbers of the speakers, in their order."""
        keys = [(format_name, speaker_key(known_by, name)) for format_name, known_by, name in latest]
        numbers = Speakers(catalogue.connection).keep(
            table_of(
                {
                    "format": [key[0] for key in keys],
                    "key": [key[1] for key in keys],
                    "name": [name for _, _, name in latest],
                    "said_at": list(latest.values()),
                    "batch": [self.batch] * len(keys),
                }
            )
        )
        return [numbers[key] for key in keys]


class _Read(NamedTuple):
    """A source that was read so far, to be recorded once what was said in it is committed."""

    part: Part
    how: str
    report: SourceReport
    sessions: tuple[OpenSession, ...]
