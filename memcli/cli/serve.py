"""memcli serve: let other programs use the memory, over a protocol. Each protocol has its file in memcli/serve."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def serve(
    ctx: typer.Context,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Serve the Model Context Protocol on standard input and output.")
    ] = False,
    idle: Annotated[
        float, typer.Option("--idle", min=0.01, metavar="MINUTES", help="End when nobody has asked for so long.")
    ] = 30,
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="With --mcp: also offer to remember notes.")
    ] = False,
) -> None:
    """Keep the memory and its models open, so that `ask`, `search` and `ingest` need not load them each time.

    They find it by themselves, behind a socket that only you can open, and work as ever where there is none. With --mcp
    it serves an assistant that speaks the Model Context Protocol instead, on standard input and output: search, ask,
    facts and open, which change nothing; with --allow-write also remember.

    Example: memcli --memory family serve
    """
    from memcli.usage import UsageError

    context: Context = ctx.obj
    if not mcp:
        from memcli.cli.main import run_here
        from memcli.serve.socket import serve as serve_socket

        memory = context.memory_in_use
        _ = memory.store  # if there is none, say so now
        serve_socket(memory, idle_s=60 * idle, tell=context.tell, run=run_here)
        return
    try:
        from memcli.serve.mcp import serve as serve_mcp
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise UsageError("the SDK of the protocol is not installed", hint="pip install 'memcli[mcp]'") from error
    memory = context.memory_in_use
    _ = memory.store  # if there is none, whoever starts the server should be told, not whoever first asks
    serve_mcp(memory, allow_write=allow_write)
