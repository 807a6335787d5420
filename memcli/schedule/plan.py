"""What is to be run, and how often: the command line of a scheduled run. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Every = Literal["quarter-hour", "hour", "day"]

HOUR_OF_THE_NIGHT = 3
"""When the daily run is: early enough to be done before anybody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run of `command`, every so often. name: what its memory is called, in letters that any file name may have.

    jitter_s: a run begins up to so many seconds late, so that not all machines and memories begin at once.
    """

    name: str
    command: Sequence[str]
    every: Every
    jitter_s: int

    @property
    def minute(self) -> int:
        """The minute of the hour: the same for the same name, different for most names."""
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4]) % 60


def plan_name(memory: str, folder: str) -> str:
    """A name for the memory in `folder`: its own, with a hash of the place, as two places may be called the same."""
    spoken = re.sub(r"[^A-Za-z0-9]+", "-", memory.rstrip("/").rpartition("/")[2]).strip("-").lower() or "memory"
    return f"{spoken[:40]}-{hashlib.sha256(folder.encode()).hexdigest()[:8]}"
