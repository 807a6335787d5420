"""The engines of one memory: loaded when they are first needed, and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
    from engines.protocols import Embedder, Generator
    from engines.static import StaticEmbedder
    from memcli.answer.pipeline import Writing
    from memcli.recall.pipeline import Engines
    from store.store import Store

OF_THE_WRITER = ("llm.model", "llm.url", "llm.allow_remote", "llm.context", "llm.gpu", "llm.prompt_cache")
OF_THE_FINDERS = ("embedder.model", "embedder.gpu", "reranker.model", "reranker.gpu")
"""The settings that models are loaded by."""


class Loaded:
    """The engines that the settings name. warn: is told which language model is at work, and where."""

    def __init__(self, settings: Config, warn: Callable[[str], None]) -> None:
        self._settings = settings
        self._warn = warn
        self._told = False
        self._writer: Generator | None = None
        self._engines: Engines | None = None
        self._embedder: Embedder | None = None

    def engines(self, store: Store) -> Engines:
        """The models that recall needs; loaded again when the index has vectors of another embedder."""
        from memcli.engines_in_use import for_recall

        if self._engines is None or store.embedder not in (None, self._engines.embedder.id):
            self._engines = for_recall(self._settings, store)
        return self._engines

    def embedder(self, store: Store | None) -> Embedder:
        """The embedder of the index, or of the settings where there is no index yet."""
        from memcli.engines_in_use import embedder

        if self._embedder is None or (store is not None and store.embedder not in (None, self._embedder.id)):
            self._embedder = embedder(self._settings, store)
        return self._embedder

    def may_index_apart(self, store: Store | None) -> bool:
        """Whether embedder() is the one that comes with memcli, and the index on this machine, where it is asked."""
        from engines.cards import MINILM_STATIC
        from memcli.engines_in_use import chosen_embedder_id

        if store is not None and store.place is not None:
            return False
        known = store.embedder if store is not None else None
        return (known or chosen_embedder_id(self._settings)) == MINILM_STATIC.id

    @cached_property
    def built_in(self) -> StaticEmbedder:
        """The embedder that comes with memcli."""
        from memcli.engines_in_use import built_in_embedder

        return built_in_embedder()

    def chosen(self, store: Store) -> Callable[[], Embedder] | None:
        """Loads the embedder of the settings, if the index has another; else None. An index on object storage stays."""
        from memcli.engines_in_use import chosen_embedder, chosen_embedder_id

        if store.place is not None or store.embedder in (None, chosen_embedder_id(self._settings)):
            return None
        return lambda: chosen_embedder(self._settings)

    def generator(self, store: Store | None) -> Generator:
        """The user's own language model (the settings llm.model and llm.url).

        Raises ModelMissing, ModelCorrupt, EngineUnavailable, ServerRefused.
        """
        from memcli.engines_in_use import generator, told_of

        if self._writer is None:
            states = store.prompt_states if store is not None else None
            self._writer = generator(self._settings, states.place() if states is not None else None)
        if not self._told:
            self._warn(told_of(self._settings, self._writer))
            self._told = True
        return self._writer

    def writing(
        self, store: Callable[[], Store | None], fallback: bool, on_text: Callable[[str], None]
    ) -> Writing | None:
        """How a language model is to write answers, as the settings have it; None without a model."""
        from memcli.answer.pipeline import Writing

        settings = self._settings
        if not settings["llm.model"] and not settings["llm.url"]:
            return None
        return Writing(
            load=lambda: self.generator(store()),
            method="server" if settings["llm.url"] else "llama",
            max_tokens=settings["llm.max_tokens"],
            temperature=settings["llm.temperature"],
            seed=settings["llm.seed"],
            strict=settings["llm.strict"],
            fallback=fallback,
            on_text=on_text,
        )

    def take_over(self, other: Loaded) -> None:
        """Go on with what another has loaded, as far as the settings are the same; the rest of it is let go."""
        if self._same(other, OF_THE_FINDERS):
            self._engines, self._embedder = other._engines, other._embedder
        if self._same(other, OF_THE_WRITER):
            self._writer = other._writer
        else:
            other.close()

    def close(self) -> None:
        """Let go of the language model."""
        getattr(self._writer, "close", lambda: None)()
        self._writer = None

    def _same(self, other: Loaded, keys: tuple[str, ...]) -> bool:
        return all(self._settings[key] == other._settings[key] for key in keys)
