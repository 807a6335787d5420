"""Where the index of a memory lies if it is not in the memory's own folder: on object storage, at an s3:// address.

FOLDER/index.json keeps the address, and whether this memory only reads there (a copy of the catalogue on another
machine does). Region, endpoint and credentials are never kept: they come from the environment, by the names that the
tools of S3 share (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from store.disk import flush, writable
from store.errors import StoreDamaged, StoreReadsOnly

RECORD = "index.json"
_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address such as s3://bucket/path; reads_only: another memory writes there."""

    uri: str
    reads_only: bool = False

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.uri):
            raise ValueError(f"{self.uri} is not of the form s3://BUCKET/PATH")

    def options(self) -> dict[str, str]:
        """What LanceDB must be told beside what it reads from the environment itself."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        return {"allow_http": "true"} if endpoint.startswith("http://") else {}

    def refusal(self, folder: Path) -> StoreReadsOnly | None:
        """Why the memory in this folder may not be written, if it only reads here."""
        if not self.reads_only:
            return None
        return StoreReadsOnly(
            f"{folder} is a copy that reads the index at {self.uri}: nothing is written here",
            hint="write to the memory that it is a copy of, and bring its next backup here with `restore --force`",
        )


def place_of(folder: Path) -> Place | None:
    """Where the index of the memory in this folder lies; None if in the folder. Raises StoreDamaged."""
    path = folder / RECORD
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreDamaged(f"{path} cannot be read: {error.strerror}") from error
    try:
        record = json.loads(text)
        return Place(uri=str(record["uri"]), reads_only=record["reads_only"] is True)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged(
            f"{path} does not say where the index is",
            hint=f"without {path.name}, the next command builds an index in the memory's folder",
        ) from error


def keep_place(folder: Path, place: Place) -> None:
    """Say in the memory's folder where its index lies."""
    path = folder / RECORD
    with writable(path):
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(place)) + "\n", encoding="utf-8")
        flush(path)
        flush(folder)
