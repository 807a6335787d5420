"""Stopping a command that would go on for ever, at a moment when nothing is half done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def until_signalled() -> Iterator[Callable[[], bool]]:
    """A question to ask now and then: has SIGINT or SIGTERM come? At the end, the signal does what it always does.

    A second signal does not wait for the end.
    """
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        _restore(before)

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        _restore(before)
    if came:
        signal.raise_signal(came[0])


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
