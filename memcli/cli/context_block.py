"""memcli context: a block of evidence for another program's prompt."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now, Since, Speaker, Until


def context(
    ctx: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="What the block is to be about.")],
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=16, help="Longest block, in tokens.")] = 2000,
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
) -> None:
    """Print what the memory holds on a topic as one block for another program's prompt.

    The block never has more than --max-tokens tokens, counted over all that is printed by the built-in model's
    tokenizer. Turns are never cut; what did not fit is counted on stderr. The exit code is 4 if nothing is found.

    Example: memcli context "the new flat" --max-tokens 500 | llm "Draft a letter to the landlady"
    """
    from memcli.cli import questions, render
    from memcli.documents import SCHEMA, evidence_document
    from memcli.exits import Exit

    shared: Context = ctx.obj
    where = questions.turn_filter(since=since, until=until, speakers=speaker)
    block = shared.memory_in_use.context(
        topic,
        max_tokens=max_tokens,
        since=where.since,
        until=where.until,
        speakers=where.speakers,
        now=questions.asked_at(now),
    )
    if shared.json:
        render.document(
            {
                "schema": SCHEMA,
                "topic": topic.strip(),
                "max_tokens": max_tokens,
                "tokens": block.tokens,
                "text": block.text,
                "evidence": [evidence_document(one) for one in block.evidence],
                "left_out": block.left_out,
            }
        )
    elif block.text:
        typer.echo(block.text)
    if block.left_out:
        shared.tell(f"{block.left_out} of {block.found} turns left out: the block may have {max_tokens} tokens")
    if not block.found:
        shared.tell("nothing found")
    raise typer.Exit(Exit.DONE if block.evidence else Exit.ABSTAINED)
