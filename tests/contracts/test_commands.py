"""Every command that help lists is there, explains itself, and shows an example."""

from __future__ import annotations

import re

import pytest

from memcli.cli.commands import ENTRIES, GROUPS


def test_help_lists_every_command_in_its_group(memcli):
    shown = memcli("--help", COLUMNS="80").out
    assert all(len(line) <= 80 for line in shown.splitlines())
    for title, group in GROUPS.items():
        section = shown.split(f"{title}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(group)


@pytest.mark.parametrize("name", ENTRIES)
def test_each_command_explains_itself_with_an_example(memcli, name):
    done = memcli(name, "--help")
    assert done.code == 0, done.err
    assert re.search(rf"memcli (--memory \w+ )?{name}\b", done.out.split("\n", 1)[1]), "no example of this command"


def test_a_slip_of_the_finger_is_answered_with_the_nearest_command(memcli):
    done = memcli("serach", "x")
    assert done.code == 2
    assert "Did you mean 'search'?" in done.err
