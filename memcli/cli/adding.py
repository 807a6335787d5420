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
    from engines.model_folder import EmbedderFolder
    from engines.onnx_embedder import OnnxEmbedder
    from engines.shelf import Shelf, ShelvedModel

TRIED = ("The ferry leaves at nine on Saturday.", "La mar estaba serena.")


def add_generator(path: Path, name: str | None, progress: Progress) -> ShelvedModel:
    """A GGUF file: loaded and made to write, then hashed. Raises what engines.isolated.IsolatedGenerator raises."""
    from engines.gguf_header import parts_of
    from engines.isolated import IsolatedGenerator
    from engines.shelf import ShelvedModel, described, digest, name_of

    generator = IsolatedGenerator(path, context_tokens=512, gpu="off")
    list(generator.stream(system="", user="Hello.", max_tokens=1, temperature=0, seed=0))
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


def add_embedder(
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
    """A folder with an embedder: converted to ONNX where it is not yet, made to embed, and hashed.

    Raises ModelRefused for what cannot be used, ModelCorrupt, EngineUnavailable where converting lacks its package.
    """
    from engines.model_folder import describe
    from engines.onnx_embedder import OnnxEmbedder
    from engines.shelf import ShelvedModel, described, name_of

    found = describe(folder)
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
        kind="embedder",
        files=files,
        pooling=found.pooling,
        query_prefix=found.query_prefix if query_prefix is None else query_prefix,
        document_prefix=found.document_prefix if document_prefix is None else document_prefix,
    )
    try:
        shelf.refuse_taken(name, model.sha256)
        tried = OnnxEmbedder(
            graph, tokenizer, id=model.id, pooling=model.pooling, context_tokens=model.context_tokens, gpu="off"
        )
        model = replace(model, dimension=_tried(tried, folder))
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


def _converted(found: EmbedderFolder, place: Path, tell: Callable[[str], None]) -> Path:
    """The graph of the model, in a folder made for it, beside its tokenizer."""
    from engines.bert_onnx import convert
    from engines.safetensors_file import read

    assert found.safetensors is not None
    content = convert(found.config, read(found.safetensors))
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    graph = place / "model.onnx"
    graph.write_bytes(content)
    shutil.copyfile(found.tokenizer, place / "tokenizer.json")
    tell(f"converted {found.safetensors} to ONNX")
    return graph


def _tried(embedder: OnnxEmbedder, folder: Path) -> int:
    """The dimension of what it makes of two texts. Raises ModelRefused if that cannot be vectors of texts."""
    import numpy as np

    from engines.errors import ModelRefused

    vectors = embedder.embed(TRIED)
    if not np.isfinite(vectors).all() or np.allclose(vectors[0], vectors[1], atol=1e-4):
        raise ModelRefused(f"{folder} makes the same of every text: it is no embedder")
    if embedder.dimension % 8:
        raise ModelRefused(f"{folder} makes vectors of {embedder.dimension} numbers: a multiple of 8 is needed")
    return embedder.dimension
