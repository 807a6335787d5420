"""Asking for help or the version costs nothing but that: no database, no model library, no renderer is loaded."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

HEAVY = {
    "duckdb", "lancedb", "lance", "pyarrow", "numpy", "onnxruntime", "tokenizers", "llama_cpp", "rich",
    "portalocker", "Stemmer", "tomlkit",
}  # fmt: skip
RUN = """
import json, sys
from memcli.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], [], ["ingest", "--help"], ["ask", "--help"], ["search", "--help"]],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, check=True)
    code, loaded = json.loads(done.stderr)
    assert code == 0
    assert b"memcli" in done.stdout
    assert "memcli" in loaded
    assert HEAVY & set(loaded) == set()


def test_the_version_alone_needs_no_command_line(memcli: Any) -> None:
    done = subprocess.run([sys.executable, "-c", RUN, "--version"], capture_output=True, check=True)
    assert "typer" not in json.loads(done.stderr)[1]
    assert done.stdout.decode() == memcli("--quiet", "--version").out  # as the command line itself says it


PRODUCT = """
import os
from memcli.cli import main
def run(arguments):
    import numpy
    numpy.ones((600, 600)) @ numpy.ones((600, 600))
    print(len(os.listdir("/proc/self/task")))
    return 0
main.run = run
main.main()
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads as Linux shows them")  # noqa: PTH112
def test_a_command_shares_no_product_out_to_threads_unless_told_to() -> None:
    """Threads that wait for each other took half of the processor time of a search, and most of its time when busy."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    alone = subprocess.run([sys.executable, "-c", PRODUCT], capture_output=True, check=True, env=environment)
    environment["OPENBLAS_NUM_THREADS"] = "2"
    told = subprocess.run([sys.executable, "-c", PRODUCT], capture_output=True, check=True, env=environment)
    assert (int(alone.stdout), int(told.stdout)) == (1, min(2, os.cpu_count() or 1))


NEVER_TO_ASK = {"duckdb", "lancedb.db", "lancedb.table", "pydantic", "rich", "portalocker", "pyarrow.compute", "lance"}
RUN_AND_LIST = """
import json, sys
from memcli.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_loads_only_what_it_needs(command: str, story) -> None:
    """No catalogue is opened, and of LanceDB only the core, once a first question has been asked of the memory."""
    _, memory = story
    arguments = [sys.executable, "-c", RUN_AND_LIST, "--memory", str(memory), command, "When was Maya's job interview?"]
    subprocess.run(arguments, capture_output=True, check=True)
    done = subprocess.run(arguments, capture_output=True, check=True)
    code, loaded = json.loads(done.stderr)
    assert code == 0
    assert "numpy" in loaded
    assert NEVER_TO_ASK & set(loaded) == set()
