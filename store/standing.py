"""How memories stand, as recall wants to know it: strengths, pins, what was put away, what answers what not.

Few memories are ever recalled or marked, so all of it is read at once and kept until the catalogue changes; what waits
in the spool counts already. A message that was edited since stands as it stood with its earlier words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store import versions
from store.states import Mark, StateRow

if TYPE_CHECKING:
    from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """strengths: of what was recalled, by id, as of the last consolidation; marks by id; rejections: (question, id);
    claims: whether anything that was said is known as a claim, from which facts follow.
    """

    strengths: dict[str, StateRow]
    marks: dict[str, Mark]
    rejections: list[tuple[str, str]]
    claims: bool


class StandingReader:
    """Reads the standing of one store, and again only what changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: int | None = None
        self._position = (0, 0)
        self._renewed: dict[str, str] = {}
        self._now = Standing(strengths={}, marks={}, rejections=[], claims=False)

    def read(self) -> Standing:
        """The present standing. Raises StoreLocked, StoreDamaged."""
        version = self._store.catalogue_version
        if version != self._version:
            with self._store.reading() as catalogue:
                states = catalogue.states
                strengths, marks = {row.item_id: row for row in states.states()}, states.marks()
                self._renewed = dict(versions.renewed(catalogue.connection))
                for old, new in self._renewed.items():
                    if old in marks:
                        marks.setdefault(new, marks[old])
                    if old in strengths:
                        strengths.setdefault(new, strengths[old]._replace(item_id=new))
                self._now = Standing(
                    strengths=strengths,
                    marks=marks,
                    rejections=states.rejections(),
                    claims=catalogue.facts.any_claim(),
                )
            self._version, self._position = version, (0, 0)
        records, self._position = self._store.spool.read_since(self._position)
        for record in records:
            self._take(record)
        return self._now

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
