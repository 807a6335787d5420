"""Writes memcli/reference/commands.md, memcli/reference/tables.md and memcli/reference/json.md from the program itself.

    python tests/contracts/reference.py            writes them anew
    python tests/contracts/reference.py --check    says what is not as it is now, and exits with 1

The command reference is what --help says; the tables are those of the schema; the documents are printed by the commands
themselves, over the example logs.
"""

from __future__ import annotations

import difflib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent.parent
WIDTH = "100"

MEANINGS = {
    "answers": "Every answer that was given and kept: the question, when, and its JSON document.",
    "archive": "Turns that faded or were put away: since when and why.",
    "audit": "What `delete`, `undo`, `repair` or `restore --force` took away: kinds and counts, no names and no text.",
    "batches": "Every ingest: when it began and ended, how many turns it added.",
    "claims": "What a turn plainly states, with the characters that say so.",
    "consolidations": "Every consolidation: when, and what it changed.",
    "current_turns": "The turns without those whose message was edited later (a view).",
    "episodes": "Turns of a session that belong together, from the first to the last.",
    "fact_sources": "Which characters of which turn a fact rests on, and whether they say or end it.",
    "facts": "What is believed, worked out from the claims: since when, until when, what took its place.",
    "facts_due": "Subjects whose facts are to be worked out again.",
    "marks": "What is pinned, and what was put away.",
    "memory_states": "Strength of what was recalled, as of the last consolidation.",
    "mentions": "Which turn mentions which name.",
    "migrations": "Which changes of the schema were made, and when.",
    "outbox": "Turns that are committed and not yet in the index, as ranges of seq.",
    "people": "Names that the user gave to persons.",
    "quarantine": "Records that could not be read, with their place and the reason.",
    "recall_events": "Each use of a turn: when, for which answer, and how it was rated.",
    "rejections": "Turns that are no answer to a question, as the user said.",
    "scenes": "Episodes of a conversation about the same.",
    "seen_again": "Turns that another ingest brought too.",
    "sessions": "Conversations as their source keeps them.",
    "settings": "What the memory keeps about itself, by key.",
    "shown": "The name that each speaker is shown under (a view).",
    "source_reads": "How far a source was read, with the hash of what was read.",
    "sources": "The files that turns came from.",
    "speaker_names": "The names that a speaker was seen with.",
    "speakers": "Who speaks, by format and key; `person` joins those who are one.",
    "summaries": "The sentences that stand for an episode or a scene, each a stretch of a turn.",
    "superseded": "Turns whose message was edited later, and the turn that has its present words.",
    "tombstone_keys": "The key of the hashes below.",
    "tombstones": "A keyed hash of each deleted turn, so that reading its log again does not bring it back.",
    "turn_memory": "Which episode and scene a turn is in, and the impression that it made.",
    "turns": "What was said: the ground truth. Times are UTC; `utc_offset` is the speaker's clock, in minutes.",
}
"""What each table holds."""

NOW = "2025-01-01"
RUNS = (
    ("ingest --dry-run", ["ingest", "{examples}/logs", "--dry-run"]),
    ("ingest", ["ingest", "{examples}/logs"]),
    ("consolidate", ["consolidate", "--now", NOW]),
    ("remember", ["remember", "I live in Lisbon.", "--now", NOW]),
    ("ask", ["ask", "When was Maya's job interview?", "--now", NOW]),
    ("search", ["search", "Kipper at the vet", "--now", NOW]),
    ("context", ["context", "the new flat", "--now", NOW, "--max-tokens", "300"]),
    ("open", ["open", "1"]),
    ("why", ["why"]),
    ("why-not", ["why-not", "{turn}", "When was Maya's job interview?", "--now", NOW]),
    ("good, bad", ["good", "--now", NOW]),
    ("pin, unpin, forget", ["pin", "1", "--now", NOW]),
    ("sessions", ["sessions"]),
    ("timeline", ["timeline"]),
    ("speakers", ["speakers"]),
    ("facts", ["facts", "--history", "--now", NOW]),
    ("profile", ["profile", "Tomás", "--now", NOW]),
    ("diff", ["diff", "2024-06-01", "--now", NOW]),
    ("episodes", ["episodes"]),
    ("episodes --scenes", ["episodes", "--scenes"]),
    ("fade", ["fade", "--now", NOW]),
    ("cron show", ["cron", "show"]),
    ("report", ["report", "memory.html", "--now", NOW]),
    ("status", ["status"]),
    ("check", ["check"]),
    ("repair", ["repair"]),
    ("backup", ["backup", "memory.zst"]),
    ("restore", ["--memory", "copy", "restore", "memory.zst"]),
    ("export", ["export", "memory.jsonl"]),
    ("import", ["--memory", "second", "import", "memory.jsonl"]),
    ("sql", ["sql", "SELECT speaker, said_at FROM turns"]),
    ("undo --list", ["undo", "--list"]),
    ("delete", ["--memory", "second", "delete", "--query", "landlady", "--yes", "--prove"]),
    ("config", ["config"]),
    ("models list", ["models", "list"]),
    ("eval", ["eval", "{examples}/evaluation.jsonl"]),
)
"""Documents in the order in which their commands are run, with what is run."""

BY_NAME = {
    "by_category", "channels", "channel_reasons", "channel_scores", "ignored", "installed", "metadata", "redacted",
    "removed", "rows", "settings", "sizes", "tables", "timings_ms", "tiers",
}  # fmt: skip
"""Objects whose keys are names and not fields of the document."""


def commands() -> str:
    """Every command with what its help says, and the exit codes."""
    from memcli.cli.commands import GROUPS
    from memcli.exits import MEANINGS as CODES

    parts = ["# Commands", "", "What `memcli COMMAND --help` says.", "", "```", helped([]), "```"]
    for title, group in GROUPS.items():
        parts += ["", f"## {title}"]
        for name in group:
            for words in [[name], *([name, sub] for sub in subcommands(name))]:
                parts += ["", f"### memcli {' '.join(words)}", "", "```", helped(words), "```"]
    rows = [f"| {code.value} | {meaning} |" for code, meaning in CODES.items()]
    parts += ["", "## Exit codes", "", "| code | meaning |", "|---|---|", *rows]
    return "\n".join([*parts, ""])


def subcommands(name: str) -> list[str]:
    """The commands of a command that is a group."""
    from importlib import import_module

    import typer

    from memcli.cli.commands import ENTRIES

    entry = ENTRIES[name]
    found = getattr(import_module(f"memcli.cli.{entry.module}"), entry.attribute)
    return (
        [one.name or one.callback.__name__ for one in found.registered_commands]
        if isinstance(found, typer.Typer)
        else []
    )


def helped(words: list[str]) -> str:
    """What --help prints, without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in ran([*words, "--help"])[1].strip().splitlines())


def tables() -> str:
    """Every table of the catalogue with its columns. Fails for a table whose meaning is not told above."""
    import duckdb

    from store.migrations import migrate
    from store.tables import TABLES

    with duckdb.connect() as connection:
        migrate(connection)
        rows = connection.execute(
            """SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
               WHERE NOT internal ORDER BY table_name, column_index"""
        ).fetchall()
    points = {(one.name, to.column): f"{to.table}.{to.target}" for one in TABLES for to in one.refers}
    known_by = {one.name: ", ".join(f"`{column}`" for column in one.identity) for one in TABLES}
    parts = ["# Tables", "", "The tables that `memcli sql` reads. Times are UTC, without a zone."]
    before = None
    for table, column, kind, nullable in rows:
        if table != before:
            if table not in MEANINGS:
                raise SystemExit(f"say in MEANINGS of {__file__} what the table {table} holds")
            parts += ["", f"## {table}", "", MEANINGS[table]]
            parts += [f"A row is known by {known_by[table]}."] if table in known_by else []
            parts += ["", "| column | type | points to |", "|---|---|---|"]
            before = table
        null = ", may be null" if nullable else ""
        parts.append(f"| {column} | {kind}{null} | {points.get((table, column), '')} |")
    return "\n".join([*parts, ""])


def documents() -> str:
    """The fields of every JSON document, with their types, as the commands print them."""
    parts = [
        "# JSON",
        "",
        "What the commands print with `--json`, field by field, as they print it over the example logs. `[]` is each",
        "entry of a list, `{name}` each key of an object whose keys are names. What fields mean stands in the README.",
    ]
    values = {"examples": str(REPOSITORY / "examples"), "turn": ""}
    for title, arguments in RUNS:
        code, printed = ran(["--json", *(one.format(**values) for one in arguments)])
        if code not in (0, 3, 4) or not printed:
            raise SystemExit(f"memcli {' '.join(arguments)} exits with {code}")
        document = json.loads(printed)
        if title == "search":
            values["turn"] = document["hits"][0]["id"]
        fields: dict[str, set[str]] = {}
        for path, kind in typed(document):
            fields.setdefault(path, set()).add(kind)
        parts += ["", f"## {title}", "", "| field | type |", "|---|---|"]
        parts += [f"| {path} | {' or '.join(sorted(kinds - {'?'} or kinds))} |" for path, kinds in fields.items()]
    return "\n".join([*parts, ""])


def typed(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a document as (path, type), in the order in which they are printed."""
    if isinstance(value, dict):
        by_name = path.rpartition(".")[2].removesuffix("[]") in BY_NAME
        if path and not value:
            yield path, "object"
        for key, inner in value.items():
            yield from typed(inner, f"{path}.{{name}}" if by_name else f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield path, "list"
        for inner in value:
            yield from typed(inner, f"{path}[]")
    else:
        names = {bool: "boolean", int: "number", float: "number", str: "text", type(None): "null"}
        yield path, names[type(value)]


def ran(arguments: list[str]) -> tuple[int, str]:
    """Exit code and standard output of a run of memcli in this process."""
    from memcli.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue()


PAGES: dict[str, Callable[[], str]] = {"commands.md": commands, "tables.md": tables, "json.md": documents}


def main(check: bool) -> int:
    """Write the pages, or compare them."""
    stale = 0
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, COLUMNS=WIDTH, TZ="UTC")
        for name in [one for one in os.environ if one.startswith(("MEMCLI_", "XDG_"))]:
            del os.environ[name]
        os.chdir(home)
        os.umask(0o077)
        for name, made in PAGES.items():
            text, path = made(), REPOSITORY / "memcli" / "reference" / name
            old = path.read_text(encoding="utf-8") if path.exists() else ""
            if check and text != old:
                stale = 1
                sys.stdout.writelines(
                    difflib.unified_diff(old.splitlines(True), text.splitlines(True), str(path), "now")
                )
            elif not check:
                path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
