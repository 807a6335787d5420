"""memcli status --engines: how the libraries were built, which devices there are, and what would be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memcli.cli.context import Context
from memcli.config import Config


def show(context: Context) -> None:
    """Print what computes here, whether or not there is a memory yet."""
    from memcli.cli import render

    document = engines_document(context)
    if context.json:
        render.document(document)
        return
    line = render.printer()
    llama, onnx = document["llama"], document["onnx"]
    rows = [("threads", f"{document['threads']}")]
    if "error" in llama:
        rows.append(("llama.cpp", llama["error"]))
    else:
        gpu = "can use a GPU" if llama["gpu_offload"] else "built for the CPU only"
        rows += [("llama.cpp", f"llama-cpp-python {llama['version']}, {gpu}"), ("", llama["features"])]
        rows += [("", _device(device)) for device in llama["devices"]]
    rows.append(("onnx", onnx.get("error") or f"ONNX Runtime {onnx['version']}: {', '.join(onnx['providers'])}"))
    if "error" not in onnx and not onnx["gpu"]:
        rows.append(("", f"{onnx['lacks']}: the CPU is used"))
    rows += [("card", _device(device)) for device in document["nvidia"]]
    rows += [("models", f"{name}: {does}") for name, does in document["in_use"].items()]
    for name, value in rows:
        line((f"{name:<12}", "cyan"), (value, ""))


def engines_document(context: Context) -> dict[str, Any]:
    """What `status --engines --json` prints."""
    from dataclasses import asdict

    from engines.devices import NvidiaProbe
    from engines.errors import EngineError
    from engines.isolated import llama_build
    from engines.runtime import cores, onnx_build
    from memcli.documents import SCHEMA
    from memcli.engines_in_use import in_use

    def asked(build: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = build()
            return found
        except EngineError as error:
            return {"error": str(error)}

    llama = asked(llama_build)
    used = in_use(context.config)
    if context.config["llm.model"] and not context.config["llm.url"] and "error" not in llama:
        used["writer"] += f": {_placement(context.config, llama['devices'])}"
    return {
        "schema": SCHEMA,
        "threads": cores(),
        "llama": llama,
        "onnx": asked(onnx_build),
        "nvidia": [asdict(card) for card in NvidiaProbe().devices()],
        "in_use": used,
    }


def _placement(config: Config, devices: Sequence[dict[str, Any]]) -> str:
    """Where the layers of the model that writes would be now, with the context that it begins with; or why nowhere."""
    from engines.devices import Device
    from engines.errors import EngineError
    from engines.layers import placed
    from engines.llama import FIRST_CONTEXT
    from engines.llama_library import GPU_HINT
    from memcli.engines_in_use import model_path

    gpu = config["llm.gpu"]
    try:
        return placed(
            int(gpu) if gpu.isdecimal() else gpu,
            [Device(**device) for device in devices],
            model_path(config["llm.model"]),
            context_tokens=FIRST_CONTEXT,
            hint=GPU_HINT,
        ).says
    except (EngineError, OSError) as error:
        return str(error)


def _device(device: dict[str, Any]) -> str:
    gibibytes = f", {device['free'] / 2**30:,.1f} of {device['total'] / 2**30:,.1f} GiB free"
    memory = gibibytes if device["total"] and device["kind"] != "cpu" else ""  # llama.cpp says all of the CPU's is free
    return f"{device['name']} {device['description']} ({device['kind']}{memory})"
