"""A newcomer's path in a real terminal of 80 by 24: what they type, and what they see."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pexpect
import pyte
import pytest
from conftest import COMMAND

COLUMNS, LINES = 80, 24
STYLED = re.compile(r"\x1b\[[\d;]*m")
CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


class Terminal:
    """Types commands of memcli into a terminal and keeps what came back; `screen` is what would be seen."""

    def __init__(self, memcli, **environment: str) -> None:
        self._home = memcli.home
        plain = {name: value for name, value in memcli.environment.items() if name not in ("NO_COLOR", "COLUMNS")}
        self._environment = plain | {"TERM": "xterm-256color", "PAGER": ""} | environment
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.code: int | None = None

    def start(self, *arguments: str | Path) -> pexpect.spawn:
        return pexpect.spawn(
            str(COMMAND), [*map(str, arguments)], dimensions=(LINES, COLUMNS), env=self._environment,
            cwd=self._home, encoding="utf-8", timeout=120,
        )  # fmt: skip

    def __call__(self, *arguments: str | Path) -> str:
        """What came back from a command, with its colours."""
        child = self.start(*arguments)
        child.expect(pexpect.EOF)
        child.close()
        self.code = child.exitstatus
        self.screen.reset()
        pyte.Stream(self.screen).feed(child.before)
        return child.before


def lines(came: str) -> list[str]:
    """The lines without colours."""
    return CONTROL.sub("", came).replace("\r", "").splitlines()


@pytest.fixture(scope="module")
def home(tmp_path_factory, examples):
    from conftest import Memcli

    home = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(examples / "logs", home / "logs")
    return Memcli(home)


@pytest.fixture(scope="module")
def terminal(home):
    """A newcomer who has looked at the help, asked too early, and read their logs in."""
    typed = Terminal(home)
    helped = typed()
    assert "memcli ingest chat.txt" in helped
    typed("ask", "When does the oven arrive?")
    assert typed.code == 10
    assert "memcli ingest PATH" in " ".join(" ".join(typed.screen.display).split())
    came = typed("ingest", "logs")
    assert typed.code == 0
    assert "━" in came, "progress is shown"
    assert re.search(r"\d+/438", came), "with how far it is"
    assert "━" not in "".join(typed.screen.display), "and is gone at the end"
    assert any("438 turns added" in line for line in typed.screen.display)
    typed("ask", "Where does the landlady live?")
    return typed


def test_an_answer_reads_like_an_answer(terminal):
    came = terminal("ask", "When was Maya's job interview?")
    shown = [line.rstrip() for line in terminal.screen.display if line.strip()]
    assert shown[0].startswith("10 April 2024.")
    assert "logs/whatsapp-maya-jonas.txt:44" in " ".join(shown)
    assert "\x1b[1m10 April 2024" in came, "the answer is bold"
    assert re.search(r"\x1b\[1;4minterview", came), "the words that were asked for are marked"
    opened = terminal("open", re.search(r"\[(\d+)\]", shown[0])[1])
    assert terminal.code == 0
    assert any(line.startswith("> ") for line in lines(opened))


def test_where_the_memory_knows_nothing_it_says_so(terminal):
    terminal("ask", "Who is the captain of the submarine?")
    assert terminal.code == 4
    assert "The memory does not say" in terminal.screen.display[0]


@pytest.mark.parametrize(
    "command",
    [
        ["--help"], ["ask", "--help"], ["search", "cargo bike", "-v"], ["sessions"], ["timeline"], ["speakers"],
        ["status"], ["facts", "--update"], ["config"], ["models"], ["sql", "SELECT * FROM turns LIMIT 3"],
        ["sql", "SELECT speaker, count(*) AS turns FROM turns GROUP BY ALL ORDER BY ALL"], ["fade"], ["why"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_lists_fit_eighty_columns(terminal, command):
    came = terminal(*command)
    assert terminal.code == 0
    shown = came.rpartition("\x1b[?25h")[2]  # after the progress, which draws over itself
    assert lines(shown)
    assert max(map(len, lines(shown))) <= COLUMNS, max(lines(shown), key=len)


def test_the_rest_of_a_long_line_stands_below_its_beginning(terminal):
    shown = lines(terminal("speakers"))
    rest = [line for line in shown if line.startswith("  ")]
    assert rest
    assert all(not line.startswith("   ") for line in rest)


def test_colours_are_left_out_where_they_are_not_wanted(terminal, home):
    assert STYLED.search(terminal("sessions", "-n", "2"))
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        came = Terminal(home, **environment)("sessions", "-n", "2")
        assert not re.search(r"\x1b\[[\d;]*3\dm", came), environment


def test_what_is_longer_than_the_terminal_goes_through_the_pager(home, terminal):
    pager = home.home / "pager"
    pager.write_text('#!/bin/sh\necho "[pager $1]"\ncat >"$HOME/paged"\n')
    pager.chmod(0o755)
    typed = Terminal(home, PAGER=f"{pager} please")
    assert "[pager please]" in typed("sessions")
    paged = (home.home / "paged").read_text()
    assert STYLED.search(paged), "colours are kept"
    assert len(lines(paged)) > LINES
    for short in (["sessions", "-n", "2"], ["--no-pager", "sessions"], ["sessions", "--json"]):
        assert "[pager" not in typed(*short), short
    assert "[pager" not in home("sessions", PAGER=str(pager)).out, "a pipe is no terminal"


def test_the_pager_can_be_left_before_its_end(home, terminal):
    if shutil.which("less") is None:
        pytest.skip("no less here")
    child = Terminal(home, PAGER="less").start("sessions")
    child.expect(":")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_chat_is_a_conversation(home, terminal):
    child = Terminal(home).start("chat", "--now", "2024-10-01")
    child.expect("> ")
    child.sendline("Where does Tomás live?")
    child.expect("> ")
    child.sendline("And Priya?")
    child.expect("Where does Priya live")
    child.expect("> ")
    child.sendline("a line that is thrown away")
    child.expect("> ")
    child.sendintr()
    child.expect("> ")
    child.sendline("/quit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    again = Terminal(home).start("chat")
    again.expect("> ")
    again.send("\x1b[A")  # the arrow up: what was typed last time
    again.expect("/quit")
    again.sendeof()
    again.close()


def test_ctrl_c_leaves_quietly(home, terminal):
    child = Terminal(home).start("ingest", "-", "--format", "turns")
    child.expect(pexpect.TIMEOUT, timeout=3)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, "Traceback" in child.before) == (130, False)


def test_what_deletes_asks_first(terminal, home):
    child = Terminal(home).start("delete", "--query", "Frau Seidel")
    child.expect(r"for good\? \[y/N\]")
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert home("search", "Frau Seidel", "-n", "1").code == 0
