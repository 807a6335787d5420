"""Answers by a language model: a real one, tiny, through llama.cpp."""

from __future__ import annotations

import os
import socket
import threading

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


def test_what_a_model_computed_of_the_beginning_of_a_prompt_is_kept_and_erased(memcli, examples, tiny_gguf):
    memcli("ingest", examples / "logs")
    memcli("pin", memcli("--json", "search", "landlady").json["hits"][0]["id"])
    asked = ["--json", "ask", QUESTION, "--model", tiny_gguf, "--answer-tokens", "8"]
    first, second = memcli(*asked).json, memcli(*asked).json
    assert second["answer"] == first["answer"]
    assert second["run"]["evaluated_tokens"] < first["run"]["evaluated_tokens"]
    without = memcli(*asked, MEMCLI_LLM_PROMPT_CACHE="0").json
    assert without["answer"] == first["answer"]
    assert without["run"]["evaluated_tokens"] == without["run"]["prompt_tokens"]
    [memory] = (memcli.home / ".local/share/memcli/memories").iterdir()
    states = list((memory / "cache" / "prompts").iterdir())
    assert len(states) == 2, "of the instructions, and of the instructions with what is pinned"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (memory / "cache" / "prompts", *states))
    assert memcli("delete", "--speaker", "Jonas", "--yes", "--prove").code == 0
    assert not any(path.exists() for path in states)
    memcli(*asked)
    assert list((memory / "cache" / "prompts").iterdir())
    assert memcli("undo", "--yes").code == 0
    assert not (memory / "cache" / "prompts").exists(), "what was pinned of it is taken back, too"


def test_strict_gives_up_rather_than_say_what_nothing_supports(story, tiny_gguf):
    memcli, memory = story
    done = memcli(
        "--memory", memory, "--json", "ask", QUESTION, "--model", tiny_gguf, "--strict", "--answer-tokens", "8"
    )
    assert (done.code, done.json["abstained"], done.json["citations"]) == (4, True, [])
    assert done.json["unsupported"]
    assert "left out" in done.err


def test_evidence_that_does_not_fit_is_left_out_and_told(story, tiny_gguf):
    memcli, memory = story
    few = {"MEMCLI_LLM_CONTEXT": "1500"}
    done = memcli("--memory", memory, "--json", "ask", QUESTION, "--model", tiny_gguf, "--answer-tokens", "8", **few)
    assert done.code == 0, done.err
    assert "do not fit into the model's context of 1500 tokens" in done.err
    assert done.json["run"]["prompt_tokens"] < 1500
    longer = memcli("--memory", memory, "--json", "ask", QUESTION, "--model", tiny_gguf, "--answer-tokens", "8")
    assert longer.json["run"]["prompt_tokens"] > done.json["run"]["prompt_tokens"]


def test_a_server_that_the_user_runs_writes_the_answer(story):
    from openai_server import ChatServer

    memcli, memory = story
    server = ChatServer(["The interview ", "was on 10 April 2024 [1]", ". Really [99]."])
    try:
        done = memcli("--memory", memory, "--json", "ask", QUESTION, "--server", server.url)
        assert done.code == 0, done.err
        assert done.json["method"] == "server"
        assert "10 April 2024" in done.json["answer"]
        assert "99 (taken out)" in done.err
        assert "<memory>" in server.requests[0]["messages"][1]["content"]
        by_setting = memcli("--memory", memory, "--json", "ask", QUESTION, MEMCLI_LLM_URL=server.url)
        assert by_setting.json["method"] == "server"
    finally:
        server.close()
    gone = memcli("--memory", memory, "--json", "ask", QUESTION, "--server", server.url)
    assert (gone.code, gone.out) == (22, "")
    assert memcli("--memory", memory, "ask", QUESTION, "--server", server.url, "--fallback").code == 0


def test_what_was_said_does_not_leave_the_machine_unasked(story):
    memcli, memory = story
    done = memcli("--memory", memory, "ask", QUESTION, "--server", "http://192.0.2.1:8080")
    assert done.code == 2
    assert "--allow-remote" in done.err


def arriving(process) -> list[bytes]:
    """What comes through the process's stdout, as it comes."""
    came = []
    while piece := os.read(process.stdout.fileno(), 1 << 16):
        came.append(piece)
    return came


def test_a_pipe_gets_the_answer_while_it_is_written(story, tmp_path):
    from tiny_gguf import write_tiny_gguf

    memcli, memory = story
    model = write_tiny_gguf(tmp_path / "wordy.gguf", seed=9)  # this one writes what need not be held back
    asked = ("--memory", memory, "ask", QUESTION, "--model", model, "--answer-tokens", "120", "--temperature", "2")
    process = memcli.start(*asked)
    came = arriving(process)
    assert process.wait(60) == 0
    process.stderr.close()
    process.stdout.close()
    assert len(came) > 5
    assert b"".join(came).decode() == memcli(*asked, "--format", "plain").out


def test_what_a_server_has_said_is_there_before_it_goes_on(story):
    from openai_server import ChatServer

    memcli, memory = story
    go_on = threading.Event()
    server = ChatServer(["The interview ", "was on 10 April 2024 [1]."], go_on=go_on)
    try:
        process = memcli.start("--memory", memory, "ask", QUESTION, "--server", server.url)
        first = os.read(process.stdout.fileno(), 1 << 16)
        assert first == b"The interview"
        go_on.set()
        rest = b"".join(arriving(process)).decode()
        assert process.wait(60) == 0
        assert rest.startswith(" was on 10 April 2024 [1].\n\n[1] ")
        process.stderr.close()
        process.stdout.close()
        chat = memcli("--memory", memory, "chat", stdin=QUESTION, MEMCLI_LLM_URL=server.url)
        assert chat.out.count("was on 10 April 2024") == 1
    finally:
        go_on.set()
        server.close()


def test_a_model_that_thinks_aloud_is_quoted_only_with_its_answer(story, tmp_path):
    from openai_server import ChatServer
    from tiny_gguf import write_tiny_gguf

    memcli, memory = story
    server = ChatServer(["<think>Hm, an ", "interview [1].</think>\n", "It was on 10 April 2024 [1]."])
    try:
        done = memcli("--memory", memory, "ask", QUESTION, "--server", server.url)
        assert done.out.startswith("It was on 10 April 2024 [1]."), done.out
        assert "Hm" not in done.out
    finally:
        server.close()
    thinker = write_tiny_gguf(tmp_path / "thinker.gguf", chat_template="{{ messages[-1]['content'] }}<think>")
    silent = memcli("--memory", memory, "ask", QUESTION, "--model", thinker, "--answer-tokens", "8")
    assert (silent.code, silent.out) == (23, "")
    assert "--answer-tokens" in silent.err


def test_no_half_answer_stands_before_the_one_in_its_place(story):
    from openai_server import ChatServer

    memcli, memory = story
    server = ChatServer(["It was a cold and rainy ", "afternoon in the "], cut=True)
    try:
        broken = memcli("--memory", memory, "ask", QUESTION, "--server", server.url)
        assert broken.code == 23
        done = memcli("--memory", memory, "ask", QUESTION, "--server", server.url, "--fallback")
        assert (done.code, "rainy" in done.out) == (0, False)
        assert done.out == memcli("--memory", memory, "ask", QUESTION).out
    finally:
        server.close()


def test_another_machine_is_asked_only_where_that_is_allowed(story):
    from openai_server import ChatServer

    memcli, memory = story
    name = socket.gethostname()  # a name that is not known to mean this machine
    server = ChatServer(["On 10 April 2024 [1]."], address="0.0.0.0")
    try:
        try:
            socket.create_connection((name, int(server.url.rsplit(":", 1)[1])), 2).close()
        except OSError:
            pytest.skip("this machine cannot be reached by its own name")
        url = server.url.replace("127.0.0.1", name).replace("0.0.0.0", name)
        asked = ("--memory", memory, "ask", QUESTION, "--server", url)
        assert (memcli(*asked).code, server.requests) == (2, [])
        assert memcli(*asked, "--allow-remote").code == 0
        assert len(server.requests) == 1
    finally:
        server.close()
