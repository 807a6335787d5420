"""Asking for help or the version costs nothing but that: no database, no model library, no renderer is loaded."""

import json
import subprocess
import sys

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
