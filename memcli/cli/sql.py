"""memcli sql: a read-only look at the tables."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def sql(
    ctx: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="STATEMENT|-", help="One SELECT, or - for standard input.")],
) -> None:
    """Run one read-only SQL statement over the memory's tables (see the README).

    In a pipe the rows are separated by tabs, after a line with the names of the columns.

    Example: memcli sql "SELECT speaker, count(*) FROM turns GROUP BY ALL ORDER BY 2 DESC"
    """
    import sys

    from memcli.cli import render
    from memcli.cli.documents import table_document
    from memcli.usage import UsageError
    from store.errors import SqlRefused
    from store.sql import query

    context: Context = ctx.obj
    text = sys.stdin.read() if statement == "-" else statement
    try:
        columns, rows = query(context.store(), text)
    except SqlRefused as error:
        raise UsageError(str(error), hint='`memcli sql "SHOW TABLES"` lists the tables') from error
    if context.json:
        render.document(table_document(columns, rows))
    else:
        render.table(columns, rows)
