"""Putting a model on the shelf: what it is, whether it works, and its hashes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from memcli.progress import Progress

if TYPE_CHECKING:
    from engines.cards import ModelFile
    from engines.model_folder import EncoderFolder
    from engines.shelf import Shelf, ShelvedModel

ASKED = "When does the ferry leave?"
TRIED = ("The ferry leaves at nine on Saturday.", "La mar estaba serena.")


def add_generator(path: Path, name: str | None, progress: Progress) -> ShelvedModel:
    """A GGUF file: loaded and made to write, then hashed. Raises what engines.isolated.IsolatedGenerator raises."""
    from engines.gguf_header import parts_of
    from engines.isolated import IsolatedGenerator
    from engines.protocols import Request
    from engines.shelf import ShelvedModel, described, digest, name_of

    generator = IsolatedGenerator(path, context_tokens=512, gpu="off")
    list(generator.stream(Request(system="", user="Hello.", max_tokens=1, temperature=0, seed=0)))
    parts = parts_of(path)
    with progress.phase("hash", sum(part.stat().st_size for part in parts), "bytes") as advance:
        files = described(parts, path.parent, advance) if len(parts) > 1 else ()
        sha256 = files[0].sha256 if files else digest(path, advance)
    about = generator.metadata
    architecture = about.get("general.architecture", "")
    generator.close()
    return ShelvedModel(
        name=name or name_of(path),
        path=str(path),
        size=sum(file.size for file in files) or path.stat().st_size,
        sha256=sha256,
        architecture=architecture,
        context_tokens=int(about.get(f"{architecture}.context_length", 0)),
        licence=about.get("general.license", ""),
        files=files,
    )


def add_encoder(
    folder: Path,
    name: str | None,
    shelf: Shelf,
    progress: Progress,
    tell: Callable[[str], None],
    *,
    query_prefix: str | None = None,
    document_prefix: str | None = None,
    licence: str = "",
) -> ShelvedModel:
    """A folder with an embedder or a reranker: converted to ONNX where it is not yet, made to work, and hashed.

    Raises ModelRefused for what cannot be used, ModelCorrupt, EngineUnavailable where converting lacks its package.
    """
    from engines.errors import ModelRefused
    from engines.model_folder import describe
    from engines.shelf import ShelvedModel, described, name_of

    found = describe(folder)
    if found.kind == "reranker" and (query_prefix or document_prefix):
        raise ModelRefused(f"{folder} is a reranker: it reads question and text together, without prefixes")
    name = name or name_of(folder)
    final, place, graph = shelf.folder_of(name), folder, found.onnx
    if graph is None:
        place = final.with_name(f"{name}.new")  # what has the name already stays until this one has proved itself
        graph = _converted(found, place, tell)
    tokenizer = place / "tokenizer.json"
    beside = [graph.with_name(f"{graph.name}{ending}") for ending in ("_data", ".data")]  # weights outside of the graph
    paths = [graph, tokenizer, *(path for path in beside if path.is_file())]
    with progress.phase("hash", sum(path.stat().st_size for path in paths), "bytes") as advance:
        files = described(paths, place, advance)
    model = ShelvedModel(
        name=name,
        path=str(folder if found.onnx else final),
        size=sum(file.size for file in files),
        sha256=files[0].sha256 if len(files) == 2 else _together(files),
        architecture=str(found.config.get("model_type", "")),
        context_tokens=found.context_tokens,
        licence=licence,
        kind=found.kind,
        files=files,
        pooling=found.pooling,
        query_prefix=found.query_prefix if query_prefix is None else query_prefix,
        document_prefix=found.document_prefix if document_prefix is None else document_prefix,
    )
    try:
        shelf.refuse_taken(name, model.sha256)
        if found.kind == "reranker":
            _try_reranker(model, place, folder)
        else:
            model = replace(model, dimension=_dimension(model, graph, tokenizer, folder))
        if not found.onnx:
            shutil.rmtree(final, ignore_errors=True)
            place.rename(final)
    finally:
        if not found.onnx:
            shutil.rmtree(place, ignore_errors=True)
    return model


def _together(files: Sequence[ModelFile]) -> str:
    """One hash of several files: of a graph whose weights lie beside it."""
    return hashlib.sha256(" ".join(file.sha256 for file in files).encode()).hexdigest()


def _converted(found: EncoderFolder, place: Path, tell: Callable[[str], None]) -> Path:
    """The graph of the model, in a folder made for it, beside its tokenizer."""
    from engines.bert_onnx import convert
    from engines.safetensors_file import read

    assert found.safetensors is not None
    content = convert(found.config, read(found.safetensors), scores=found.kind == "reranker")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    graph = place / "model.onnx"
    graph.write_bytes(content)
    shutil.copyfile(found.tokenizer, place / "tokenizer.json")
    tell(f"converted {found.safetensors} to ONNX")
    return graph


def _dimension(model: ShelvedModel, graph: Path, tokenizer: Path, folder: Path) -> int:
    """The dimension of what it makes of two texts. Raises ModelRefused if that cannot be vectors of texts."""
    import numpy as np

    from engines.errors import ModelRefused
    from engines.onnx_embedder import OnnxEmbedder

    embedder = OnnxEmbedder(
        graph, tokenizer, id=model.id, pooling=model.pooling, context_tokens=model.context_tokens, gpu="off"
    )
    vectors = embedder.embed(TRIED)
    if not np.isfinite(vectors).all() or np.allclose(vectors[0], vectors[1], atol=1e-4):
        raise ModelRefused(f"{folder} makes the same of every text: it is no embedder")
    if embedder.dimension % 8:
        raise ModelRefused(
            f"{folder} makes vectors of {embedder.dimension} numbers: a multiple of 8 is needed",
            hint="if it is a reranker, its config.json must say so: architectures of ...ForSequenceClassification",
        )
    return embedder.dimension


def _try_reranker(model: ShelvedModel, place: Path, folder: Path) -> None:
    """Raises ModelRefused if it does not tell texts apart."""
    import numpy as np

    from engines.cross_encoder import CrossEncoderReranker
    from engines.errors import ModelRefused

    scores = CrossEncoderReranker(place, max_tokens=model.context_tokens, gpu="off").score(ASKED, TRIED)
    if not np.isfinite(scores).all() or np.isclose(scores[0], scores[1], atol=1e-6):
        raise ModelRefused(f"{folder} scores every text alike: it is no reranker")
