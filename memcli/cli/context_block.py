"""memcli context: a block of evidence for another program's prompt."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now, Since, Speaker, Until

POOL = 200
"""Most turns that a block is chosen from."""


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
    from memcli.answer.context import context_block
    from memcli.cli import engines_in_use, questions, render
    from memcli.cli.documents import SCHEMA, evidence_document
    from memcli.exits import Exit
    from memcli.ingest.indexing import heal
    from memcli.recall.pipeline import recall

    shared: Context = ctx.obj
    store = shared.store()
    engines = engines_in_use.for_recall()
    heal(store, engines.embedder, shared.progress())
    query = questions.query(topic, since=since, until=until, speakers=speaker, now=now, limit=POOL)
    found = recall(query, store, engines).candidates
    block = context_block(found, max_tokens=max_tokens, count_tokens=engines_in_use.embedder().count_tokens)
    if shared.json:
        render.document(
            {
                "schema": SCHEMA,
                "topic": query.text,
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
        shared.tell(f"{block.left_out} of {len(found)} turns left out: the block may have {max_tokens} tokens")
    if not found:
        shared.tell("nothing found")
    raise typer.Exit(Exit.DONE if block.evidence else Exit.ABSTAINED)
