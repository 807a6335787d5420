"""The process that runs llama.cpp for engines/isolated.py: `python -m engines.worker`.

It reads one JSON object a line from stdin, and answers each with lines on stdout: {"piece": ...} as text comes, then
{"value": ...}; or {"error": {"kind", "message", "hint"}}. It ends with its stdin, at once, whatever it is at: whoever
asked is gone then, killed perhaps, and a long prompt would keep the processor for minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from engines.errors import EngineError
from engines.llama import LlamaGenerator
from engines.llama_library import LlamaProbe, build
from engines.protocols import Request


def main() -> None:
    """Answer until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever waits for us decides
    # Whatever native code prints goes to stderr: stdout is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        _serve(asked, answers)


def _listen(asked: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


def _serve(asked: SimpleQueue[str], answers: TextIO) -> None:
    generator: LlamaGenerator | None = None
    while True:
        request = json.loads(asked.get())
        try:
            if request["call"] == "build":
                _answer(answers, value=build() | {"devices": [asdict(device) for device in LlamaProbe().devices()]})
            elif request["call"] == "load":
                states = request["states"]
                generator = LlamaGenerator(
                    Path(request["path"]), states=Path(states) if states else None, **request["options"]
                )
                loaded = {name: getattr(generator, name) for name in ("context_tokens", "device", "metadata")}
                _answer(answers, value=loaded)
            else:
                assert generator is not None
                for reply in _replies(generator, request):
                    _answer(answers, **reply)
        except EngineError as error:
            _answer(answers, error={"kind": type(error).__name__, "message": str(error), "hint": error.hint})


def _replies(generator: LlamaGenerator, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if request["call"] == "count_tokens":
        yield {"value": generator.count_tokens(request["text"])}
        return
    for piece in generator.stream(Request(**request["request"])):
        yield {"piece": piece}
    run = generator.last_run
    yield {"value": {"run": asdict(run) if run else None, "device": generator.device}}


def _answer(answers: TextIO, **reply: Any) -> None:
    answers.write(json.dumps(reply) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
