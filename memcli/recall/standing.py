"""What the standing of a memory does in recall: how well it is retained, and what the user does not want to see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from memcli.memory.forgetting import Strength, retained
from memcli.memory.rejection import same_question
from memcli.memory.salience import first_strength, is_standing_instruction, rating_of
from memcli.types import Query, Tier
from store.rows import TurnRow
from store.standing import Standing


def retrievability_of(row: TurnRow, standing: Standing, now: datetime) -> float:
    """The chance of recalling the turn now, from its recalls if there were any; 1 if it is pinned: it never fades."""
    if standing.marks.get(row.id) == "pinned":
        return 1.0
    state = standing.strengths.get(row.id)
    strength = Strength(*state[2:]) if state else first_strength("turn", rating_of(row.text), row.said_at)
    return retained(strength, now)


def keep_welcome(query: Query, rows: Mapping[int, TurnRow], standing: Standing) -> dict[int, TurnRow]:
    """The rows without those that do not answer this question, as the user said of this one or nearly the same.

    What was put away with `memcli forget` is left out too, unless the look is deep.
    """
    asked = {question for question, _ in standing.rejections}
    same = {question for question in asked if same_question(question, query.text)}
    rejected = {item for question, item in standing.rejections if question in same}
    return {
        seq: row
        for seq, row in rows.items()
        if row.id not in rejected and (query.deep or standing.marks.get(row.id) != "forgotten")
    }


def tier_in_use(row: TurnRow, standing: Standing) -> Tier:
    """The tier of a turn of the index, as far as its words and marks decide it."""
    mark = standing.marks.get(row.id)
    if mark is not None:
        return "working" if mark == "pinned" else "archive"
    return "procedural" if is_standing_instruction(row.text, row.role) else "episodic"
