"""memcli search: find turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Deep, MaxMs, Now, Since, Speaker, Until, Verbose
from memcli.cli.records import FieldsOption, FormOption, NulOption

COLUMNS = ("rank", "said_at", "speaker", "text", "source", "line", "id")


def search(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="QUERY|-", help="What to look for, or - for one a line on stdin.")],
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
    deep: Deep = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most turns shown.")] = 10,
    max_ms: MaxMs = None,
    verbose: Verbose = False,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """Find turns by words and by meaning.

    The exit code is 4 if nothing is found.

    Example: memcli search "cargo bike repair" --since 2024-05-01
    """
    from memcli.cli import questions, records, render
    from memcli.documents import search_document
    from memcli.exits import Exit
    from memcli.recall.pipeline import Recalled

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    memory = context.memory_in_use
    where = questions.turn_filter(since=since, until=until, speakers=speaker)
    at = questions.asked_at(now)

    def found(asked: str) -> Recalled:
        return memory.search(
            asked, since=where.since, until=where.until, speakers=where.speakers, deep=deep, limit=limit,
            max_ms=max_ms, now=at,
        )  # fmt: skip

    def batched(asked: str) -> tuple[dict[str, Any], bool]:
        recalled = found(asked)
        return search_document(asked.strip(), recalled), bool(recalled.candidates)

    if text == "-":
        writer = records.Writer(
            wanted.batch, ("query", *COLUMNS, *records.OF_BATCH), key="hits",
            rows=rows_of_batch,
        )  # fmt: skip
        raise typer.Exit(questions.batch(context, "query", batched, writer.write))
    recalled = found(text)
    document = search_document(text.strip(), recalled)
    records.show(wanted, document, "hits", COLUMNS, lambda: render.hits(recalled, reasons=verbose))
    if verbose:
        context.tell(render.timings(recalled.timings_ms))
    if not recalled.candidates and not context.json:
        archive = not deep and memory.store.archive.count()
        context.tell("nothing found" + (" (--deep looks into the archive too)" if archive else ""))
    raise typer.Exit(Exit.DONE if recalled.candidates else Exit.ABSTAINED)


def rows_of_batch(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The hits of one query of a batch, each with the query and the id that it came with; or what was wrong with it."""
    named = {name: document[name] for name in ("query", "question_id", "error") if name in document}
    return [{**named, **hit} for hit in document["hits"]] if "hits" in document else [named]
