"""The language models that the user has told memcli of: where each lies, and what it was when it was added.

The files stay where they are (they are large, and other programs use them too); the shelf keeps a card of each, a JSON
file FOLDER/NAME.json with the SHA-256 that the file had.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from engines.cards import BUILT_IN
from engines.errors import EngineError, ModelCorrupt, ModelMissing

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
PIECE_BYTES = 1 << 20


class ModelRefused(EngineError):
    """A model cannot have that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedModel:
    """A GGUF model by the name that the user calls it by. `size` in bytes; `sha256` in hex; `licence` "" if unknown."""

    name: str
    path: str
    size: int
    sha256: str
    architecture: str
    context_tokens: int
    licence: str


class Shelf:
    """The cards in a folder, which is made when the first is put there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def models(self) -> list[ShelvedModel]:
        """Every model, by name."""
        cards = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [self._read(card) for card in cards]

    def model(self, name: str) -> ShelvedModel:
        """The model of that name. Raises ModelMissing if there is none."""
        if not _NAME.fullmatch(name) or not self._card(name).is_file():
            raise ModelMissing(f"no model is called {name[:64]!r}", hint="`memcli models` lists them")
        return self._read(self._card(name))

    def put(self, model: ShelvedModel) -> None:
        """Keep the card. Raises ModelRefused for a name that cannot be one, or is another model's."""
        if not _NAME.fullmatch(model.name):
            raise ModelRefused(
                f"{model.name[:64]!r} cannot be the name of a model",
                hint="lower-case letters, digits, dots, dashes and underscores make a name: --name NAME",
            )
        taken = self._card(model.name).exists() and self.model(model.name).sha256 != model.sha256
        if taken or model.name in BUILT_IN:
            raise ModelRefused(
                f"another model is called {model.name}",
                hint="choose another with --name, or `memcli models remove NAME` first",
            )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._card(model.name).with_suffix(".new")
        draft.write_text(json.dumps(asdict(model), indent=2) + "\n", encoding="utf-8")
        draft.replace(self._card(model.name))

    def remove(self, name: str) -> ShelvedModel:
        """Forget the model; its file stays. Raises ModelMissing."""
        model = self.model(name)
        self._card(name).unlink()
        return model

    def _card(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, card: Path) -> ShelvedModel:
        try:
            return ShelvedModel(**json.loads(card.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ModelCorrupt(
                f"{card} is no card of a model: {error}", hint="delete it and add the model again"
            ) from error


def name_of(path: Path) -> str:
    """The name that a model has where the user gives it none: that of its file, lower-cased."""
    return re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")[:64] or "model"


def digest(path: Path, advance: Callable[[int], None]) -> str:
    """The SHA-256 of a file in hex; `advance` is told of the bytes as they are read."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            found.update(piece)
            advance(len(piece))
    return found.hexdigest()


def check(model: ShelvedModel, advance: Callable[[int], None]) -> None:
    """Compare the file with its card. Raises ModelMissing, ModelCorrupt."""
    path = Path(model.path)
    if not path.is_file():
        raise ModelMissing(f"{path} is not there any more", hint=f"`memcli models add PATH --name {model.name}`")
    if path.stat().st_size != model.size or digest(path, advance) != model.sha256:
        raise ModelCorrupt(
            f"{path} is not the file that was added as {model.name}",
            hint=f"`memcli models remove {model.name}`, then add it again if the change was meant",
        )
