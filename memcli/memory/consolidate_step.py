"""A step of consolidation: what it is given, and what it says it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from memcli.progress import Progress
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a step is given. out_of_time: whether it must stop at the end of its batch; dry_run: it must not write."""

    store: Store
    embedder: Embedder
    indexing: Embedder | None = None
    """The embedder of the index, if it is another than `embedder`, which compares turns for episodes."""
    chosen: Callable[[], Embedder] | None = None
    """The embedder that the index is to have from now on, if it is another than it has."""
    now: datetime
    dry_run: bool
    progress: Progress
    out_of_time: Callable[[], bool]
    found: dict[str, Any] = field(default_factory=dict)
    """What earlier steps found that later ones need in a dry run, where nothing is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step did, by name: counts, lists or figures. finished: nothing of it is left to do."""

    changes: Mapping[str, Any]
    finished: bool = True


Step = Callable[[Work], Done]
