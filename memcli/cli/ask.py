"""memcli ask: answer a question from the memory, with citations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Deep, Now, Since, Speaker, Until

if TYPE_CHECKING:
    from memcli.answer.pipeline import Writing


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION|-", help="The question, or - for one a line on stdin.")],
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
    deep: Deep = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Answer as the world was on this day.")
    ] = None,
    known_as_of: Annotated[
        str | None, typer.Option("--known-as-of", metavar="DATE", help="Answer as memory stood at the end of this day.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most turns taken as evidence.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="PATH|NAME", help="A GGUF model that writes the answer (config: llm.model).")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(metavar="LAYERS", help="Layers on the GPU: auto, off, all, or a number.")
    ] = None,
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Answer without the model if it is missing or fails.")
    ] = False,
    session: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The session that the question belongs to: its last turns are at hand."),
    ] = None,
    all_evidence: Annotated[
        bool, typer.Option("--evidence", help="Show all the evidence, not only what is cited.")
    ] = False,
) -> None:
    """Answer a question from the memory, with citations.

    The exit code is 4 if the memory does not say, 5 if it holds statements in conflict.

    Example: memcli ask "When did we sign the lease?"
    """
    from dataclasses import replace

    from memcli.answer import pipeline
    from memcli.cli import days, engines_in_use, questions, render
    from memcli.cli.documents import answer_document
    from memcli.cli.speakers import shown_names
    from memcli.exits import Exit
    from memcli.ingest.indexing import heal
    from memcli.recall.working import working_turns
    from memcli.types import Answer, Query

    context: Context = ctx.obj
    context.flags |= {
        "llm.model": model, "llm.gpu": gpu, "ask.limit": str(limit) if limit is not None else None
    }  # fmt: skip
    settings = context.config
    store = context.store()
    engines = engines_in_use.for_recall()
    streaming = question != "-" and not context.json and render.to_terminal()
    writing = writing_from(context, fallback=fallback, streaming=streaming)
    budget = pipeline.Budget(turns=settings["ask.limit"], tokens=settings["ask.budget"])
    heal(store, engines.embedder, context.progress())
    speaker = shown_names(store, speaker)
    working = working_turns(store, session)

    def answered(text: str) -> tuple[Query, Answer, dict[str, Any]]:
        query = questions.query(text, since=since, until=until, speakers=speaker, now=now, limit=1, deep=deep)
        today = query.asked_at.date()
        query = replace(
            query,
            as_of=days.day("--as-of", as_of, today) if as_of else None,
            known_as_of=days.end_of(days.day("--known-as-of", known_as_of, today)) if known_as_of else None,
        )
        answer = pipeline.ask(query, store, engines, budget=budget, writing=writing, warn=context.tell, working=working)
        document = answer_document(answer)
        pipeline.remember_use(store, answer, query, json.dumps(document, ensure_ascii=False))
        return query, answer, document

    def batched(text: str) -> tuple[dict[str, Any], bool]:
        _, answer, document = answered(text)
        return document, not answer.abstained

    if question == "-":
        raise typer.Exit(questions.batch(context, "question", batched))
    _, answer, document = answered(question)
    if context.json:
        render.document(document)
    else:
        render.answer(answer, all_evidence=all_evidence, written=streaming and answer.run is not None)
    raise typer.Exit(Exit.ABSTAINED if answer.abstained else Exit.CONFLICT if answer.conflicts else Exit.DONE)


def writing_from(context: Context, *, fallback: bool, streaming: bool) -> Writing | None:
    """How a language model is to write, as the settings have it; None without a model."""
    from functools import cache

    from memcli.answer.pipeline import Writing
    from memcli.cli import engines_in_use, render

    settings = context.config
    if not settings["llm.model"]:
        return None
    return Writing(
        load=cache(lambda: engines_in_use.generator(settings, context.tell)),
        max_tokens=settings["llm.max_tokens"],
        temperature=settings["llm.temperature"],
        seed=settings["llm.seed"],
        fallback=fallback,
        on_text=render.piece if streaming else lambda _: None,
    )
