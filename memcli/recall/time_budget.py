"""A budget of time for one question: what there is no time for is left out, and said to be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TimeBudget:
    """Until when, on the given clock, new work is begun; None: for as long as it takes.

    A step that has begun is finished, so a budget is kept to about the length of the longest one. left_out: what was
    not done for want of time, in the order in which it would have been: that which is left, or that of a search that
    readers wait for beside an ingest.
    """

    until: float | None = None
    clock: Callable[[], float] = time.perf_counter
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, max_ms: float | None, clock: Callable[[], float] = time.perf_counter) -> TimeBudget:
        """The budget of so many milliseconds from now on."""
        return cls(None if max_ms is None else clock() + max_ms / 1000, clock)

    @property
    def left(self) -> bool:
        """Whether there is time to begin something new."""
        return self.until is None or self.clock() < self.until

    def leave_out(self, what: str) -> None:
        """Note that something is not done."""
        if what not in self.left_out:
            self.left_out.append(what)

    def tell(self, warn: Callable[[str], None]) -> None:
        """Say what was left out, if anything was."""
        if self.left_out:
            warn(f"left out to keep within the time: {'; '.join(self.left_out)}")
