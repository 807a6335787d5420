"""The engines that commands work with: the built-in ones, and the user's own language model if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from memcli.config import Config

if TYPE_CHECKING:
    from engines.protocols import AnswerReader, Embedder, Generator, Reranker, TokenEncoder
    from engines.shelf import Shelf, ShelvedModel
    from engines.static import StaticEmbedder
    from memcli.recall.pipeline import Engines
    from store.store import Store


def built_in_embedder() -> StaticEmbedder:
    """The embedder that comes with memcli: for whatever does not depend on the memory's vectors."""
    from engines.static import StaticEmbedder

    return StaticEmbedder()


def embedder(config: Config, store: Store | None) -> Embedder:
    """The embedder whose vectors the memory's index holds; the one of the settings where it holds none yet.

    Another one in the settings is for `consolidate` and `repair --reembed`: until they are through, the index is
    searched with the model that it was made with. Raises ModelMissing if that is not there any more.
    """
    known = store.embedder if store is not None else None
    return chosen_embedder(config) if known is None else embedder_with_id(config, known)


def chosen_embedder(config: Config) -> Embedder:
    """The embedder that the settings name. Raises ModelMissing, ModelCorrupt, EngineUnavailable, ModelRefused."""
    if not config["embedder.model"]:
        return built_in_embedder()
    return _shelved(config, _shelf().model(config["embedder.model"]))


def embedder_with_id(config: Config, model_id: str, *, threads: int = 0) -> Embedder:
    """The embedder of that id. threads: of an added one, at most; 0 for as many as there are cores.

    Raises ModelMissing if it is neither built in nor on the shelf.
    """
    from engines.cards import MINILM_STATIC
    from engines.errors import ModelMissing

    if model_id == MINILM_STATIC.id:
        return built_in_embedder()
    model = _shelf().embedder(model_id)
    if model is None:
        raise ModelMissing(
            f"the index was made with the embedder {model_id}, which is not there any more",
            hint="`memcli models add` it again, or `memcli repair --reembed` makes the index anew with another",
        )
    return _shelved(config, model, threads)


def chosen_embedder_id(config: Config) -> str:
    """The id of the embedder that the settings name, without loading it. Raises ModelMissing."""
    from engines.cards import MINILM_STATIC

    return _shelf().model(config["embedder.model"]).id if config["embedder.model"] else MINILM_STATIC.id


def _shelved(config: Config, model: ShelvedModel, threads: int = 0) -> Embedder:
    from engines.errors import ModelRefused
    from engines.onnx_embedder import OnnxEmbedder

    if model.kind != "embedder":
        raise ModelRefused(f"{model.name} is no embedder", hint="`memcli models` says what each model is")
    folder = Path(model.path)
    graph, tokenizer = (folder / file.name for file in model.files[:2])
    return OnnxEmbedder(
        graph,
        tokenizer,
        id=model.id,
        pooling=model.pooling,
        context_tokens=model.context_tokens,
        query_prefix=model.query_prefix,
        document_prefix=model.document_prefix,
        gpu=config["embedder.gpu"],
        threads=threads,
    )


def _shelf() -> Shelf:
    from engines.shelf import Shelf
    from memcli.config import models_folder

    return Shelf(models_folder())


def in_use(config: Config) -> dict[str, str]:
    """What each model does, by the settings, without loading any."""
    from engines.cards import MINILM_READER, MINILM_TOKENS

    if config["llm.url"]:
        writer = f"{config['llm.model'] or 'the first model'} at {config['llm.url']}"
    else:
        writer = config["llm.model"] or "none: answers are extractive"
    reranker = config["reranker.model"]
    return {
        "embedder": f"{chosen_embedder_id(config)}, gpu {config['embedder.gpu']}",
        "token encoder": f"{MINILM_TOKENS.id}, on the CPU",
        "reader": f"{MINILM_READER.id}, on the CPU",
        "reranker": f"{_shelf().model(reranker).id}, gpu {config['reranker.gpu']}" if reranker else "none",
        "writer": writer if writer.startswith("none") else f"{writer}, gpu {config['llm.gpu']}",
    }


def for_recall(config: Config, store: Store | None) -> Engines:
    """The models that recall needs."""
    from engines.loading import LoadingTokenEncoder, WaitingReader

    table = built_in_embedder()  # first: it imports what the other needs too, which two threads cannot do at a time
    encoder = LoadingTokenEncoder(_token_encoder)
    from memcli.recall.pipeline import Engines

    finder = embedder(config, store)
    return Engines(
        embedder=table if finder.id == table.id else finder,
        token_table=table,
        token_encoder=encoder,
        reader=WaitingReader(_reader),
        reranker=reranker(config),
    )


def reranker(config: Config) -> Reranker | None:
    """The reranker that the settings name, None if they name none.

    Raises ModelMissing, ModelCorrupt, EngineUnavailable; ModelRefused for a model of another kind.
    """
    if not config["reranker.model"]:
        return None
    from engines.cross_encoder import CrossEncoderReranker
    from engines.errors import ModelRefused

    model = _shelf().model(config["reranker.model"])
    if model.kind != "reranker":
        raise ModelRefused(f"{model.name} is no reranker", hint="`memcli models` says what each model is")
    return CrossEncoderReranker(Path(model.path), max_tokens=model.context_tokens, gpu=config["reranker.gpu"])


def _token_encoder() -> TokenEncoder:
    from engines.token_encoder import MiniLMTokenEncoder

    return MiniLMTokenEncoder()


def _reader() -> AnswerReader:
    from engines.reader import MiniLMReader

    return MiniLMReader()


def generator(config: Config, states: Path | None = None) -> Generator:
    """The user's own language model, from the settings: a file, or one that a server has.

    states: the folder for what it computes of the beginnings of prompts.
    Raises ModelMissing, ModelCorrupt, EngineUnavailable, ServerRefused.
    """
    if config["llm.url"]:
        from engines.server import ServerGenerator

        return ServerGenerator(
            config["llm.url"],
            model=config["llm.model"],
            context_tokens=config["llm.context"],
            allow_remote=config["llm.allow_remote"],
        )
    from engines.isolated import IsolatedGenerator

    gpu, path = config["llm.gpu"], model_path(config["llm.model"])
    budget = config["llm.prompt_cache"] * 1_000_000
    return IsolatedGenerator(
        path,
        context_tokens=config["llm.context"],
        gpu=int(gpu) if gpu.isdecimal() else gpu,
        states=states if budget else None,
        state_bytes=budget,
    )


def told_of(config: Config, writer: Generator) -> str:
    """What to tell the user of a model that is at work: which, and what computes it."""
    if config["llm.url"]:
        return f"asking {writer.device}"
    return f"{model_path(config['llm.model']).name} on {writer.device}"


def model_path(given: str) -> Path:
    """The file that a path or the name of an added model means. Raises ModelMissing for a name that is none."""
    path = Path(given).expanduser()
    if path.is_file() or path.suffix or len(path.parts) > 1:
        return path
    return Path(_shelf().model(given).path)
