"""What `ask` and `search` share: a query from the command line, and batches of questions from standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from memcli.exits import Exit
from memcli.types import Query
from memcli.usage import UsageError

if TYPE_CHECKING:
    from memcli.cli.context import Context
    from store.index import Filter


class Question(NamedTuple):
    """One line of a batch: its id, if it has one, and its text; or what is wrong with it."""

    id: Any
    text: str
    error: str | None = None


def asked_at(now: str | None) -> datetime:
    """The moment that --now names, or the clock's. Raises UsageError for a time that is none."""
    return moment("--now", now) or datetime.now(UTC)


def query(
    text: str,
    *,
    since: str | None,
    until: str | None,
    speakers: list[str] | None,
    now: str | None,
    limit: int,
    deep: bool = False,
) -> Query:
    """The query of a command line. Raises UsageError for an empty text or a time that is none."""
    if not text.strip():
        raise UsageError("the question is empty")
    return Query(
        text=text.strip(),
        asked_at=asked_at(now),
        since=moment("--since", since),
        until=moment("--until", until),
        speakers=tuple(speakers or ()),
        limit=limit,
        deep=deep,
    )


def turn_filter(*, since: str | None, until: str | None, speakers: list[str] | None) -> Filter:
    """The turns that --since, --until and --speaker let pass. Raises UsageError for a time that is none."""
    from store.index import Filter

    return Filter(since=moment("--since", since), until=moment("--until", until), speakers=tuple(speakers or ()))


def batch(
    context: Context,
    key: str,
    answer: Callable[[str], tuple[dict[str, Any], bool]],
    write: Callable[[dict[str, Any]], None],
) -> Exit:
    """Answer every line of standard input, in order; `answer` also tells whether it found any, `write` prints it.

    A line is plain text, or a JSON object with the text under `key` (or "question") and perhaps an "id", which comes
    back as "question_id". A line that is neither is answered with its error.
    """
    found = wrong = False
    for question in questions(key):
        if question.error is not None:
            wrong = True
            document: dict[str, Any] = {"schema": 1, "error": question.error}
        else:
            document, one_found = answer(question.text)
            found = found or one_found
        if question.id is not None:
            document["question_id"] = question.id
        write(document)
        sys.stdout.flush()
    if wrong:
        context.tell("some lines were no questions")
        return Exit.SOME_SKIPPED
    return Exit.DONE if found else Exit.ABSTAINED


def questions(key: str) -> Iterator[Question]:
    """The questions on standard input; blank lines are none."""
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", errors="replace").strip()
        if not text:
            continue
        if not text.startswith("{"):
            yield Question(None, text)
            continue
        try:
            record = json.loads(text)
            asked = record.get(key, record.get("question"))
        except (ValueError, RecursionError) as error:
            yield Question(None, "", f"not JSON: {error}")
            continue
        if isinstance(asked, str) and asked.strip():
            yield Question(record.get("id"), asked)
        else:
            yield Question(record.get("id"), "", f'no text under "{key}"')


def moment(option: str, text: str | None) -> datetime | None:
    """The time that an option names, in UTC. Raises UsageError for one that is none."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: not a date such as 2024-05-18 or a time such as 2024-05-18T09:30") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
