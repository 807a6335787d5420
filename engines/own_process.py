"""A process of the same Python that runs a module of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def begin(module: str, *, env: Mapping[str, str] = os.environ, **options: Any) -> subprocess.Popen[Any]:
    """`python -m module`, which finds modules where this process does, and not beside that in the current folder: what
    lies there may be anybody's. options: those of subprocess.Popen."""
    command = [sys.executable, "-P", "-m", module]
    return subprocess.Popen(command, env={**env, "PYTHONPATH": os.pathsep.join(sys.path)}, **options)


def how_it_ended(process: subprocess.Popen[Any]) -> str:
    """`with SIGKILL`, or `with exit code 1`; waits for the end."""
    code = process.wait()
    return f"with {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
