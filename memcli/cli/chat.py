"""memcli chat: questions one after the other, each knowing the ones before it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.completion import sessions
from memcli.cli.context import Context
from memcli.cli.options import Now, Speaker

if TYPE_CHECKING:
    from memcli.answer.follow_up import Exchange
    from memcli.types import Answer

PROMPT = "> "

KEPT = 500
"""Lines of history that are kept between sessions."""

EXPLAINED = 3
"""Turns that /why explains."""

HELP = """\
Ask in plain words; "And Jonas?", "When?" and "What did she say?" lean on the question before.
  /why       why the last answer rests on what it rests on
  /open N    evidence [N] among what was said around it
  /evidence  all the evidence that the last answer considered
  /good      the last answer was right     /bad   it was wrong
  /new       forget what was asked so far
  /help      this                          /quit  leave (or Ctrl-D)"""


def chat(
    ctx: typer.Context,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The session that the questions belong to: its last turns are at hand.",
            autocompletion=sessions,
        ),
    ] = None,
    speaker: Speaker = None,
    now: Now = None,
) -> None:
    """Ask one question after the other; a follow-up knows the questions before it.

    How a follow-up was understood is shown before its answer. /why, /open N and /evidence show what was recalled, /help
    lists what else there is. Without a terminal, each line of standard input is a question or one of these.

    Example: memcli chat --session standup
    """
    context: Context = ctx.obj
    talk = _Talk(context, session, speaker or [], now)
    if sys.stdin.isatty():
        context.tell("/help lists what there is, /quit or Ctrl-D leaves")
    store = context.memory_in_use.store
    with _history(None if store.seal else store.folder / "cache" / "chat_history"):
        for line in _lines():
            if not talk.take(line):
                return


class _Talk:
    """A conversation with the memory. `take` answers a line, and tells whether to go on."""

    def __init__(self, context: Context, session: str | None, speakers: list[str], now: str | None) -> None:
        from memcli.cli.questions import asked_at

        self._context = context
        self._memory = context.memory_in_use
        self._session, self._speakers = session, speakers
        self._now = asked_at(now) if now else None
        self._before: list[Exchange] = []
        self._people = [one.name for one in self._memory.speakers()]
        self._last: Answer | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            "why": self._why, "open": self._open, "evidence": self._evidence, "good": self._good, "bad": self._bad,
            "new": self._new, "help": lambda _: print(HELP),
        }  # fmt: skip

    def take(self, line: str) -> bool:
        """Answer a question, or do what begins with a slash. False: it was /quit."""
        from memcli.exits import code_of

        name, _, rest = line.strip().partition(" ")
        if name in ("/quit", "/exit", "/q"):
            return False
        try:
            if not name.startswith("/"):
                self._ask(line)
            elif name[1:] in self._commands:
                self._commands[name[1:]](rest.strip())
            else:
                self._context.tell(f"there is no {name}; /help lists what there is")
        except Exception as error:
            if code_of(error) is None:
                raise
            hint = getattr(error, "hint", "")
            print(f"memcli: {error}" + (f" ({hint})" if hint else ""), file=sys.stderr)
        return True

    def _ask(self, text: str) -> None:
        from datetime import UTC, datetime

        from memcli.answer.follow_up import Exchange, made_whole
        from memcli.cli import render
        from memcli.cli.streaming import Streamed
        from memcli.documents import answer_document

        at = self._now or datetime.now(UTC)
        whole = made_whole(text, self._before, people=self._people, today=at.date())
        streamed = Streamed(wanted=not self._context.json)
        if whole != text.strip() and not self._context.json:
            render.printer()((f"({whole})", "dim"))
        answer = self._memory.ask(
            whole,
            speakers=self._speakers,
            session=self._session,
            now=at,
            on_text=streamed.piece,
        )
        cited = [one.turn.speaker for one in answer.evidence if one.number in answer.citations]
        self._last = answer
        self._before.append(
            Exchange(
                question=whole,
                answer=answer.short,
                abstained=answer.abstained,
                said_by=cited[0] if cited else None,
            )
        )
        if self._context.json:
            render.document(answer_document(answer) | {"asked": text.strip()})
        else:
            render.answer(answer, all_evidence=False, written=streamed.holds(answer))

    def _why(self, _: str) -> None:
        from memcli.cli import render
        from memcli.cli.why import why_document, why_lines

        def people(document: dict[str, Any]) -> None:
            for line in why_lines(document):
                render.printer()((line, ""))

        self._show(why_document(self._memory, self._answered().id, EXPLAINED), people)

    def _open(self, number: str) -> None:
        from memcli.cli import render
        from memcli.documents import passage_document
        from memcli.usage import UsageError

        if not number:
            raise UsageError("which one?", hint="/open 1")
        self._answered()
        passage = self._memory.turn(number)
        turns = [*passage.before, passage.turn, *passage.after]
        document = passage_document(passage, self._memory.whereabouts(passage.turn))
        self._show(document, lambda _: render.conversation(passage.title, turns, passage.turn.id))

    def _evidence(self, _: str) -> None:
        from memcli.cli import render
        from memcli.documents import answer_document

        answer = self._answered()
        self._show(answer_document(answer), lambda _: render.answer(answer, all_evidence=True, written=False))

    def _good(self, _: str) -> None:
        self._rated(self._memory.good(self._answered().id), "right")

    def _bad(self, _: str) -> None:
        self._rated(self._memory.bad(self._answered().id), "wrong")

    def _rated(self, document: dict[str, Any], word: str) -> None:
        self._context.tell(f"{word}: {document['question']}")

    def _new(self, _: str) -> None:
        self._before.clear()
        self._last = None

    def _answered(self) -> Answer:
        from memcli.usage import UsageError

        if self._last is None:
            raise UsageError("nothing was asked yet")
        return self._last

    def _show(self, document: dict[str, Any], people: Callable[[dict[str, Any]], None]) -> None:
        from memcli.cli import render

        if self._context.json:
            render.document(document)
        else:
            people(document)


def _lines() -> Iterator[str]:
    """The lines that are typed, without blank ones, until their end. Ctrl-C throws the line at hand away."""
    typed = sys.stdin.isatty()
    while True:
        try:
            line = input(PROMPT if typed else "")
        except EOFError:
            if typed:
                print()
            return
        except KeyboardInterrupt:
            if not typed:
                raise
            print()
            continue
        if line.strip():
            yield line
            sys.stdout.flush()


@contextmanager
def _history(path: Path | None) -> Iterator[None]:
    """Keep what is typed for the arrow keys, now and next time (None: only now).

    It lies in the memory's own cache, and so goes with it whenever anything is deleted. Of an encrypted memory nothing
    is kept: what is asked tells of what is in it.
    """
    if not sys.stdin.isatty():
        yield
        return
    try:
        import readline
    except ImportError:  # Python can be built without it
        yield
        return
    with suppress(OSError):
        if path is not None:
            readline.read_history_file(path)
    try:
        yield
    finally:
        readline.set_history_length(KEPT)
        if path is not None:
            with suppress(OSError):
                path.parent.mkdir(mode=0o700, exist_ok=True)
                readline.write_history_file(path)
