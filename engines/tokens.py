"""Tokenizers: loading one, and turning any text into ids. And the tokens of a text with their vectors."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engines.errors import EngineUnavailable, ModelCorrupt, ModelMissing
from engines.files import REINSTALL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from tokenizers import Tokenizer

    from engines.protocols import Vectors

_shared: dict[str, Tokenizer] = {}


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTokens:
    """A TokenVectors: `ids` int32 (n,), `vectors` float32 (n, dimension) of length 1."""

    ids: npt.NDArray[np.int32]
    vectors: Vectors


def shared_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer in a tokenizer.json, without padding and without a limit; not to be changed.

    Models with the same tokenizer share one: parsing it takes 20 ms. Raises ModelMissing, ModelCorrupt.
    """
    content = _read(path)
    digest = hashlib.sha256(content).hexdigest()
    if digest not in _shared:
        _shared[digest] = _parse(path, content)
    return _shared[digest]


def begin_and_end(tokenizer: Tokenizer, path: Path) -> tuple[int, int]:
    """The ids of [CLS] and [SEP] in a built-in tokenizer, which is at that path. Raises ModelCorrupt."""
    begin, end = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
    if begin is None or end is None:
        raise ModelCorrupt(f"{path} lacks [CLS] or [SEP]", hint=REINSTALL)
    return begin, end


def pair_tokenizer(path: Path, *, max_tokens: int) -> Tokenizer:
    """A tokenizer for texts and pairs of them: the longer is cut until both fit into `max_tokens`, special ones too.

    Raises ModelMissing, ModelCorrupt.
    """
    tokenizer = _parse(path, _read(path))
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], *, limit: int | None = None) -> list[list[int]]:
    """The ids of each text's first `limit` tokens (all, if it is None), without special ones."""
    try:
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    except TypeError:  # some text holds lone surrogates
        encodings = tokenizer.encode_batch_fast([readable(text) for text in texts], add_special_tokens=False)
    return [encoding.ids[:limit] for encoding in encodings]


def readable(text: str) -> str:
    """The text with "?" for lone surrogates, which broken exports hold and tokenizers refuse."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ModelMissing(f"No tokenizer at {path}")
    return path.read_bytes()


def _parse(path: Path, content: bytes) -> Tokenizer:
    # Said outright, so that the library does not warn on stderr when the process forks later.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EngineUnavailable(
            "tokenizers cannot be loaded", hint="Reinstall memcli: its dependencies include tokenizers."
        ) from error
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # the library raises bare Exception
        raise ModelCorrupt(f"{path} is not a tokenizer that can be loaded: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
