"""What a memory keeps and what it takes in: overlaps, order, zones, standard input, settings."""

from __future__ import annotations

import json
from itertools import permutations

CHAT = [
    "01/03/2024, 09:00 - Ana: Are you coming to the lake on Saturday?",
    "01/03/2024, 09:01 - Bo: Yes, with the blue canoe.",
    "01/03/2024, 09:01 - Bo: ok",
    "01/03/2024, 09:01 - Bo: ok",
    "02/03/2024, 10:00 - Ana: Bring the big cooler too.",
    "25/03/2024, 11:00 - Bo: The canoe has a leak now.",
]


def hits(memcli, query: str) -> list[str]:
    return [hit["text"] for hit in memcli("--json", "search", query).json["hits"]]


def test_an_overlapping_export_adds_only_what_is_new(memcli, tmp_path):
    older, newer = tmp_path / "chat.txt", tmp_path / "WhatsApp Chat with Bo.txt"
    older.write_text("\n".join(CHAT[:4]) + "\n")
    newer.write_text("\n".join(CHAT) + "\n")
    assert memcli("--json", "ingest", older).json["turns_added"] == 4
    assert memcli("--json", "ingest", newer).json["turns_added"] == 2
    status = memcli("--json", "status").json
    assert (status["turns"], status["sessions"], status["indexed"]) == (6, 1, 6)


def test_an_export_that_begins_later_joins_the_same_conversation(memcli, tmp_path):
    older, newer = tmp_path / "a.txt", tmp_path / "b.txt"
    older.write_text("\n".join(CHAT[:5]) + "\n")
    newer.write_text("\n".join(CHAT[1:]) + "\n")
    memcli("ingest", older)
    assert memcli("--json", "ingest", newer).json["turns_added"] == 1
    assert memcli("--json", "status").json["sessions"] == 1


def test_the_order_of_reading_changes_nothing(memcli, write_turns, tmp_path):
    said = [("Ana", "The red key opens the shed."), ("Bo", "The shed is empty."), ("Cy", "Who has the red key?")]
    logs = [
        write_turns(
            f"{number}.jsonl", {"session": str(number), "speaker": who, "time": "2024-01-01T10:00:00Z", "text": text}
        )
        for number, (who, text) in enumerate(said)
    ]
    results = []
    for number, order in enumerate(permutations(logs)):
        memory = tmp_path / f"memory-{number}"
        for log in order:
            memcli("--memory", memory, "ingest", log)
        done = memcli("--memory", memory, "--json", "search", "red key shed", "--now", "2024-02-01").json
        results.append([(hit["id"], hit["score"]) for hit in done["hits"]])
    assert all(result == results[0] for result in results)


def test_standard_input(memcli):
    done = memcli(
        "--json", "ingest", "-", stdin="Ana: I keep bees.\nBo: I keep goats.\nAna: Goats eat everything.\nBo: True.\n"
    )
    assert done.json["sources"][0]["uri"] == "stdin"
    assert "I keep bees." in hits(memcli, "bees")


def test_a_named_zone_decides_what_a_bare_time_means(memcli, tmp_path):
    chat = tmp_path / "chat.txt"
    chat.write_text("\n".join(CHAT) + "\n")
    memcli("ingest", chat, "--timezone", "America/New_York")
    found = memcli("--json", "search", "blue canoe").json["hits"][0]
    assert found["said_at"] == "2024-03-01T14:01:00Z"
    assert "2024-03-01 09:01" in memcli("search", "blue canoe").out


def test_filters_are_kept(memcli, tmp_path):
    chat = tmp_path / "chat.txt"
    chat.write_text("\n".join(CHAT) + "\n")
    memcli("ingest", chat)
    assert {hit["speaker"] for hit in memcli("--json", "search", "canoe", "--speaker", "bo").json["hits"]} == {"Bo"}
    later = memcli("--json", "search", "canoe", "--since", "2024-03-20").json["hits"]
    assert [hit["text"] for hit in later] == ["The canoe has a leak now."]
    earlier = memcli("--json", "search", "canoe", "--until", "2024-03-02").json["hits"]
    assert len(earlier) == 4
    nothing = memcli("search", "canoe", "--speaker", "Nobody")
    assert (nothing.code, nothing.out) == (4, "")


def test_a_batch_answers_bad_lines_with_their_error(memcli, write_turns):
    memcli("ingest", write_turns("log.jsonl", {"speaker": "Ana", "text": "The shed is green."}))
    lines = [
        "What colour is the shed?",
        '{"id": 7, "question": "Which colour has the shed?"}',
        "{broken",
        '{"id": "x"}',
    ]
    done = memcli("ask", "-", stdin="\n".join(lines))
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 3
    assert "green" in documents[0]["answer"]
    assert documents[1]["question_id"] == 7
    assert "error" in documents[2]
    assert (documents[3]["question_id"], "error" in documents[3]) == ("x", True)


def test_a_lost_index_comes_back_by_itself(memcli, write_turns):
    import shutil

    memcli("ingest", write_turns("log.jsonl", {"speaker": "Ana", "text": "The shed is green."}))
    before = memcli("--json", "search", "shed", "--now", "2024-01-01").json["hits"]
    index = memcli("--json", "status").json["memory"] + "/index"
    shutil.rmtree(index)
    assert memcli("--json", "search", "shed", "--now", "2024-01-01").json["hits"] == before


def test_settings_are_written_and_tell_their_origin(memcli):
    memcli("config", "ask.limit", "3")
    file = memcli.home / ".config" / "memcli" / "config.toml"
    file.write_text("# mine\n" + file.read_text())
    memcli("config", "ask.budget", "500")
    assert file.read_text().startswith("# mine\n")
    settings = memcli("--json", "config", MEMCLI_ASK_BUDGET="600").json["settings"]
    assert settings["ask.limit"] == {"value": 3, "origin": f"file {file}"}
    assert settings["ask.budget"] == {"value": 600, "origin": "environment MEMCLI_ASK_BUDGET"}
    assert settings["wait"]["origin"] == "default"
    assert memcli("config", "ask.limit").out == "3\n"


def test_global_options_stand_on_either_side(memcli, write_turns):
    log = write_turns("log.jsonl", {"speaker": "Ana", "text": "--json is a flag"})
    assert memcli("ingest", log, "--memory", "./m", "--quiet").out == ""
    one = memcli("--memory", "./m", "--json", "search", "flag")
    two = memcli("search", "flag", "--json", "--memory=./m")
    assert one.json["hits"] == two.json["hits"]
    assert memcli("--memory", "./m", "search", "--", "--json").code == 0


def test_a_closed_pipe_ends_quietly(story):
    import subprocess

    memcli, memory = story
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"memcli --memory {memory} search garden --limit 50 | head -n 1"],
        env=memcli.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.startswith("1.")
    assert done.stderr == ""


def test_python_dash_m_is_the_same_program(memcli):
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-m", "memcli", "--version"], capture_output=True, text=True)
    assert done.stdout == memcli("--version").out


def test_a_rare_token_finds_the_turn_that_holds_it(memcli, write_turns):
    import random

    chance = random.Random(0)
    tokens = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=5)) for _ in range(300)]
    turns = [{"speaker": "Ana", "text": f"The printer failed again, ticket {token}."} for token in tokens]
    memcli("ingest", write_turns("log.jsonl", *turns))
    batch = memcli("search", "-", "-n", "1", stdin="\n".join(tokens[:5]))
    found = [json.loads(line)["hits"][0]["text"] for line in batch.out.splitlines()]
    assert found == [turn["text"] for turn in turns[:5]]


def test_a_note_is_known_to_the_very_next_question(memcli, write_turns):
    turn = {"session": "a", "speaker": "Maya", "time": "2024-05-01T10:00:00Z", "text": "The passport is in the desk."}
    memcli("ingest", write_turns("talk.jsonl", turn), "--me", "Maya")
    memcli("consolidate")
    memcli("remember", "My locker number is B-17.")
    assert memcli("--json", "ask", "What is Maya's locker number?").json["answer"] == "B-17"
    memcli("remember", "The passport is in the safe now.")
    assert "in the safe" in memcli("--json", "ask", "Where is the passport?").json["answer"]
