"""The warm engine: the same output as without it, and nothing that depends on it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import pytest

from memcli.serve.address import reachable

ALONE = {"MEMCLI_NO_SERVER": "1"}


@pytest.fixture
def served(memcli, examples):
    """A memory with the examples, and a function that starts its server and waits until it listens."""
    assert memcli("ingest", examples / "logs").code == 0
    running = []

    def start(*arguments):
        server = memcli.start("serve", *arguments)
        running.append(server)
        line = server.stderr.readline().decode()
        assert "serving" in line, line
        return server

    yield memcli, start
    for server in running:
        server.kill()
        server.communicate()


def socket_of(memcli):
    return memcli.home / ".local/share/memcli/memories/default/serve.sock"


def same(document):
    return {key: value for key, value in document.items() if key not in ("timings_ms", "id")}


def test_commands_give_the_same_with_and_without_it(served, tmp_path, write_turns):
    memcli, start = served
    server = start()
    assert socket_of(memcli).stat().st_mode & 0o777 == 0o600
    now = ("--now", "2024-10-01")
    for command in (
        ("--json", "search", "oven", *now),
        ("search", "Kipper at the vet", *now),
        ("ask", "When was Maya's job interview?", *now),
        ("ask", "Who is the captain of the submarine?", *now),
        ("--json", "ask", "When was Maya's job interview?", "--model", "none.gguf"),
        ("ask",),
        ("--json", "ingest", "none.txt"),
        ("search", ""),
    ):
        warm, alone = memcli(*command, cwd=tmp_path), memcli(*command, cwd=tmp_path, **ALONE)
        assert (warm.code, warm.err) == (alone.code, alone.err), command
        if warm.out and "--json" in command:
            assert same(warm.json) == same(alone.json)
        else:
            assert warm.out == alone.out, command
    lines = b"When does the oven arrive?\nWho is the landlady?\n"
    batch, by_itself = (memcli("ask", "-", *now, stdin=lines, **how) for how in ({}, ALONE))
    assert batch.code == by_itself.code
    assert len(batch.out.splitlines()) == len(by_itself.out.splitlines()) == 2
    write_turns("new.jsonl", {"speaker": "Ana", "text": "The ferry to Elba leaves at nine."})
    assert memcli("ingest", "new.jsonl", cwd=tmp_path).code == 0, "a path is relative to the caller's folder"
    assert "Elba" in memcli("search", "ferry Elba", **ALONE).out
    assert server.poll() is None


def test_what_others_write_is_seen_and_what_they_delete_is_gone(served, write_turns):
    memcli, start = served
    start()
    assert "zeppelin lands" not in memcli("search", "zeppelin").out
    log = write_turns("z.jsonl", {"speaker": "Ana", "text": "The zeppelin lands on Monday."})
    assert memcli("ingest", log, **ALONE).code == 0
    assert "zeppelin lands" in memcli("search", "zeppelin").out
    assert memcli("delete", "--query", "zeppelin", "--yes").code == 0
    assert "zeppelin lands" not in memcli("search", "zeppelin").out


def test_a_language_model_stays_loaded(served, tiny_gguf):
    memcli, start = served
    start()
    asked = ("--json", "ask", "When was Maya's job interview?", "--model", tiny_gguf, "--answer-tokens", "8")
    first, second, alone = memcli(*asked), memcli(*asked), memcli(*asked, **ALONE)
    assert first.code == 0, first.err
    assert first.json["answer"] == second.json["answer"] == alone.json["answer"]
    assert first.err == second.err == alone.err
    assert second.json["run"]["evaluated_tokens"] < second.json["run"]["prompt_tokens"]


def test_whoever_comes_while_it_is_busy_works_alone(served):
    memcli, start = served
    start()
    waiting = subprocess.Popen(
        [sys.executable, "-m", "memcli", "search", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=memcli.environment,
    )  # fmt: skip
    waiting.stdin.write(b"oven\n")
    waiting.stdin.flush()
    assert waiting.stdout.readline().startswith(b"{")
    assert memcli("search", "oven").code == 0
    waiting.communicate(timeout=60)


def test_interrupted_the_command_ends_and_the_server_goes_on(served):
    memcli, start = served
    server = start()
    waiting = subprocess.Popen(
        [sys.executable, "-m", "memcli", "search", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=memcli.environment,
    )  # fmt: skip
    waiting.stdin.write(b"oven\n")
    waiting.stdin.flush()
    waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(60) == 130
    for _ in range(50):
        if memcli("search", "oven").code == 0:
            break
        time.sleep(0.1)
    assert server.poll() is None


def test_a_server_that_was_killed_is_not_missed(served):
    memcli, start = served
    server = start()
    server.kill()
    server.wait()
    assert socket_of(memcli).exists()
    assert memcli("search", "oven").code == 0
    start()
    assert memcli("search", "oven").code == 0


def test_one_server_is_enough_and_it_ends_when_nobody_asks(served):
    memcli, start = served
    server = start("--idle", "0.05")
    second = memcli("serve")
    assert (second.code, "already" in second.err) == (2, True)
    assert server.wait(60) == 0
    assert not socket_of(memcli).exists()
    assert memcli("search", "oven").code == 0


def test_a_stopped_server_leaves_nothing(served):
    memcli, start = served
    server = start()
    server.terminate()
    assert server.wait(60) == 143
    assert not socket_of(memcli).exists()
    assert memcli("--json", "check").json["findings"] == []


def test_nonsense_does_no_harm(served):
    memcli, start = served
    server = start()
    for said in (b"", b"\0\0\0\5hello", b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\2{}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            with reachable(socket_of(memcli)) as name:
                client.connect(name)
            client.sendall(said)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(10) in (b"", b"n")
    assert memcli("search", "oven").code == 0
    assert server.poll() is None


def test_in_other_surroundings_a_command_works_alone(served):
    memcli, start = served
    start()
    there = memcli("--json", "search", "oven", TZ="Asia/Tokyo")
    assert there.code == 0


def test_the_way_there_loads_nothing_heavy(served):
    memcli, start = served
    start()
    program = (
        "import sys; from memcli.cli.main import run; code = run(['search', 'oven']);"
        "heavy = {'duckdb', 'lancedb', 'numpy', 'pyarrow', 'onnxruntime', 'typer', 'rich', 'store', 'engines'};"
        "sys.exit(code or bool(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=memcli.environment, capture_output=True)
    assert done.returncode == 0
    assert b"oven" in done.stdout
