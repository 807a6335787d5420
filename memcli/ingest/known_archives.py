"""Archives that are as they were when they were last read: they need not be taken apart again.

What is kept of an archive (in the settings, under a hash of its URI) is its own hash, and hashes of its members with
what each held: so a member whose reading was taken back, or whose turns were deleted, brings the archive back too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memcli.ids import content_id
from memcli.ingest.incremental import Part, part
from memcli.ingest.readers.base import Reader, Source
from store.batches import Batches, ReadRow
from store.catalogue import Catalogue
from store.store import CATALOGUE, KeyFinder, Store

_ARCHIVE = Reader(name="archive", title="An archive", sniff=lambda source: 0.0, read=lambda source: iter(()))
_KEY = "archive:"


@dataclass
class KnownArchives:
    """The archives that a memory has read, for one ingest. `how`: all that decides what is found in the same bytes."""

    how: str
    reads: Mapping[str, ReadRow] = field(default_factory=dict)
    kept: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    seen: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, wait_s: float, how: str, key: KeyFinder) -> KnownArchives:
        """Those of the memory in this folder; none where there is no memory yet."""
        if not (folder / CATALOGUE).is_file():
            return cls(how)
        # Whether the memory may be used at all is for whoever writes into it to say.
        with Store.open(folder, wait_s=wait_s, exposed=True, key=key).reading() as catalogue:
            kept = {key: json.loads(value) for key, value in catalogue.settings(_KEY).items()}
            return cls(how, Batches(catalogue.connection).last_reads() if kept else {}, kept)

    def is_unchanged(self, source: Source) -> bool:
        """Whether the archive is as it was, and all that was in it is still known."""
        entry = self.kept.get(_key(source.uri))
        last = None
        if entry is not None:
            last = ReadRow(
                source.uri, _ARCHIVE.name, 0, entry["bytes"], entry["sha256"], entry["mtime_ns"],
                datetime.fromisoformat(entry["read_at"]), entry["how"], 0, 0, None,
            )  # fmt: skip
        found = self.seen[source.uri] = part(source, _ARCHIVE, last, self.how)
        if entry is None or found.source is not None:
            return False
        if set(entry["members"]) - {_member(read) for read in self._under(source.uri)}:
            return False
        self.unchanged.add(source.uri)
        return True

    def members(self, uri: str) -> list[ReadRow]:
        """The last reading of each member of an archive that is unchanged."""
        there = set(self.kept[_key(uri)]["members"])
        return sorted(read for read in self._under(uri) if _member(read) in there)

    def refused(self, uri: str) -> list[tuple[str, str]]:
        """What could not be read at all of an archive that is unchanged, as (uri, reason)."""
        return [(one, reason) for one, reason in self.kept[_key(uri)]["refused"]]

    def ignored(self, uri: str) -> Counter[str]:
        """What is only counted of an archive that is unchanged."""
        return Counter(self.kept[_key(uri)]["ignored"])

    def keep(
        self,
        catalogue: Catalogue,
        sources: Iterable[str],
        refused: Sequence[tuple[str, str]],
        ignored: Mapping[str, Counter[str]],
    ) -> None:
        """Keep what the archives that were taken apart held: `sources` are the URIs of all that was read."""
        changed = {uri: found for uri, found in self.seen.items() if uri not in self.unchanged}
        reads = Batches(catalogue.connection).last_reads() if changed else {}
        uris = set(sources)
        for uri, found in changed.items():
            inside = [one for one in uris if one.startswith(f"{uri}/")]
            if all(one in reads for one in inside):
                entry = {
                    "bytes": found.bytes, "sha256": found.sha256, "mtime_ns": found.mtime_ns, "how": self.how,
                    "read_at": datetime.now(UTC).isoformat(), "ignored": ignored.get(uri, {}),
                    "refused": [one for one in refused if one[0] == uri or one[0].startswith(f"{uri}/")],
                    "members": sorted(_member(reads[one]) for one in inside),
                }  # fmt: skip
                catalogue.keep_setting(_key(uri), json.dumps(entry))

    def _under(self, uri: str) -> Iterator[ReadRow]:
        return (read for name, read in self.reads.items() if name.startswith(f"{uri}/"))


def _key(uri: str) -> str:
    return _KEY + content_id(uri)


def _member(read: ReadRow) -> str:
    return content_id(read.uri, read.sha256, read.how)
