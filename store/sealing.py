"""Encryption at rest: the one key of a memory, what is sealed with it, and how a sealed catalogue begins.

AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce of 96 bits before each message, by `cryptography`.
The cipher's key is derived from the user's (32 random bytes) and the memory's salt by HKDF-SHA256 (RFC 5869), so two
memories with one key share no cipher. What a message is for is authenticated with it: a line of the spool cannot be
passed off as a piece of the catalogue. With random nonces one key is good for 2^32 messages; at a hundred a second
that is more than a year of writing without a pause.

A sealed catalogue begins in clear with

    16 bytes  "memcli sealed 1\\n"
    32 bytes  the memory's salt, which its backups and rewritten files share
    16 bytes  a check of the key: HKDF of it for another purpose
    16 bytes  the number of this file, new whenever it is written anew
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from pathlib import Path

from store.disk import writable
from store.errors import KeyRefused, StoreDamaged

MAGIC = b"memcli sealed 1\n"
KEY_BYTES = 32
_SALT, _CHECK, _NUMBER, _NONCE = 32, 16, 16, 12
HEADER_BYTES = len(MAGIC) + _SALT + _CHECK + _NUMBER


def new_key() -> str:
    """A new key, as people keep it: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parsed_key(text: str, origin: str) -> bytes:
    """The key that a text holds. `origin` says where it is from. Raises KeyRefused; the text is in no message."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_" if set(text) & set("-_") else None, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyRefused(
            f"what {origin} holds is no key: a key is {KEY_BYTES} random bytes in base64",
            hint="`memcli init --encrypt --key-file FILE` makes one, and so does `openssl rand -base64 32`",
        )
    return key


def is_sealed(catalogue: Path) -> bool:
    """Whether the catalogue file is a sealed one; False where there is none. Raises StoreUnwritable."""
    try:
        with writable(catalogue), catalogue.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Header:
    """How a sealed catalogue begins; see above."""

    salt: bytes
    check: bytes
    number: bytes

    @classmethod
    def read(cls, data: bytes, where: Path) -> Header:
        """The header in the first bytes of a file. Raises StoreDamaged."""
        if len(data) < HEADER_BYTES or not data.startswith(MAGIC):
            raise StoreDamaged(
                f"{where} is not a whole encrypted catalogue: its beginning is damaged",
                hint="restore a backup",
            )
        at = len(MAGIC)
        return cls(data[at : at + _SALT], data[at + _SALT : at + _SALT + _CHECK], data[at + _SALT + _CHECK :][:_NUMBER])

    @property
    def data(self) -> bytes:
        """As bytes."""
        return MAGIC + self.salt + self.check + self.number


class Seal:
    """Seals and opens what one memory holds."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(_derived(key, salt, b"memcli: seal"))
        self._salt = salt
        self._check = _derived(key, salt, b"memcli: check")[:_CHECK]

    @classmethod
    def fresh(cls, key: bytes) -> Seal:
        """The seal of a new memory."""
        return cls(key, secrets.token_bytes(_SALT))

    @classmethod
    def of(cls, catalogue: Path, key: bytes) -> Seal:
        """The seal of the memory with that sealed catalogue. Raises KeyRefused if the key is another one."""
        with catalogue.open("rb") as stream:
            header = Header.read(stream.read(HEADER_BYTES), catalogue)
        seal = cls(key, header.salt)
        seal.verify(header)
        return seal

    def header(self) -> Header:
        """The header of a new file."""
        return Header(self._salt, self._check, secrets.token_bytes(_NUMBER))

    def verify(self, header: Header) -> None:
        """Raises KeyRefused if the file with that header was sealed with another key."""
        if header.salt != self._salt or not secrets.compare_digest(header.check, self._check):
            raise KeyRefused(
                "this is not the key that the memory was encrypted with",
                hint="nothing was changed; name the right one: $MEMCLI_KEY, or `key.file` (see the README)",
            )

    def lock(self, data: bytes, purpose: bytes) -> bytes:
        """The data sealed, for that purpose alone: 28 bytes more than it has."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, purpose)

    def unlock(self, sealed: bytes, purpose: bytes) -> bytes | None:
        """What lock() sealed for that purpose; None if it is anything else, or was changed."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose)
        except (InvalidTag, ValueError):
            return None

    def lock_line(self, line: bytes) -> bytes:
        """A line sealed as a line of text."""
        return base64.b64encode(self.lock(line, b"line"))

    def unlock_line(self, line: bytes) -> bytes | None:
        """What lock_line() sealed; None if it is anything else."""
        try:
            return self.unlock(base64.b64decode(line, validate=True), b"line")
        except binascii.Error:
            return None


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt, purpose).derive(key)
