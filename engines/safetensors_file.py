"""Reads weights from a safetensors file: numbers and names, and nothing that could be run.

Format: https://huggingface.co/docs/safetensors (eight bytes of length, a JSON header, then the tensors' bytes).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import ModelCorrupt

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

LONGEST_HEADER = 100 << 20
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


def read(path: Path) -> dict[str, Floats]:
    """Every tensor of floating-point numbers, by name, as float32. Raises ModelCorrupt."""
    import numpy as np

    data = np.memmap(path, np.uint8, "r")
    try:
        length = int.from_bytes(data[:8].tobytes(), "little")
        if not 2 <= length <= min(LONGEST_HEADER, len(data) - 8):
            raise ValueError(f"its header is said to have {length} bytes")
        header = json.loads(data[8 : 8 + length].tobytes())
        body = data[8 + length :]
        return {
            name: _tensor(name, about, body)
            for name, about in header.items()
            if name != "__metadata__" and about["dtype"] in _WIDTHS
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelCorrupt(f"{path} is no safetensors file: {error}") from error


def _tensor(name: str, about: dict[str, Any], body: npt.NDArray[np.uint8]) -> Floats:
    import numpy as np

    kind, shape, (begin, end) = about["dtype"], [int(size) for size in about["shape"]], about["data_offsets"]
    if not 0 <= begin <= end <= len(body) or end - begin != _WIDTHS[kind] * math.prod(shape):
        raise ValueError(f"{name} does not lie where it is said to")
    raw = body[begin:end].tobytes()
    if kind == "BF16":  # the upper half of a float32
        whole = np.frombuffer(raw, "<u2").astype(np.uint32) << 16
        return whole.view(np.float32).reshape(shape)
    numbers = np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[kind])
    return numbers.astype(np.float32).reshape(shape)
