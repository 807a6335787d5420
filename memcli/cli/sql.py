"""memcli sql: a read-only look at the tables."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.records import FieldsOption, FormOption, NulOption


def sql(
    ctx: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="STATEMENT|-", help="One SELECT, or - for standard input.")],
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """Run one read-only SQL statement over the memory's tables (see the README).

    In a pipe the rows are separated by tabs, after a line with the names of the columns.

    Example: memcli sql "SELECT speaker, count(*) FROM turns GROUP BY ALL ORDER BY 2 DESC"
    """
    import sys

    from memcli.cli import records, render
    from memcli.documents import table_document
    from memcli.usage import UsageError
    from store.errors import SqlRefused
    from store.sql import query

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    text = sys.stdin.read() if statement == "-" else statement
    try:
        columns, rows = query(context.store(), text)
    except SqlRefused as error:
        raise UsageError(str(error), hint='`memcli sql "SHOW TABLES"` lists the tables') from error
    document = table_document(columns, rows)
    if context.json:
        render.document(document)
    elif wanted.for_people:
        render.table(columns, rows)
    else:
        named = {"rows": [dict(zip(columns, row, strict=True)) for row in document["rows"]]}
        records.show(wanted, named, "rows", columns, lambda: None)
