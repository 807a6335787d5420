"""The llama.cpp library itself: loading it, what it logs, how it was built, and which devices it can use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from engines.devices import Device, DeviceKind
from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt

LOG_LEVEL_ERROR = 4  # GGML_LOG_LEVEL_ERROR of ggml.h
GPU_HINT = (
    "this llama-cpp-python was built for the CPU only, or no driver is there; the README says how to install it for "
    "CUDA, Metal or Vulkan: CMAKE_ARGS=-DGGML_CUDA=on pip install --force-reinstall --no-cache-dir llama-cpp-python"
)
_KINDS: dict[int, DeviceKind] = {0: "cpu", 1: "gpu", 2: "integrated"}  # enum ggml_backend_dev_type; others: "other"


@cache
def llama_cpp() -> Any:
    """The library, silent. Raises EngineUnavailable."""
    try:
        import llama_cpp as library
    except Exception as error:  # ImportError, or OSError and RuntimeError when the shared library does not load
        raise EngineUnavailable(
            f"llama-cpp-python cannot be loaded: {error}", hint="Reinstall it: pip install llama-cpp-python"
        ) from error
    library.llama_log_set(_log_callback(), None)
    return library


@cache
def complaints() -> list[str]:
    """The error lines that llama.cpp has logged, in place of its stderr."""
    return []


@cache
def _log_callback() -> Any:
    """Keeps what llama.cpp logs off stderr. Cached: the C side holds a bare pointer, so it must outlive every call."""
    import llama_cpp

    def log(level: int, text: bytes, _: object) -> None:
        if level == LOG_LEVEL_ERROR:
            complaints().append(text.decode("utf-8", "replace").strip())
            del complaints()[:-20]

    return llama_cpp.llama_log_callback(log)


class LlamaProbe:
    """A DeviceProbe of what this build of llama.cpp can use, through ggml's list of devices (ggml-backend.h).

    Raises EngineUnavailable where the library cannot be loaded.
    """

    def devices(self) -> list[Device]:
        """The CPU among them, and cards of other makers than the build is for not."""
        from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p

        llama_cpp()
        from llama_cpp._ggml import libggml as ggml

        ggml.ggml_backend_dev_count.restype = c_size_t
        ggml.ggml_backend_dev_get.argtypes, ggml.ggml_backend_dev_get.restype = [c_size_t], c_void_p
        for name, result in (("name", c_char_p), ("description", c_char_p), ("type", c_int)):
            function = getattr(ggml, f"ggml_backend_dev_{name}")
            function.argtypes, function.restype = [c_void_p], result
        ggml.ggml_backend_dev_memory.argtypes = [c_void_p, c_void_p, c_void_p]
        ggml.ggml_backend_dev_memory.restype = None
        found = []
        for at in range(ggml.ggml_backend_dev_count()):
            device = ggml.ggml_backend_dev_get(at)
            free, total = c_size_t(), c_size_t()
            ggml.ggml_backend_dev_memory(device, byref(free), byref(total))
            found.append(
                Device(
                    name=ggml.ggml_backend_dev_name(device).decode("utf-8", "replace"),
                    description=ggml.ggml_backend_dev_description(device).decode("utf-8", "replace"),
                    kind=_KINDS.get(ggml.ggml_backend_dev_type(device), "other"),
                    free=free.value,
                    total=total.value,
                )
            )
        return found


def build() -> dict[str, Any]:
    """How llama.cpp was built: `version` of llama-cpp-python, `gpu_offload`, and its own line of `features`."""
    library = llama_cpp()
    return {
        "version": str(library.__version__),
        "gpu_offload": bool(library.llama_supports_gpu_offload()),
        "features": " ".join(library.llama_print_system_info().decode("utf-8", "replace").split()),
    }


def load_error(path: Path, error: Exception) -> EngineFailed | ModelCorrupt:
    """What it means that a model could not be loaded."""
    said = f"{error} {' '.join(complaints())}"
    if "context" in str(error) or "unable to allocate" in said or "out of memory" in said:
        return EngineFailed(
            f"llama.cpp cannot make room for {path}: {detail(error)}",
            hint="ask for a smaller context (llm.context), or for fewer layers on the GPU (--gpu)",
        )
    return ModelCorrupt(
        f"llama.cpp cannot load {path}: {detail(error)}",
        hint="The file is damaged, or of a kind that this version of llama.cpp does not know.",
    )


def detail(error: Exception) -> str:
    """What llama.cpp itself said first, or the error."""
    return complaints()[0] if complaints() else str(error)
