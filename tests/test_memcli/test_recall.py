"""Parts of recall that are pure, and the gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.recall.features import of_words
from memcli.recall.fuse import fuse
from memcli.recall.gate import bar, confidence, signs
from memcli.recall.query import content_words, stems
from memcli.recall.question import parts_of, understand
from memcli.recall.rerank import PASSAGE_CHARS, passages_of
from memcli.recall.select import estimated_tokens, select
from memcli.types import Candidate, Hit, Locator, Turn
from store.rows import TurnRow

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def candidate(number: int, text: str, score: float, match: float = 0.5, features: dict | None = None) -> Candidate:
    turn = Turn(
        id=f"{number:032x}", session_id="s", position=number, speaker="Ana", role="user", text=text, said_at=DAY,
        utc_offset=0, native_id=None, locator=Locator(source="log"),
    )  # fmt: skip
    return Candidate(
        turn=turn,
        session_title="s",
        hits=(),
        fused=1,
        rerank=score,
        match=match,
        retrievability=1,
        score=score,
        looks=2,
        features=features or {},
    )


def row(number: int, said_at: datetime) -> TurnRow:
    return TurnRow(
        seq=number, id=f"{number:032x}", session=1, session_id="s", session_title="s", position=number, speaker="Ana",
        role="user", text="Bread, for dinner.", said_at=said_at, utc_offset=0, native_id=None, source="log", line=1,
        metadata=None,
    )  # fmt: skip


def hit(item: int, rank: int, channel: str = "dense") -> Hit:
    return Hit(item_id=item, channel=channel, rank=rank, score=1.0)  # type: ignore[arg-type]


def test_what_two_channels_name_beats_what_one_does():
    fused = fuse([hit(1, 1), hit(2, 2), hit(2, 2, "lexical"), hit(3, 1, "lexical")])
    assert [item for item, _ in fused] == [2, 1, 3]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100)), max_size=30), st.randoms())
def test_fusion_does_not_depend_on_the_order_of_hits(pairs, chance):
    hits = [hit(item, rank) for item, rank in pairs]
    shuffled = hits[:]
    chance.shuffle(shuffled)
    assert [item for item, _ in fuse(hits)] == [item for item, _ in fuse(shuffled)]


def test_evidence_is_in_order_of_time_within_the_budget_and_says_nothing_twice():
    candidates = [
        candidate(3, "c" * 40, 0.9),
        candidate(1, "a " * 20, 0.8),
        candidate(2, "A " * 20, 0.7),
        candidate(4, "d" * 400, 0.6),
    ]
    chosen = select(candidates, limit=8, budget=40, count_tokens=estimated_tokens)
    assert [(one.number, one.turn.position) for one in chosen] == [(1, 1), (2, 3)]


def test_a_near_double_makes_room_for_something_else():
    said = "I packed the blue tent and two sleeping bags for the trip"
    candidates = [candidate(1, said, 0.9), candidate(2, said + " today", 0.8), candidate(3, "The ferry leaves.", 0.1)]
    chosen = select(candidates, limit=2, budget=500, count_tokens=estimated_tokens)
    assert [one.turn.position for one in chosen] == [1, 3]


def test_the_best_is_evidence_however_long_it_is():
    (only,) = select([candidate(1, "x" * 9000, 1.0)], limit=3, budget=10, count_tokens=estimated_tokens)
    assert only.turn.position == 1


def sure(question, candidates, untold=0.0):
    return confidence(signs(question, candidates, untold))


def test_the_gate_wants_words_of_the_question():
    question = understand("Where is the ferry?", DAY, ["Ana"])
    about = sure(question, [candidate(1, "The ferries are in the harbour.", 1.0, match=0.7)])
    other = sure(question, [candidate(1, "I like cheese.", 1.0, match=0.3)])
    assert about > other
    assert sure(question, []) == 0


def test_the_gate_sees_that_a_detail_was_not_told():
    question = understand("Where is the night ferry?", DAY, ["Ana"])
    found = [candidate(1, "The ferries are in the harbour.", 1.0, match=0.7)]
    needed = bar(signs(question, found, 0.0))
    assert sure(question, found, untold=0.0) > needed > sure(question, found, untold=0.9)


def test_the_gate_sees_that_it_was_said_of_somebody_else():
    question = understand("What did Ana paint?", DAY, ["Ana", "Bo"])
    own = candidate(1, "I painted a lake.", 2.0, features={"named": 1.0, "first_person": 1.0})
    foreign = replace(own, turn=replace(own.turn, speaker="Bo"), features={"named": 0.0, "first_person": 0.0})
    beside = candidate(2, "Nice weather.", -3.0, features={"named": 1.0})
    assert sure(question, [own, beside]) > sure(question, [foreign, beside])


def test_names_and_content_words():
    assert content_words("What did Maya's brother say about the boat?") == ["maya", "brother", "say", "boat"]
    assert stems("running runs") == {"run"}
    assert understand("What did Maya say?", DAY, ["Maya Lind", "The Who"]).names == {"maya"}


def test_who_asks_is_named_by_i():
    assert understand("Where do I work?", DAY, ["Ana Lima", "Bo"], "Ana Lima").names == {"ana"}
    assert understand("Where do I work?", DAY, ["Ana Lima", "Bo"]).names == set()
    assert understand("Where does Bo work?", DAY, ["Ana Lima", "Bo"], "Ana Lima").names == {"bo"}
    assert understand("Where do I work?", DAY, ["Bo"], "Ana Lima").names == set()


def test_the_fewer_turns_are_of_the_days_that_are_named_the_more_it_counts():
    question = understand("What did we buy two days ago?", DAY, ["Ana"])

    def gained(inside: int, outside: int) -> list[float]:
        days = [DAY - timedelta(days=2)] * inside + [DAY] * outside
        return of_words(question, [row(number, day) for number, day in enumerate(days)])["in_time"].tolist()

    few, many = gained(1, 99), gained(30, 70)
    assert few[0] > many[0] > 0
    assert set(few[1:]) == set(many[30:]) == {0}
    assert set(gained(10, 0)) == {0}  # all are of those days: it tells nothing


@given(st.text(max_size=2000))
def test_passages_are_short_and_lose_no_word(text):
    passages = passages_of(text)
    assert passages
    if len(text) > PASSAGE_CHARS:
        assert all(len(passage) <= PASSAGE_CHARS for passage in passages) or not text.strip()
    assert "".join("".join(passages).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("When did we sign the lease?", "when"), ("Do you know when it was?", "when"),
        ("How long ago did he leave?", "when"),
        ("How long have they been friends?", "how_long"), ("How many boats are there?", "how_many"),
        ("Who came along?", "who"), ("Where does Bo live?", "where"), ("Why did she leave?", "why"),
        ("Is the tent in the car?", "yes_no"), ("What did he say when he left?", "what"),
    ],
)  # fmt: skip
def test_what_kind_of_thing_is_asked_for(text, kind):
    assert understand(text, DAY, ()).kind == kind


def test_what_else_a_question_says():
    question = understand("What are the latest books that Ana did not finish in March 2023?", DAY, ["Ana", "Bo"])
    assert (question.names, question.order, question.negated) == ({"ana"}, "latest", True)
    assert question.window == (date(2023, 3, 1), date(2023, 3, 31))
    assert understand("What activities does Bo do?", DAY, ["Bo"]).several
    assert not understand("What did Bo paint?", DAY, ["Bo"]).several
    assert understand("Where does he live now?", DAY, ()).present


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("How many days passed between the move to Porto and Bo's wedding?", ["the move to Porto", "Bo's wedding"]),
        ("Which came first, the broken oven or the new bicycle?", ["broken oven", "the new bicycle"]),
        ("Did Ana sell the boat before Bo painted the shed?", ["Ana sell the boat", "Bo painted the shed"]),
        ("How many days before my anniversary did Bo get engaged?", ["my anniversary", "did Bo get engaged"]),
        (
            "How many days had passed since I finished the book when I met its author?",
            ["I finished the book", "I met its author"],
        ),
        (
            "Which one did I repair first, the bike or the car?",
            ["Which one did I repair first bike", "Which one did I repair first the car"],
        ),
        (
            "How much did I spend in all on bread and cheese?",
            [f"How much did I spend in all on {one}" for one in ("bread", "cheese")],
        ),
        ("Which games do Ana and Bo both like?", ["Which games do Ana both like?", "Which games do Bo both like?"]),
        ("What did Ana and Bo eat?", []),
        ("Where does Bo work?", []),
        ("What is the difference between him and her?", []),
    ],
)
def test_questions_of_two_things_have_parts(text, parts):
    assert parts_of(text) == parts
