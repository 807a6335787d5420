"""--max-ms: what there was no time for is said, and what was found is printed all the same."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("command", "found"), [("ask", "evidence"), ("search", "hits")])
def test_a_question_in_no_time_names_what_it_left_out(story, command, found):
    memcli, memory = story
    done = memcli("--memory", memory, "--json", command, "When was Maya's job interview?", "--max-ms", "1")
    assert "left out to keep within the time: a second look at" in done.err
    assert done.json[found]


def test_it_is_silent_with_time_enough(story):
    memcli, memory = story
    done = memcli("--memory", memory, "search", "Kipper at the vet", "--max-ms", "600000")
    assert (done.code, done.err) == (0, "")
