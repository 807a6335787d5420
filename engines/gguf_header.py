"""Reads how large the parts of a GGUF model are, from its header alone: what a GPU must hold for a layer.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A tensor's bytes are taken as the distance to the
next one, so that every quantisation is known, also those that are made after this was written.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.errors import ModelCorrupt

MAGIC = b"GGUF"
KV_BYTES = 2
"""Of one number in the key-value cache, which is kept in 16 bits."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_DEEPEST = 3
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSizes:
    """Bytes of a model's parts.

    `blocks`: the weights of each block; `output`: those that turn the last block's state into words; `kv_token`: what
    one token of context takes in each block's key-value cache. `vocabulary`, `heads` and `feed_forward` are counts.
    """

    blocks: tuple[int, ...]
    output: int
    kv_token: tuple[int, ...]
    vocabulary: int
    heads: int
    feed_forward: int


def sizes(path: Path) -> ModelSizes:
    """The sizes in the header of a GGUF file, or in those of all its parts if it is one of several.

    Raises ModelCorrupt for a header that cannot be read.
    """
    parts = [_read(part) for part in parts_of(path)]
    about = parts[0][0]
    tensors = {name: size for _, found in parts for name, size in found.items()}
    architecture = str(about.get("general.architecture", ""))

    def number(key: str, default: int = 0) -> Any:
        return about.get(f"{architecture}.{key}", default)

    count = int(number("block_count"))
    if not 0 <= count <= len(tensors):
        raise ModelCorrupt(f"{path} says that it has {count} blocks, and has {len(tensors)} tensors")
    blocks = [0] * count
    for name, size in tensors.items():
        match = re.match(r"blk\.(\d+)\.", name)
        if match and int(match[1]) < count:
            blocks[int(match[1])] += size
    embedding = tensors.get("token_embd.weight", 0)
    outer = sum(size for name, size in tensors.items() if name.startswith("output"))
    heads = _each(number("attention.head_count"), count)
    kept = _each(number("attention.head_count_kv", number("attention.head_count")), count)
    per_head = int(number("embedding_length")) // max(heads[0] if heads else 1, 1)
    width = int(number("attention.key_length", per_head)) + int(number("attention.value_length", per_head))
    return ModelSizes(
        blocks=tuple(blocks),
        output=outer + (0 if "output.weight" in tensors else embedding),
        kv_token=tuple(one * width * KV_BYTES for one in kept),
        vocabulary=len(about.get("tokenizer.ggml.tokens", ())) or int(number("vocab_size")),
        heads=max(heads, default=0),
        feed_forward=max(_each(number("feed_forward_length"), max(count, 1))),
    )


def parts_of(path: Path) -> list[Path]:
    """The files of a model: itself, or where its name ends in -00001-of-00003.gguf all three. Raises ModelCorrupt."""
    parts = [path.with_name(name) for name in part_names(path.name)]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ModelCorrupt(f"{path} is one of {len(parts)} files of a model; {missing[0]} is not beside it")
    return parts


def part_names(name: str) -> list[str]:
    """The names of a model's files, of which this is the name (or path) of one."""
    match = _PART.search(name)
    if not match:
        return [name]
    return [f"{name[: match.start()]}-{at:05}-of-{match[2]}.gguf" for at in range(1, int(match[2]) + 1)]


def whole_name(name: str) -> str:
    """The name that a model of several files has but for their numbers."""
    return _PART.sub(".gguf", name)


def _each(value: Any, count: int) -> list[int]:
    """A number of every block: some models say one for all, some a list."""
    values = list(value) if isinstance(value, list) else [value] * count
    return [int(one) for one in values][:count]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The metadata and the bytes of every tensor."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Header(data).read()
    except (struct.error, ValueError, OverflowError, UnicodeDecodeError) as error:
        raise ModelCorrupt(f"the header of {path} cannot be read: {error}") from error


class _Header:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def read(self) -> tuple[dict[str, Any], dict[str, int]]:
        if self._take(4) != MAGIC:
            raise ValueError("it does not begin with GGUF")
        version, tensor_count, count = self._numbers("IQQ")
        if version not in (2, 3):
            raise ValueError(f"its version is {version}")
        about: dict[str, Any] = {}
        for _ in range(self._bounded(count, 12)):
            key = self._string()
            [kind] = self._numbers("I")
            about[key] = self._value(kind)
        places: list[tuple[int, str]] = []
        for _ in range(self._bounded(tensor_count, 24)):
            name = self._string()
            [dimensions] = self._numbers("I")
            self._take(8 * self._bounded(dimensions, 8))
            _, offset = self._numbers("IQ")
            places.append((offset, name))
        alignment = int(about.get("general.alignment", 32)) or 32
        end = len(self._data) - -(-self._at // alignment) * alignment
        places.sort()
        ends = [offset for offset, _ in places[1:]] + [max(end, places[-1][0] if places else 0)]
        return about, {name: after - offset for (offset, name), after in zip(places, ends, strict=True)}

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY and depth < _DEEPEST:
            inner, count = self._numbers("IQ")
            if inner in _SCALARS:
                self._bounded(count, struct.calcsize(_SCALARS[inner]))
                return list(self._numbers(f"{count}{_SCALARS[inner]}"))
            return [self._value(inner, depth + 1) for _ in range(self._bounded(count, 8))]
        if kind not in _SCALARS:
            raise ValueError(f"a value of the unknown kind {kind}")
        return self._numbers(_SCALARS[kind])[0]

    def _string(self) -> str:
        [length] = self._numbers("Q")
        return self._take(self._bounded(length, 1)).decode("utf-8", "replace")

    def _bounded(self, count: int, least: int) -> int:
        """The count, if that many things of at least so many bytes can still come."""
        if count * least > len(self._data) - self._at:
            raise ValueError(f"it announces {count} entries, more than it has room for")
        return count

    def _numbers(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self._take(size))

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise ValueError("it is cut off")
        self._at += size
        return piece
