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
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="With --mcp: also offer to remember notes.")
    ] = False,
) -> None:
    """Serve the memory to another program, such as an assistant that speaks the Model Context Protocol.

    It offers search, ask, facts and open, and changes nothing; with --allow-write also remember.

    Example: memcli --memory family serve --mcp
    """
    from memcli.usage import UsageError

    context: Context = ctx.obj
    if not mcp:
        raise UsageError("which protocol?", hint="memcli serve --mcp")
    try:
        from memcli.serve.mcp import serve as serve_mcp
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise UsageError("the SDK of the protocol is not installed", hint="pip install 'memcli[mcp]'") from error
    memory = context.memory_in_use
    _ = memory.store  # if there is none, whoever starts the server should be told, not whoever first asks
    serve_mcp(memory, allow_write=allow_write)
