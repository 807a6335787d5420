"""ONNX Runtime sessions: which device, how many threads, and errors of our own kinds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SILENT = 4  # ONNX Runtime's severity "fatal": errors come as exceptions, and nothing else may reach stderr


class Session:
    """A loaded ONNX model.

    `gpu` allows CUDA where this build has it and an NVIDIA device is there; otherwise the CPU is used. `threads` is how
    many threads one run may use (0: as many as there are cores). Raises ModelMissing, ModelCorrupt, EngineUnavailable.
    """

    def __init__(self, path: Path, *, threads: int = 0, gpu: bool = False) -> None:
        if not path.is_file():
            raise ModelMissing(f"No model file at {path}")
        ort = _onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = SILENT
        # Fusing further at load takes longer than a one-shot command gains from it; our own graphs are fused already.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        # x86 without VNNI adds 8-bit products in 16 bits, which overflow: ask for the exact kernels there.
        options.add_session_config_entry("session.x64quantprecision", "1")
        providers = _providers(gpu)
        try:
            with _unheard() if len(providers) > 1 else nullcontext():
                self._session = ort.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # ONNX Runtime has one exception class a status code and no common base
            raise ModelCorrupt(f"{path} is not an ONNX model that can be loaded: {_first_line(error)}") from error
        self._path = path
        self.inputs: tuple[str, ...] = tuple(value.name for value in self._session.get_inputs())

    @property
    def device(self) -> str:
        """Either "gpu" or "cpu"."""
        return "gpu" if "CUDAExecutionProvider" in self._session.get_providers() else "cpu"

    def run(self, inputs: Mapping[str, npt.NDArray[np.int64]]) -> npt.NDArray[Any]:
        """The model's first output. Raises EngineFailed."""
        try:
            output: npt.NDArray[Any] = self._session.run(None, dict(inputs))[0]
        except Exception as error:
            raise EngineFailed(f"{self._path.name} failed: {_first_line(error)}") from error
        return output


@contextmanager
def _unheard() -> Iterator[None]:
    """Where CUDA turns out not to work the Python layer prints so, then falls back to the CPU by itself."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineUnavailable(
            "onnxruntime cannot be loaded", hint="Reinstall memcli: its dependencies include onnxruntime."
        ) from error
    onnxruntime.set_default_logger_severity(SILENT)
    return onnxruntime


def _providers(gpu: bool) -> list[str]:
    """CUDA is asked for only where it can work: asking in vain prints errors from inside the library."""
    ort = _onnxruntime()
    if gpu and "CUDAExecutionProvider" in ort.get_available_providers() and _has_nvidia_device():
        try:
            ort.preload_dlls()  # CUDA libraries that were installed as Python packages
        except Exception:  # whatever is missing shows when the session falls back to the CPU
            return ["CPUExecutionProvider"]
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]
    return ["CPUExecutionProvider"]


def _has_nvidia_device() -> bool:
    """Whether the NVIDIA driver shows a device (on WSL it has another name)."""
    return any(Path(device).exists() for device in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
