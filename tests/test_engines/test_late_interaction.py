import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.late_interaction import best_matches
from engines.tokens import EncodedTokens


def tokens(numbers, count):
    vectors = numbers.standard_normal((count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return EncodedTokens(np.arange(count, dtype=np.int32), vectors)


@given(
    seed=st.integers(0, 2**32 - 1),
    query=st.integers(0, 6),
    documents=st.lists(st.integers(0, 9), max_size=8),
)
def test_equals_the_naive_sum_of_maxima(seed, query, documents):
    numbers = np.random.default_rng(seed)
    asked = tokens(numbers, query)
    pool = [tokens(numbers, count) for count in documents]
    weights = numbers.random(query).astype(np.float32)
    scores = best_matches(asked, pool) @ weights
    assert scores.shape == (len(pool),)
    assert scores.dtype == np.float32
    for score, document in zip(scores, pool, strict=True):
        naive = 0.0
        for at, vector in enumerate(asked.vectors):
            best = max((float(vector @ other) for other in document.vectors), default=0.0)
            naive += best * float(weights[at])
        assert score == pytest.approx(naive, abs=1e-5)


def test_best_matches_has_a_column_a_query_token():
    numbers = np.random.default_rng(0)
    asked = tokens(numbers, 3)
    matches = best_matches(asked, [asked, tokens(numbers, 0), tokens(numbers, 5)])
    assert matches.shape == (3, 3)
    assert matches[0] == pytest.approx(1, abs=1e-6)
    assert not matches[1].any()


def test_the_answering_turn_wins(encoder):
    query, *turns = encoder.encode(
        [
            "What did the dog destroy?",
            "My puppy chewed up my favourite running shoes!",
            "We are flying to Lisbon in June.",
            "The report is due on Friday.",
        ]
    )
    assert best_matches(query, turns).sum(axis=1).argmax() == 0
