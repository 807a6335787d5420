"""memcli ask: answer a question from the memory, with citations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.completion import models, sessions
from memcli.cli.context import Context
from memcli.cli.options import Deep, MaxMs, Now, Since, Speaker, Until, Verbose
from memcli.cli.records import FieldsOption, FormOption, NulOption

if TYPE_CHECKING:
    from memcli.types import Answer

COLUMNS = ("question", "answer", "abstained", "confidence", "method", "citations")


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
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="Most tokens of evidence (config: ask.budget).")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="PATH|NAME",
            help="A GGUF model that writes the answer (config: llm.model).",
            autocompletion=models,
        ),
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(metavar="LAYERS", help="Layers on the GPU: auto, off, all, or a number.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server with OpenAI's interface that writes the answer (config: llm.url)."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let that server be on another machine: what was said goes there.")
    ] = False,
    answer_tokens: Annotated[
        int | None, typer.Option(min=1, help="Longest answer of the model, in tokens (config: llm.max_tokens).")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, help="0 always takes the model's likeliest word (the default).")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same answer.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out sentences of the model that its evidence does not support.")
    ] = False,
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Answer without the model if it is missing or fails.")
    ] = False,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The session that the question belongs to: its last turns are at hand.",
            autocompletion=sessions,
        ),
    ] = None,
    all_evidence: Annotated[
        bool, typer.Option("--evidence", help="Show all the evidence, not only what is cited.")
    ] = False,
    max_ms: MaxMs = None,
    verbose: Verbose = False,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """Answer a question from the memory, with citations.

    The exit code is 4 if the memory does not say, 5 if it holds statements in conflict.

    Example: memcli ask "When did we sign the lease?"
    """
    from memcli.cli import days, questions, records, render
    from memcli.cli.streaming import Streamed
    from memcli.documents import answer_document
    from memcli.exits import Exit

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    context.flags |= {
        "llm.model": model,
        "llm.gpu": gpu,
        "llm.url": server if server is not None or model is None else "",  # a model of one's own needs no server
        "llm.allow_remote": "true" if allow_remote else None,
        "llm.max_tokens": given(answer_tokens),
        "llm.temperature": given(temperature),
        "llm.seed": given(seed),
        "llm.strict": "true" if strict else None,
        "ask.limit": given(limit),
    }
    # A pipe keeps what went through it: no half answer of a model that fails may stand there before the fallback's.
    whole_only = fallback and not render.to_terminal()
    streamed = Streamed(wanted=question != "-" and wanted.for_people and not whole_only)
    memory = context.memory_in_use
    where = questions.turn_filter(since=since, until=until, speakers=speaker)
    at = questions.asked_at(now)
    on = days.day("--as-of", as_of, at.date()) if as_of else None
    known = days.end_of(days.day("--known-as-of", known_as_of, at.date())) if known_as_of else None

    def answered(text: str) -> Answer:
        return memory.ask(
            text,
            since=where.since,
            until=where.until,
            speakers=where.speakers,
            session=session,
            as_of=on,
            known_as_of=known,
            deep=deep,
            max_tokens=max_tokens,
            max_ms=max_ms,
            now=at,
            fallback=fallback,
            on_text=streamed.piece,
        )

    def batched(text: str) -> tuple[dict[str, Any], bool]:
        answer = answered(text)
        return answer_document(answer), not answer.abstained

    if question == "-":
        writer = records.Writer(wanted.batch, (*COLUMNS, *records.OF_BATCH), key=None, rows=lambda one: [one])
        raise typer.Exit(questions.batch(context, "question", batched, writer.write))
    answer = answered(question)
    if wanted.for_people:
        render.answer(answer, all_evidence=all_evidence, written=streamed.holds(answer))
    elif wanted.form is records.Form.MD and wanted.fields is None:
        typer.echo(records.answer_in_markdown(answer_document(answer), all_evidence=all_evidence))
    else:
        records.Writer(wanted, COLUMNS, key=None, rows=lambda one: [one]).write(answer_document(answer))
    if verbose:
        context.tell(f"confidence {answer.confidence:.2f}, {answer.method}; {render.timings(answer.timings_ms)}")
    raise typer.Exit(Exit.ABSTAINED if answer.abstained else Exit.CONFLICT if answer.conflicts else Exit.DONE)


def given(value: float | None) -> str | None:
    """A number as a flag's text; None if it was not given."""
    return None if value is None else str(value)
