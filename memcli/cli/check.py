"""memcli check: what is damaged, if anything."""

from __future__ import annotations

import typer

from memcli.cli.context import Context


def check(ctx: typer.Context) -> None:
    """Look for damage, and change nothing.

    Reads every row, computes every checksum again, and compares the index with the catalogue. The exit code is 14 if
    anything is not as it should be; `memcli repair` mends it.

    Example: memcli check --json
    """
    import time
    from contextlib import ExitStack

    from memcli import engines_in_use
    from memcli.cli import render
    from memcli.documents import findings_document
    from memcli.exits import Exit
    from memcli.ingest.mending import check_vectors
    from store.check import check as findings_of
    from store.check import network_file_system
    from store.errors import StoreUnwritable

    context: Context = ctx.obj
    began = time.monotonic()
    store = context.store(exposed=True)
    with ExitStack() as held:
        try:
            held.enter_context(store.locks.writer())
        except StoreUnwritable as error:
            context.tell(f"looking without a lock: {error}")
        findings = list(findings_of(store))
        if all(finding.kind not in ("catalogue", "index") for finding in findings):
            findings += check_vectors(store, engines_in_use.embedder(context.config, store))
    network = network_file_system(store.folder)
    if network:
        context.tell(
            f"the memory lies on {network}: locks may not be seen by other machines; use it from one at a time"
        )
    document = findings_document(findings, time.monotonic() - began)
    if context.json:
        render.document(document)
    else:
        render.findings(findings)
    raise typer.Exit(Exit.STORE_DAMAGED if findings else Exit.DONE)
