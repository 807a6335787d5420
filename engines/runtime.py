"""ONNX Runtime sessions: which device, how many threads, and errors of our own kinds."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engines.devices import nvidia_device_present
from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

OnnxGpu = Literal["auto", "off", "on"]
"""Use a GPU where it works; never; or only so."""

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
GPU_HINT = (
    "it takes an NVIDIA card with its driver, onnxruntime-gpu (Linux and Windows on x86-64 have it) and CUDA's own "
    "libraries: pip install 'onnxruntime-gpu[cuda,cudnn]'"
)
SILENT = 4  # ONNX Runtime's severity "fatal": errors come as exceptions, and nothing else may reach stderr


class CpuInstead(UserWarning):
    """The CPU computes although a GPU is here."""


class Session:
    """A loaded ONNX model.

    `gpu`: "auto" takes CUDA where this build has it and an NVIDIA device is there, else the CPU, with a CpuInstead
    warning where a device is there and cannot be used; "on" takes nothing else. `threads` is how many threads one run
    may use (0: as many as there are cores). `fuse`: join operators at load, for graphs that are not written as this
    library likes them.
    Raises ModelMissing, ModelCorrupt, EngineUnavailable.
    """

    def __init__(self, path: Path, *, threads: int = 0, gpu: OnnxGpu = "off", fuse: bool = False) -> None:
        if not path.is_file():
            raise ModelMissing(f"No model file at {path}")
        ort = _onnxruntime()
        providers, instead = _providers(gpu)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = SILENT
        # Fusing further at load takes longer than a one-shot command gains from it; our own graphs are fused already.
        level = ort.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_ENABLE_ALL if fuse else level.ORT_ENABLE_BASIC
        # x86 without VNNI adds 8-bit products in 16 bits, which overflow: ask for the exact kernels there.
        options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            with _unheard() if len(providers) > 1 else nullcontext():
                self._session = ort.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # ONNX Runtime has one exception class a status code and no common base
            raise ModelCorrupt(f"{path} is not an ONNX model that can be loaded: {_first_line(error)}") from error
        self._path = path
        if CUDA in providers and self.device != "gpu":
            instead = "ONNX Runtime cannot use the GPU that is there"
            if gpu == "on":
                raise EngineUnavailable(instead, hint=GPU_HINT)
        if instead:
            warnings.warn(f"the CPU computes {path}: {instead} ({GPU_HINT})", CpuInstead, stacklevel=2)
        self.inputs: tuple[str, ...] = tuple(value.name for value in self._session.get_inputs())

    @property
    def device(self) -> str:
        """Either "gpu" or "cpu"."""
        return "gpu" if CUDA in self._session.get_providers() else "cpu"

    @property
    def outputs(self) -> dict[str, int]:
        """The model's outputs by name, with how many dimensions each has."""
        return {value.name: len(value.shape) for value in self._session.get_outputs()}

    def run(self, inputs: Mapping[str, npt.NDArray[np.int64]], output_name: str | None = None) -> npt.NDArray[Any]:
        """The model's output of that name, or its first. Raises EngineFailed."""
        try:
            wanted = None if output_name is None else [output_name]
            output: npt.NDArray[Any] = self._session.run(wanted, dict(inputs))[0]
        except Exception as error:
            raise EngineFailed(f"{self._path.name} failed: {_first_line(error)}") from error
        return output


@contextmanager
def _unheard() -> Iterator[None]:
    """Where CUDA turns out not to work the Python layer prints what it lacks, then falls back to the CPU by itself.

    Not where no CUDA is asked for: a model may be loading beside a thread that prints.
    """
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
        # Else it numbers the machine, keeps a list of events in the user's cache, and would send it.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime
    except ImportError as error:
        raise EngineUnavailable(
            "onnxruntime cannot be loaded", hint="Reinstall memcli: its dependencies include onnxruntime."
        ) from error
    onnxruntime.set_default_logger_severity(SILENT)
    return onnxruntime


def _providers(gpu: OnnxGpu) -> tuple[list[str], str]:
    """What to ask for, and why that is the CPU alone though a card is here.

    CUDA is asked for only where it can work: asking in vain prints errors from inside the library.
    """
    if gpu == "off":
        return [CPU], ""
    instead = cuda_lacks()
    if not instead:
        return [CUDA, CPU], ""
    if gpu == "on":
        raise EngineUnavailable(instead, hint=GPU_HINT)
    return [CPU], instead if nvidia_device_present() else ""


def cuda_lacks() -> str:
    """What is missing for CUDA to compute ONNX models, "" if nothing is known to be; its libraries are loaded."""
    ort = _onnxruntime()
    if not nvidia_device_present():
        return "no NVIDIA device is here that ONNX Runtime could use"
    if CUDA not in ort.get_available_providers():
        return "this build of ONNX Runtime is without CUDA"
    try:
        with _unheard():  # CUDA libraries that were installed as Python packages
            ort.preload_dlls()
    except Exception as error:  # whatever is missing
        return f"CUDA's libraries cannot be loaded: {_first_line(error)}"
    return ""


def onnx_build() -> dict[str, Any]:
    """`version` of ONNX Runtime, `providers` of this build, whether the `gpu` would compute, and what that `lacks`."""
    ort = _onnxruntime()
    lacks = cuda_lacks()
    return {
        "version": str(ort.__version__),
        "providers": list(ort.get_available_providers()),
        "gpu": not lacks,
        "lacks": lacks,
    }


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
