"""What the user said of an answer, as records for the spool: it was right, or it was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from memcli.ids import content_id
from memcli.types import EASY, Rating
from memcli.usage import UsageError
from store.store import Store


def rate(store: Store, document: dict[str, Any], at: datetime, rating: Rating) -> dict[str, Any]:
    """Tell the spool how the answer was rated, and return its document. Raises UsageError if it cites nothing."""
    if not document["citations"]:
        raise UsageError("that answer cites nothing that could be rated", hint="`memcli ask` something else first")
    store.spool.append(list(rating_records(document, at, rating)))
    return document


def rating_records(document: dict[str, Any], at: datetime, rating: Rating) -> Sequence[dict[str, Any]]:
    """The records for all turns that the answer (its document) cites. A rating takes the place of what citing gave.

    What is not right is not taken for an answer to that question again.
    """
    return [record for one in document["citations"] for record in _records(document, one["id"], at, rating)]


def _records(document: dict[str, Any], item: str, at: datetime, rating: Rating) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [
        {
            "kind": "rating",
            "id": content_id(document["id"], item),
            "item_id": item,
            "recalled_at": at.isoformat(),
            "rating": rating,
            "answer_id": document["id"],
            "question": document["question"],
        }
    ]
    if rating != EASY:
        rejection = {name: records[0][name] for name in ("question", "item_id", "answer_id")}
        records.append({"kind": "rejection", "since": at.isoformat(), **rejection})
    return records
