"""What tests share: the installed command in a private home, and where the examples and the evaluation data are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parent.parent
COMMAND = Path(sys.executable).with_name("memcli")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Memcli:
    """Runs the installed memcli as its users do, with a home of its own."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        # Without byte code, which an installation has, each command would compile memcli first.
        others = ("MEMCLI_", "XDG_", "LC_", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
        path = f"{COMMAND.parent}:{kept['PATH']}"
        return kept | {"HOME": str(self.home), "TZ": "UTC", "LANG": "C.UTF-8", "PATH": path}

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"", cwd: Path | None = None, **env: str) -> Result:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=cwd or self.home,
            env=self.environment | env,
            timeout=300,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str | Path, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment | env,
        )


@pytest.fixture
def memcli(tmp_path: Path) -> Memcli:
    home = tmp_path / "home"
    home.mkdir()
    return Memcli(home)


@pytest.fixture(scope="session")
def examples() -> Path:
    return REPOSITORY / "examples"


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> tuple[Memcli, Path]:
    """A memory that holds the example logs. Tests that share it must not change it."""
    home = tmp_path_factory.mktemp("story")
    run = Memcli(home)
    done = run("--memory", home / "memory", "ingest", examples / "logs")
    assert done.code == 0, done.err
    return run, home / "memory"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real logs and evaluation data, kept outside the project for their licences."""
    place = Path(os.environ.get("MEMCLI_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not place.is_dir():
        pytest.skip("no evaluation data here: MEMCLI_SHARED_DATA names its folder")
    return place


@pytest.fixture
def write_turns(tmp_path: Path) -> Callable[..., Path]:
    """Writes generic turns: write_turns("chat.jsonl", {"speaker": ..., "text": ...}, ...)."""

    def write(name: str, *turns: dict[str, Any]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(turn) + "\n" for turn in turns), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model that llama.cpp loads, and that writes nonsense."""
    from tiny_gguf import write_tiny_gguf

    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
