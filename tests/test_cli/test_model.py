"""Answers by a language model: a real one, tiny, through llama.cpp."""

from __future__ import annotations

import pytest

QUESTION = "When was Maya's job interview?"


def test_a_model_writes_the_answer(story, tiny_gguf):
    memcli, memory = story
    done = memcli("--memory", memory, "--json", "ask", QUESTION, "--model", tiny_gguf, MEMCLI_LLM_MAX_TOKENS="16")
    assert done.code == 0, done.err
    assert done.json["method"] == "llama"
    assert done.json["evidence"]
    assert "tiny.gguf on cpu" in done.err


def test_the_same_seed_writes_the_same(story, tiny_gguf):
    memcli, memory = story
    asked = ["--memory", memory, "--json", "ask", QUESTION, "--model", tiny_gguf]
    heat = {"MEMCLI_LLM_TEMPERATURE": "0.9", "MEMCLI_LLM_MAX_TOKENS": "16"}
    texts = [memcli(*asked, **heat, MEMCLI_LLM_SEED=seed).json["answer"] for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]


def test_an_unsupported_answer_is_called_so(story, tiny_gguf):
    memcli, memory = story
    done = memcli("--memory", memory, "ask", QUESTION, "--model", tiny_gguf, MEMCLI_LLM_MAX_TOKENS="8")
    assert "without support" in done.err  # random weights cite nothing
    assert "[unsupported]" in done.out
    assert "cut off at 8 tokens" in done.err


def test_without_relevant_evidence_the_model_is_not_even_loaded(story):
    memcli, memory = story
    done = memcli("--memory", memory, "ask", "How many submarines does the king of Norway own?", "--model", "none.gguf")
    assert done.code == 4


def test_a_demanded_gpu_is_never_replaced_by_the_cpu_in_silence(story, tiny_gguf):
    llama_cpp = pytest.importorskip("llama_cpp")
    if llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this build of llama.cpp has a GPU to offload to")
    memcli, memory = story
    done = memcli("--memory", memory, "ask", QUESTION, "--model", tiny_gguf, "--gpu", "all")
    assert done.code == 22
    assert "GPU" in done.err


def test_a_model_that_crashes_llama_cpp_costs_the_answer_and_nothing_else(story, tmp_path):
    from tiny_gguf import write_tiny_gguf

    memcli, memory = story
    deadly = write_tiny_gguf(tmp_path / "deadly.gguf", deadly=True)
    done = memcli("--memory", memory, "--json", "ask", QUESTION, "--model", deadly)
    assert (done.code, done.out) == (23, "")
    assert "crashed" in done.err
    again = memcli("--memory", memory, "--json", "ask", QUESTION, "--model", deadly, "--fallback")
    assert (again.code, again.json["method"]) == (0, "extractive")
