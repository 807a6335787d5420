"""What the shell is told when the user presses Tab, asked by a real bash where there is one."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def complete(memcli, line: str, shell: str = "bash") -> list[str]:
    words = line.split(" ")
    asked = {"_MEMCLI_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    asked |= {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = memcli(**asked)
    assert done.err == ""
    return [line for line in done.out.splitlines() if line]


def test_commands_and_options(memcli):
    assert "ingest" in complete(memcli, "memcli in")
    assert "--speaker" in complete(memcli, "memcli search --sp")


def test_formats(memcli):
    assert complete(memcli, "memcli ingest --format wh") == ["whatsapp"]


def test_memories_and_their_speakers(memcli, write_turns):
    log = write_turns("t.jsonl", *({"speaker": name, "text": "Hello."} for name in ("Ana Maria", "Anton", "Bo")))
    for name in ("home", "hobby"):
        memcli("--memory", name, "ingest", log)
    assert complete(memcli, "memcli --memory ho") == ["hobby", "home"]
    assert complete(memcli, "memcli --memory home search --speaker An") == [r"Ana\ Maria", "Anton"]
    assert complete(memcli, "memcli search --speaker An") == []  # the default memory is not there


def test_sessions_and_models(memcli, write_turns, tiny_gguf):
    turns = ({"session": name, "speaker": "Ana", "text": "Hello."} for name in ("stand-up", "standing"))
    memcli("ingest", write_turns("t.jsonl", *turns))
    assert complete(memcli, "memcli ask --session stand") == ["stand-up", "standing"]
    assert complete(memcli, "memcli ask --model w") == []
    assert memcli("models", "add", tiny_gguf, "--name", "writer").code == 0
    assert complete(memcli, "memcli ask --model w") == ["writer"]


@pytest.mark.parametrize(
    ("shell", "file", "rc"),
    [
        ("bash", ".bash_completions/memcli.sh", ".bashrc"),
        ("zsh", ".zfunc/_memcli", ".zshrc"),
        ("fish", ".config/fish/completions/memcli.fish", None),
    ],
)
def test_installed_once_for_each_shell(memcli, shell, file, rc):
    if rc:
        (memcli.home / rc).write_text("alias ll='ls -l'\n")
    for _ in range(2):
        assert memcli("completion", shell).code == 0
    assert (memcli.home / file).read_text().strip() == memcli("completion", shell, "--show").out.strip()
    if rc:
        lines = (memcli.home / rc).read_text().splitlines()
        assert lines[0] == "alias ll='ls -l'"
        assert len([line for line in lines if "_completions" in line or "zfunc" in line]) == 1


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_a_real_bash_completes(memcli):
    memcli("completion", "bash")
    script = (
        f"source {memcli.home}/.bash_completions/memcli.sh; COMP_WORDS=(memcli time); COMP_CWORD=1;"
        '_memcli_completion memcli; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=memcli.environment, check=True)
    assert done.stdout.splitlines() == ["timeline"]
