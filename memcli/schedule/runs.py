"""A scheduled run: read what is new, consolidate, keep a log and the state of the last run; yield to one at work.

State and log lie in the user's state folder, not in the memory: they hold counts and paths of logs, no words of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memcli.api import Memory
from store.errors import StoreLocked

Outcome = Literal["done", "skipped some", "yielded", "failed", "cut off"]

PATIENCE = 3
"""So many runs in a row may yield before it is said that something is wrong."""

LOG_BYTES, LOGS = 256_000, 3
"""The log is moved aside when it is so long; so many old ones are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """How the last run of a memory went. done_at: when one last came to its end; yielded: how many did not, in a row.

    quarantine: records of the memory that could not be read, so that each is told of once.
    """

    began_at: str
    ended_at: str
    outcome: Outcome
    message: str
    turns_added: int
    done_at: str | None
    yielded: int
    quarantine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a run that came to its end did."""

    turns_added: int
    skipped: Sequence[str]
    finished: bool


class Runs:
    """The runs of the plan of that name."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self._folder = folder or _state_folder()
        self._state = self._folder / f"cron-{name}.json"
        self._lock = self._folder / f"cron-{name}.lock"
        self.log = self._folder / f"cron-{name}.log"

    @property
    def last(self) -> LastRun | None:
        """The last run; None if there was none, or its record cannot be read."""
        try:
            return LastRun(**json.loads(self._state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def forget(self) -> None:
        """Remove the record, the lock and the logs."""
        for path in self._folder.glob(f"{self._state.stem}.*"):
            path.unlink()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other run of this memory is at work; nobody waits."""
        import portalocker

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with portalocker.Lock(self._lock, "a", flags=portalocker.LOCK_EX | portalocker.LOCK_NB, timeout=0):
                yield True
        except portalocker.exceptions.AlreadyLocked:
            yield False

    def run(self, memory: Memory, paths: Sequence[str], *, max_minutes: float) -> tuple[LastRun, Done | None]:
        """One run, from beginning to end, and how it went. Raises what went wrong, after it is recorded.

        A memory that somebody else holds is no error: the run yields, and has no Done.
        """
        began = datetime.now(UTC)
        before = self.last
        outcome: Outcome = "cut off"
        message, done, quarantine = "the run was stopped before its end", None, before.quarantine if before else 0
        with self._logging() as log:
            log.info("begins")
            try:
                done, quarantine = self._work(memory, paths, max_minutes, quarantine)
                outcome = "skipped some" if done.skipped else "done"
                message = f"{done.turns_added} turns added" + ("" if done.finished else "; time was out")
                for reason in done.skipped:
                    log.warning(reason)
            except StoreLocked as error:
                outcome, message = "yielded", str(error)
            except Exception as error:
                outcome, message = "failed", f"{type(error).__name__}: {error}"
                raise
            finally:
                ended = datetime.now(UTC).isoformat(timespec="seconds")
                last = LastRun(
                    began_at=began.isoformat(timespec="seconds"),
                    ended_at=ended,
                    outcome=outcome,
                    message=message,
                    turns_added=done.turns_added if done else 0,
                    done_at=ended if done else before.done_at if before else None,
                    yielded=0 if outcome != "yielded" else 1 + (before.yielded if before else 0),
                    quarantine=quarantine,
                )
                self._keep(last)
                log.log(logging.ERROR if outcome in ("failed", "cut off") else logging.INFO, f"{outcome}: {message}")
        return last, done

    def yielded(self) -> LastRun:
        """Record that a run found another one at work and left at once."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = self.last
        blank = LastRun(
            began_at=now, ended_at=now, outcome="yielded", message="", turns_added=0, done_at=None, yielded=0,
            quarantine=0,
        )  # fmt: skip
        last = replace(
            before or blank,
            ended_at=now,
            outcome="yielded",
            message="another scheduled run of this memory was at work",
            yielded=1 + (before.yielded if before else 0),
        )
        self._keep(last)
        with self._logging() as log:
            log.info("yielded: another scheduled run is at work")
        return last

    def _work(self, memory: Memory, paths: Sequence[str], max_minutes: float, known: int) -> tuple[Done, int]:
        added, skipped = 0, []
        if paths:
            report = memory.ingest(*paths)
            added = report.turns_added
            skipped = [f"skipped {one.uri}: {why}" for one in report.sources for _, why in one.skipped]
        consolidated = memory.consolidate(max_minutes=max_minutes)
        quarantine = memory.status()["quarantine"]
        fresh = skipped if quarantine > known else []
        return Done(turns_added=added, skipped=fresh, finished=consolidated.finished), quarantine

    def _keep(self, last: LastRun) -> None:
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(asdict(last)), encoding="utf-8")
        draft.replace(self._state)

    @contextmanager
    def _logging(self) -> Iterator[logging.Logger]:
        from logging.handlers import RotatingFileHandler

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = logging.getLogger(f"memcli.schedule.{self._state.stem}")
        log.propagate = False
        log.setLevel(logging.INFO)
        handler = RotatingFileHandler(self.log, maxBytes=LOG_BYTES, backupCount=LOGS, encoding="utf-8")
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")
        )
        log.addHandler(handler)
        try:
            yield log
        finally:
            log.removeHandler(handler)
            handler.close()


def last_run(name: str) -> dict[str, Any] | None:
    """The last run of the plan of that name as a document, or None."""
    last = Runs(name).last
    return asdict(last) if last else None


def _state_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("memcli", appauthor=False)
