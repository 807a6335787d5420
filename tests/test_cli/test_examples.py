"""The example files beside the logs are what they say they are."""

from __future__ import annotations

import re
import subprocess


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
