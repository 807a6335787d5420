"""What has faded goes to the archive, what is used comes back; then the index follows and is compacted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memcli.memory.consolidate_step import Done, Work
from memcli.memory.forgetting import Strength, days_until, initial_stability, retained
from memcli.memory.salience import first_strength
from memcli.memory.tiers import FADED_BELOW, Standing, tier_of, why
from memcli.types import Rating
from store import erase, long_turns
from store.episodes import MemberRow
from store.states import AgeRow
from store.store import Store
from store.whole_index import tidy

if TYPE_CHECKING:
    from engines.protocols import Embedder

RATINGS: tuple[Rating, ...] = (1, 2, 3, 4)

MOVED_AT_ONCE = 4_096


def keeps_days() -> dict[int, float]:
    """For each rating the days after which a turn that nobody uses is faded."""
    return {rating: days_until(FADED_BELOW, initial_stability(rating)) for rating in RATINGS}


def tiers(work: Work) -> Done:
    """Decide which turns move, and write that down. `archived` and `restored` list them: id, text, reason."""
    import pyarrow as pa

    standing = work.store.standing()
    members: list[MemberRow] = work.found.get("members", [])
    unwritten = pa.table(
        {
            "seq": pa.array([one.seq for one in members], pa.int64()),
            "rating": pa.array([one.rating for one in members], pa.int8()),
            "instruction": pa.array([one.instruction for one in members], pa.bool_()),
        }
    )
    with work.store.reading() as catalogue:
        also = [*standing.strengths, *standing.marks]
        aged = catalogue.states.aged(keeps_days(), work.now, also, unwritten)
    archived: list[tuple[AgeRow, str]] = []
    restored: list[tuple[AgeRow, str]] = []
    for row in aged:
        state = standing.strengths.get(row.id)
        strength = Strength(*state[2:]) if state else first_strength("turn", row.rating, row.born)  # type: ignore[arg-type]
        mark = standing.marks.get(row.id)
        one = Standing(
            kind="turn",
            retrievability=retained(strength, work.now),
            pinned=mark == "pinned",
            forgotten=mark == "forgotten",
            instruction=row.instruction,
        )
        if (tier_of(one) == "archive") != row.archived:
            (restored if row.archived else archived).append((row, why(one)))
    if not work.dry_run:
        _write(work, archived, [row.seq for row, _ in restored])
    shown = [*archived, *restored]
    with work.store.reading() as catalogue:
        texts = catalogue.episodes.spoken([row.seq for row, _ in shown])
    moves = [
        [{"id": row.id, "text": texts[row.seq].text, "reason": reason} for row, reason in some]
        for some in (archived, restored)
    ]
    return Done(changes={"archived": moves[0], "restored": moves[1]})


def _write(work: Work, archived: Sequence[tuple[AgeRow, str]], restored: list[int]) -> None:
    import pyarrow as pa

    if not archived and not restored:
        return
    since = work.now.replace(tzinfo=None)
    into = pa.table(
        {
            "seq": pa.array([row.seq for row, _ in archived], pa.int64()),
            "since": pa.array([since] * len(archived), pa.timestamp("us")),
            "reason": pa.array([reason for _, reason in archived], pa.string()),
        }
    )
    with work.store.writing() as catalogue:
        catalogue.states.move(into, restored)


def compact(work: Work) -> Done:
    """Bring the index in line with what is archived, and compact it; the catalogue too, where DuckDB does not.

    Whether it is in line is seen from the index itself, so that a move that was cut off, or an index that was built
    anew, is put right by the next run.
    """
    store = work.store
    if work.dry_run or store.seal:  # an encrypted memory's index is made by whoever asks
        return Done(changes={})
    with store.reading() as catalogue:
        wanted = set(catalogue.states.archived())
        scattered = long_turns.scattered(catalogue.connection)
    if scattered:
        erase.compact(store)
    here, there = store.index.seqs(), store.archive.seqs()
    leaving, coming = sorted(wanted & here), sorted(there - wanted)
    for start in range(0, len(leaving), MOVED_AT_ONCE):
        seqs = leaving[start : start + MOVED_AT_ONCE]
        store.archive.take(store.index.whole_rows(seqs))  # first there, then gone here: cut off, it is in both
        store.index.remove(seqs)
    for start in range(0, len(coming), MOVED_AT_ONCE):
        bring_back(store, work.embedder, coming[start : start + MOVED_AT_ONCE])
    if leaving or coming:
        store.index.refresh_text()
        store.archive.refresh_text()
    else:
        tidy(store.index)
    freed = (len(leaving) - len(coming)) * work.embedder.dimension * 2  # a vector is float16
    return Done(changes={"vector_bytes_freed": freed})


def bring_back(store: Store, embedder: Embedder, seqs: list[int]) -> None:
    """Move rows from the archive into the index, embedding them again."""
    rows = store.archive.whole_rows(seqs)
    found = rows["seq"].to_pylist()
    store.index.remove(found)  # one that was cut off has put them there
    store.index.put(rows, embedder.embed(rows["said"].to_pylist()))
    store.archive.remove(found)
