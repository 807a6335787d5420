"""A reranker of one's own: added, chosen, at work in searches and answers, and put away again."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from tiny_bert import logits_of, write_tiny_bert

SEARCH = ("--json", "search", "Kipper at the vet", "--limit", "20")
CHOSEN = {"MEMCLI_RERANKER_MODEL": "tiny-judge"}


@pytest.fixture(scope="module")
def judged(story, tmp_path_factory):
    """The example memory's command, its folder, the reranker's card and weights; nothing is chosen yet."""
    memcli, memory = story
    folder = tmp_path_factory.mktemp("judge") / "Tiny Judge"
    weights = write_tiny_bert(folder, classes=1, max_position_embeddings=80)
    done = memcli("--json", "models", "add", folder)
    assert done.code == 0, done.err
    yield memcli, memory, done.json, weights
    memcli("models", "remove", "tiny-judge")


def test_a_cross_encoder_is_known_by_its_files_and_converted(judged):
    memcli, _, card, _ = judged
    assert (card["name"], card["kind"], card["in_use"]) == ("tiny-judge", "reranker", False)
    assert "dimension" not in card
    assert memcli("models", "verify", "tiny-judge").code == 0
    assert memcli("--json", "status", "--engines").json["in_use"]["reranker"] == "none"


def test_it_orders_what_was_found(judged):
    """The best of a search are in the order of the model's own logits, worked out in numpy."""
    from engines.cards import MINILM_TOKENS
    from engines.files import folder_of
    from engines.tokens import pair_tokenizer

    memcli, memory, card, weights = judged
    plain = memcli("--memory", memory, *SEARCH).json
    done = memcli("--memory", memory, *SEARCH, **CHOSEN)
    assert done.code == 0, done.err
    assert "rerank" in done.json["timings_ms"]
    assert "rerank" not in plain["timings_ms"]
    tokenizer = pair_tokenizer(folder_of(MINILM_TOKENS) / "tokenizer.json", max_tokens=card["context_tokens"])
    pairs = [tokenizer.encode("Kipper at the vet", f"{hit['speaker']}: {hit['text']}") for hit in done.json["hits"]]
    logits = [logits_of(weights, "bert", pair.ids, pair.type_ids)[0] for pair in pairs]
    order = np.corrcoef(np.argsort(np.argsort(logits)), np.arange(len(logits), 0, -1))[0, 1]
    assert order > 0.9, "but for the nudge by what is fresh"
    assert [hit["id"] for hit in plain["hits"]] != [hit["id"] for hit in done.json["hits"]]
    again = memcli("--memory", memory, *SEARCH, **CHOSEN).json
    assert [hit["id"] for hit in again["hits"]] == [hit["id"] for hit in done.json["hits"]]


def test_answers_rest_on_its_order_and_why_says_so(judged):
    memcli, memory, _, _ = judged
    asked = ("--memory", memory, "--json", "ask", "Who is the landlady of the new flat?")
    plain, by_judge = memcli(*asked), memcli(*asked, **CHOSEN)
    assert by_judge.code in (0, 4, 5), by_judge.err
    assert [one["id"] for one in plain.json["evidence"]] != [one["id"] for one in by_judge.json["evidence"]]
    shown = memcli("--memory", memory, "--json", "why", "last", **CHOSEN)
    assert shown.code == 0, shown.err
    assert "reranker" in shown.out


def test_use_switches_it_on_and_the_built_in_name_off(judged):
    memcli, memory, card, _ = judged
    assert memcli("models", "use", "tiny-judge").code == 0
    assert card["sha256"][:12] in memcli("--json", "status", "--engines").json["in_use"]["reranker"]
    assert memcli("--json", "models", "show", "tiny-judge").json["in_use"]
    assert "rerank" in memcli("--memory", memory, *SEARCH).json["timings_ms"]
    assert memcli("models", "use", "minilm-l6-tokens").code == 0
    assert "rerank" not in memcli("--memory", memory, *SEARCH).json["timings_ms"]


def test_a_budget_of_time_leaves_it_out_and_says_so(judged):
    memcli, memory, _, _ = judged
    done = memcli("--memory", memory, "ask", "When does the oven arrive?", "--max-ms", "1", **CHOSEN)
    assert done.code in (0, 4), done.err
    assert "the reranker" in done.err


def test_what_is_wrong_with_one_is_told(judged, tmp_path):
    memcli, memory, _, _ = judged
    gone = memcli("--memory", memory, *SEARCH, MEMCLI_RERANKER_MODEL="nobody")
    assert gone.code == 20
    write_tiny_bert(tmp_path / "finder")
    assert memcli("models", "add", tmp_path / "finder").code == 0
    other = memcli("--memory", memory, *SEARCH, MEMCLI_RERANKER_MODEL="finder")
    assert (other.code, "no reranker" in other.err) == (2, True)
    write_tiny_bert(tmp_path / "kinds", classes=3)
    refused = memcli("models", "add", tmp_path / "kinds")
    assert (refused.code, "3 kinds" in refused.err) == (2, True)
    write_tiny_bert(tmp_path / "again", classes=1)
    assert memcli("models", "add", tmp_path / "again", "--query-prefix", "query: ").code == 2
    shutil.rmtree(tmp_path / "finder")


def test_a_card_that_cannot_be_used_is_told_once_and_nothing_else_is_printed(judged):
    """On a machine that seems to have a card, and has no CUDA to use it with."""
    from engines.devices import nvidia_device_present

    if nvidia_device_present():
        pytest.skip("an NVIDIA card is here")
    memcli, memory, _, _ = judged
    program = (
        "import sys, engines.runtime; engines.runtime.nvidia_device_present = lambda: True\n"
        "from memcli.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )

    def search(*options):
        command = [sys.executable, "-c", program, *options, "--memory", str(memory), "search", "Kipper at the vet"]
        done = subprocess.run(command, env=memcli.environment | CHOSEN, capture_output=True, text=True, check=True)
        assert "Kipper" in done.stdout
        return done.stderr

    said = search().splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("memcli: the CPU computes ")
    assert search("--quiet") == ""


def test_a_gpu_that_is_not_there_is_not_replaced_in_silence(judged):
    from engines.devices import nvidia_device_present

    if nvidia_device_present():
        pytest.skip("an NVIDIA card is here")
    memcli, memory, _, _ = judged
    assert memcli("--memory", memory, *SEARCH, MEMCLI_RERANKER_GPU="on", **CHOSEN).code == 22
