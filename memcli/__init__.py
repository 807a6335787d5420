"""memcli: a local-first memory for conversations.

From Python: `from memcli import Memory` (see memcli/api.py). Importing memcli alone loads nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memcli.api import Memory

__version__ = "0.1.0"
__all__ = ["Memory", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Memory":
        from memcli.api import Memory

        return Memory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
