"""From a question to an answer with citations, or to saying that the memory does not know."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from engines.errors import EngineError, EngineFailed
from memcli.answer.changes import asked, plain, tells_of_change
from memcli.answer.cite import check
from memcli.answer.extract import extract
from memcli.answer.generate import generate, told
from memcli.answer.support import Supported
from memcli.ids import content_id
from memcli.recall.pipeline import Engines, Recalled, recall
from memcli.recall.question import Question
from memcli.recall.select import estimated_tokens, select
from memcli.recall.time_budget import TimeBudget
from memcli.recall.working import with_working
from memcli.types import GOOD, Answer, Evidence, Method, Query, RecallEvent, Turn
from store.store import Store
from store.token_cache import TokenCache

if TYPE_CHECKING:
    from engines.protocols import Generator, Run
    from memcli.answer.beliefs import Known

NEAREST = "The memory does not say. What comes nearest:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a language model is to write answers. `load` gives the model, at the first question that needs it.

    method: how an answer that it wrote is called.
    strict: sentences that their evidence does not support are left out; else they are marked.
    fallback: answer extractively, and tell `warn`, where the model is missing or fails; else that is an error.
    on_text: is told of each piece of text as it is written and may be shown.
    """

    load: Callable[[], Generator]
    method: Method = "llama"
    max_tokens: int
    temperature: float
    seed: int
    strict: bool = False
    fallback: bool
    on_text: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much evidence an answer may rest on. tell: whether to warn of what is left out for the tokens' sake."""

    turns: int
    tokens: int
    tell: bool = False


def ask(
    query: Query,
    store: Store,
    engines: Engines,
    *,
    budget: Budget,
    writing: Writing | None,
    warn: Callable[[str], None],
    working: Sequence[Turn] = (),
    time_budget: TimeBudget | None = None,
) -> Answer:
    """The answer to the query, with its evidence. Changes nothing in the store but the spool (see remember_use).

    working: turns that are at hand whatever the question is (see memcli/recall/working.py). time_budget: what it leaves
    no time for is left out of the search, and of the look into the archive before giving up.
    """
    time_budget = time_budget or TimeBudget()
    if query.known_as_of is not None:
        query = replace(query, until=min(query.until or query.known_as_of, query.known_as_of))
    query = replace(query, limit=2 * budget.turns)
    if writing is None:
        engines.reader.prepare()  # it loads while the memory is searched
    text = query.text
    query = replace(query, text=plain(text))
    recalled = recall(query, store, engines, time_budget=time_budget)
    if not recalled.answers and not query.deep and store.archive.exists:  # before giving up, a deliberate look
        if time_budget.left:
            recalled = recall(replace(query, deep=True), store, engines, time_budget=time_budget)
        else:
            time_budget.leave_out("a look into the archive")
    recalled = replace(recalled, question=replace(recalled.question, text=text))
    query = replace(query, text=text)
    return answer(query, recalled, store, engines, budget=budget, writing=writing, warn=warn, working=working)


def answer(
    query: Query,
    recalled: Recalled,
    store: Store,
    engines: Engines,
    *,
    budget: Budget,
    writing: Writing | None,
    warn: Callable[[str], None],
    working: Sequence[Turn] = (),
) -> Answer:
    """The answer to the query from what was recalled for it; working as for ask()."""
    began = time.perf_counter()
    evidence = select(recalled.candidates, limit=budget.turns, budget=budget.tokens, count_tokens=estimated_tokens)
    if budget.tell:
        roomy = select(recalled.candidates, limit=budget.turns, budget=sys.maxsize, count_tokens=estimated_tokens)
        if len(roomy) > len(evidence):
            warn(f"{len(roomy) - len(evidence)} turns left out: the evidence may have {budget.tokens} tokens")
    evidence = with_working(evidence, working, first=writing is not None)
    fact = None
    if not query.speakers and query.since is None and store.standing().claims:
        from memcli.answer.fact_questions import fact_question

        asked_on = query.asked_at.date()
        if fact_question(query.text, query.as_of or asked_on) is not None:
            from memcli.answer.beliefs import known  # what it takes is only loaded for a question about a fact

            fact = known(query.text, store, asked_on=asked_on, as_of=query.as_of, known_as_of=query.known_as_of)
    told = None
    if fact is not None and recalled.answers and writing is None and not (query.as_of or query.known_as_of):
        told = _told_since(recalled.question, fact, evidence, engines, store.token_cache)
    if fact is not None and told is None:
        answering = _ms(time.perf_counter() - began)
        timings = recalled.timings_ms | {"answer": answering, "total": _total(recalled.timings_ms, answering)}
        return _from_facts(query, fact, evidence, timings)
    if query.as_of is not None and fact is None:
        warn(f"no fact that is known answers this as of {query.as_of}: answering from what was said")
    written = told or (
        _written(query, recalled.question, evidence, len(working), engines, store.token_cache, writing, warn)
        if recalled.answers
        else _Written(None, "", (), "extractive")
    )
    finished = time.perf_counter()
    answering = _ms(finished - began)
    return Answer(
        id=content_id(query.text, query.asked_at.isoformat(), *(one.turn.id for one in evidence)),
        question=query.text,
        text=written.text or NEAREST,
        short=written.short if written.text else NEAREST,
        evidence=evidence,
        citations=written.citations,
        abstained=written.text is None,
        conflicts=(),
        confidence=round(recalled.confidence, 4),
        method=written.method,
        timings_ms=recalled.timings_ms | {"answer": answering, "total": _total(recalled.timings_ms, answering)},
        unsupported=written.unsupported,
        run=written.run,
    )


def remember_use(store: Store, answer: Answer, query: Query, document: str) -> None:
    """Append the answer, and one recall event for each turn that it cites, to the spool."""
    events = [
        RecallEvent(
            id=content_id(answer.id, one.turn.id),
            item_id=one.turn.id,
            recalled_at=query.asked_at,
            rating=GOOD,
            answer_id=answer.id,
        )
        for one in answer.evidence
        if one.number in answer.citations
    ]
    asked_at = query.asked_at.isoformat()
    store.spool.append(
        [
            {
                "kind": "answer",
                "id": answer.id,
                "asked_at": asked_at,
                "question": answer.question,
                "document": document,
            },
            *(
                {
                    "kind": "recall",
                    "id": event.id,
                    "item_id": event.item_id,
                    "recalled_at": event.recalled_at.isoformat(),
                    "rating": event.rating,
                    "answer_id": event.answer_id,
                }
                for event in events
            ),
        ]
    )


def _from_facts(query: Query, fact: Known, evidence: Sequence[Evidence], timings_ms: dict[str, float]) -> Answer:
    """The answer that a known fact gives; what else was recalled is shown after what it rests on."""
    cited = {one.turn.id for one in fact.evidence}
    others = [one for one in evidence if one.turn.id not in cited]
    shown = (*fact.evidence, *(replace(one, number=at) for at, one in enumerate(others, start=len(cited) + 1)))
    return Answer(
        id=content_id(query.text, query.asked_at.isoformat(), *(one.turn.id for one in shown)),
        question=query.text,
        text=fact.text,
        short=", ".join(fact.values) or fact.text,
        evidence=shown,
        citations=tuple(one.number for one in fact.evidence),
        abstained=False,
        conflicts=fact.conflicts,
        confidence=fact.confidence,
        method="facts",
        timings_ms=timings_ms,
    )


class _Written(NamedTuple):
    """An answer's text (None: the evidence does not answer), its citations, and how it was made."""

    text: str | None
    short: str
    citations: tuple[int, ...]
    method: Method
    unsupported: tuple[str, ...] = ()
    run: Run | None = None


def _told_since(
    question: Question, fact: Known, evidence: Sequence[Evidence], engines: Engines, cache: TokenCache
) -> _Written | None:
    """What was said since the words that a fact rests on, if it takes their place in words that no rule of facts knows,
    or answers where the fact is over; else None."""
    times = [one.turn.said_at for one in fact.evidence if one.turn.said_at is not None]
    if not times or asked(question).when != "now":
        return None
    by_turn = {one.turn.id for one in fact.evidence}
    later = {
        one.number
        for one in evidence
        if one.turn.id not in by_turn and one.turn.said_at is not None and one.turn.said_at > max(times)
    }
    if not any(one.number in later and tells_of_change(one.turn.text) for one in evidence):
        return None
    found = extract(question, evidence, engines.reader, engines.token_encoder, cache)
    known = {one.number for one in evidence if one.turn.id in by_turn}
    if found.citations[0] not in later or (fact.values and not known & {*found.citations}):
        return None
    return _Written(found.text, found.short, found.citations, "extractive")


def _written(
    query: Query,
    question: Question,
    evidence: Sequence[Evidence],
    standing: int,
    engines: Engines,
    cache: TokenCache,
    writing: Writing | None,
    warn: Callable[[str], None],
) -> _Written:
    if writing is not None:
        try:
            return _generated(query, evidence, standing, writing, warn)
        except EngineError as error:
            if not writing.fallback:
                raise
            warn(f"answering without the model: {error}")
    extracted = extract(question, evidence, engines.reader, engines.token_encoder, cache)
    return _Written(extracted.text, extracted.short, extracted.citations, "extractive")


def _generated(
    query: Query, evidence: Sequence[Evidence], standing: int, writing: Writing, warn: Callable[[str], None]
) -> _Written:
    generator = writing.load()
    generated = generate(
        query.text,
        evidence,
        generator,
        standing=standing,
        max_tokens=writing.max_tokens,
        temperature=writing.temperature,
        seed=writing.seed,
        today=query.asked_at.date().isoformat(),
    )
    if generated.left_out:
        warn(
            f"{generated.left_out} of {len(evidence)} pieces of evidence do not fit into the model's context of "
            f"{generator.context_tokens} tokens: the weakest are left out"
        )
    answer = Supported(query.text, {one.number: told(one) for one in evidence}, strict=writing.strict)
    for piece in generated.pieces:
        shown = answer.feed(piece)
        if shown:
            writing.on_text(shown)
    if shown := answer.end():
        writing.on_text(shown)
    run = generator.last_run
    if run is not None and run.stop != "end":
        limit = {"length": f"{writing.max_tokens} tokens (llm.max_tokens)", "context": "the end of its context"}
        warn(f"the model was cut off at {limit[run.stop]}")
    if run is not None and run.stop == "length" and not answer.text and not answer.unsupported and not answer.abstains:
        raise EngineFailed(
            f"the model wrote no answer within {writing.max_tokens} tokens",
            hint="give it more (--answer-tokens, llm.max_tokens): some models think aloud before they answer",
        )
    if answer.abstains or (not answer.text and not answer.unsupported):
        return _Written(None, "", (), writing.method, run=run)
    if answer.unknown:
        numbers = ", ".join(map(str, sorted(answer.unknown)))
        warn(f"the model cited evidence that does not exist: {numbers} (taken out)")
    if answer.unsupported:
        what = "left out" if writing.strict else "marked"
        warn(f"{len(answer.unsupported)} sentences without support in the evidence that they cite: {what}")
    unsupported = tuple(answer.unsupported)
    if not answer.text:  # strict, and no sentence was left
        return _Written(None, "", (), writing.method, unsupported, run)
    return _Written(answer.text, check(answer.text, ()).text, answer.citations, writing.method, unsupported, run)


def _total(steps: Mapping[str, float], answering: float) -> float:
    return round(sum(steps.values()) + answering, 2)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
