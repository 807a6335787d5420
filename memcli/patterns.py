"""Regular expressions that are compiled when they are first used.

Compiling those of a large grammar takes longer than answering a question, and a question uses few of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for a compiled pattern, and becomes as fast as one at its first use."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:  # asked only for what is not there yet
        compiled = re.compile(self._source, self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def regex(source: str, flags: int = 0) -> re.Pattern[str]:
    """As re.compile(), put off until the pattern is used; only then does a wrong one raise re.error."""
    return cast("re.Pattern[str]", _Pattern(source, flags))
