"""The engines that commands work with: the built-in ones, and the user's own language model if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
    from engines.protocols import Embedder, Generator, TokenEncoder


def embedder() -> Embedder:
    """The built-in embedder."""
    from engines.static import StaticEmbedder

    return StaticEmbedder()


def encoder() -> TokenEncoder:
    """The built-in token encoder."""
    from engines.token_encoder import MiniLMTokenEncoder

    return MiniLMTokenEncoder()


def generator(config: Config, tell: Callable[[str], None]) -> Generator:
    """The user's own language model, from the settings. Raises ModelMissing, ModelCorrupt, EngineUnavailable."""
    from pathlib import Path

    from engines.llama import LlamaGenerator

    gpu = config["llm.gpu"]
    model = LlamaGenerator(
        Path(config["llm.model"]).expanduser(),
        context_tokens=config["llm.context"],
        gpu=int(gpu) if gpu.isdecimal() else gpu,
    )
    tell(f"{Path(config['llm.model']).name} on {model.device}")
    return model
