"""memcli delete: erase turns for good."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.completion import sessions
from memcli.cli.context import Context

if TYPE_CHECKING:
    from store.catalogue import Catalogue

SHOWN = 5
"""Turns that a preview shows."""

SHORTEST_ID = 8
"""Characters that the beginning of an id needs: a slip must not delete by a few of them."""


def delete(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of turns (or how they begin).")
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="ID|TITLE", help="All of this session.", autocompletion=sessions)
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="PATH", help="All that came from this file or folder.")] = None,
    speaker: Annotated[str | None, typer.Option(metavar="NAME", help="All that they said.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Said on this day or later.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Said before this day.")] = None,
    query: Annotated[str | None, typer.Option(metavar="TEXT", help="Turns with this text in them.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for scripts.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and delete nothing.")] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="Look for the deleted text in every file afterwards; write a receipt.")
    ] = False,
    receipt: Annotated[str | None, typer.Option(metavar="FILE", help="Where the receipt of --prove goes.")] = None,
) -> None:
    """Erase turns, and all that was made of them, from every file of the memory.

    What several options name is deleted only where all of them hold. Deleted turns stay away when a log is read again
    (`ingest --allow-return` lets them in). Backups and the logs themselves are not touched.

    Example: memcli delete --speaker "Old Flatmate" --until 2020-01-01 --prove
    """
    from memcli.documents import deletion_document
    from memcli.exits import Exit
    from memcli.usage import UsageError
    from store import erase
    from store import prove as proving

    context: Context = ctx.obj
    if receipt and not prove:
        raise UsageError("--receipt goes with --prove")
    chosen = _condition(ids, session, source, since, until, query, anything=speaker is not None)
    store = context.store()
    if prove and store.place is not None:
        raise UsageError(
            f"nothing can be proved of the index at {store.place.uri}",
            hint="storage may keep old versions of objects that nobody but its owner sees; without --prove it deletes",
        )
    store.locks.shown_as = "memcli delete"  # what is to be deleted is not for others to read, nor to be left in a file
    with store.reading() as catalogue:
        if speaker is not None:
            _add_speaker(chosen, speaker, catalogue)
        count = erase.choose(catalogue.connection, *chosen.condition)
        preview = _preview(catalogue)
        names = _names(catalogue)
    if not count:
        raise UsageError("nothing in the memory is that", hint="`memcli search ... --json` shows ids and names")
    if speaker is not None and not dry_run:
        also = ", ".join(name for name in names if name.lstrip("@").lower() != speaker.lstrip("@").lower())
        if also:
            context.tell(f"{speaker} also speaks as {also}: those turns go too")
    if dry_run:
        _show(context, deletion_document(count, preview, names, {}, None, None, deleted=False))
        return
    if not yes:
        _confirm(context, count, preview)
    with store.locks.writer():
        store.fold_spool()
        with store.reading() as catalogue:
            erase.choose(catalogue.connection, *chosen.condition)
            texts, deleted_ids = proving.deleted_texts(catalogue.connection) if prove else ([], [])
        removed = erase.erase(store, *chosen.condition, command="delete", what=chosen.what)
        erase.finish(store)
        proof = place = None
        if prove:
            proof = proving.Receipt(datetime.now(UTC), chosen.what, removed, 0, 0, 0)
            proving.look(store, texts, deleted_ids, proof)
            place = proving.keep_receipt(store, proof, Path(receipt).expanduser().absolute() if receipt else None)
    _show(context, deletion_document(removed.get("turns", 0), preview, names, removed, proof, place, deleted=True))
    if proof and not proof.clean:
        raise typer.Exit(Exit.STORE_DAMAGED)


class _Chosen:
    """What is to be deleted: an SQL condition over turns t, sessions s and sources o, and its kinds in words."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.parameters: list[Any] = []
        self.kinds: list[str] = []

    def add(self, kind: str, sql: str, *parameters: Any) -> None:
        self.kinds.append(kind)
        self.parts.append(sql)
        self.parameters += parameters

    @property
    def condition(self) -> tuple[str, list[Any]]:
        return " AND ".join(f"({part})" for part in self.parts), self.parameters

    @property
    def what(self) -> str:
        return "by " + ", ".join(self.kinds)


def _condition(
    ids: list[str] | None,
    session: str | None,
    source: str | None,
    since: str | None,
    until: str | None,
    query: str | None,
    *,
    anything: bool,
) -> _Chosen:
    """What the options name, but for the speaker. anything: whether there is one."""
    from memcli.cli.questions import moment
    from memcli.usage import UsageError

    chosen = _Chosen()
    for one in ids or ():
        if len(one) < SHORTEST_ID:
            raise UsageError(f"{one} is too short for an id", hint=f"give at least {SHORTEST_ID} characters of it")
    if ids:
        any_of = " OR ".join(["starts_with(t.id, ?)"] * len(ids))
        chosen.add("id", any_of, *(one.lower() for one in ids))
    if session is not None:
        chosen.add("session", "s.id = ? OR s.native_id = ? OR s.title = ?", session, session, session)
    if source is not None:
        path = str(Path(source).expanduser().absolute()) if source != "-" else source
        chosen.add("source", "o.uri = ? OR o.uri = ? OR starts_with(o.uri, ?)", source, path, path.rstrip("/") + "/")
    for kind, text, comparison in (("since", since, ">="), ("until", until, "<")):
        if text is not None:
            at = moment(f"--{kind}", text)
            assert at is not None
            chosen.add(kind, f"t.said_at {comparison} ?", at.replace(tzinfo=None))
    if query is not None:
        if not query.strip():
            raise UsageError("--query is empty")
        chosen.add("query", "contains(lower(t.text), lower(?))", query.strip())
    if not chosen.parts and not anything:
        raise UsageError(
            "nothing is named", hint="name ids, or use --session, --source, --speaker, --since, --until, --query"
        )
    return chosen


def _add_speaker(chosen: _Chosen, name: str, catalogue: Catalogue) -> None:
    """All speakers of the people who are called so: `speakers merge` said who is one person."""
    from store.speakers import Speakers, people_called

    people = people_called(name, Speakers(catalogue.connection).people())
    chosen.add(
        "speaker",
        "t.who IN (SELECT number FROM speakers WHERE list_contains(?, person)) "
        "OR (t.who IS NULL AND lower(t.speaker) = lower(?))",
        [person.number for person in people],
        name,
    )


def _names(catalogue: Catalogue) -> list[str]:
    """Under which names the turns that go were said."""
    rows = catalogue.connection.execute("SELECT DISTINCT speaker FROM gone_turns ORDER BY speaker").fetchall()
    return [str(row[0]) for row in rows]


def _preview(catalogue: Catalogue) -> list[dict[str, Any]]:
    rows = catalogue.connection.execute(
        "SELECT id, speaker, said_at, text FROM gone_turns ORDER BY said_at NULLS FIRST, seq LIMIT ?", [SHOWN]
    ).fetchall()
    from memcli.documents import moment

    return [
        {"id": id_, "speaker": who, "said_at": moment(at.replace(tzinfo=UTC) if at else None), "text": text}
        for id_, who, at, text in rows
    ]


def _confirm(context: Context, count: int, preview: list[dict[str, Any]]) -> None:
    from memcli.cli import render
    from memcli.usage import UsageError

    if context.json or not sys.stdin.isatty():
        raise UsageError(f"{count} turns would be deleted", hint="--yes deletes without asking, --dry-run shows them")
    render.to_delete(count, preview)
    typer.confirm(f"Delete {count} turns for good?", abort=True, err=True)


def _show(context: Context, document: dict[str, Any]) -> None:
    from memcli.cli import render

    if context.json:
        render.document(document)
    elif not context.quiet:
        render.deleted(document)
