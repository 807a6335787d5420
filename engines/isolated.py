"""llama.cpp in a process of its own, so that a crash of native code is an error message and nothing worse."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engines import errors
from engines.errors import EngineFailed
from engines.layers import Gpu
from engines.own_process import begin, how_it_ended
from engines.protocols import Request, Run


class IsolatedGenerator:
    """A Generator that has engines.llama.LlamaGenerator at work in another process.

    Takes and raises what LlamaGenerator does; where that process dies, EngineFailed says how. The next call then
    begins with a new one.
    """

    def __init__(
        self,
        path: Path,
        *,
        context_tokens: int = 0,
        gpu: Gpu = "auto",
        threads: int = 0,
        states: Path | None = None,
        state_bytes: int = 0,
    ) -> None:
        self._path = path
        self._states = states
        self._options = {"context_tokens": context_tokens, "gpu": gpu, "threads": threads, "state_bytes": state_bytes}
        self._process = Process(path)
        self._last_run: Run | None = None
        loaded = self._load()
        self._context_tokens: int = loaded["context_tokens"]
        self._device: str = loaded["device"]
        self.metadata: dict[str, str] = loaded["metadata"]

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and output may take together."""
        return self._context_tokens

    @property
    def device(self) -> str:
        """What computes, as LlamaGenerator says it."""
        return self._device

    @property
    def last_run(self) -> Run | None:
        """How the last stream() went, once it has ended."""
        return self._last_run

    def count_tokens(self, text: str) -> int:
        """How many tokens of the context the text takes."""
        return int(self._value({"call": "count_tokens", "text": text}))

    def stream(self, request: Request) -> Iterator[str]:
        """The answer, piece by piece. Raises EngineFailed."""
        finished = False
        self._last_run = None
        try:
            for reply in self._replies({"call": "stream", "request": asdict(request)}):
                if "piece" in reply:
                    yield reply["piece"]
                else:
                    self._ended(reply["value"])
            finished = True
        finally:
            if not finished:  # nobody listens to what is still being written
                self.close()

    def close(self) -> None:
        """End the other process; a later call begins a new one."""
        self._process.close()

    def _ended(self, value: dict[str, Any]) -> None:
        self._last_run = Run(**value["run"]) if value["run"] else None
        self._device = value["device"]  # the context may have grown, and the layers moved

    def _load(self) -> dict[str, Any]:
        states = str(self._states) if self._states else None
        request = {"call": "load", "path": str(self._path), "states": states, "options": self._options}
        loaded: dict[str, Any] = self._process.value(request)
        return loaded

    def _value(self, request: dict[str, Any]) -> Any:
        [reply] = self._replies(request)
        return reply["value"]

    def _replies(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not self._process.running:
            self._load()
        return self._process.replies(request)


class Process:
    """A process of engines/worker.py, begun at the first request and again after it was closed or died.

    `path` names the model in what is said about its death.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._worker: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Whether it was begun and not closed."""
        return self._worker is not None

    @property
    def id(self) -> int:
        """The number of the process."""
        assert self._worker is not None
        return self._worker.pid

    def close(self) -> None:
        """End it."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
            for stream in (self._worker.stdin, self._worker.stdout, self._complaints):
                if stream is not None:
                    stream.close()
            self._worker = None

    def __del__(self) -> None:
        self.close()

    def value(self, request: dict[str, Any]) -> Any:
        """The value that answers a request. Raises what the worker's engine raised, and EngineFailed if it died."""
        [reply] = self.replies(request)
        return reply["value"]

    def replies(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the worker answers, the last of it being its value. Raises as value() does."""
        if self._worker is None:
            self._begin()
        worker = self._worker
        assert worker is not None
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps(request) + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            raise self._died(worker) from None
        while line := worker.stdout.readline():
            reply = json.loads(line)
            if error := reply.get("error"):
                raise getattr(errors, error["kind"])(error["message"], hint=error["hint"])
            yield reply
            if "value" in reply:
                return
        raise self._died(worker)

    def _begin(self) -> None:
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._worker = begin(
            "engines.worker",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=os.environ | {"GGML_NO_BACKTRACE": "1"},  # it would start a debugger
            text=True,
            encoding="utf-8",
        )

    def _died(self, worker: subprocess.Popen[str]) -> EngineFailed:
        how = how_it_ended(worker)
        self._complaints.seek(0)
        said = self._complaints.read().strip().splitlines()
        self.close()
        return EngineFailed(
            f"llama.cpp crashed {how}"
            + (f" while it worked with {self._path}" if self._path else "")
            + (f": {said[-1]}" if said else ""),
            hint="the memory is not affected; try another model file, or one of another quantisation",
        )


def llama_build() -> dict[str, Any]:
    """How llama.cpp was built and which devices it can use, asked in a process of its own.

    As engines.llama_library.build(), with `devices` as mappings. Raises EngineUnavailable, EngineFailed.
    """
    process = Process()
    try:
        found: dict[str, Any] = process.value({"call": "build"})
        return found
    finally:
        process.close()
