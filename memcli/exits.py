"""The one table from what happened to the exit code that scripts see."""

from __future__ import annotations

from enum import IntEnum

from engines.errors import (
    EngineFailed,
    EngineUnavailable,
    ModelCorrupt,
    ModelMissing,
    ModelRefused,
    ServerRefused,
)
from memcli.config import ConfigError
from memcli.ingest.errors import InputUnreadable
from memcli.usage import UsageError
from store.errors import (
    KeyRefused,
    MigrationFailed,
    StoreDamaged,
    StoreLocked,
    StoreMissing,
    StoreNewer,
    StoreOutOfMemory,
    StoreUnwritable,
)


class Exit(IntEnum):
    """Exit codes; MEANINGS says what each means."""

    DONE = 0
    BUG = 1
    USAGE = 2
    SOME_SKIPPED = 3
    ABSTAINED = 4
    CONFLICT = 5
    STORE_MISSING = 10
    STORE_LOCKED = 11
    STORE_NEWER = 12
    MIGRATION_FAILED = 13
    STORE_DAMAGED = 14
    STORE_UNWRITABLE = 15
    KEY_REFUSED = 16
    OUT_OF_MEMORY = 17
    MODEL_MISSING = 20
    MODEL_CORRUPT = 21
    ENGINE_UNAVAILABLE = 22
    ENGINE_FAILED = 23
    INPUT_UNREADABLE = 30
    CONFIG_ERROR = 40
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "done; for ask: answered; for search: something found",
    Exit.BUG: "a bug, or aborted at a prompt",
    Exit.USAGE: "wrong usage",
    Exit.SOME_SKIPPED: "finished, but some input was skipped (listed on stderr, kept in quarantine)",
    Exit.ABSTAINED: "ask abstained / search found nothing",
    Exit.CONFLICT: "ask answered, but the memory holds statements in conflict",
    Exit.STORE_MISSING: "no store there",
    Exit.STORE_LOCKED: "store locked by another process beyond --wait",
    Exit.STORE_NEWER: "store is newer than this program",
    Exit.MIGRATION_FAILED: "migration failed (rolled back)",
    Exit.STORE_DAMAGED: "store damaged",
    Exit.STORE_UNWRITABLE: "the disk refuses, or the index's storage: it is full, not reached, or permission is "
    "missing (the store is consistent)",
    Exit.KEY_REFUSED: "the memory is encrypted, and its key is missing or is another one",
    Exit.OUT_OF_MEMORY: "the catalogue needs more memory than it is allowed (the store is consistent)",
    Exit.MODEL_MISSING: "model missing",
    Exit.MODEL_CORRUPT: "model file corrupt",
    Exit.ENGINE_UNAVAILABLE: "engine unavailable",
    Exit.ENGINE_FAILED: "engine failed",
    Exit.INPUT_UNREADABLE: "input unreadable (nothing could be read)",
    Exit.CONFIG_ERROR: "configuration error",
    Exit.INTERRUPTED: "interrupted (the store is consistent)",
    Exit.TERMINATED: "terminated (the store is consistent)",
}

ERRORS: dict[type[Exception], Exit] = {
    UsageError: Exit.USAGE,
    ModelRefused: Exit.USAGE,
    ServerRefused: Exit.USAGE,
    StoreMissing: Exit.STORE_MISSING,
    StoreLocked: Exit.STORE_LOCKED,
    StoreNewer: Exit.STORE_NEWER,
    MigrationFailed: Exit.MIGRATION_FAILED,
    StoreDamaged: Exit.STORE_DAMAGED,
    StoreUnwritable: Exit.STORE_UNWRITABLE,
    KeyRefused: Exit.KEY_REFUSED,
    StoreOutOfMemory: Exit.OUT_OF_MEMORY,
    ModelMissing: Exit.MODEL_MISSING,
    ModelCorrupt: Exit.MODEL_CORRUPT,
    EngineUnavailable: Exit.ENGINE_UNAVAILABLE,
    EngineFailed: Exit.ENGINE_FAILED,
    InputUnreadable: Exit.INPUT_UNREADABLE,
    ConfigError: Exit.CONFIG_ERROR,
}
"""Every error that a user can meet, by its class; a subclass has the code of its base."""


def code_of(error: BaseException) -> Exit | None:
    """The exit code of an error, or None if it is none that a user should meet (a bug)."""
    return next((code for kind, code in ERRORS.items() if isinstance(error, kind)), None)
