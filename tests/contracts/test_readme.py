"""Every shell block of the README does what the README says, in the order in which a reader would run them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from memcli.exits import MEANINGS
from memcli.ingest.detect import READERS

REPOSITORY = Path(__file__).parent.parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)


def test_every_block_is_a_shell_block():
    assert README.count("```") == 2 * len(BLOCKS)


def test_the_first_two_commands_set_up_and_run_examples_and_tests():
    quickstart, tests = BLOCKS[:2]
    for command in (quickstart, tests):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert len(command.strip().splitlines()) == 1
    assert "examples/quickstart.sh" in quickstart
    assert tests.strip().endswith("pytest")


def test_all_other_blocks_run_in_order(memcli, tmp_path, tiny_gguf):
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY / "examples", clone / "examples")
    models = memcli.home / "models"
    models.mkdir()
    shutil.copy(tiny_gguf, models / "model.gguf")
    script = "set -eu\n" + "\n".join(BLOCKS[2:])
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=memcli.environment, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 September 2024" in done.stdout
    assert "10 April 2024" in done.stdout
    assert "exit code 4" in done.stdout


def test_the_exit_code_table_is_the_programs_own():
    rows = [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    assert "| code | meaning |\n|---|---|\n" + "\n".join(rows) in README


def test_every_format_is_listed():
    listed = re.findall(r"^\| `([\w-]+)` \|", README, re.M)
    assert sorted(listed) == sorted(reader.name for reader in READERS)


def test_every_dependency_is_listed_with_its_reason():
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[<>=;\[ ]", requirement, maxsplit=1)[0]
        if name not in ("setuptools",):
            assert re.search(rf"\b{re.escape(name)}\b", README), name
