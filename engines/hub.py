"""Fetches a model from a hub with Hugging Face's interface, or a mirror of it. Nothing else here leaves the machine.

Interface: https://huggingface.co/docs/hub/api. `/api/models/REPO/revision/REV` names the commit that a revision is now,
`/api/models/REPO/tree/COMMIT` each file with its size and hash: the SHA-256 of large ones, git's hash of small ones.
What is fetched is that commit, and every file is held against its hash before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing, ModelRefused

ENDPOINT = "https://huggingface.co"
TIMEOUT_S = 30
TRIES = 3
"""How often a download that breaks off is gone on with."""

PIECE_BYTES = 1 << 20
LONGEST_LIST = 32 << 20
_REPO = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a repository: its path there, bytes, and one of the two hashes ("" for the other).

    `pinned`: the hash is not the hub's word but was known before.
    """

    path: str
    size: int
    sha256: str
    git_sha1: str
    pinned: bool = False

    @property
    def known_by(self) -> str:
        """The hash that it is held against, in words."""
        return f"SHA-256 {self.sha256}" if self.sha256 else f"git's SHA-1 {self.git_sha1}"

    @property
    def said_by(self) -> str:
        """Who says so."""
        return "was pinned" if self.pinned else "the hub says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A repository at a commit: where, which, what its page says of its licence, and its files."""

    url: str
    repo: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]


class Hub:
    """A hub at an address; by default that of HF_ENDPOINT, else huggingface.co. Raises EngineUnavailable offline."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")
        if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
            raise EngineUnavailable("HF_HUB_OFFLINE is set: nothing is fetched", hint="unset it to fetch models")
        if urlsplit(self._endpoint).scheme not in ("http", "https"):
            raise ModelRefused(f"HF_ENDPOINT is {self._endpoint}, which is no address", hint=f"{ENDPOINT} is one")
        self._opener = build_opener(_Redirects)

    def snapshot(self, repo: str, revision: str) -> Snapshot:
        """The repository at the commit that the revision (a commit, a branch, a tag) is now.

        Raises ModelMissing if there is none, EngineUnavailable if the hub cannot be reached.
        """
        if not _REPO.fullmatch(repo):
            raise ModelRefused(f"{repo!r} is no repository", hint="OWNER/NAME is one")
        about = self._json(f"/api/models/{quote(repo)}/revision/{quote(revision, safe='')}")
        commit = str(about.get("sha", "")) if isinstance(about, dict) else ""
        if not _COMMIT.fullmatch(commit):
            raise EngineFailed(f"the hub at {self._endpoint} names no commit of {repo}")
        card = about.get("cardData") or {}
        listed = self._json(f"/api/models/{quote(repo)}/tree/{commit}?recursive=true")
        return Snapshot(
            url=f"{self._endpoint}/{repo}",
            repo=repo,
            commit=commit,
            licence=str(card.get("license") or "") if isinstance(card, dict) else "",
            files=tuple(map(_file, (one for one in listed if one.get("type") == "file"))),
        )

    def fetch(self, snapshot: Snapshot, file: HubFile, folder: Path, advance: Callable[[int], None]) -> Path:
        """Fetch a file into the folder, under its own path there; what was begun before is gone on with.

        advance: is told of bytes as they come, those that are there already too. Raises ModelCorrupt if it is not what
        the hub says it is, EngineUnavailable if the hub cannot be reached, EngineFailed if the disk refuses.
        """
        final = folder / file.path
        part = final.with_name(f"{final.name}.part")
        try:
            final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if final.is_file() and _is(final, file):
                advance(file.size)
                return final
            for left in range(TRIES - 1, -1, -1):
                try:
                    self._download(snapshot, file, part, advance, first=left == TRIES - 1)
                    break
                except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
                    if not left:
                        raise self._unreachable(error, snapshot, file) from error
            part.replace(final)
        except OSError as error:
            raise EngineFailed(
                f"{final} cannot be written: {error.strerror or error}",
                hint="make room, and run the command again: it goes on where it was",
            ) from error
        if not _is(final, file):
            final.unlink()
            raise ModelCorrupt(
                f"{file.path} from {snapshot.url} is not what {file.said_by} ({file.known_by})",
                hint="it was deleted; run the command again, or try without the mirror in HF_ENDPOINT",
            )
        return final

    def _download(
        self, snapshot: Snapshot, file: HubFile, part: Path, advance: Callable[[int], None], *, first: bool
    ) -> None:
        begun = part.stat().st_size if part.is_file() else 0
        if begun > file.size:
            part.unlink()
            begun = 0
        if begun == file.size and part.is_file():
            return
        request = Request(f"{snapshot.url}/resolve/{snapshot.commit}/{quote(file.path)}", headers=_headers())
        if begun:
            request.add_header("Range", f"bytes={begun}-")
        with self._opener.open(request, timeout=TIMEOUT_S) as response:
            goes_on = begun > 0 and response.status == 206
            if goes_on and first:
                advance(begun)
            with part.open("ab" if goes_on else "wb") as stream:
                written = begun if goes_on else 0
                while piece := response.read(PIECE_BYTES):
                    written += len(piece)
                    if written > file.size:
                        raise ModelCorrupt(f"{file.path} from {snapshot.url} is longer than the hub says")
                    stream.write(piece)
                    advance(len(piece))
        if written < file.size:
            raise ConnectionError(f"it broke off after {written:,} of {file.size:,} bytes")

    def _json(self, path: str) -> Any:
        try:
            with self._opener.open(Request(self._endpoint + path, headers=_headers()), timeout=TIMEOUT_S) as response:
                return json.loads(response.read(LONGEST_LIST))
        except HTTPError as error:
            if error.code in (401, 403, 404):  # the hub says 401 of what is not there, too
                raise ModelMissing(
                    f"the hub at {self._endpoint} has no such model, or not for everybody ({error.code})",
                    hint="`memcli models pull` lists some that are there; models behind a login are not fetched",
                ) from error
            raise EngineUnavailable(f"the hub at {self._endpoint} refused: {error.code} {error.reason}") from error
        except (URLError, HTTPException, OSError) as error:
            raise self._unreachable(error) from error
        except ValueError as error:
            raise EngineFailed(f"what answers at {self._endpoint} is no hub: {error}") from error

    def _unreachable(
        self, error: Exception, snapshot: Snapshot | None = None, file: HubFile | None = None
    ) -> EngineUnavailable:
        where = f"{snapshot.url}/resolve/{snapshot.commit}/{file.path}" if snapshot and file else "the model's files"
        return EngineUnavailable(
            f"the hub at {self._endpoint} cannot be reached: {getattr(error, 'reason', error)}",
            hint=f"try again later (it goes on where it was); or set HF_ENDPOINT to a mirror; or fetch {where} on "
            "another machine and `memcli models add PATH`",
        )


class _Redirects(HTTPRedirectHandler):
    """Follows to the hub's stores, but never from an encrypted connection to an open one."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise HTTPError(newurl, code, "redirected to an open connection", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _headers() -> dict[str, str]:
    return {"User-Agent": "memcli", "Accept-Encoding": "identity"}


def _file(listed: dict[str, Any]) -> HubFile:
    path = str(listed["path"])
    if path.startswith("/") or ".." in path.split("/") or "\\" in path:
        raise ModelCorrupt(f"the hub lists a file {path!r}, which leads out of its folder")
    large = listed.get("lfs") or {}
    return HubFile(
        path=path,
        size=int(large.get("size") or listed.get("size") or 0),
        sha256=str(large.get("oid") or large.get("sha256") or ""),
        git_sha1="" if large else str(listed.get("oid") or ""),
    )


def _is(path: Path, file: HubFile) -> bool:
    """Whether the file has the size and the hash. Git's is over a header and the content (git-hash-object)."""
    if path.stat().st_size != file.size or not (file.sha256 or file.git_sha1):
        return False
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest() == (file.sha256 or file.git_sha1)


def wanted(snapshot: Snapshot, patterns: Sequence[str]) -> list[HubFile]:
    """The files of the snapshot with one of these paths. Raises ModelMissing if there are none."""
    found = [file for file in snapshot.files if file.path in patterns]
    if not found:
        raise ModelMissing(f"{snapshot.url} has none of {', '.join(patterns)} at {snapshot.commit[:12]}")
    return found


def held_to(snapshot: Snapshot, files: Sequence[HubFile], pins: Mapping[str, str]) -> list[HubFile]:
    """The files, each of those in `pins` (SHA-256 by path) to be held against its pin and not against the hub's word.

    Raises ModelCorrupt if the hub itself says that one is something else, ModelMissing if it lacks one.
    """
    for path in pins:
        if all(file.path != path for file in files):
            raise ModelMissing(f"{snapshot.url} has no {path} at {snapshot.commit[:12]}, whose hash is pinned")
    for file in files:
        if file.sha256 and file.sha256 != pins.get(file.path, file.sha256):
            raise ModelCorrupt(
                f"{file.path} at {snapshot.url} is not what was pinned (SHA-256 {pins[file.path]}): "
                f"the hub says {file.sha256}",
                hint="nothing was fetched; try without the mirror in HF_ENDPOINT, or trust the hub: --revision main",
            )
    return [
        replace(file, sha256=pins[file.path], git_sha1="", pinned=True) if file.path in pins else file for file in files
    ]
