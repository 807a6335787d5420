"""Keeping a memory fresh by cron or systemd: what is installed, and how runs behave."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from memcli.schedule.plan import plan_name
from memcli.schedule.runs import Runs
from store.store import Store

CRONTAB = """#!/bin/sh
# The program of cron, as far as memcli uses it: the table is a file.
set -eu
case $1 in
    -l) if [ -f "$TABLE" ]; then cat "$TABLE"; else echo "no crontab for you" >&2; exit 1; fi ;;
    -) cat >"$TABLE" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$CALLS"
"""
THEIRS = "MAILTO=me\n# memcli is great\n5 4 * * * echo 100\\% done"


@pytest.fixture
def scheduler(memcli, tmp_path):
    """memcli with programs `crontab` and `systemctl` that keep what they are told, and a folder of chats."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("crontab", CRONTAB), ("systemctl", SYSTEMCTL)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    chats = memcli.home / "my chats, 100%"
    chats.mkdir()
    say(chats, "The ferry leaves at nine.")
    environment = {
        "PATH": f"{programs}:{memcli.environment['PATH']}",
        "TABLE": str(tmp_path / "table"),
        "CALLS": str(tmp_path / "calls"),
    }
    return lambda *arguments, **more: memcli(*arguments, **environment | more), chats, tmp_path / "table"


def say(chats: Path, text: str, name: str = "talk.jsonl") -> None:
    with (chats / name).open("a") as stream:
        stream.write(json.dumps({"session": name, "speaker": "Ana", "text": text}) + "\n")


def run_as_cron_does(memcli, table: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of the table's last entry with a shell, and cron's poor environment."""
    line = next(one for one in reversed(table.read_text().splitlines()) if "cron run" in one)
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    environment = {"HOME": str(memcli.home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    return subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, timeout=300)


def test_install_shows_what_it_will_do_and_does_nothing_unasked(scheduler):
    run, chats, table = scheduler
    done = run("cron", "install", chats)
    assert done.code == 2
    assert "cron run" in done.err
    assert "--yes" in done.err
    assert not table.exists()


def test_install_show_and_remove_leave_the_rest_of_the_crontab_alone(scheduler):
    run, chats, table = scheduler
    table.write_text(THEIRS)
    assert run("cron", "show").code == 4
    assert run("cron", "install", chats, "--yes").code == 0
    assert run("cron", "install", chats, "--every", "day", "--yes").code == 0
    assert table.read_text().startswith(THEIRS + "\n")
    assert table.read_text().count("cron run") == 1, "installing again replaces what was installed"
    shown = run("--json", "cron", "show").json
    assert list(shown["installed"]) == ["crontab"]
    assert " 3 * * * " in shown["installed"]["crontab"]
    assert run("cron", "remove", "--yes").code == 0
    assert table.read_text() == THEIRS + "\n"
    assert run("cron", "remove", "--yes").code == 2


def test_two_memories_have_two_entries(scheduler):
    run, chats, table = scheduler
    run("cron", "install", chats, "--yes")
    run("--memory", "work", "cron", "install", chats, "--yes")
    assert table.read_text().count("cron run") == 2
    run("--memory", "work", "cron", "remove", "--yes")
    assert table.read_text().count("cron run") == 1
    assert "memories/work" not in table.read_text()


def test_the_installed_line_runs_quietly_and_reads_what_is_new(scheduler, memcli):
    run, chats, table = scheduler
    run("cron", "install", chats, "--jitter", "0", "--yes")
    first = run_as_cron_does(memcli, table)
    assert (first.returncode, first.stdout, first.stderr) == (0, "", ""), "cron mails whatever is printed"
    say(chats, "The tent is green.")
    assert run_as_cron_does(memcli, table).returncode == 0
    assert run("search", "green tent").code == 0
    last = run("--json", "status").json["scheduled_run"]
    assert (last["outcome"], last["turns_added"]) == ("done", 1)
    assert "1 turns added" in run("status").out
    log = Path(run("cron", "show").out.rsplit("log: ", 1)[1].strip())
    assert log.read_text().count("begins") == 2
    assert log.stat().st_mode & 0o077 == 0


def test_what_cannot_be_read_is_told_once(scheduler):
    run, chats, _ = scheduler
    (chats / "talk.jsonl").open("a").write('{"speaker": "Ana", "text": "x", "time": "soon"}\n')
    first = run("cron", "run", chats)
    assert first.code == 3
    assert "soon" in first.err or "time" in first.err
    again = run("cron", "run", chats)
    assert (again.code, again.out + again.err) == (0, "")


def test_a_run_yields_to_who_is_at_work_and_complains_only_if_that_goes_on(scheduler):
    run, chats, _ = scheduler
    run("cron", "run", chats)
    say(chats, "Something new.")
    with Store.open(Path(run("--json", "status").json["memory"]), wait_s=5).locks.writer():
        for number in (1, 2):
            done = run("--wait", "0", "cron", "run", chats)
            assert (done.code, done.out + done.err) == (11, ""), number
        third = run("--wait", "0", "cron", "run", chats)
    assert third.code == 11
    assert "3 scheduled runs in a row" in third.err
    assert run("--json", "status").json["scheduled_run"]["outcome"] == "yielded"
    assert run("cron", "run", chats).code == 0
    assert run("--json", "status").json["scheduled_run"]["yielded"] == 0


def test_two_runs_at_once_are_one(scheduler, memcli):
    run, chats, _ = scheduler
    run("cron", "run", chats)
    with Runs(plan_name("default", run("--json", "status").json["memory"]), state_of(memcli)).alone() as alone:
        assert alone
        assert run("cron", "run", chats).code == 11


def state_of(memcli) -> Path:
    return memcli.home / ".local/state/memcli"


def test_a_failure_is_printed_recorded_and_has_its_code(scheduler):
    run, chats, _ = scheduler
    run("cron", "run", chats)
    done = run("cron", "run", chats / "not there")
    assert done.code == 30
    assert "not there" in done.err
    last = run("--json", "status").json["scheduled_run"]
    assert last["outcome"] == "failed"
    assert last["done_at"] is not None, "it is still known when a run last came to its end"


def test_systemd_timers(scheduler, memcli, tmp_path):
    run, chats, table = scheduler
    installed = run("--json", "cron", "install", chats, "--systemd", "--yes")
    assert installed.code == 0, installed.err
    folder = memcli.home / ".config/systemd/user"
    service, timer = sorted(folder.iterdir())
    assert sorted(installed.json["installed"]) == [service.name, timer.name]
    assert f'"{chats}"'.replace("%", "%%") in service.read_text()
    assert "SuccessExitStatus=11" in service.read_text()
    assert "RandomizedDelaySec=300" in timer.read_text()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["--user daemon-reload", f"--user enable --now {timer.name}"]
    assert not table.exists()
    assert run("cron", "show").code == 0
    assert run("cron", "remove", "--yes").code == 0
    assert list(folder.iterdir()) == []
    assert f"--user disable --now {timer.name}" in (tmp_path / "calls").read_text()


def test_systemd_itself_finds_nothing_to_say_of_the_units(scheduler, memcli, tmp_path):
    run, chats, _ = scheduler
    run("cron", "install", chats, "--systemd", "--yes")
    units = sorted((memcli.home / ".config/systemd/user").iterdir())
    try:
        done = subprocess.run(["systemd-analyze", "verify", "--user", *units], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no systemd-analyze here")
    if "Failed to initialize manager" in done.stderr:
        pytest.skip(f"systemd does not run here: {done.stderr}")
    assert [line for line in done.stderr.splitlines() if "memcli" in line] == []


def test_a_key_that_only_the_terminal_knows_is_no_key_for_a_run(scheduler, memcli, tmp_path):
    run, chats, table = scheduler
    key = tmp_path / "key"
    assert run("--memory", "made", "init", "--encrypt", "--key-file", key).code == 0
    assert run("init", "--encrypt", MEMCLI_KEY=key.read_text().strip()).code == 0
    refused = run("cron", "install", chats, "--yes", MEMCLI_KEY=key.read_text().strip())
    assert refused.code != 0
    assert "encrypted" in refused.err
    assert not table.exists()
    assert run("--memory", "made", "cron", "install", chats, "--yes").code == 0


def test_without_a_crontab_program_the_way_out_is_named(memcli, tmp_path):
    (memcli.home / "chats").mkdir()
    done = memcli("cron", "install", "chats", "--yes", PATH=str(tmp_path))
    assert done.code == 2
    assert "--systemd" in done.err


def test_a_crontab_is_taken_apart_as_it_was_put_together():
    from memcli.schedule import crontab
    from memcli.schedule.plan import Plan

    plan = Plan(name="a-1", command=["memcli", "cron", "run", "/it's 5%"], every="hour", jitter_s=9)
    other = Plan(name="a-12", command=["memcli"], every="day", jitter_s=0)
    table = crontab.with_block(crontab.with_block(THEIRS, plan), other)
    command = crontab.block(plan).splitlines()[1].split(" ", 5)[5]
    assert shlex.split(command.replace(r"\%", "%")) == [*plan.command, "--jitter", "9"]
    assert crontab.without(crontab.without(table, "a-1"), "a-12") == THEIRS + "\n"
    assert crontab.found(table, "a-1") == crontab.block(plan)
