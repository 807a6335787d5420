"""Everything that is printed for people to read, and the JSON for programs.

On a terminal Rich adds colour and wraps; in a pipe there is plain text, one record a line as long as it may be.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memcli.cli.streaming import shown
from memcli.config import Config, Option
from memcli.ingest.normalise import visible
from memcli.recall.query import places_of, stems
from memcli.types import Answer, Candidate, Locator, Turn

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from memcli.ingest.report import IngestReport
    from memcli.recall.pipeline import Recalled
    from store.backup import Backup
    from store.batches import BatchRow
    from store.check import Finding
    from store.speakers import PersonRow

SPEAKERS_SHOWN = 8
HANGING = 2
"""By so many characters the rest of a long line stands further in."""

CELL = 12
"""A table whose columns would be narrower than that is printed row by row."""

_NOT_PRINTED = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""What rich takes out of a text."""

NEAREST_SHOWN = 3
"""Turns that are shown as nearest where the memory does not say."""


def document(value: dict[str, Any]) -> None:
    """A JSON document on one line of stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def to_terminal() -> bool:
    """Whether a person watches stdout."""
    return sys.stdout.isatty()


def answer(answer: Answer, *, all_evidence: bool, written: bool) -> None:
    """The answer, then the evidence under its numbers. written: its text stands there already, its line not ended."""
    console = _console_if_styled()
    if written:
        _say(console)
    else:
        _say(console, (shown(answer.text), "" if answer.abstained else "bold"))
    if answer.abstained:
        nearest = sorted(answer.evidence, key=lambda one: -one.score)[:NEAREST_SHOWN]
        told = sorted(nearest, key=lambda one: one.number)
    else:
        told = [one for one in answer.evidence if all_evidence or one.number in answer.citations]
    marks = stems(answer.question)
    for evidence in told:
        _say(console)
        _turn(console, f"[{evidence.number}]", evidence.turn, marks=marks)


def hits(recalled: Recalled, *, reasons: bool = False) -> None:
    """Found turns, best first; reasons: with the channels that found them and their ranks there."""
    console = _console_if_styled()
    for rank, candidate in enumerate(recalled.candidates, start=1):
        if rank > 1:
            _say(console)
        note = _reasons(candidate) if reasons else ""
        _turn(console, f"{rank}.", candidate.turn, note=note, marks=recalled.question.terms)


def conversation(title: str, turns: Sequence[Turn], marked: str) -> None:
    """A stretch of a session, with one turn marked."""
    console = _console_if_styled()
    _say(console, (title, "bold"))
    for turn in turns:
        here = turn.id == marked
        _say(console)
        _turn(console, ">" if here else " ", turn, style="bold" if here else "")


def versions(turns: Sequence[Turn], marked: str) -> None:
    """All words that an edited message has had, the present ones last."""
    console = _console_if_styled()
    _say(console)
    for turn in turns:
        when = "now" if turn is turns[-1] else "before"
        _say(console, (f"{'>' if turn.id == marked else ' '} {when:6} ", "dim"), (turn.text, ""),
             (f"  {place(turn.locator)}  {turn.id[:12]}", "dim"))  # fmt: skip


def ingested(report: IngestReport) -> None:
    """What an ingest did: a line for each source, and the sum."""
    console = _console()
    for source in report.sources:
        if source.unchanged:
            _line(
                console,
                _text(f"{place(Locator(source=source.uri))}  ", ""),
                _text(f"{source.format}", "cyan"),
                _text(f"  unchanged, {_count(source.turns_read, 'turn')} known", "dim"),
            )
        elif source.format is not None:
            known = source.turns_read - source.turns_added
            _line(
                console,
                _text(f"{place(Locator(source=source.uri))}  ", ""),
                _text(f"{source.format}", "cyan"),
                _text(f"  {_count(source.turns_added, 'new turn')}", ""),
                _text(f", {known:,} known" if known else "", "dim"),
                _text(f", {len(source.skipped):,} skipped" if source.skipped else "", "yellow"),
            )
    rate = report.turns_added / report.seconds if report.seconds else 0
    _line(console, _text(f"{_count(report.turns_added, 'turn')} added in {report.seconds:.1f} s", "bold"),
          _text(f" ({rate:,.0f} a second)" if report.turns_added else "", "dim"))  # fmt: skip


def speakers(people: Sequence[PersonRow], me: str | None) -> None:
    """Who speaks, a line each, those who said most first."""
    from memcli.documents import is_me

    console = _console()
    for person in people:
        others = [name for name in person.names if name != person.name]
        first, last = person.first_said_at, person.last_said_at
        formats = ", ".join(sorted({format_name for format_name, _ in person.speakers}))
        _line(
            console,
            _text(person.name, "green"),
            _text(" (you)" if is_me(person, me) else "", "bold"),
            _text(f"  {_count(person.turns, 'turn')} in {_count(person.sessions, 'session')}", ""),
            _text(f", {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first and last else "", "cyan"),
            _text(f"  {formats}, {_count(person.sources, 'source')}, #{person.number}", "dim"),
            _text(f", also {', '.join(others)}" if others else "", "dim"),
        )


def batches(rows: Sequence[BatchRow]) -> None:
    """Ingests that can be taken back, newest first, with what each alone brought."""
    console = _console()
    for batch in rows:
        shown = [place(Locator(source=uri)) for uri in batch.sources[:3]]
        more = f" and {len(batch.sources) - 3:,} more" if len(batch.sources) > 3 else ""
        shared = f" ({batch.shared_turns:,} more that others brought too)" if batch.shared_turns else ""
        _line(
            console,
            _text(batch.id[:12], "bold"),
            _text(f"  {batch.started_at:%Y-%m-%d %H:%M}", "cyan"),
            _text(f"  {_count(batch.turns, 'turn')}{shared}", ""),
            _text(f"  {', '.join(shown)}{more}", "dim"),
            _text("" if batch.finished_at else "  not finished", "yellow"),
        )


def from_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def would_ingest(report: IngestReport) -> None:
    """What a dry run found: each source with its format, how much is in it, when it was said and by whom."""
    console = _console()
    for source in report.sources:
        if source.format is None:
            continue
        sure = f" {source.confidence:.0%}" if source.confidence is not None else ""
        said = f", {_count(source.turns_read, 'turn')} in {_count(source.sessions, 'session')}"
        days = f", {source.first:%Y-%m-%d} to {source.last:%Y-%m-%d}" if source.first and source.last else ""
        _line(
            console,
            _text(f"{place(Locator(source=source.uri))}  ", ""),
            _text(f"{source.format}{sure}", "cyan"),
            _text(f"{said}{days}", ""),
            _text(f", {len(source.skipped):,} skipped" if source.skipped else "", "yellow"),
        )
        if source.speakers:
            few = [f"{name} ({turns:,})" for name, turns in source.speakers.most_common(SPEAKERS_SHOWN)]
            rest = len(source.speakers) - len(few)
            _line(console, _text(f"    {', '.join(few)}{f' and {rest:,} more' if rest else ''}", "green"))
        if source.ignored:
            ignored = ", ".join(f"{count:,} {reason}" for reason, count in source.ignored.most_common())
            _line(console, _text(f"    no utterances: {ignored}", "dim"))
    _line(console, _text(f"{_count(report.turns_read, 'turn')} would be read; nothing was written", "bold"))


def status(document: dict[str, Any]) -> None:
    """What a memory holds."""
    console = _console()
    first, last, run = document["first_said_at"], document["last_said_at"], document["scheduled_run"]
    rows = [
        (
            "memory",
            f"{document['memory']} ({document['bytes'] / 1e6:,.1f} MB{', encrypted' if document['encrypted'] else ''})",
        ),
        ("turns", f"{document['turns']:,} in {_count(document['sessions'], 'session')}"),
        ("said", f"{first[:10]} to {last[:10]}" if first else "at unknown times"),
        ("tiers", ", ".join(f"{turns:,} {tier}" for tier, turns in document["tiers"].items())),
        (
            "episodes",
            f"{document['episodes']:,}, {_count(document['scenes'], 'scene')}"
            + (f", {document['unconsolidated']:,} turns yet to consolidate" if document["unconsolidated"] else ""),
        ),
        (
            "sizes",
            ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in document["sizes"].items())
            + (f" (saves {saved / 1e6:,.1f} MB of vectors)" if (saved := document["archive_saves"]) else ""),
        ),
        ("growth", ", ".join(f"{one['month']} +{one['turns']:,}" for one in document["growth"][-3:]) or "none"),
        ("indexed", f"{document['indexed']:,}" + (f", {document['pending']:,} waiting" if document["pending"] else "")),
        *([("index at", document["index_at"])] if document["index_at"] else []),
        ("answers", f"{document['answers']:,}, {_count(document['recall_events'], 'recall event')}"),
        ("quarantine", _count(document["quarantine"], "record")),
        *([("scheduled", f"{run['outcome']} at {run['ended_at']}, {run['message']}")] if run else []),
        ("embedder", document["embedder"] or "none yet"),
        ("model", document["model"] or "none: answers are extractive"),
    ]
    for name, value in rows:
        _line(console, _text(f"{name:<12}", "cyan"), _text(value, ""))
    by_format: defaultdict[str, list[int]] = defaultdict(list)
    for source in document["by_source"]:
        by_format[source["format"]].append(source["turns"])
    for name, turns in sorted(by_format.items()):
        line = f"{_count(sum(turns), 'turn')} from {_count(len(turns), 'source')}"
        _line(console, _text(f"  {name:<10}", "cyan"), _text(line, ""))


def findings(found: Sequence[Finding]) -> None:
    """What a check found, a line each."""
    console = _console()
    for finding in found:
        _line(
            console,
            _text(f"{finding.where}: ", "cyan"),
            _text(finding.what, ""),
            _text(f" (repair: {finding.mend})", "dim"),
        )
    _line(console, _text(_count(len(found), "finding") if found else "no damage found", "bold"))


def repaired(done: Sequence[str], left: Sequence[Finding]) -> None:
    """What a repair did, a line each, and what is left."""
    console = _console()
    for what in done:
        _line(console, _text(what, ""))
    findings(left)


def made(document: dict[str, Any]) -> None:
    """Where a new memory is."""
    where = "".join(f"; its key is in {place}" for place in (document["key"] or {}).values())
    _line(_console(), _text(f"{document['memory']}{' (encrypted' + where + ')' if document['encrypted'] else ''}", ""))


def backed_up(path: str, backup: Backup) -> None:
    """What a backup holds."""
    size = f"{Path(path).stat().st_size / 1e6:,.1f} MB"
    what = f"{_count(backup.tables['turns'], 'turn')} as of {backup.made_at:%Y-%m-%d %H:%M:%S} UTC"
    _line(_console(), _text(f"{path}: {what} ({size})", ""))


def to_delete(count: int, preview: Sequence[dict[str, Any]]) -> None:
    """Some of the turns that are about to be deleted."""
    console = _console()
    for turn in preview:
        at = f"{turn['said_at'][:10]}  " if turn["said_at"] else ""
        _line(console, _text(at, "cyan"), _text(f"{turn['speaker']}  ", "green"), _text(turn["text"], ""))
    if count > len(preview):
        _line(console, _text(f"... and {_count(count - len(preview), 'more turn')}", "dim"))


def deleted(document: dict[str, Any]) -> None:
    """What was deleted, or would be, and whether it is gone."""
    console = _console()
    if not document["deleted"]:
        to_delete(document["turns"], document["preview"])
        said_by = f", said by {', '.join(document['names'])}"
        _line(console, _text(f"{_count(document['turns'], 'turn')} would be deleted{said_by}", "bold"))
        return
    rest = ", ".join(f"{count} {name}" for name, count in document["removed"].items() if name != "turns")
    _line(
        console, _text(f"{_count(document['turns'], 'turn')} deleted", "bold"), _text(f" with {rest}" * bool(rest), "")
    )
    proof = document["proof"]
    if proof:
        looked = f"looked for {_count(proof['looked_for'], 'text')} in {_count(proof['files'], 'file')}"
        for find in proof["found"]:
            _line(console, _text(f"still in {find['where']}, {find['times']} times", "red"))
        left = proof["said_by_others_too"] + proof["too_short"]
        note = f"; {left} more are too short, or said by turns that stay" if left else ""
        _line(console, _text(f"{looked}: {'nothing is left' if proof['clean'] else 'NOT CLEAN'}{note}", ""))
        _line(console, _text(f"receipt: {document['receipt']}", "dim"))


def rows(document: dict[str, Any], done: str) -> None:
    """How many rows of each table went where."""
    counted = ", ".join(f"{count:,} {name}" for name, count in document["rows"].items() if count) or "nothing"
    _line(_console(), _text(f"{done}: {counted}", ""))


def table(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows under the names of their columns: a table on a terminal, tabs in a pipe."""
    console = _console()
    if not to_terminal():
        for row in [columns, *rows]:
            cells = ("" if value is None else " ".join(str(value).split()) for value in row)
            sys.stdout.write("\t".join(cells) + "\n")
        return
    if len(columns) * CELL > console.width:
        widest = max(map(len, columns))
        for number, row in enumerate(rows, start=1):
            _line(console, _text(f"row {number}", "bold"))
            for name, value in zip(columns, row, strict=True):
                _line(console, _text(f"  {name:<{widest}}  ", "cyan"), _text("" if value is None else str(value), ""))
        return
    from rich.table import Column, Table

    shown = Table(*(Column(_text(name, "cyan")) for name in columns))
    for row in rows:
        shown.add_row(*(_text("" if value is None else str(value), "") for value in row))
    console.print(shown)


def settings(config: Config, options: Sequence[Option]) -> None:
    """Settings with their values, origins and meanings."""
    console = _console()
    _line(console, _text(f"# {config.file}", "dim"))
    for option in options:
        value = json.dumps(config[option.key])
        _line(console, _text(f"{option.key} = ", "cyan"), _text(value, ""))
        _line(console, _text(f"    {option.meaning} ({config.origins[option.key]})", "dim"))


def printer() -> Callable[..., None]:
    """A function that prints one line of (text, style) pairs."""
    console = _console()
    return lambda *parts: _line(console, *(_text(text, style) for text, style in parts))


def place(locator: Locator) -> str:
    """`path:line`, the path relative to the working folder where it lies in it."""
    try:
        path = str(Path(locator.source).relative_to(Path.cwd()))
    except ValueError:
        path = locator.source
    path = visible(path)
    return path if locator.line is None else f"{path}:{locator.line}"


def _console() -> Console:
    from rich.console import Console

    class _Console(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # our own end of it, in main, is quiet and a success

    return _Console(highlight=False, soft_wrap=not to_terminal(), no_color=bool(os.environ.get("NO_COLOR")) or None)


def _console_if_styled() -> Console | None:
    """None where styles would not be seen: a pipe is written to without importing rich."""
    return _console() if to_terminal() or os.environ.get("FORCE_COLOR") else None


def _say(console: Console | None, *parts: tuple[str, str]) -> None:
    """A line of (text, style), with styles or without: the same characters either way."""
    if console is None:
        sys.stdout.write("".join(text for text, _ in parts).translate(_NOT_PRINTED).expandtabs() + "\n")
    else:
        _line(console, *(_text(text, style) for text, style in parts))


def _line(console: Console, *parts: Text) -> None:
    """One line; on a terminal that is too narrow for it, the rest goes below its beginning, a little further in."""
    from rich.text import Text

    text = Text.assemble(*parts)
    if not to_terminal() or text.cell_len <= console.width:
        console.print(text)
        return
    indent = len(text.plain) - len(text.plain.lstrip(" "))
    for at, line in enumerate(text[indent:].wrap(console, max(20, console.width - indent - HANGING))):
        line.rstrip()
        console.print(Text.assemble(" " * (indent + (HANGING if at else 0)), line))


def _text(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _turn(
    console: Console | None, label: str, turn: Turn, *, note: str = "", style: str = "", marks: Collection[str] = ()
) -> None:
    at = turn.said_at + timedelta(minutes=turn.utc_offset) if turn.said_at else None
    _say(
        console,
        (f"{label} ", "bold"),
        (f"{at:%Y-%m-%d %H:%M}  " if at else "", "cyan"),
        (f"{turn.speaker}  ", "green"),
        (place(turn.locator), "dim"),
        (f"  {note}" if note else "", "dim"),
    )
    if console is not None and to_terminal():
        from rich.padding import Padding

        said = _text(turn.text, style)
        for begin, end in places_of(marks, turn.text):
            said.stylize("bold underline", begin, end)
        console.print(Padding(said, (0, 0, 0, 4)))
    else:
        for line in turn.text.splitlines():
            _say(console, (f"    {line}", ""))


def timings(steps: Mapping[str, float]) -> str:
    """How long each step took: "fetch 6, gate 2 ms"."""
    return ", ".join(f"{name.replace('_', ' ')} {ms:,.0f}" for name, ms in steps.items()) + " ms"


def _reasons(candidate: Candidate) -> str:
    return ", ".join(f"{hit.channel.replace('_', ' ')} #{hit.rank}" for hit in candidate.hits)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
