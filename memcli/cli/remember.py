"""memcli remember: a note of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now


def remember(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="What to remember, or - to read it from stdin.")],
    redact: Annotated[bool, typer.Option(help="Take secrets (keys, tokens, card numbers) out.")] = True,
    now: Now = None,
) -> None:
    """Remember a note, which can then be found like anything said.

    What it states plainly becomes a fact, and "always ..." or "from now on ..." a standing instruction.

    Example: memcli remember "My locker number is B-17."
    """
    import sys

    from memcli.cli import questions, render
    from memcli.documents import note_document

    context: Context = ctx.obj
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    noted = context.memory_in_use.remember(text, now=questions.asked_at(now), redact=redact)
    changes = noted.facts.changes if noted.facts else []
    if context.json:
        render.document(note_document(noted))
    else:
        render.printer()((f"remembered as {noted.turn_id[:12]}", ""))
        for one in changes:
            render.printer()((f"  {one.what}: {one.subject}, {one.predicate}: {one.object}", "dim"))
    for kind, count in sorted(noted.redacted.items()):
        context.tell(f"redacted {count} of kind {kind}")
    if noted.facts is None:
        context.tell(
            "many turns are not yet read for facts: what this note states becomes a fact with the next consolidation"
        )
