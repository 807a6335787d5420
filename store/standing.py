"""How memories stand, as recall wants to know it: strengths, pins, what was put away, what answers what not.

Few memories are ever recalled or marked, so all of it is read at once and kept until the catalogue changes, in the
store's folder `cache` too: a process that only asks then need not open the catalogue. What waits in the spool counts
already. A message that was edited since stands as it stood with its earlier words.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.states import Mark, StateRow

if TYPE_CHECKING:
    from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """strengths: of what was recalled, by id, as of the last consolidation; marks by id; rejections: (question, id);
    claims: whether anything that was said is known as a claim, from which facts follow; instructions: whether
    consolidation found any turn to be a standing instruction; me: the name of who the user is, if told; consolidated:
    names the state of what consolidation made (see store/knowledge.py), "" if it made nothing yet.
    """

    strengths: dict[str, StateRow]
    marks: dict[str, Mark]
    rejections: list[tuple[str, str]]
    claims: bool
    instructions: bool
    me: str | None
    consolidated: str


KEPT = 10_000
"""Of a memory with more strengths and edited turns nothing is kept: asking the catalogue is as fast then."""


class StandingReader:
    """Reads the standing of one store, and again only what changed."""

    def __init__(self, store: Store, kept: Path | None) -> None:
        """kept: the file that keeps the standing for the next process; None: it is not to be on the disk."""
        self._store = store
        self._kept = kept
        self._version: str | None = None
        self._position = (0, 0)
        self._renewed: dict[str, str] = {}
        self._now = Standing(
            strengths={}, marks={}, rejections=[], claims=False, instructions=False, me=None, consolidated=""
        )

    def read(self) -> Standing:
        """The present standing. Raises StoreLocked, StoreDamaged."""
        version = self._store.catalogue_version
        if version != self._version:
            kept = _read(self._kept, version) if self._kept is not None else None
            self._now, self._renewed = kept or self._from_catalogue(version)
            self._version, self._position = version, (0, 0)
        records, self._position = self._store.spool.read_since(self._position)
        for record in records:
            self._take(record)
        return self._now

    def _from_catalogue(self, version: str) -> tuple[Standing, dict[str, str]]:
        """The standing, and the ids of turns whose words were edited with those that stand in their place."""
        from store import versions

        with self._store.reading() as catalogue:
            states = catalogue.states
            strengths, marks = {row.item_id: row for row in states.states()}, states.marks()
            renewed = dict(versions.renewed(catalogue.connection))
            for old, new in renewed.items():
                if old in marks:
                    marks.setdefault(new, marks[old])
                if old in strengths:
                    strengths.setdefault(new, strengths[old]._replace(item_id=new))
            now = Standing(
                strengths=strengths,
                marks=marks,
                rejections=states.rejections(),
                claims=catalogue.facts.any_claim(),
                instructions=states.any_instruction(),
                me=catalogue.setting("me"),
                consolidated=states.consolidated(),
            )
            # Here, where no deletion can begin: what it takes is not to come back after it has emptied the cache.
            few = len(strengths) + len(renewed) <= KEPT
            if self._kept is not None and few and self._store.catalogue_version == version:
                with suppress(OSError):  # a store that may only be read, a full disk: it only takes longer next time
                    _write(self._kept, version, now, renewed)
        return now, renewed

    def _take(self, record: dict[str, Any]) -> None:
        now = self._now
        if record["kind"] == "mark":
            for item in (record["item_id"], self._renewed.get(record["item_id"], record["item_id"])):
                now.marks.pop(item, None)
                if record["mark"] is not None:
                    now.marks[item] = record["mark"]
        elif record["kind"] == "rejection":
            now.rejections.append((record["question"], record["item_id"]))
        elif record["kind"] == "rating":
            question = record.get("question")
            now.rejections[:] = [one for one in now.rejections if one != (question, record["item_id"])]


def _read(path: Path, version: str) -> tuple[Standing, dict[str, str]] | None:
    """What the file holds of this version of the catalogue, or None if it is not there or of another one."""
    try:
        document = json.loads(path.read_bytes())
        if document.pop("version") != version:
            return None
        strengths = (
            StateRow._make((*row[:4], datetime.fromisoformat(row[4]) if row[4] else None, *row[5:]))
            for row in document.pop("strengths")
        )
        rejections = [(question, item) for question, item in document.pop("rejections")]
        renewed = document.pop("renewed")
        now = Standing(strengths={row.item_id: row for row in strengths}, rejections=rejections, **document)
        return now, dict(renewed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(path: Path, version: str, standing: Standing, renewed: dict[str, str]) -> None:
    strengths = list(standing.strengths.values())
    document = asdict(standing) | {"version": version, "strengths": strengths, "renewed": renewed}
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(document, default=datetime.isoformat), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
