"""Two looks at the candidates: the first at all of them, with what costs next to nothing; the second at the best.

The second compares token by token with vectors in context (late interaction), which is most of what a search costs; the
vectors of what was seen before come from the store's cache.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from memcli.patterns import regex
from memcli.recall.features import of_channels, of_tokens, of_words, total
from memcli.recall.question import Question
from memcli.recall.token_vectors import encoded, of_question
from memcli.recall.weights import FIRST_LOOK, IN_TIME, SECOND_LOOK
from memcli.types import Hit
from store.rows import TurnRow
from store.token_cache import TokenCache

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import TokenEncoder
    from memcli.recall.features import Floats

PASSAGE_CHARS = 240
"""About 56 tokens, a few sentences: of a longer turn, the passage that meets the question best is looked at twice."""

_BREAK = regex(r"(?<=[.!?])\s+|\n+")


class Looked(NamedTuple):
    """Candidates after a look: their rows, features as columns, and scores on the scale of log odds."""

    rows: Sequence[TurnRow]
    features: Mapping[str, Floats]
    scores: Floats

    def best(self, count: int) -> Looked:
        """The `count` best, best first, ties by id."""
        import numpy as np

        order = sorted(range(len(self.rows)), key=lambda at: (-self.scores[at], self.rows[at].id))[:count]
        return self._at(np.array(order, np.int64))

    def without(self, seqs: Collection[int]) -> Looked:
        """The others, in their order."""
        import numpy as np

        return self._at(np.array([at for at, row in enumerate(self.rows) if row.seq not in seqs], np.int64))

    @classmethod
    def nothing(cls) -> Looked:
        """No candidates."""
        import numpy as np

        return cls([], {}, np.zeros(0))

    def _at(self, places: npt.NDArray[np.int64]) -> Looked:
        features = {name: column[places] for name, column in self.features.items()}
        return Looked([self.rows[at] for at in places], features, self.scores[places])


def first_look(question: Question, rows: Sequence[TurnRow], hits: Sequence[Hit], table: TokenEncoder) -> Looked:
    """All candidates by their words, by what the channels say, and by the embedder's own token table."""
    features = of_words(question, rows) | of_channels(rows, hits)
    asked, *said = table.encode([question.text, *(f"{row.speaker}: {row.text}" for row in rows)])
    features |= of_tokens("table", asked, said, rows, features["fused"])
    return Looked(rows, features, total(features, {**FIRST_LOOK, "in_time": IN_TIME}))


def second_look(
    question: Question,
    looked: Looked,
    encoder: TokenEncoder,
    table: TokenEncoder,
    cache: TokenCache,
    *,
    passage_chars: int = PASSAGE_CHARS,
) -> Looked:
    """The candidates again, with token vectors in context; of a turn over `passage_chars`, its best passage."""
    asked = of_question(encoder, question.text)
    texts = best_passages(question, [(row.speaker, row.text) for row in looked.rows], table, passage_chars)
    said = encoded(texts, encoder, cache)
    features = {**looked.features, **of_tokens("context", asked, said, looked.rows, looked.features["fused"])}
    return Looked(looked.rows, features, total(features, {**SECOND_LOOK, "in_time": IN_TIME}))


def joined(whole: Looked, part: Looked, behind: float) -> Looked:
    """The candidates of both, a part's best ranking `behind` log odds below the best of the whole; of two scores of one
    candidate the higher one counts."""
    import numpy as np

    shift = float(whole.scores.max() - part.scores.max()) - behind
    scores = {row.seq: float(score) + shift for row, score in zip(part.rows, part.scores, strict=True)}
    raised = np.array(
        [max(s, scores.get(row.seq, s)) for row, s in zip(whole.rows, whole.scores.tolist(), strict=True)]
    )
    new = part.without({row.seq for row in whole.rows})
    return Looked(
        [*whole.rows, *new.rows],
        {name: np.concatenate([column, new.features[name]]) for name, column in whole.features.items()},
        np.concatenate([raised, new.scores + shift]),
    )


def passages_of(text: str, chars: int = PASSAGE_CHARS) -> list[str]:
    """The text in passages of at most `chars` characters, cut between sentences where possible."""
    if len(text) <= chars:
        return [text]
    passages = [""]
    for sentence in _BREAK.split(text):
        for start in range(0, len(sentence), chars):
            piece = sentence[start : start + chars]
            if len(passages[-1]) + len(piece) < chars:
                passages[-1] = f"{passages[-1]} {piece}".strip()
            else:
                passages.append(piece)
    return [passage for passage in passages if passage] or [text]


def best_passages(question: Question, said: Sequence[tuple[str, str]], table: TokenEncoder, chars: int) -> list[str]:
    """What is compared of what was said by whom: all of it, or of a long text the passage that matches best."""
    from engines.late_interaction import best_matches

    parts = [passages_of(text, chars) for _, text in said]
    many = [one for one in parts if len(one) > 1]
    asked, *vectors = table.encode([question.text, *(part for one in many for part in one)])
    worth = iter(best_matches(asked, vectors).sum(axis=1).tolist())
    chosen = []
    for (speaker, _), passages in zip(said, parts, strict=True):
        scores = [next(worth) for _ in passages] if len(passages) > 1 else [0.0]
        chosen.append(f"{speaker}: {passages[scores.index(max(scores))]}")
    return chosen
