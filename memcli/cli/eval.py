"""memcli eval: how good recall and answers are, on questions whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.completion import models
from memcli.cli.context import Context

if TYPE_CHECKING:
    from memcli.evaluate.report import Difference
    from memcli.evaluate.run import Outcome

WORSE = ("recall_at_10", "ndcg_at_10", "answer_f1", "right_to_answer")
"""What `--compare` and `--mine` watch: a fall that is no accident ends with exit code 3."""


def evaluate(
    ctx: typer.Context,
    dataset: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATASET", help="LoCoMo, LongMemEval (evidence sessions), REALTALK, BEAM or JSON Lines."
        ),
    ] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Use a private test made from this memory's own turns instead.")
    ] = False,
    ablate: Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL", help="Recall without this channel (may be repeated).")
    ] = None,
    label_errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Cases with labels known to be wrong: figures without them too.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="RUN.json", help="Keep the run, to compare with later.")] = None,
    compare: Annotated[Path | None, typer.Option(metavar="RUN.json", help="Show what changed since that run.")] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Have a GGUF model say which answers are right, too.",
            autocompletion=models,
        ),
    ] = None,
    questions: Annotated[int | None, typer.Option(min=1, help="Ask only the first so many questions.")] = None,
) -> None:
    """Measure recall and answers on questions whose answers are known.

    The exit code is 3 if a compared run is worse beyond chance.

    Example: memcli eval examples/evaluation.jsonl
    """
    import json
    from dataclasses import replace
    from typing import get_args

    from memcli import engines_in_use
    from memcli.answer.pipeline import Budget
    from memcli.cli import render, render_eval
    from memcli.documents import SCHEMA
    from memcli.evaluate import datasets, report
    from memcli.evaluate import mine as own
    from memcli.evaluate.run import run
    from memcli.exits import Exit
    from memcli.ingest.indexing import heal
    from memcli.types import Channel
    from memcli.usage import UsageError

    context: Context = ctx.obj
    settings = context.config
    if (dataset is None) == (not mine):
        raise UsageError("name a DATASET, or say --mine", hint="memcli eval --help")
    known = get_args(Channel)
    for channel in ablate or ():
        if channel not in known:
            raise UsageError(f"there is no channel {channel!r}", hint=f"channels: {', '.join(known)}")
    engines = engines_in_use.for_recall(settings, context.store() if mine else None)
    budget = Budget(turns=settings["ask.limit"], tokens=settings["ask.budget"])
    writing = context.memory_in_use.writing()
    earlier = _run(compare) if compare else None
    if mine:
        store = context.store()
        heal(store, engines.embedder, context.progress())
        kept = own.kept_run(store)
        loaded = own.cases(store, count=questions or own.QUESTIONS)
        outcomes = own.run(store, loaded, engines, budget, ablate or ())  # type: ignore[arg-type]
        earlier = earlier or (_run(kept) if kept and kept.is_file() and not ablate else None)
    else:
        assert dataset is not None
        loaded = datasets.load(dataset, label_errors)
        if questions:
            loaded = replace(loaded, cases=loaded.cases[:questions])
        outcomes = run(
            loaded,
            engines,
            budget=budget,
            ablate=ablate or (),  # type: ignore[arg-type]
            writing=writing,
            progress=context.progress(),
        )
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "dataset": loaded.name,
        "level": loaded.level,
        "without": list(ablate or ()),
        **report.figures(outcomes),
    }
    if judge is not None:
        document["judged"] = _judged(context, judge, outcomes)
    cases = report.by_case(outcomes)
    changes: list[Difference] = []
    if earlier is not None:
        changes = report.compare(earlier["cases"], cases)
        document["changes"] = [one._asdict() | {"change": one.change._asdict()} for one in changes]
    if save or (mine and not ablate):
        target = save or kept
        if target:
            target.write_text(json.dumps(document | {"cases": cases}) + "\n", encoding="utf-8")
    if context.json:
        render.document(document)
    else:
        render_eval.evaluation(document)
    worse = [one.metric for one in changes if one.metric in WORSE and one.change.high < 0]
    if worse:
        context.tell(f"worse than before: {', '.join(worse)}")
        raise typer.Exit(Exit.SOME_SKIPPED)


def _judged(context: Context, judge: str, outcomes: list[Outcome]) -> dict[str, Any]:
    from dataclasses import replace

    from memcli import engines_in_use
    from memcli.evaluate.judge import judged, opinion

    values = {**context.config.values, "llm.model": judge, "llm.url": ""}
    settings = replace(context.config, values=values)
    generator = engines_in_use.generator(settings)
    try:
        context.tell(f"judging: {engines_in_use.told_of(settings, generator)}")
        with context.progress().phase("judge", len(outcomes), "questions") as advance:
            return opinion(engines_in_use.model_path(judge).name, judged(outcomes, generator, advance))
    finally:
        getattr(generator, "close", lambda: None)()


def _run(path: Path) -> dict[str, Any]:
    import json

    from memcli.ingest.errors import InputUnreadable

    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        document["cases"].items()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputUnreadable(f"{path} is no run that `memcli eval --save` kept: {error}") from error
    return document
