"""Where a card's model lies on disk, and whether it is what the card says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engines.cards import ModelCard
from engines.errors import ModelCorrupt, ModelMissing

REINSTALL = "The model is part of memcli: reinstall it."


def folder_of(card: ModelCard) -> Path:
    """The folder of a built-in model inside this package (whether or not it is there)."""
    return Path(__file__).parent / "models" / card.folder


def locate(card: ModelCard, folder: Path | None = None) -> Path:
    """The folder of the model, its files all there and of the right sizes: the quick check made at every load.

    `folder` is looked into instead of the built-in one. Raises ModelMissing, ModelCorrupt.
    """
    folder = folder or folder_of(card)
    for file in card.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelMissing(f"Model {card.name} is incomplete: {path} is not there", hint=REINSTALL)
        size = path.stat().st_size
        if size != file.size:
            raise ModelCorrupt(f"{path} has {size} bytes, should have {file.size}", hint=REINSTALL)
    return folder


def verify(card: ModelCard, folder: Path | None = None) -> Path:
    """As `locate`, and every byte is read to compare the SHA-256 as well. Raises ModelMissing, ModelCorrupt."""
    folder = locate(card, folder)
    for file in card.files:
        path = folder / file.name
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != file.sha256:
            raise ModelCorrupt(f"{path} has SHA-256 {found}, should have {file.sha256}", hint=REINSTALL)
    return folder
