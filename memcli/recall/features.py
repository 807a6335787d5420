"""What is known of each candidate of a question, as columns of numbers; see weights.py for what they count.

A turn of a conversation rarely answers alone: the question asked before it, and the session around it, tell what it is
about. People tell of themselves: what Maya did is mostly said by Maya, with "I" in it. A question seldom answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from memcli.memory.timex import find_time_expressions
from memcli.patterns import regex
from memcli.recall.fuse import fuse
from memcli.recall.query import content_words, stems
from memcli.recall.question import Question
from memcli.types import Hit
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import TokenVectors

    Floats = npt.NDArray[np.floating]

ON_THE_DAYS = 0.7
"""The chance that what answers a question which names days was said on them, or tells of them. Set by hand."""

SESSION_BEST = 3
"""So many of a session's best candidates support each other."""

FUSED = frozenset(("lexical", "lexical_window", "dense", "dense_window", "time"))
"""The channels whose votes are a feature. Those of the others name candidates; with their votes in it, it would
be on another scale than the one on which its weight was fitted, and the questions of development fared worse."""

_FIRST_PERSON = regex(r"\b(?:i|i['’](?:m|ve|d|ll)|my|me|mine|we|our|us|we['’](?:re|ve)|myself)\b", re.I)
_NUMBER = regex(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|once|twice)\b", re.I
)
_NAME = regex(r"(?<=[a-z,] )[A-Z][a-z]+")


def of_words(question: Question, rows: Sequence[TurnRow]) -> dict[str, Floats]:
    """Features of the turns' words: `named` (said by somebody whom the question names), `first_person` (the same, of
    themselves), `covered` (share of the question's terms), `asks`, `length`, `kind` (holds what is asked for), and
    `in_time` (log odds for being of the days that the question names)."""
    import numpy as np

    said = [row.text for row in rows]
    named = np.array([_first(row.speaker) in question.names for row in rows], float)
    terms = max(1, len(question.terms))
    return {
        "named": named,
        "first_person": np.array(
            [by and bool(_FIRST_PERSON.search(t)) for by, t in zip(named, said, strict=True)], float
        ),
        "covered": np.array([len(question.terms & stems(text)) / terms for text in said]),
        "asks": np.array([text.rstrip().endswith("?") for text in said], float),
        "length": np.log1p([len(text) for text in said]),
        "kind": np.array([_kind(question, row) for row in rows], float),
        "in_time": _odds_in_time(question, rows),
    }


def of_channels(rows: Sequence[TurnRow], hits: Sequence[Hit]) -> dict[str, Floats]:
    """Features from the channels: the fused score of FUSED, BM25 as a share of the best one, and cosines."""
    import numpy as np

    fused = dict(fuse(hit for hit in hits if hit.channel in FUSED))

    place = {row.seq: at for at, row in enumerate(rows)}
    scores = {name: np.zeros(len(rows)) for name in ("lexical", "lexical_window", "dense", "dense_window")}
    for hit in hits:
        at = place.get(hit.item_id)
        if at is not None and hit.channel in scores:
            scores[hit.channel][at] = hit.score
    for name in ("lexical", "lexical_window"):
        scores[name] /= scores[name].max(initial=0) or 1
    return {"fused": np.array([fused.get(row.seq, 0.0) for row in rows]), **scores}


def of_tokens(
    name: str, asked: TokenVectors, said: Sequence[TokenVectors], rows: Sequence[TurnRow], fused: Floats
) -> dict[str, Floats]:
    """Features from comparing token by token, prefixed with `name`.

    "": the mean over the question's tokens of the best match (MaxSim; Khattab and Zaharia, SIGIR 2020), each weighted
    by how rare it is among the candidates. "_even": all weighted alike. "_window": the best matches in the turn or in
    those candidates said just before and after it. "_session": how the best candidates of its session do, by both.
    "_whole": cosine of the two texts' mean vectors.
    """
    import numpy as np

    from engines.late_interaction import best_matches

    matches = best_matches(asked, said)
    weights = distinguishing(asked, said)
    own = matches @ weights
    window = _with_neighbours(matches, rows) @ weights
    return {
        name: own,
        f"{name}_even": matches.mean(axis=1) if matches.shape[1] else own,
        f"{name}_window": window,
        f"{name}_session": _support(own + 0.5 * window + 0.1 * fused, np.array([row.session for row in rows])),
        f"{name}_whole": _whole(asked, said),
    }


def distinguishing(question: TokenVectors, documents: Sequence[TokenVectors]) -> Floats:
    """Weight of each question token: its inverse document frequency among the documents (BM25's formula), sum 1."""
    import numpy as np

    ids = np.concatenate([document.ids for document in documents])
    owners = np.repeat(np.arange(len(documents)), [len(document.ids) for document in documents])
    holding = np.array([len(set(owners[ids == token].tolist())) for token in question.ids])
    idf = np.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
    weights: Floats = idf / idf.sum() if len(idf) else idf
    return weights


def total(features: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The weighted sum, one number a candidate."""
    import numpy as np

    scores: Floats = np.sum([weight * features[name] for name, weight in weights.items()], axis=0)
    return scores


@lru_cache(maxsize=10_000)
def _first(speaker: str) -> str:
    return next(iter(content_words(speaker)), "")


def _kind(question: Question, row: TurnRow) -> float:
    """From 0 to 1: whether the turn holds what the kind of the question asks for."""
    if question.kind in ("how_many", "how_long"):
        return float(bool(_NUMBER.search(row.text)))
    if question.kind == "when":
        return float(row.said_at is not None and bool(find_time_expressions(row.text, row.said_at.date())))
    if question.kind in ("who", "where"):
        return min(2, len(_NAME.findall(row.text))) / 2
    return 0.0


def _odds_in_time(question: Question, rows: Sequence[TurnRow]) -> Floats:
    """For each turn of the days that are named, by how many log odds that makes it likelier to answer: the more, the
    fewer of the candidates are of those days (Bayes' rule, with their share among the candidates)."""
    import numpy as np

    inside = np.array([_in_time(question, row) for row in rows], float)
    share = (inside.sum() + 0.5) / (len(rows) + 1)
    gained = np.log(ON_THE_DAYS / (1 - ON_THE_DAYS)) - np.log(share / (1 - share))
    odds: Floats = inside * max(0.0, gained)
    return odds


def _in_time(question: Question, row: TurnRow) -> bool:
    """Whether the turn was said on the days that the question names, or tells of them."""
    if question.window is None or row.said_at is None:
        return False
    first, last = question.window
    day = (row.said_at + timedelta(minutes=row.utc_offset)).date()
    if first <= day <= last:
        return True
    return any(first <= one.last and one.first <= last for one in find_time_expressions(row.text, day))


def _with_neighbours(matches: Floats, rows: Sequence[TurnRow]) -> Floats:
    """Matches of each row joined with those of the candidates said just before and after it."""
    import numpy as np

    place = {(row.session, row.position): at for at, row in enumerate(rows)}
    joined = matches.copy()
    for at, row in enumerate(rows):
        for beside in (row.position - 1, row.position + 1):
            other = place.get((row.session, beside))
            if other is not None:
                joined[at] = np.maximum(joined[at], matches[other])
    return joined


def _support(scores: Floats, sessions: npt.NDArray[np.int64]) -> Floats:
    """For each row the sum of the best scores in its session, over the number that is counted at most."""
    import numpy as np

    support = np.zeros(len(scores))
    for session in set(sessions.tolist()):
        inside = sessions == session
        support[inside] = np.sort(scores[inside])[-SESSION_BEST:].sum() / SESSION_BEST
    return support


def _whole(asked: TokenVectors, said: Sequence[TokenVectors]) -> Floats:
    import numpy as np

    means = np.zeros((len(said) + 1, asked.vectors.shape[1]), np.float32)
    for mean, one in zip(means, [*said, asked], strict=True):  # reduceat would take a copy, and more than twice as long
        if len(one.ids):
            np.mean(one.vectors, axis=0, out=mean)
    lengths = np.sqrt(np.einsum("ij,ij->i", means, means))
    means /= np.where(lengths > 0, lengths, 1)[:, None]
    whole: Floats = means[:-1] @ means[-1]
    return whole
