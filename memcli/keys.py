"""Where the key of an encrypted memory comes from.

In this order: $MEMCLI_KEY, the file that the setting `key.file` names, what the command in `key.command` prints, and
what the memory itself remembers in its file key.json: the file or the entry of the keyring that `memcli init` was told.
A memory may name a file or an entry, never a command: it may have come from somebody else.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from memcli.config import Config
from store.disk import put_in_place, writable
from store.errors import KeyRefused
from store.sealing import new_key, parsed_key

VARIABLE = "MEMCLI_KEY"
RECORD = "key.json"
SERVICE = "memcli"
"""The name under which the keyring keeps our keys."""

COMMAND_S = 60
"""How long a command may take to print the key; it may have to ask its user."""


def find(folder: Path, config: Config, environment: Mapping[str, str]) -> bytes:
    """The key of the memory in that folder. Raises KeyRefused if none of the places has one."""
    if environment.get(VARIABLE):
        return parsed_key(environment[VARIABLE], f"${VARIABLE}")
    if config["key.file"]:
        return from_file(Path(config["key.file"]).expanduser())
    if config["key.command"]:
        return _from_command(config["key.command"])
    remembered = _record(folder)
    if "file" in remembered:
        return from_file(Path(remembered["file"]))
    if "keyring" in remembered:
        return _from_keyring(remembered["keyring"])
    raise KeyRefused(
        f"the memory at {folder} is encrypted, and nothing says where its key is",
        hint=f"set ${VARIABLE}, or the settings key.file or key.command",
    )


def from_file(path: Path) -> bytes:
    """The key in a file. Raises KeyRefused if it cannot be read, or others may read it."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyRefused(f"other users may read the key in {path}", hint=f"chmod 600 {path}")
        return parsed_key(path.read_text(encoding="utf-8", errors="replace"), str(path))
    except OSError as error:
        raise KeyRefused(
            f"the key is to be in {path}, and that cannot be read: {error.strerror}",
            hint=f"bring the file back, or set ${VARIABLE}, key.file or key.command",
        ) from error


def make_file(path: Path) -> bytes:
    """The key in that file, which is made with a new one if it is not there. Raises KeyRefused, StoreUnwritable."""
    if not path.exists():
        with writable(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(path.name + ".new")
            draft.touch(mode=0o600)
            draft.write_text(new_key() + "\n", encoding="ascii")
            put_in_place(draft, path)
    return from_file(path)


def make_in_keyring(entry: str) -> bytes:
    """A new key, kept in the system's keyring under that name. Raises KeyRefused."""
    keyring = _keyring()
    key = new_key()
    try:
        keyring.set_password(SERVICE, entry, key)
    except keyring.errors.KeyringError as error:
        raise _no_keyring(error) from error
    return parsed_key(key, "the keyring")


def remember(folder: Path, **where: str) -> None:
    """Write into the memory's folder where its key is: `file` or `keyring`."""
    with writable(folder):
        draft = folder / f"{RECORD}.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(where) + "\n", encoding="utf-8")
        put_in_place(draft, folder / RECORD)


def _record(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _from_command(command: str) -> bytes:
    try:
        done = subprocess.run(
            shlex.split(command), stdout=subprocess.PIPE, text=True, timeout=COMMAND_S, check=False, env=os.environ
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise KeyRefused(f"key.command cannot be run: {error}", hint="`memcli config key.command` shows it") from error
    if done.returncode:
        raise KeyRefused(
            f"key.command ended with exit code {done.returncode}", hint="`memcli config key.command` shows it"
        )
    return parsed_key(done.stdout, "what key.command prints")


def _from_keyring(entry: str) -> bytes:
    keyring = _keyring()
    try:
        found = keyring.get_password(SERVICE, entry)
    except keyring.errors.KeyringError as error:
        raise _no_keyring(error) from error
    if found is None:
        raise KeyRefused(
            f"the keyring has no entry {entry} of {SERVICE}",
            hint=f"set ${VARIABLE}, or the settings key.file or key.command",
        )
    return parsed_key(found, f"the keyring's entry {entry}")


def _keyring() -> Any:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise KeyRefused(
            "keys in the system's keyring need the package keyring",
            hint="install it beside memcli: pip install 'memcli[keyring]'",
        ) from error
    return keyring


def _no_keyring(error: Exception) -> KeyRefused:
    said = str(error).splitlines()
    return KeyRefused(
        f"the system's keyring cannot be used: {said[0] if said else type(error).__name__}",
        hint=f"unlock it, or keep the key elsewhere: --key-file FILE, ${VARIABLE}",
    )
