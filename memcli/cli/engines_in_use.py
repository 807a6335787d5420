"""The engines that commands work with: the built-in ones, and the user's own language model if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from engines.protocols import Generator
    from engines.static import StaticEmbedder
    from memcli.recall.pipeline import Engines


def embedder() -> StaticEmbedder:
    """The built-in embedder."""
    from engines.static import StaticEmbedder

    return StaticEmbedder()


def for_recall() -> Engines:
    """The built-in models that recall needs."""
    from engines.token_encoder import MiniLMTokenEncoder
    from memcli.recall.pipeline import Engines

    table = embedder()
    return Engines(embedder=table, token_table=table, token_encoder=MiniLMTokenEncoder())


def generator(config: Config, tell: Callable[[str], None], states: Path | None = None) -> Generator:
    """The user's own language model, from the settings: a file, or one that a server has.

    states: the folder for what it computes of the beginnings of prompts.
    Raises ModelMissing, ModelCorrupt, EngineUnavailable, ServerRefused.
    """
    if config["llm.url"]:
        from engines.server import ServerGenerator

        server = ServerGenerator(
            config["llm.url"],
            model=config["llm.model"],
            context_tokens=config["llm.context"],
            allow_remote=config["llm.allow_remote"],
        )
        tell(f"asking {server.device}")
        return server
    from engines.isolated import IsolatedGenerator

    gpu, path = config["llm.gpu"], model_path(config["llm.model"])
    budget = config["llm.prompt_cache"] * 1_000_000
    model = IsolatedGenerator(
        path,
        context_tokens=config["llm.context"],
        gpu=int(gpu) if gpu.isdecimal() else gpu,
        states=states if budget else None,
        state_bytes=budget,
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
