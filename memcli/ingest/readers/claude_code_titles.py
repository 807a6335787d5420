"""The titles of Claude Code sessions: they stand anywhere in a file, so they are looked up before it is read.

`custom-title` (by the user) goes before `ai-title`, the later before the earlier; both name their session. A `summary`
names its conversation by the uuid of the last record of it (leafUuid), which may be in another file.
"""

from __future__ import annotations

import json
from typing import Any

from memcli.ingest.readers.base import Source
from memcli.patterns import regex

_TITLE = regex(r'"type"\s*:\s*"(?:summary|custom-title|ai-title)"')
_UUID = regex(r'"uuid"\s*:\s*"([^"\\]{1,100})"')
_SESSION = regex(r'"sessionId"\s*:\s*"([^"\\]{1,100})"')
_TITLE_CHARS = 10_000
_TITLES = 10_000


def titles(source: Source) -> dict[str, str]:
    """The title of each session that has one in this file."""
    found: dict[tuple[int, str], str] = {}
    leaves: dict[str, str] = {}
    for _, line in source.lines():
        if not line or len(line) > _TITLE_CHARS or not ("-title" in line or "leafUuid" in line):
            continue
        if len(found) + len(leaves) > _TITLES or not _TITLE.search(line):
            continue
        value = _object(line)
        session = value.get("sessionId")
        for rank, kind, key in ((2, "custom-title", "customTitle"), (1, "ai-title", "aiTitle")):
            title = value.get(key)
            if value.get("type") == kind and isinstance(session, str) and isinstance(title, str) and title.strip():
                found[rank, session] = title.strip()
        leaf, title = value.get("leafUuid"), value.get("summary")
        if value.get("type") == "summary" and isinstance(leaf, str) and isinstance(title, str) and title.strip():
            leaves[leaf] = title.strip()
    if leaves:
        for session, title in _sessions_of(source, leaves):
            found[0, session] = title
    return {session: title for (_, session), title in sorted(found.items())}


def _sessions_of(source: Source, leaves: dict[str, str]) -> list[tuple[str, str]]:
    """The session of each of the records that summaries name, with the summary."""
    named = []
    for _, line in source.lines():
        for match in _UUID.finditer(line or ""):
            if match[1] in leaves and (session := _SESSION.search(line or "")):
                named.append((session[1], leaves[match[1]]))
    return named


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
