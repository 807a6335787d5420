"""The engines that commands work with: the built-in ones, and the user's own language model if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from engines.protocols import Generator, TokenEncoder
    from engines.static import StaticEmbedder
    from memcli.recall.pipeline import Engines


def embedder() -> StaticEmbedder:
    """The built-in embedder."""
    from engines.static import StaticEmbedder

    return StaticEmbedder()


def for_recall() -> Engines:
    """The built-in models that recall needs."""
    from engines.loading import LoadingTokenEncoder

    table = embedder()  # first: it imports what the other needs too, which two threads cannot do at a time
    encoder = LoadingTokenEncoder(_token_encoder)
    from memcli.recall.pipeline import Engines

    return Engines(embedder=table, token_table=table, token_encoder=encoder)


def _token_encoder() -> TokenEncoder:
    from engines.token_encoder import MiniLMTokenEncoder

    return MiniLMTokenEncoder()


def generator(config: Config, tell: Callable[[str], None]) -> Generator:
    """The user's own language model, from the settings. Raises ModelMissing, ModelCorrupt, EngineUnavailable."""
    from engines.isolated import IsolatedGenerator

    gpu, path = config["llm.gpu"], model_path(config["llm.model"])
    model = IsolatedGenerator(
        path,
        context_tokens=config["llm.context"],
        gpu=int(gpu) if gpu.isdecimal() else gpu,
    )
    tell(f"{path.name} on {model.device}")
    return model


def model_path(given: str) -> Path:
    """The file that a path or the name of an added model means. Raises ModelMissing for a name that is none."""
    from pathlib import Path

    from engines.shelf import Shelf
    from memcli.config import models_folder

    path = Path(given).expanduser()
    if path.is_file() or path.suffix or len(path.parts) > 1:
        return path
    return Path(Shelf(models_folder()).model(given).path)
