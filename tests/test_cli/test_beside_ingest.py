"""A search beside a large ingest takes no longer for it, and says what it did not look at."""

from __future__ import annotations

import json
import shutil

import pytest

from engines.static import StaticEmbedder
from store.index import WAITING_ROWS, Index
from store.store import Store


@pytest.fixture(scope="module")
def unfinished(story, tmp_path_factory):
    """A memory all of whose turns are embedded, and none of whose words are in the text index."""
    memcli, _ = story
    memory = tmp_path_factory.mktemp("unfinished") / "memory"
    log = memory.with_name("log.jsonl")
    said = (f"the kettle number {place} is on" for place in range(WAITING_ROWS + 1))
    log.write_text("".join(json.dumps({"speaker": "Ann", "text": text}) + "\n" for text in said))
    assert memcli("--memory", memory, "ingest", log).code == 0
    shutil.rmtree(memory / "index" / "turns.lance")
    with Store.open(memory, wait_s=10).reading() as catalogue:
        rows = catalogue.rows_in([(1, WAITING_ROWS + 1)])
    Index(memory / "index").put(rows, StaticEmbedder().embed(rows["said"].to_pylist()))
    return memcli, memory


@pytest.mark.parametrize("command", [("search",), ("ask",), ("context",)])
def test_what_is_found_by_meaning_alone_is_told(unfinished, command):
    memcli, memory = unfinished
    done = memcli("--memory", memory, *command, "kettle number 7")
    assert f"left out to keep within the time: the words of {WAITING_ROWS + 1:,} turns" in done.err
    assert "kettle" in done.out


def test_a_timeline_of_a_topic_tells_it_too(unfinished):
    memcli, memory = unfinished
    done = memcli("--memory", memory, "timeline", "kettle")
    assert f"left out: {WAITING_ROWS + 1:,} turns whose words are still being indexed" in done.err
