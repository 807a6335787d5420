"""A note that the user dictates to the memory: a turn in a session of its own."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from memcli.ids import content_id
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.indexing import index_outbox
from memcli.ingest.normalise import Normaliser
from memcli.memory.consolidate_facts import FactsReport, consolidate_facts
from memcli.progress import Progress
from store.store import KeyFinder, Store, no_key

if TYPE_CHECKING:
    from engines.protocols import Embedder

NOTES = "notes"
"""Source, format and session of what the user asks the memory to remember."""

SPEAKER = "me"

AT_ONCE = 20_000
"""Turns not yet read for facts that a note may have before it: above, its facts wait for the next consolidation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What became of a note. facts: None if they wait for the next consolidation."""

    turn_id: str
    text: str
    redacted: dict[str, int]
    facts: FactsReport | None


def remember(
    text: str,
    *,
    folder: Path,
    wait_s: float,
    embedder: Callable[[], Embedder],
    now: datetime,
    zone: tzinfo,
    redacting: bool,
    progress: Progress,
    key: KeyFinder = no_key,
) -> Noted:
    """Keep a note, said by the user at this moment, and what it states.

    key: see Store.open. Raises InputUnreadable if nothing is left of it.
    """
    import pyarrow as pa

    normaliser = Normaliser(zone, redacting=redacting)
    kept = normaliser.text(text)
    if not kept:
        raise InputUnreadable("the note is empty")
    said_at, utc_offset = normaliser.moment(now.astimezone(zone))
    assert said_at is not None
    session = content_id(NOTES, NOTES)
    turn_id = content_id(session, SPEAKER, said_at.isoformat(), kept)
    store = Store.create(folder, wait_s=wait_s, key=key)
    with store.locks.writer():
        store.fold_spool()
        store.expect_pending()
        with store.writing() as catalogue:
            batch = catalogue.begin_batch(uuid.uuid4().hex, datetime.now(UTC))
            digest = hashlib.sha256(kept.encode()).hexdigest()
            source = catalogue.keep_source(uri=NOTES, format=NOTES, sha256=digest, size=len(kept.encode()), batch=batch)
            number = catalogue.keep_sessions(
                pa.table({"id": [session], "format": [NOTES], "native_id": [NOTES], "title": [NOTES]})
            )[session]
            row = {
                "id": turn_id, "session": number, "position": round(now.timestamp()), "speaker": SPEAKER,
                "role": "user", "text": kept, "said_at": said_at, "utc_offset": utc_offset, "native_id": None,
                "source": source, "line": None, "batch": batch, "metadata": None,
            }  # fmt: skip
            catalogue.add_turns(pa.table({name: pa.array([value], _type(name)) for name, value in row.items()}))
            catalogue.end_batch(batch, datetime.now(UTC))
            behind = catalogue.facts.turns_behind()
        index_outbox(store, embedder(), progress)
        facts = consolidate_facts(store, progress=progress) if behind <= AT_ONCE else None
    return Noted(turn_id=turn_id, text=kept, redacted=dict(normaliser.redacted), facts=facts)


def _type(column: str) -> object:
    import pyarrow as pa

    types = {
        "session": pa.int32(), "position": pa.int64(), "said_at": pa.timestamp("us"), "utc_offset": pa.int16(),
        "source": pa.int32(), "line": pa.int64(), "batch": pa.int32(),
    }  # fmt: skip
    return types.get(column, pa.string())
