"""Lists for other programs: the records of a document as JSON, JSON Lines, CSV, a Markdown table, or plain fields.

A record is one entry of a document's list (a hit, a session, a fact), so a field has the name that it has in --json.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.usage import UsageError

if TYPE_CHECKING:
    from memcli.cli.context import Context

Record = Mapping[str, Any]


class Form(StrEnum):
    """How records are printed."""

    PLAIN = "plain"
    JSON = "json"
    JSONL = "jsonl"
    MD = "md"
    CSV = "csv"


FormOption = Annotated[
    Form | None, typer.Option("--format", help="For people (plain), or for programs; fields are those of --json.")
]
FieldsOption = Annotated[
    str | None, typer.Option("--fields", metavar="NAME,...", help="Only these fields, in this order.")
]
NulOption = Annotated[
    bool, typer.Option("--null", "-0", help="Plain fields, each record ended by a NUL byte, with its line breaks.")
]


@dataclass(frozen=True, slots=True)
class Shape:
    """What --format, --fields and -0 ask for. pager: whether what people are shown may go through the pager."""

    form: Form
    fields: Sequence[str] | None
    nul: bool
    pager: bool = False

    @property
    def batch(self) -> Shape:
        """The same for a batch, which is for programs: one line of JSON a question where nothing else is asked for."""
        return replace(self, form=Form.JSONL) if self.for_people else self

    @property
    def for_people(self) -> bool:
        """Whether the command prints what it prints for people."""
        return self.form is Form.PLAIN and self.fields is None and not self.nul


def shape(context: Context, form: Form | None, fields: str | None, nul: bool) -> Shape:
    """The shape that the options ask for. Raises UsageError where they do not fit together."""
    from memcli.cli.context import warm  # in the warm engine the terminal is another process's: no pager there

    if context.json and form not in (None, Form.JSON):
        raise UsageError(f"--json and --format {form} exclude each other")
    chosen = Form.JSON if context.json else form or Form.PLAIN
    context.json = chosen is Form.JSON
    if nul and chosen is not Form.PLAIN:
        raise UsageError("-0 goes with plain fields", hint="leave --format away")
    names = [name.strip() for name in fields.split(",")] if fields is not None else None
    if names is not None and not all(names):
        raise UsageError(f"--fields {fields}: not of the form NAME,NAME")
    return Shape(chosen, names, nul, pager=not context.no_pager and not warm)


class Writer:
    """Prints documents in a shape, each as soon as it is there; `rows` gives the records of a document.

    columns: the fields that are printed where --fields names none. In JSON a document is printed whole, with the
    records under `key` cut down to the fields, or the document itself where there is no key.
    """

    def __init__(
        self, wanted: Shape, columns: Sequence[str], *, key: str | None, rows: Callable[[Record], Sequence[Record]]
    ) -> None:
        self._shape = wanted
        self._columns = list(wanted.fields or columns)
        self._key = key
        self._rows = rows
        self._headed = False

    def write(self, document: Record) -> None:
        """Print a document. Raises UsageError if --fields names one that its records do not have."""
        form = self._shape.form
        if form in (Form.JSON, Form.JSONL):
            _line(self._cut(document))
            return
        records = self._rows(document)
        for record in records:
            _known(self._columns, record)
        if form is Form.PLAIN:
            self._plain(records)
            return
        if form is Form.CSV:
            table = csv.writer(sys.stdout, lineterminator="\n")
            if not self._headed:
                table.writerow(self._columns)
            table.writerows([[text_of(record.get(name)) for name in self._columns] for record in records])
        else:
            if not self._headed:
                sys.stdout.write(f"| {' | '.join(map(markdown, self._columns))} |\n|{'---|' * len(self._columns)}\n")
            for record in records:
                cells = (markdown(text_of(record.get(name))) for name in self._columns)
                sys.stdout.write(f"| {' | '.join(cells)} |\n")
        self._headed = True

    def each(self, document: Record) -> None:
        """Print the records of a document, one a line where that is JSON Lines; else as write()."""
        if self._shape.form is not Form.JSONL:
            self.write(document)
            return
        for record in self._rows(document):
            _line(_only(record, self._shape.fields))

    def _plain(self, records: Sequence[Record]) -> None:
        for record in records:
            cells = [text_of(record.get(name)) for name in self._columns]
            if self._shape.nul:
                sys.stdout.write("\t".join(cells).replace("\0", "") + "\0")
            else:
                sys.stdout.write("\t".join(" ".join(cell.split()) for cell in cells) + "\n")

    def _cut(self, document: Record) -> Record:
        if self._shape.fields is None:
            return document
        if "error" in document:
            return document
        if self._key is None:
            always = {name: document[name] for name in ("schema", "question_id") if name in document}
            return {**always, **_only(document, self._shape.fields)}
        return {**document, self._key: [_only(record, self._shape.fields) for record in document[self._key]]}


def show(wanted: Shape, document: Record, key: str, columns: Sequence[str], people: Callable[[], None]) -> None:
    """Print the list under `key` of a document in the shape; people: prints what people are shown."""
    if wanted.for_people:
        from memcli.cli.paging import paged

        with paged(wanted=wanted.pager):
            people()
    else:
        Writer(wanted, columns, key=key, rows=lambda one: list(one[key])).each(document)


def text_of(value: Any) -> str:
    """A value in a cell: text as it is, nothing for null, what has parts as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def markdown(text: str) -> str:
    """A text that Markdown shows as it is, on one line: nothing in it is markup, a link or a new cell."""
    one_line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", one_line)


def answer_in_markdown(document: Record, *, all_evidence: bool) -> str:
    """An answer as Markdown: the text, then a numbered list of what it rests on, with who said it, when and where."""
    lines = [f"**{markdown(document['text'])}**" if not document["abstained"] else markdown(document["text"])]
    shown = document["evidence"] if all_evidence or document["abstained"] else document["citations"]
    for one in shown:
        when = f", {one['said_at'][:10]}" if one["said_at"] else ""
        line = f":{one['line']}" if one["line"] else ""
        place = one["source"].replace("`", "'") + line
        lines += ["", f"{one['n']}. {markdown(one['text'])} ({markdown(one['speaker'])}{when}, `{place}`)"]
    return "\n".join(lines)


def _only(record: Record, fields: Sequence[str] | None) -> Record:
    if fields is None:
        return record
    _known(fields, record)
    return {name: record.get(name) for name in fields}


def _known(fields: Sequence[str], record: Record) -> None:
    """Raise UsageError for a field that the record has not; one that is sometimes left out must be in OPTIONAL."""
    unknown = [name for name in fields if name not in record and name not in OPTIONAL and "error" not in record]
    if unknown:
        raise UsageError(f"there is no field {unknown[0]}", hint=f"there are {', '.join(record)}")


OF_BATCH = ("question_id", "error")
"""Fields that only the lines of a batch have."""

OPTIONAL = ("time_inferred", *OF_BATCH)
"""Fields that a record has only where they say something."""


def _line(record: Record) -> None:
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
