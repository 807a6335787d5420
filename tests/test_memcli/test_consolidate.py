"""What consolidation makes of a memory: the same however often and in whatever portions, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memcli import config
from memcli.engines_in_use import for_recall
from memcli.ingest.pipeline import ingest
from memcli.memory.consolidate import Consolidation, consolidate
from memcli.memory.consolidate_step import Work
from memcli.progress import Unwatched
from memcli.recall.pipeline import Engines, recall
from memcli.types import Query
from store.catalogue import Catalogue
from store.store import Store

START = datetime(2031, 3, 1, 18, tzinfo=UTC)
TALK = [
    ("Ana", "We moved the beehives behind the old mill, four of them."),
    ("Bo", "wow that is a great place"),
    ("Ana", "The queen of hive number 2 is marked with a blue dot."),
    ("Bo", "I think bees are friendly animals"),
    ("Ana", "Remember that the smoker is in the green shed."),
    ("Bo", "ok"),
]
LATER = [
    ("Bo", "The ferry to Elba leaves at nine on Saturday."),
    ("Ana", "Our cabin on the ferry has the number 412."),
    ("Bo", "I like ferries and the wind on deck"),
    ("Ana", "The tickets for the ferry cost ninety euros."),
]


@pytest.fixture(scope="module")
def engines() -> Engines:
    return for_recall(config.load(None, {}, {}), None)


@pytest.fixture
def remember(tmp_path: Path, engines: Engines) -> Callable[..., Store]:
    """Reads turns (speaker, text) of a session into a memory, a minute apart from `at` on; returns its store."""

    def read(name: str, turns: list[tuple[str, str]], at: datetime = START, session: str = "s", memory: str = "memory"):
        log = tmp_path / f"{name}.jsonl"
        lines = [
            {"session": session, "speaker": who, "time": (at + timedelta(minutes=place)).isoformat(), "text": text}
            for place, (who, text) in enumerate(turns)
        ]
        log.write_text("".join(json.dumps(line) + "\n" for line in lines))
        folder = tmp_path / memory
        ingest(
            [str(log)], folder=folder, wait_s=5, embedder=lambda: engines.embedder, format_name="turns", zone=UTC,
            redacting=True, progress=Unwatched(),
        )  # fmt: skip
        return Store.open(folder, wait_s=5)

    return read


@pytest.fixture
def sleep(engines: Engines) -> Callable[..., Consolidation]:
    def run(store: Store, now: datetime, *, dry_run: bool = False, out_of_time: Callable[[], bool] = lambda: False):
        work = Work(
            store=store, embedder=engines.embedder, now=now, dry_run=dry_run, progress=Unwatched(),
            out_of_time=out_of_time,
        )  # fmt: skip
        return consolidate(work)

    return run


def rows(catalogue: Catalogue, sql: str) -> list[Any]:
    return catalogue.connection.execute(sql).fetchall()


def content(store: Store) -> dict[str, list[Any]]:
    """All that consolidation made, without the numbers that only tell in which run it was."""
    with store.reading() as catalogue:
        return {
            "episodes": rows(
                catalogue,
                """SELECT e.id, e.turns, e.started_at, e.ended_at, e.closed, hex(e.centre), s.id FROM episodes e
                   LEFT JOIN scenes s ON s.number = e.scene ORDER BY ALL""",
            ),
            "members": rows(
                catalogue,
                """SELECT t.id, e.id, m.rating FROM turn_memory m JOIN turns t USING (seq)
                   JOIN episodes e ON e.number = m.episode ORDER BY ALL""",
            ),
            "gists": rows(
                catalogue,
                """SELECT about, coalesce(e.id, c.id), place, t.id, first_character, last_character FROM summaries s
                   JOIN turns t USING (seq) LEFT JOIN episodes e ON about = 'episode' AND e.number = s.number
                   LEFT JOIN scenes c ON about = 'scene' AND c.number = s.number ORDER BY ALL""",
            ),
            "archive": rows(catalogue, "SELECT t.id, reason FROM archive JOIN turns t USING (seq) ORDER BY ALL"),
        }


def long_talk(seed: int = 0) -> list[tuple[str, str]]:
    """Some eighty turns that go from the hives to the ferry and back."""
    turns = []
    for part in range(8):
        for place in range(10):
            base = (TALK if part % 2 else LATER)[place % 4]
            turns.append((base[0], f"{base[1]} And that is point {part}.{place + seed}."))
    return turns


def found(store: Store, engines: Engines, text: str, now: datetime, *, deep: bool = False) -> list[tuple[str, str]]:
    recalled = recall(Query(text=text, asked_at=now, limit=20, deep=deep), store, engines)
    return [(candidate.turn.text, candidate.tier) for candidate in recalled.candidates]


def test_twice_is_once(remember, sleep):
    store = remember("log", long_talk())
    assert sleep(store, START).changed
    before = content(store)
    again = sleep(store, START)
    assert not again.changed
    assert content(store) == before
    assert len(before["members"]) == 80
    assert len(before["episodes"]) > 2


def test_portions_change_nothing(remember, sleep):
    turns = long_talk()
    whole = remember("whole", turns, memory="whole")
    sleep(whole, START)
    for end in (3, 21, 22, 60, 80):
        part = remember(f"part-{end}", turns[:end], memory="parts")
        sleep(part, START)
    assert content(part) == content(whole)


def test_a_dry_run_tells_and_changes_nothing(remember, sleep):
    store = remember("log", TALK)
    now = START + timedelta(days=700)
    told = sleep(store, now, dry_run=True)
    assert not content(store)["members"]
    assert told.steps["episodes"]["turns"] == len(TALK)
    done = sleep(store, now)
    assert {move["id"] for move in told.steps["tiers"]["archived"]} == {
        move["id"] for move in done.steps["tiers"]["archived"]
    }
    assert told.steps["tiers"]["archived"]


def test_a_run_that_is_out_of_time_goes_on_where_it_was(remember, sleep):
    store = remember("log", TALK)
    cut_off = sleep(store, START, out_of_time=lambda: True)
    assert not cut_off.finished
    assert not content(store)["members"]
    assert sleep(store, START).finished
    assert len(content(store)["members"]) == len(TALK)


def test_turns_that_come_late_leave_closed_episodes_alone(remember, sleep):
    evening = START + timedelta(hours=30)
    store = remember("log", TALK)
    store = remember("next", LATER, at=evening)
    sleep(store, START)
    closed = [row for row in content(store)["episodes"] if row[4]]
    remember("late", [("Bo", "Between the two, a word about the mill.")], at=START + timedelta(hours=12))
    store = remember("inside", [("Bo", "And a word amid the bees.")], at=START + timedelta(seconds=90))
    sleep(store, START)
    after = {row[0]: row for row in content(store)["episodes"]}
    assert [after[row[0]][2:4] for row in closed] == [row[2:4] for row in closed]
    assert after[closed[0][0]][1] == closed[0][1] + 1
    assert len(content(store)["members"]) == len(TALK) + len(LATER) + 2


def test_every_word_of_a_gist_was_said(remember, sleep):
    store = remember("log", long_talk())
    sleep(store, START)
    with store.reading() as catalogue:
        shown = catalogue.episodes.gists(None, None, 100)
        scenes = catalogue.episodes.scene_gists(None, None, 100)
    assert sum(scene.turns for scene in scenes) == sum(row.turns for row in shown if row.scene)
    assert len(scenes) < len(shown)  # the talk comes back to the hives
    assert all(scene.sentences for scene in scenes)
    said = [text for _, text in long_talk()]
    sentences = [sentence for row in (*shown, *scenes) for _, _, sentence in row.sentences]
    assert sentences
    assert all(any(sentence in text for text in said) for sentence in sentences)


def test_what_nobody_uses_is_archived_and_only_a_deep_look_finds_it(remember, sleep, engines):
    store = remember("log", TALK + LATER)
    now = START + timedelta(days=730)
    every = {text for text, _ in found(store, engines, "bees and ferries", now)}
    report = sleep(store, now)
    gone = {move["text"] for move in report.steps["tiers"]["archived"]}
    assert gone == {"wow that is a great place", "I think bees are friendly animals", "ok",
                    "I like ferries and the wind on deck"}  # fmt: skip
    assert gone.isdisjoint(text for text, _ in found(store, engines, "bees and ferries", now))
    deep = dict(found(store, engines, "bees and ferries", now, deep=True))
    assert set(deep) == every
    assert {text for text, tier in deep.items() if tier == "archive"} == gone & every
    assert store.index.count() + store.archive.count() == len(TALK + LATER)
    assert report.steps["index"]["vector_bytes_freed"] == len(gone) * 256 * 2


def test_a_memory_that_is_used_stays_at_hand(remember, sleep, engines):
    store = remember("log", TALK + LATER)
    text = "I think bees are friendly animals"
    item = next(one for one in recall(Query(text=text, asked_at=START), store, engines).candidates
                if one.turn.text == text).turn.id  # fmt: skip
    for days in (5, 40, 200):
        at = (START + timedelta(days=days)).isoformat()
        event = {"id": f"e{days}", "item_id": item, "recalled_at": at, "rating": 3, "answer_id": "a"}
        store.spool.append([{"kind": "recall", **event}])
    now = START + timedelta(days=930)
    sleep(store, now)
    candidate = next(one for one in recall(Query(text=text, asked_at=now), store, engines).candidates
                     if one.turn.text == text)  # fmt: skip
    assert candidate.tier == "episodic"
    assert candidate.retrievability > 0.7


def test_what_is_archived_comes_back_when_it_is_used(remember, sleep, engines):
    store = remember("log", TALK)
    now = START + timedelta(days=730)
    report = sleep(store, now)
    move = next(one for one in report.steps["tiers"]["archived"] if "friendly" in one["text"])
    event = {"id": "e", "item_id": move["id"], "recalled_at": now.isoformat(), "rating": 3, "answer_id": "a"}
    store.spool.append([{"kind": "recall", **event}])
    back = sleep(store, now + timedelta(days=1))
    assert [one["text"] for one in back.steps["tiers"]["restored"]] == [move["text"]]
    assert (move["text"], "episodic") in found(store, engines, "friendly bees", now)


def test_an_old_log_is_not_forgotten_on_the_day_it_comes_in(remember, sleep):
    store = remember("log", TALK, at=datetime(2009, 5, 1, tzinfo=UTC))
    assert not sleep(store, datetime.now(UTC)).steps["tiers"]["archived"]
    years_later = datetime.now(UTC) + timedelta(days=600)
    assert sleep(store, years_later).steps["tiers"]["archived"]


def test_an_index_that_was_built_anew_follows_the_archive_again(remember, sleep, engines):
    from memcli.ingest.indexing import index_outbox

    store = remember("log", TALK)
    now = START + timedelta(days=730)
    sleep(store, now)
    archived, counts = content(store)["archive"], (store.index.count(), store.archive.count())
    store.index.drop()
    store = Store.open(store.folder, wait_s=5)
    with store.locks.writer():
        index_outbox(store, engines.embedder, Unwatched())
    assert sleep(store, now).finished
    assert content(store)["archive"] == archived
    assert (store.index.count(), store.archive.count()) == counts


def test_what_is_pinned_or_a_standing_instruction_does_not_fade(remember, sleep, engines):
    rule = "Always answer in Italian, please."
    store = remember("log", [*TALK, ("Ana", rule)])
    now = START + timedelta(days=365 * 30)
    ok = next(one for one in recall(Query(text="ok", asked_at=START), store, engines).candidates
              if one.turn.text == "ok").turn.id  # fmt: skip
    store.spool.append([{"kind": "mark", "item_id": ok, "mark": "pinned", "since": START.isoformat()}])
    sleep(store, now)
    left = dict(found(store, engines, "ok, answer in Italian", now))
    assert left == {"ok": "working", rule: "procedural"}


def test_new_turns_beside_archived_ones_leave_those_in_the_archive(remember, sleep, engines):
    store = remember("log", TALK)
    now = START + timedelta(days=730)
    sleep(store, now)
    counts = (store.index.count(), store.archive.count())
    store = remember("reply", [("Ana", "The smoker is in shed number 7 now.")], at=START + timedelta(minutes=len(TALK)))
    assert (store.index.count(), store.archive.count()) == (counts[0] + 1, counts[1])
    assert list(check_index_of(store)) == []
    assert sleep(store, now).finished
    assert (store.index.count(), store.archive.count()) == (counts[0] + 1, counts[1])


def check_index_of(store: Store) -> list[Any]:
    from store.check import check_index

    with store.reading() as catalogue:
        return list(check_index(catalogue, store))


def test_a_deleted_turn_leaves_the_archive_and_its_episode_is_made_anew(remember, sleep, engines):
    from memcli.ingest.indexing import index_outbox
    from store import erase

    store = remember("log", [*TALK, *LATER])
    now = START + timedelta(days=730)
    sleep(store, now)
    with store.locks.writer():
        with store.writing() as catalogue:
            catalogue.connection.execute(
                "CREATE OR REPLACE TEMP TABLE gone_turns AS FROM turns WHERE text LIKE '%friendly%'"
            )
            erase.remove(catalogue.connection)
        left = content(store)
        store.index.drop()
        index_outbox(Store.open(store.folder, wait_s=5), engines.embedder, Unwatched())
    assert left["episodes"] == []
    sleep(Store.open(store.folder, wait_s=5), now)
    assert len(content(store)["members"]) == len(TALK) + len(LATER) - 1
    assert len(content(store)["archive"]) == 3
