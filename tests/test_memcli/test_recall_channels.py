"""What each channel beside words and meaning finds that no other does, on a memory in which those are led astray."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memcli import config
from memcli.engines_in_use import for_recall
from memcli.evaluate.run import consolidated
from memcli.ingest.pipeline import ingest
from memcli.progress import Unwatched
from memcli.recall import channels
from memcli.recall.explain import why_not
from memcli.recall.knowledge import known
from memcli.recall.pipeline import Engines, recall
from memcli.types import Candidate, Channel, Query
from store.store import Store

START = datetime(2031, 3, 1, 18, tzinfo=UTC)
NOW = datetime(2031, 6, 1, tzinfo=UTC)
LURES = 130
"""More turns than a channel names meet each question better, by their words and by their meaning."""

CHATTER = (
    "the tram was late again", "my printer is out of ink", "we painted the fence on Sunday", "the soup needs more salt",
    "this keyboard is too loud", "our neighbour sold his van", "the film was far too long", "gas prices went up again",
)  # fmt: skip

ALLERGY = "I'm allergic to walnuts, so I read every label."
ISO = "From now on, always write dates in ISO form."
GIFT = "The gift for Brunhild lies in the attic, behind the skis."
LINK = "We met Ottokar and Brunhild at the lake."
SURVIVED = "all four of them made it through, even the weak one"
ANSWER = "somewhere under the bench, next to the green toolbox"

ASKED = {
    "facts": ("What is Ana allergic to?", ALLERGY, "Ana allergic to walnuts"),
    "instructions": ("In which form do we write dates?", ISO, ""),
    "entities": ("What do you know about Ottokar?", GIFT, "mentions Brunhild, Ana"),
    "scenes": ("How are the bees in the beehives?", SURVIVED, "in the scene that comes first"),
    "neighbours": ("Where did the spare key of the caravan go?", ANSWER, "said 2 after a strong hit"),
}
"""Of each channel a question, the turn that it alone finds, and its reason for that."""


def talks() -> Iterable[tuple[str, list[tuple[str, str]]]]:
    lures = (
        ("Bo", "is ana allergic, what is ana allergic to?"),
        ("Bo", "in which form do they write dates, which form of dates?"),
        ("Bo", "what do you know about ottokar, who knows about ottokar?"),
        ("Bo", "how are the bees, how are the beehives, are there bees in the beehives?"),
        ("Bo", "a spare key, or rather a spare caravan"),
    )
    for number in range(LURES):
        said = [("Cy", f"{CHATTER[(number + at) % len(CHATTER)]}, said for the {number}th time") for at in range(10)]
        for at, lure in enumerate(lures):
            said[2 * at] = lure
        yield f"lure {number}", said
    for what, said in (
        ("label", ("Ana", ALLERGY)), ("dates", ("Ana", ISO)), ("lake", ("Ana", LINK)), ("attic", ("Ana", GIFT)),
    ):  # fmt: skip
        yield what, among_chatter([said])
    bees = [("Ana", f"The bees of hive {n} flew out of the beehives, busy bees in full beehives.") for n in range(12)]
    yield "bees", [*bees, ("Cy", "ok"), ("Ana", SURVIVED), ("Cy", "ok")]
    caravan = ("Ana", "I ask myself where the spare key of the caravan went: the spare key of the caravan, where?")
    yield "caravan", among_chatter([caravan, ("Cy", "hm, wait a moment"), ("Dan", ANSWER)])


def among_chatter(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was said in the middle of other talk, which is what the scene is about."""
    other = [("Cy", f"{line}, as I said") for line in CHATTER]
    return [*other, *other, *said, *other, *other]


@pytest.fixture(scope="module")
def engines() -> Engines:
    return for_recall(config.load(None, {}, {}), None)


def remembered(folder: Path, engines: Engines) -> Store:
    lines = [
        {
            "session": session,
            "speaker": who,
            "text": text,
            "time": (START + timedelta(days=day, minutes=at)).isoformat(),
        }
        for day, (session, said) in enumerate(talks())
        for at, (who, text) in enumerate(said)
    ]
    log = folder / "talks.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ingest(
        [str(log)], folder=folder / "memory", wait_s=5, embedder=lambda: engines.embedder, format_name="turns",
        zone=UTC, redacting=False, progress=Unwatched(),
    )  # fmt: skip
    return Store.open(folder / "memory", wait_s=5)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Store:
    """A memory that was read and never consolidated. Tests that share it must not change it."""
    return remembered(tmp_path_factory.mktemp("fresh"), engines)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, engines: Engines, fresh: Store) -> Store:
    """The same, consolidated."""
    folder = tmp_path_factory.mktemp("known") / "memory"
    shutil.copytree(fresh.folder, folder)
    made = Store.open(folder, wait_s=5)
    consolidated(made, engines)
    return made


@pytest.fixture
def search(engines: Engines) -> Callable[..., dict[str, Candidate]]:
    def run(store: Store, text: str, without: Iterable[Channel] = (), **narrowed: object) -> dict[str, Candidate]:
        query = Query(text=text, asked_at=NOW, limit=10_000, **narrowed)  # type: ignore[arg-type]
        return {one.turn.text: one for one in recall(query, store, engines, without=frozenset(without)).candidates}

    return run


@pytest.mark.parametrize("channel", ASKED)
def test_each_channel_finds_what_no_other_does(store, search, channel):
    question, wanted, reason = ASKED[channel]
    found = search(store, question)
    assert wanted in found
    assert {hit.channel: hit.reason for hit in found[wanted].hits} == {channel: reason}
    assert wanted not in search(store, question, without=[channel])


@pytest.mark.parametrize("channel", [one for one in ASKED if one != "neighbours"])
def test_before_a_consolidation_it_is_not_there_and_why_not_says_so(fresh, engines, search, channel):
    question, wanted, _ = ASKED[channel]
    assert wanted not in search(fresh, question)
    with fresh.reading() as catalogue:
        [row] = [row for row in catalogue.turns_by_hash(limit=10_000) if row.text == wanted]
    lost = why_not(row, Query(text=question, asked_at=NOW), fresh, engines, turns=10, tokens=1000)
    assert lost.stage == "channels"
    assert "nothing was consolidated" in lost.reason
    assert "memcli consolidate" in lost.remedy


def test_neighbours_need_no_consolidation(fresh, search):
    question, wanted, _ = ASKED["neighbours"]
    assert wanted in search(fresh, question)


def test_a_filter_holds_for_every_channel(store, search):
    for question, wanted, _ in ASKED.values():
        assert wanted not in search(store, question, speakers=["Bo"])
        assert wanted not in search(store, question, until=START + timedelta(days=LURES - 1))


def test_what_is_kept_for_recall_is_private_and_can_be_made_again(store, search):
    question, *_ = ASKED["facts"]
    before = search(store, question)
    kept = store.folder / "cache" / "knowledge.sqlite"
    assert kept.stat().st_mode & 0o077 == 0
    for damage in (kept.unlink, lambda: kept.write_bytes(b"SQLite format 3\0 and nothing else")):
        damage()
        again = Store.open(store.folder, wait_s=5)
        assert search(again, question) == before
        assert again.folder.joinpath("cache", "knowledge.sqlite").stat().st_size > 10_000


def test_with_what_is_kept_no_catalogue_is_opened(store, engines):
    known(store, engines.token_table.id)
    with store.locks.catalogue(shared=False):  # nobody can open it now
        again = Store.open(store.folder, wait_s=0)
        assert known(again, engines.token_table.id) is not None


def test_an_embedder_that_did_not_compare_turns_for_scenes_has_none(store, engines):
    class Other:
        id = "another"
        embed_query = staticmethod(engines.embedder.embed_query)

    question, *_ = ASKED["scenes"]
    knowledge = known(store, engines.token_table.id)
    query = Query(text=question, asked_at=NOW)
    named = {hit.channel for hit in channels.hits(query, store.index, Other(), knowledge=knowledge)}
    assert "scenes" not in named
    assert {"dense", "neighbours"} <= named
