"""The memory as a Python object: what the commands stand on, for programs of one's own.

    from memcli import Memory

    with Memory.open("family") as memory:
        answer = memory.ask("When does the oven arrive?")
        print(answer.text)

Settings are those of the command line: defaults, the configuration file, the environment (MEMCLI_...), and what is
given here. Times are aware datetimes. Errors are those of memcli/exits.py. Engines are loaded when first needed, and
kept. One thread at a time may use a Memory.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from memcli import config
from memcli.loaded import Loaded
from memcli.progress import Progress, Unwatched

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from memcli.answer.context import ContextBlock
    from memcli.answer.knowledge import Knowledge
    from memcli.answer.pipeline import Writing
    from memcli.ingest.notes import Noted
    from memcli.ingest.report import IngestReport
    from memcli.ingest.whereabouts import Whereabouts
    from memcli.memory.consolidate import Consolidation
    from memcli.recall.pipeline import Engines, Recalled
    from memcli.types import Answer, Passage, Query, Rating, Turn
    from store.overview import SessionRow
    from store.speakers import PersonRow
    from store.store import Store


class Memory:
    """One memory. Memory.open gives one that is there; only `ingest` and `remember` make one that is not."""

    def __init__(
        self,
        settings: config.Config,
        *,
        warn: Callable[[str], None] = lambda _: None,
        progress: Progress | None = None,
        verb: str = "",
    ) -> None:
        """Nothing is opened yet. warn: is told what a person should know. verb: the command at work, for whoever waits
        for an encrypted memory."""
        self.settings = settings
        self._warn = warn
        self._verb = verb
        self._progress = progress or Unwatched()
        self._loaded = Loaded(settings, warn)
        self._at_hand: tuple[Any, list[Turn]] | None = None

    @classmethod
    def open(
        cls,
        memory: str | os.PathLike[str] | None = None,
        *,
        create: bool = False,
        settings: Mapping[str, Any] | None = None,
        config_file: str | os.PathLike[str] | None = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> Memory:
        """The memory of that name or path (with a `/` in it); without one, the one that `memcli` uses.

        create: make an empty one if there is none. settings: by key. Raises StoreMissing, StoreExposed, ConfigError.
        """
        given = {key: str(value) for key, value in (settings or {}).items()}
        if memory is not None:
            given["memory"] = memory if isinstance(memory, str) else str(Path(memory).absolute())
        opened = cls(config.load(Path(config_file) if config_file else None, os.environ, given), warn=warn)
        if create:
            from store.store import Store

            wait_s, exposed = opened.settings["wait"], opened.settings["exposed"]
            Store.create(opened.folder, wait_s=wait_s, exposed=exposed, key=opened.key)
        _ = opened.store  # raises what is wrong with it
        return opened

    def close(self) -> None:
        """Let go of the language model, if one was loaded. Nothing else is held between calls."""
        self._loaded.close()

    def take_over(self, other: Memory, *, reopened: bool) -> None:
        """Go on with what another Memory of the folder has open. reopened: another process has written since."""
        fresh = self.store
        store = vars(other).get("store", fresh)  # the property, if it was read
        if reopened:
            store.reopen()
        store.locks.wait_s = fresh.locks.wait_s
        vars(self)["store"], self._at_hand = store, other._at_hand
        self._loaded.take_over(other._loaded)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Where the memory is."""
        return self.settings.memory_folder

    @cached_property
    def store(self) -> Store:
        """Its rows and files. Raises StoreMissing, StoreExposed."""
        from store.store import Store

        store = Store.open(self.folder, wait_s=self.settings["wait"], exposed=self.settings["exposed"], key=self.key)
        if store.seal:
            store.locks.shown_as = f"memcli {self._verb}".strip()
        return store

    def key(self, folder: Path) -> bytes:
        """The key of the encrypted memory in that folder. Raises KeyRefused if there is none."""
        from memcli.keys import find

        return find(folder, self.settings, os.environ)

    @property
    def engines(self) -> Engines:
        """The models that recall needs."""
        return self._loaded.engines(self.store)

    def embedder(self) -> Embedder:
        """The embedder of the index, or of the settings where there is no index yet."""
        return self._loaded.embedder(self._store_if_there())

    def _store_if_there(self) -> Store | None:
        from store.store import is_store

        return self.store if is_store(self.folder) else None

    # bringing in

    def ingest(
        self, *paths: str | os.PathLike[str], format: str | None = None, mapping: Mapping[str, str] | None = None,  # noqa: A002
        redact: bool = True, allow_return: bool = False, on_ray: bool = False,
    ) -> IngestReport:  # fmt: skip
        """Read logs (files, folders, archives) into the memory, which is made if it is not there.

        format, mapping: as `memcli ingest --format` and `--map`; by default the content decides. What cannot be read
        costs only itself and is in the report. on_ray: with Ray's processes (see memcli/ingest/on_ray.py). Raises
        InputUnreadable if nothing at all can be read.
        """
        from memcli.ingest import on_ray as ray
        from memcli.ingest import pipeline

        report = pipeline.ingest(
            [os.fspath(path) for path in paths],
            folder=self.folder,
            wait_s=self.settings["wait"],
            embedder=self.embedder,
            zone=self.settings.zone,
            redacting=redact,
            progress=self._progress,
            format_name=format,
            mapping=mapping,
            me=self.settings["me"] or None,
            allow_return=allow_return,
            exposed=self.settings["exposed"],
            key=self.key,
            elsewhere=ray.OnRay(self.folder, self.settings, self.embedder, self._warn) if on_ray else None,
            apart=not on_ray and self._loaded.may_index_apart(self._store_if_there()),
        )
        self._look_afresh()
        return report

    def remember(self, text: str, *, now: datetime | None = None, redact: bool = True) -> Noted:
        """Keep a note of the user's own, and what it states. Raises InputUnreadable if nothing is left of it."""
        from memcli.ingest import notes

        noted = notes.remember(
            text,
            folder=self.folder,
            wait_s=self.settings["wait"],
            embedder=self.embedder,
            now=now or datetime.now(UTC),
            zone=self.settings.zone,
            redacting=redact,
            progress=self._progress,
            key=self.key,
        )
        self._look_afresh()
        return noted

    def _look_afresh(self) -> None:
        """Something was written by another Store of the same folder: what was read before is not all any more."""
        if "store" in vars(self):
            self.store.reopen()

    # asking

    def ask(
        self,
        question: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        speakers: Sequence[str] = (),
        session: str | None = None,
        as_of: date | None = None,
        known_as_of: datetime | None = None,
        deep: bool = False,
        max_tokens: int | None = None,
        max_ms: float | None = None,
        now: datetime | None = None,
        fallback: bool = False,
        on_text: Callable[[str], None] = lambda _: None,
        record: bool = True,
    ) -> Answer:
        """The answer to a question, with its evidence; `abstained` if the memory does not say.

        since, until: from when to (excluding) when it was said. session: the conversation that the question belongs
        to, whose last turns are at hand. as_of: as the world was on that day; known_as_of: as the memory stood then.
        max_tokens: most tokens of evidence (the setting ask.budget); max_ms: milliseconds after which the search begins
        nothing new; what is left out for either is told to `warn`.
        fallback: answer without the language model where that fails. on_text: is told of each piece that it writes.
        record: keep the answer, and strengthen what it cites. Raises UsageError for an empty question.
        """
        from memcli.answer import pipeline
        from memcli.documents import answer_document
        from memcli.recall.time_budget import TimeBudget

        time_budget = TimeBudget.of(max_ms)
        query = self._query(
            question, since=since, until=until, speakers=speakers, now=now, deep=deep, limit=1, as_of=as_of,
            known_as_of=known_as_of,
        )  # fmt: skip
        answer = pipeline.ask(
            query,
            self.store,
            self.engines,
            budget=pipeline.Budget(
                turns=self.settings["ask.limit"],
                tokens=self.settings["ask.budget"] if max_tokens is None else max_tokens,
                tell=max_tokens is not None,
            ),
            writing=self.writing(fallback=fallback, on_text=on_text),
            warn=self._warn,
            working=self._working(session),
            time_budget=time_budget,
        )
        time_budget.tell(self._warn)
        if record:
            document = json.dumps(answer_document(answer), ensure_ascii=False)
            pipeline.remember_use(self.store, answer, query, document)
        return answer

    def search(
        self,
        text: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        speakers: Sequence[str] = (),
        deep: bool = False,
        limit: int = 10,
        max_ms: float | None = None,
        now: datetime | None = None,
    ) -> Recalled:
        """The turns that bear on a text by words and by meaning, best first: `candidates` of what is returned.

        max_ms: as for ask().
        """
        from memcli.recall.pipeline import recall
        from memcli.recall.time_budget import TimeBudget
        from store.errors import StoreDamaged

        time_budget = TimeBudget.of(max_ms)
        query = self._query(text, since=since, until=until, speakers=speakers, now=now, deep=deep, limit=limit)
        engines = self.engines
        try:
            found = recall(query, self.store, engines, time_budget=time_budget)
        except StoreDamaged:
            if self.engines is engines:
                raise
        else:
            if self.engines is engines:
                time_budget.tell(self._warn)
                return found
        return recall(query, self.store, self.engines)  # an index of another embedder came in between

    def context(
        self,
        topic: str,
        *,
        max_tokens: int = 2000,
        since: datetime | None = None,
        until: datetime | None = None,
        speakers: Sequence[str] = (),
        now: datetime | None = None,
    ) -> ContextBlock:
        """What the memory holds on a topic, as one fenced block of at most `max_tokens` tokens for a prompt."""
        from memcli.answer.context import POOL, context_block

        found = self.search(topic, since=since, until=until, speakers=speakers, now=now, limit=POOL)
        return context_block(found.candidates, max_tokens=max_tokens, count_tokens=self._loaded.built_in.count_tokens)

    # looking

    def facts(
        self,
        subject: str | None = None,
        *,
        kind: str | None = None,
        as_of: date | None = None,
        known_as_of: datetime | None = None,
        history: bool = False,
    ) -> Knowledge:
        """What is known, of one subject or of all: the `beliefs` that hold on a day (today), and their `turns`.

        known_as_of: from what had been said until then. history: also what is over. Facts are worked out by
        `consolidate`.
        """
        from memcli.answer.knowledge import holding, knowledge

        known = knowledge(self.store, subject=subject, kind=kind, known_as_of=known_as_of)
        if history:
            return known
        day = as_of or datetime.now(UTC).date()
        return replace(known, beliefs=tuple(holding(known.beliefs, day)))

    def turn(self, name: str, *, around: int = 3) -> Passage:
        """A turn by its id (the beginning is enough) or as the [N] of the last answer, with what was said around it.

        Raises UsageError if there is none, or several.
        """
        from memcli.naming import turn_named
        from memcli.recall.passage import passage_of

        return passage_of(turn_named(self.store, name), self.store, around)

    def whereabouts(self, turn: Turn) -> Whereabouts:
        """What became of the log that a turn was read from: as it was, longer, rotated, changed, gone; by its hash."""
        from memcli.ingest.whereabouts import whereabouts_of

        return whereabouts_of(turn.locator.source, self.store)

    def sessions(
        self, *, since: datetime | None = None, until: datetime | None = None, speakers: Sequence[str] = ()
    ) -> list[SessionRow]:
        """The conversations with a turn that passes, the latest first."""
        from memcli.recall.people import shown_names
        from store.index import Filter
        from store.overview import session_rows

        where = Filter(since=since, until=until, speakers=tuple(shown_names(self.store, speakers)))
        with self.store.reading() as catalogue:
            return session_rows(catalogue.connection, where)

    def speakers(self) -> list[PersonRow]:
        """Everybody who speaks, those who said most first."""
        from store.speakers import Speakers

        with self.store.reading() as catalogue:
            return Speakers(catalogue.connection).people()

    def status(self) -> dict[str, Any]:
        """What the memory holds, as `memcli status --json` prints it."""
        from memcli.documents import status_document

        return status_document(self.store, self.settings)

    # keeping

    def consolidate(
        self, *, max_minutes: float | None = None, dry_run: bool = False, now: datetime | None = None
    ) -> Consolidation:
        """Make episodes, gist and facts of what is new, and let fade what nobody uses. Nothing is erased.

        max_minutes: stop after so long, to go on next time. dry_run: say what would change, and change nothing.
        """
        from memcli.memory.consolidate import consolidate
        from memcli.memory.consolidate_step import Work

        end = time.monotonic() + 60 * max_minutes if max_minutes is not None else None
        return consolidate(
            Work(
                store=self.store,
                embedder=self._loaded.built_in,
                indexing=self.embedder(),
                chosen=self._loaded.chosen(self.store),
                now=now or datetime.now(UTC),
                dry_run=dry_run,
                progress=self._progress,
                out_of_time=lambda: end is not None and time.monotonic() >= end,
            )
        )

    def good(self, answer_id: str | None = None, *, now: datetime | None = None) -> dict[str, Any]:
        """Say that an answer (the last one) was right: what it cites is kept the better. Returns its document.

        Raises UsageError if there is no such answer, or it cites nothing.
        """
        from memcli.types import EASY

        return self._rate(answer_id, EASY, now)

    def bad(self, answer_id: str | None = None, *, now: datetime | None = None) -> dict[str, Any]:
        """Say that an answer (the last one) was wrong: it is not given to that question again. As good() otherwise."""
        from memcli.memory.forgetting import AGAIN

        return self._rate(answer_id, AGAIN, now)

    def _rate(self, answer_id: str | None, rating: Rating, now: datetime | None) -> dict[str, Any]:
        from memcli.answer.rating import rate
        from memcli.naming import answer_named

        return rate(self.store, answer_named(self.store, answer_id), now or datetime.now(UTC), rating)

    def _query(self, text: str, *, speakers: Sequence[str], now: datetime | None, **narrowed: Any) -> Query:
        """The question as it travels (narrowed: its other fields), with the index brought up to date first."""
        from memcli.ingest.indexing import heal
        from memcli.recall.people import shown_names
        from memcli.types import Query
        from memcli.usage import UsageError

        if not text.strip():
            raise UsageError("the question is empty")
        heal(self.store, self.engines.embedder, self._progress)
        shown = tuple(shown_names(self.store, speakers))
        return Query(text=text.strip(), asked_at=now or datetime.now(UTC), speakers=shown, **narrowed)

    def _working(self, session: str | None) -> list[Turn]:
        """The turns at hand whatever the question is; read again only when a pin or the catalogue has changed."""
        from memcli.recall.working import working_turns

        pins = frozenset(self.store.standing().marks.items())
        now = (session, self.store.catalogue_version, pins)
        if self._at_hand is None or self._at_hand[0] != now:
            self._at_hand = (now, working_turns(self.store, session))
        return self._at_hand[1]

    def writing(self, *, fallback: bool = False, on_text: Callable[[str], None] = lambda _: None) -> Writing | None:
        """How a language model writes answers, by the settings; None without a model. As for ask()."""
        return self._loaded.writing(self._store_if_there, fallback, on_text)
