"""Which turns will fade within a month if nobody uses them, for the commands that tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.episodes import SpokenRow
    from store.store import Store

MONTH = timedelta(days=30)
LISTED = 10


def fading_soon(store: Store, now: datetime) -> list[tuple[SpokenRow, datetime]]:
    """Turns with the moment at which they will be faded, those that made the deepest impression first."""
    from memcli.memory.consolidate_tiers import keeps_days

    with store.reading() as catalogue:
        fading = catalogue.states.fading_at(keeps_days(), now, now + MONTH)
        spoken = catalogue.episodes.spoken([seq for seq, _ in fading])
    return [(spoken[seq], when) for seq, when in fading if seq in spoken]


def fading_document(one: SpokenRow, when: datetime) -> dict[str, Any]:
    """One of them as JSON."""
    from memcli.documents import moment

    return {"id": one.id, "speaker": one.speaker, "text": one.text, "fades_at": moment(when)}


def show_fading(fading: Sequence[tuple[SpokenRow, datetime]]) -> None:
    """How many they are, and the first of them."""
    from memcli.cli.render import printer

    show = printer()
    turns = f"{len(fading):,} turn{'' if len(fading) == 1 else 's'}"
    show((f"{turns} will fade within 30 days if nobody uses them", "bold"))
    for one, when in fading[:LISTED]:
        show((f"    {one.id[:12]}  ", "dim"), (f"{when:%Y-%m-%d}  ", "cyan"), (" ".join(one.text.split())[:80], ""))
    if len(fading) > LISTED:
        show((f"    and {len(fading) - LISTED:,} more (--json lists all)", "dim"))
