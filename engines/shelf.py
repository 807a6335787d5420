"""The models that the user has told memcli of: where each lies, and what it was when it was added.

The shelf keeps a card of each, a JSON file FOLDER/NAME.json with the SHA-256 that its files had. Files that the user
named stay where they are (they are large, and other programs use them too); what memcli made or fetched itself lies in
FOLDER/NAME, and goes with the card.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engines.cards import BUILT_IN, ModelFile
from engines.errors import ModelCorrupt, ModelMissing, ModelRefused

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedModel:
    """A model by the name that the user calls it by. `size` in bytes; `sha256` in hex; `licence` "" if unknown.

    A generator is the GGUF file `path`, or the first of several, which are `files` beside it. An embedder is the folder
    `path` with `files`, of which the first is the graph and the second the tokenizer; `sha256` is that of the graph,
    and the rest says how a text becomes a vector (see engines/model_folder.py). A reranker is such a folder without the
    rest. `source` and `revision` say where a model was fetched from, if memcli did.
    """

    name: str
    path: str
    size: int
    sha256: str
    architecture: str
    context_tokens: int
    licence: str
    kind: Literal["generator", "embedder", "reranker"] = "generator"
    files: tuple[ModelFile, ...] = ()
    dimension: int = 0
    pooling: Literal["mean", "cls", "last"] = "mean"
    query_prefix: str = ""
    document_prefix: str = ""
    source: str = ""
    revision: str = ""

    @property
    def id(self) -> str:
        """Name and hash: vectors of models of different ids must never be compared."""
        return f"{self.name}@{self.sha256[:12]}"


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
        self.refuse_taken(model.name, model.sha256)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._card(model.name).with_suffix(".new")
        draft.write_text(json.dumps(asdict(model), indent=2) + "\n", encoding="utf-8")
        draft.replace(self._card(model.name))

    def remove(self, name: str) -> ShelvedModel:
        """Forget the model; files that the user named stay, those of the shelf itself go. Raises ModelMissing."""
        model = self.model(name)
        self._card(name).unlink()
        if self.own(model):
            shutil.rmtree(self.folder_of(name), ignore_errors=True)
        return model

    def begun(self) -> list[str]:
        """The names under which something was begun to be fetched, and no model came of it yet."""
        folders = sorted(path.name for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []
        return [name for name in folders if _NAME.fullmatch(name) and not self._card(name).is_file()]

    def drop(self, name: str) -> None:
        """Delete what was begun under this name."""
        if name in self.begun():
            shutil.rmtree(self.folder_of(name), ignore_errors=True)

    def folder_of(self, name: str) -> Path:
        """Where files lie that memcli makes or fetches for a model of that name. Raises ModelRefused for no name."""
        if not _NAME.fullmatch(name):
            raise _no_name(name)
        return self._folder / name

    def own(self, model: ShelvedModel) -> bool:
        """Whether the model's files are the shelf's own."""
        return Path(model.path).is_relative_to(self.folder_of(model.name))

    def embedder(self, model_id: str) -> ShelvedModel | None:
        """The embedder of that id, if it is there."""
        name = model_id.partition("@")[0]
        if not _NAME.fullmatch(name) or not self._card(name).is_file():
            return None
        model = self._read(self._card(name))
        return model if model.id == model_id and model.kind == "embedder" else None

    def refuse_taken(self, name: str, sha256: str = "") -> None:
        """Raise ModelRefused for a name that cannot be one, or is that of a model with another hash."""
        if not _NAME.fullmatch(name):
            raise _no_name(name)
        if name in BUILT_IN or (self._card(name).exists() and self.model(name).sha256 != sha256):
            raise ModelRefused(
                f"another model is called {name}",
                hint="choose another with --name, or `memcli models remove NAME` first",
            )

    def _card(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, card: Path) -> ShelvedModel:
        try:
            known: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
            files = tuple(ModelFile(**file) for file in known.pop("files", ()))
            return ShelvedModel(**known, files=files)
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
    """Compare the model's files with its card. Raises ModelMissing, ModelCorrupt."""
    for path, size, sha256 in _files(model):
        if not path.is_file():
            raise ModelMissing(f"{path} is not there any more", hint=f"`memcli models add PATH --name {model.name}`")
        if path.stat().st_size != size or digest(path, advance) != sha256:
            raise ModelCorrupt(
                f"{path} is not the file that was added as {model.name}",
                hint=f"`memcli models remove {model.name}`, then add it again if the change was meant",
            )


def described(paths: Sequence[Path], folder: Path, advance: Callable[[int], None]) -> tuple[ModelFile, ...]:
    """The files of a model in a folder, with their sizes and hashes."""
    return tuple(
        ModelFile(name=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=digest(path, advance))
        for path in paths
    )


def _files(model: ShelvedModel) -> list[tuple[Path, int, str]]:
    if model.files:
        folder = Path(model.path).parent if model.kind == "generator" else Path(model.path)
        return [(folder / file.name, file.size, file.sha256) for file in model.files]
    return [(Path(model.path), model.size, model.sha256)]


def _no_name(name: str) -> ModelRefused:
    return ModelRefused(
        f"{name[:64]!r} cannot be the name of a model",
        hint="lower-case letters, digits, dots, dashes and underscores make a name: --name NAME",
    )
