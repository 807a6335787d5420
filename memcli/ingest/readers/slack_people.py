"""What the files beside the channels of a Slack export say: who the users are, and what the channels are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from memcli.ingest.readers.base import Skipped, Source
from memcli.ingest.readers.json_fields import elements, fields, key, text
from memcli.ingest.readers.json_stream import records

_USERS = ("users.json", "org_users.json")
_CHANNELS = ("channels.json", "groups.json", "mpims.json", "dms.json")
COMPANIONS: Mapping[str, str] = {
    "users.json": "list of users",
    "org_users.json": "list of users",
    "channels.json": "list of channels",
    "groups.json": "list of channels",
    "mpims.json": "list of channels",
    "dms.json": "list of channels",
    "integration_logs.json": "log of integrations",
    "canvases.json": "list of canvases",
    "lists.json": "list of lists",
    "file_conversations.json": "list of files",
    "huddle_transcripts.json": "list of huddles",
    "content_flags.json": "list of flags",
}
"""Files that hold no messages, by their names in an export, with what they are."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation as the lists of channels know it; `members` are ids of users."""

    id: str
    name: str
    members: tuple[str, ...]
    direct: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """Names of users by their ids (and of bots by theirs), and channels by the names of their folders."""

    users: Mapping[str, str]
    channels: Mapping[str, Channel]

    def user(self, identifier: str) -> str:
        """The name of a user; empty where it is not known."""
        return self.users.get(identifier, "")


def workspace(source: Source, folder: str) -> Workspace:
    """What is known from the files in that folder (`.` or `..`) beside a source."""
    found = (source.beside(f"{folder}/{name}") for name in (*_USERS, *_CHANNELS))
    return _read(tuple((file, file.path.stat().st_mtime_ns) for file in found if file is not None))


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[Source, int], ...]) -> Workspace:
    # An export has one file a channel and day, and all of them ask for the same names.
    users: dict[str, str] = {}
    channels: dict[str, Channel] = {}
    for file, _ in files:
        for record in records(file):
            value = {} if isinstance(record, Skipped) else fields(record.value)
            identifier = key(value.get("id"))
            if not identifier:
                continue
            if file.name in _USERS:
                users[identifier] = name_of(value)
                if bot := key(fields(value.get("profile")).get("bot_id")):
                    users[bot] = name_of(value)
            else:
                name = text(value.get("name"))
                members = tuple(filter(None, map(key, elements(value.get("members")))))
                channel = Channel(identifier, name, members, direct=file.name in ("mpims.json", "dms.json"))
                channels[name or identifier] = channels[identifier] = channel
    return Workspace(users, channels)


def name_of(user: Mapping[str, object]) -> str:
    """The name that a user goes by: the display name, else the real name, else the account's."""
    profile = fields(user.get("profile"))
    return (
        text(profile.get("display_name"))
        or text(user.get("display_name"))
        or text(profile.get("real_name"))
        or text(user.get("real_name"))
        or text(user.get("name"))
    )
