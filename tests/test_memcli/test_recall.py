"""Parts of recall that are pure, and the gate."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from memcli.recall.fuse import fuse
from memcli.recall.gate import confidence
from memcli.recall.query import content_words, names_speaker, stems
from memcli.recall.rerank import PASSAGE_CHARS, passages_of
from memcli.recall.select import estimated_tokens, select
from memcli.types import Candidate, Hit, Locator, Turn

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def candidate(number: int, text: str, score: float, match: float = 0.5) -> Candidate:
    turn = Turn(
        id=f"{number:032x}", session_id="s", position=number, speaker="Ana", role="user", text=text, said_at=DAY,
        utc_offset=0, native_id=None, locator=Locator(source="log"),
    )  # fmt: skip
    return Candidate(
        turn=turn, session_title="s", hits=(), fused=1, rerank=score, match=match, retrievability=1, score=score
    )


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


def test_the_best_is_evidence_however_long_it_is():
    (only,) = select([candidate(1, "x" * 9000, 1.0)], limit=3, budget=10, count_tokens=estimated_tokens)
    assert only.turn.position == 1


def test_the_gate_wants_words_of_the_question():
    about = confidence("Where is the ferry?", [candidate(1, "The ferries are in the harbour.", 1.0, match=0.7)])
    other = confidence("Where is the ferry?", [candidate(1, "I like cheese.", 1.0, match=0.3)])
    assert about > 0.7 > 0.25 > other
    assert confidence("Where?", []) == 0


def test_names_and_content_words():
    assert content_words("What did Maya's brother say about the boat?") == ["maya", "brother", "say", "boat"]
    assert stems("running runs") == {"run"}
    assert names_speaker({"maya", "said"}, "Maya Lind")
    assert not names_speaker({"the", "said"}, "The Who")


@given(st.text(max_size=2000))
def test_passages_are_short_and_lose_no_word(text):
    passages = passages_of(text)
    assert passages
    if len(text) > PASSAGE_CHARS:
        assert all(len(passage) <= PASSAGE_CHARS for passage in passages) or not text.strip()
    assert "".join("".join(passages).split()) == "".join(text.split())
