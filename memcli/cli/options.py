"""Options that `ask` and `search` share."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.completion import speakers

Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only what was said on this day or later.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Only what was said before this day.")]
Speaker = Annotated[
    list[str] | None,
    typer.Option("--speaker", metavar="NAME", help="Only what they said (may be repeated).", autocompletion=speakers),
]
Deep = Annotated[bool, typer.Option("--deep", help="Look into the archive too: what has faded, or was put away.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also show what found it, how sure it is, and how long each step took.")
]
Now = Annotated[
    str | None, typer.Option("--now", metavar="TIME", help="Answer as if it were this moment (default: the clock).")
]
MaxMs = Annotated[
    int | None,
    typer.Option(
        "--max-ms", min=1, metavar="N", help="Begin nothing new after N milliseconds; what is left out is named."
    ),
]
