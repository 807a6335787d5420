"""Every command by name: where its code is, and what help says of it. A command's code is imported when it is called.

Importing and building three dozen commands would take longer than most of them need to answer, so the list that help
shows is made of these lines alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from memcli.cli.parameters import TakesAsItIs

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class Entry(NamedTuple):
    """A command: the module in memcli.cli, the function (or the typer app) in it, its line of help."""

    module: str
    attribute: str
    help: str


GROUPS: Mapping[str, Mapping[str, Entry]] = {
    "Bring conversations in": {
        "init": Entry("init", "init", "Make a memory, encrypted if you like."),
        "ingest": Entry("ingest", "ingest", "Read conversation logs into the memory."),
        "speakers": Entry("speakers", "app", "Show who speaks, and merge who is one person."),
        "undo": Entry("undo", "undo", "Take one ingest back."),
        "remember": Entry("remember", "remember", "Remember a note."),
    },
    "Ask and look": {
        "ask": Entry("ask", "ask", "Answer a question, with citations."),
        "chat": Entry("chat", "chat", "Ask one question after the other."),
        "search": Entry("search", "search", "Find turns by words and by meaning."),
        "context": Entry("context_block", "context", "Print evidence for another program's prompt."),
        "open": Entry("open_turn", "open_turn", "Show a turn where it was said, with file and line."),
        "sessions": Entry("sessions", "sessions", "List conversations, the latest first."),
        "timeline": Entry("timeline", "timeline", "Show how much was said when."),
        "facts": Entry("facts", "facts", "Show what is known, since when, and from which words."),
        "profile": Entry("profile", "profile", "Show what is known of a person."),
        "diff": Entry("diff", "diff", "Show which beliefs changed since a day."),
        "episodes": Entry("episodes", "episodes", "List episodes and scenes with their gist."),
        "why": Entry("why", "why", "Show why the turns behind an answer were chosen."),
        "why-not": Entry("why_not", "why_not", "Show where an expected turn was lost."),
    },
    "Remember and forget": {
        "good": Entry("ratings", "good", "Say that an answer was right."),
        "bad": Entry("ratings", "bad", "Say that an answer was wrong."),
        "pin": Entry("marks", "pin", "Keep a memory at hand: it never fades."),
        "unpin": Entry("marks", "unpin", "Let a memory fade in its own time again."),
        "forget": Entry("marks", "forget", "Put a memory away, without erasing it."),
        "fade": Entry("fade", "fade", "Draw how memories fade, and what fades soon."),
        "consolidate": Entry("consolidate", "consolidate", "Make episodes, gist and facts of what is new."),
    },
    "Keep it safe": {
        "status": Entry("status", "status", "Show where the memory is and what it holds."),
        "check": Entry("check", "check", "Look for damage, and change nothing."),
        "repair": Entry("repair", "repair", "Mend damage."),
        "backup": Entry("backup", "backup", "Write the whole memory to one compressed file."),
        "restore": Entry("restore", "restore", "Bring a memory back from a backup."),
        "export": Entry("export", "export", "Write everything as JSON Lines or Parquet."),
        "import": Entry("import_", "import_", "Take in an export."),
        "delete": Entry("delete", "delete", "Erase turns, and all that was made of them, for good."),
        "report": Entry("report", "report", "Write the memory as a web page to look at."),
        "sql": Entry("sql", "sql", "Run one read-only SQL statement."),
    },
    "Set up and measure": {
        "config": Entry("config", "config", "Show or change settings."),
        "models": Entry("models", "app", "List, add, check and choose models."),
        "eval": Entry("eval", "evaluate", "Measure recall and answers on known questions."),
        "completion": Entry("completion", "completion", "Install completion for your shell."),
        "cron": Entry("cron", "app", "Keep the memory fresh by cron or systemd."),
        "serve": Entry("serve", "serve", "Keep the memory open for commands, or serve it (MCP)."),
    },
}
"""The commands in the groups and the order in which help shows them."""

ENTRIES: Mapping[str, Entry] = {name: entry for group in GROUPS.values() for name, entry in group.items()}


class _Commands(MutableMapping[str, Any]):
    """The commands as typer wants them, each made when it is first looked at; `made`: those that are made already."""

    def __init__(self, made: Mapping[str, Command]) -> None:
        self._made = dict(made)

    def __getitem__(self, name: str) -> Command:
        if name not in self._made:
            entry = ENTRIES[name]
            found = getattr(import_module(f"memcli.cli.{entry.module}"), entry.attribute)
            if not isinstance(found, typer.Typer):
                one = typer.Typer(rich_markup_mode=None, add_completion=False)
                one.command(name, cls=Verb)(found)
                found = one
            self._made[name] = typer.main.get_command(found)
        return self._made[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**ENTRIES, **self._made})

    def __len__(self) -> int:
        return len({**ENTRIES, **self._made})


class Verb(TakesAsItIs, TyperCommand):
    """One command."""


class Program(TakesAsItIs, TyperGroup):
    """memcli itself: a group whose commands are the entries above."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(self.commands)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """List the commands by group, from their entries alone."""
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in group.items()], col_max=16)
