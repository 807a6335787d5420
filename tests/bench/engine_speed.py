"""Speed of the engines: python tests/bench/engine_speed.py [--gguf MODEL | --shape 0.5b] [--gpu auto] [--threads N]
[--embedder FOLDER] [--warm]

Of a GGUF model (without one, of one with random weights in a given shape: very small, or 0.5b and 7b in 8 bits): tokens
a second of reading and writing, and the time to the first token, with nothing computed before, with the beginning of
the prompt from the folder of kept states, and from the same process. Of the built-in embedder, and of a
sentence-transformers or ONNX folder (without one, of random weights in the shape of MiniLM): texts a second on the CPU,
and on the GPU where there is one. --warm: a search through `memcli serve` against one by itself, as whole processes.
Medians; what is printed names the device, and how many processes wanted the processor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engines.layers import Gpu

RUNS = 3
COMMAND = str(Path(sys.executable).with_name("memcli"))
SYSTEM = "You answer questions about past conversations from numbered excerpts. " * 8
QUESTION = "Where did we leave the key of the garden shed? " * 3
TEXTS = [f"Turn {at}: the cargo bike is in repair until {at % 28 + 1} May, says the shop." for at in range(500)]


SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {"hidden": 256, "heads": 8, "feed": 688, "layers": 4},
    "0.5b": {"hidden": 896, "heads": 14, "shared": 7, "feed": 4864, "layers": 24, "eight_bits": True},
    "7b": {"hidden": 4096, "heads": 32, "feed": 11_008, "layers": 32, "eight_bits": True},
}
"""Of the language model: a very small one, and those of Qwen2.5-0.5B and Llama-2-7B but for their words."""

MINILM: dict[str, int] = {"hidden": 384, "heads": 12, "layers": 6, "feed": 1536, "places": 512}


def generation(path: Path, threads: int, gpu: Gpu) -> None:
    from engines.isolated import IsolatedGenerator
    from engines.protocols import Request

    def run(generator: IsolatedGenerator) -> tuple[float, float]:
        began = time.perf_counter()
        first = 0.0
        pieces = generator.stream(Request(system=SYSTEM, user=QUESTION, max_tokens=64, temperature=0.0, seed=0))
        for _ in pieces:
            first = first or time.perf_counter() - began
        return first or time.perf_counter() - began, time.perf_counter() - began

    with tempfile.TemporaryDirectory() as scratch:
        firsts: dict[str, list[float]] = {"nothing kept": [], "kept on the disk": [], "kept in the process": []}
        rates: list[tuple[float, float]] = []
        for at in range(RUNS):
            folder = Path(scratch, str(at))
            folder.mkdir()
            for name in firsts:
                if name != "kept in the process":
                    generator = IsolatedGenerator(path, states=folder, state_bytes=1 << 30, threads=threads, gpu=gpu)
                first, whole = run(generator)
                firsts[name].append(first)
                went = generator.last_run
                assert went is not None
                if name == "nothing kept":
                    rates.append((went.evaluated_tokens / first, went.written_tokens / max(whole - first, 1e-9)))
                if at == 0:
                    print(f"  {name}: {went.evaluated_tokens} of {went.prompt_tokens} tokens computed")
                if name != "kept on the disk":
                    generator.close()
        print(f"  on {generator.device}: reads {median(read for read, _ in rates):,.0f} tokens/s, "
              f"writes {median(write for _, write in rates):,.1f} tokens/s")  # fmt: skip
        for name, seconds in firsts.items():
            print(f"  first token, {name}: {1000 * median(seconds):,.0f} ms")


def embedding(name: str, embed: Callable[[list[str]], object], device: str) -> None:
    embed(TEXTS[:64])
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        embed(TEXTS)
        seconds.append(time.perf_counter() - began)
    print(f"  {name} on {device}: {len(TEXTS) / median(seconds):,.0f} texts/s")


def embedders(folder: Path) -> None:
    from engines.runtime import onnx_build
    from engines.static import StaticEmbedder

    embedding("built in", StaticEmbedder().embed, "cpu")
    from engines.bert_onnx import convert
    from engines.model_folder import describe
    from engines.onnx_embedder import OnnxEmbedder
    from engines.safetensors_file import read

    found = describe(folder)
    with tempfile.TemporaryDirectory() as scratch:
        graph = found.onnx
        if graph is None:
            assert found.safetensors is not None
            graph = Path(scratch, "model.onnx")
            graph.write_bytes(convert(found.config, read(found.safetensors)))
        for gpu in ("off", "on") if onnx_build()["gpu"] else ("off",):
            embedder = OnnxEmbedder(
                graph, found.tokenizer, id="bench", pooling=found.pooling, context_tokens=found.context_tokens, gpu=gpu
            )  # type: ignore[arg-type]
            embedding(folder.name, embedder.embed, f"{embedder.device}, batches of {embedder.batch_tokens} tokens")


def warm() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        memory = str(Path(scratch, "memory"))
        logs = Path(__file__).parents[2] / "examples" / "logs"
        subprocess.run([COMMAND, "--quiet", "--memory", memory, "ingest", str(logs)], check=True)
        search = [COMMAND, "--memory", memory, "search", "Kipper at the vet"]
        server = subprocess.Popen([COMMAND, "--memory", memory, "serve"], stderr=subprocess.PIPE)
        try:
            assert server.stderr is not None
            server.stderr.readline()
            wall: dict[str, list[float]] = {"through serve": [], "by itself": []}
            spent: dict[str, list[float]] = {"through serve": [], "by itself": []}
            for _ in range(2 * RUNS):
                for name, seconds in wall.items():
                    own = {"MEMCLI_NO_SERVER": "1"} if name == "by itself" else {}
                    before, began = os.times(), time.perf_counter()
                    subprocess.run(search, check=True, stdout=subprocess.DEVNULL, env=os.environ | own)
                    seconds.append(time.perf_counter() - began)
                    after = os.times()
                    spent[name].append(
                        after.children_user + after.children_system - before.children_user - before.children_system
                    )
        finally:
            server.terminate()
            server.wait()
        for name in wall:
            print(f"  a search {name}: {1000 * median(wall[name]):,.0f} ms, "
                  f"{1000 * median(spent[name]):,.0f} ms of processor time in the command itself")  # fmt: skip
        print(f"  ratio: {median(wall['by itself']) / median(wall['through serve']):.1f}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--embedder", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="of the language model; 0: one a core")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--shape", choices=SHAPES, default="tiny", help="of the random weights, without --gguf")
    parser.add_argument("--gpu", default="auto", help="layers of the language model there: auto, off, all, a number")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as scratch:
        path = options.gguf
        if path is None:
            from tiny_gguf import write_tiny_gguf

            path = write_tiny_gguf(Path(scratch, f"random-{options.shape}.gguf"), **SHAPES[options.shape])
        print(f"generation, {path.name}, {path.stat().st_size / 1e6:,.0f} MB")
        generation(path, options.threads, int(options.gpu) if options.gpu.isdecimal() else options.gpu)
        print("embedding")
        folder = options.embedder
        if folder is None:
            from tiny_bert import write_tiny_bert

            folder = Path(scratch, "random weights in the shape of MiniLM")
            write_tiny_bert(folder, **MINILM)
        embedders(folder)
    if options.warm:
        print("warm engine")
        warm()


if __name__ == "__main__":
    main()
