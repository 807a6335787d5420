"""The engines that commands work with: the built-in ones, and the user's own language model if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
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


def generator(config: Config, tell: Callable[[str], None]) -> Generator:
    """The user's own language model, from the settings. Raises ModelMissing, ModelCorrupt, EngineUnavailable."""
    from pathlib import Path

    from engines.isolated import IsolatedGenerator

    gpu = config["llm.gpu"]
    model = IsolatedGenerator(
        Path(config["llm.model"]).expanduser(),
        context_tokens=config["llm.context"],
        gpu=int(gpu) if gpu.isdecimal() else gpu,
    )
    tell(f"{Path(config['llm.model']).name} on {model.device}")
    return model
