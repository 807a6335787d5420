"""What each feature of a candidate counts, in the first look and in the second. Fitted, not set by hand.

Made by `python tests/bench/fit.py` on FriendsQA (Yang and Choi, SIGDIAL 2019) alone: the weights that make the turns
which answer likeliest among all candidates of their question (softmax regression). They are the same for every memory,
and no question of LoCoMo or LongMemEval had a part in them. They were fitted with the token encoder of the published
weights; the tuned one was trained on five sixths of the scenes, and a fit on the sixth gave weights that do no better.
Nor do weights fitted anew since there are the candidates of facts, names, scenes and neighbours: better on FriendsQA,
they are worse on QMSum.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIRST_LOOK: Mapping[str, float] = MappingProxyType(
    {
        "named": 0.29,
        "first_person": 0.694,
        "covered": 0.404,
        "asks": -0.835,
        "length": 0.04,
        "kind": 0.899,
        "fused": -0.188,
        "lexical": 0.862,
        "lexical_window": 2.534,
        "dense": 1.734,
        "dense_window": 0.262,
        "table": 1.218,
        "table_even": 3.47,
        "table_window": 2.963,
        "table_session": 4.469,
        "table_whole": -2.021,
    }
)
"""Weights of the features that cost next to nothing: what the channels say, and the embedder's own token table."""

SECOND_LOOK: Mapping[str, float] = MappingProxyType(
    {
        "named": 0.16,
        "first_person": 0.562,
        "covered": 0.668,
        "asks": -0.825,
        "length": 0.085,
        "kind": 0.622,
        "fused": -0.082,
        "lexical": 0.219,
        "lexical_window": 1.305,
        "dense": 0.6,
        "dense_window": -0.884,
        "table": -1.942,
        "table_even": 2.641,
        "table_window": 0.149,
        "table_session": 1.411,
        "table_whole": 0.489,
        "context": 3.368,
        "context_even": 5.125,
        "context_window": 9.247,
        "context_session": 2.9,
        "context_whole": -3.674,
    }
)
"""Weights once the best candidates have been compared with token vectors in context."""

IN_TIME = 1.0
"""What it counts to be of the days that the question names: they are log odds as they are. The data has no dates."""
