"""memcli eval, as a user meets it."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def dataset(tmp_path):
    turns = [
        ("a", "Ana", "The oven arrives next Tuesday."), ("b", "Bo", "I painted the shed green."),
        ("c", "Ana", "Our cat is called Kipper."), ("d", "Bo", "The ferry leaves at nine."),
    ]  # fmt: skip
    lines = [
        {"turns": [{"id": i, "speaker": who, "time": "2024-05-01T10:00:00Z", "text": text} for i, who, text in turns]}
    ]
    lines += [
        {"id": "1", "question": "What is the cat called?", "answers": ["Kipper"], "evidence": ["c"]},
        {
            "id": "2",
            "question": "When does the oven arrive?",
            "answers": ["7 May 2024"],
            "evidence": ["a"],
            "category": "when",
        },
        {"id": "3", "question": "How many submarines does Norway own?", "answerable": False},
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_data_set_is_measured_compared_and_kept(memcli, dataset, tmp_path):
    run = tmp_path / "run.json"
    done = memcli("--json", "eval", dataset, "--save", run)
    assert done.code == 0, done.err
    document = done.json
    assert document["all"]["recall_at_5"]["mean"] == 1
    assert document["by_category"]["when"]["date_accuracy"]["mean"] == 1
    assert document["all"]["questions"] == 3
    again = memcli("eval", dataset, "--compare", run)
    assert again.code == 0, again.err
    assert "recall@10" in again.out
    kept = json.loads(run.read_text())
    for name, scores in kept["cases"].items():
        kept["cases"][name] = dict.fromkeys(scores, 2.0)  # better than can be: now must be worse
    run.write_text(json.dumps(kept))
    worse = memcli("eval", dataset, "--compare", run)
    assert worse.code == 3
    assert "worse" in worse.err


def test_a_language_model_may_judge_apart_from_the_metrics(memcli, dataset, tiny_gguf):
    plain = memcli("--json", "eval", dataset).json
    done = memcli("--json", "eval", dataset, "--judge", tiny_gguf)
    assert done.code == 0, done.err
    opinion = done.json["judged"]
    assert (opinion["model"], opinion["questions"]) == (tiny_gguf.name, 2)  # what has no answer is not judged
    assert 0 <= opinion["right"]["mean"] <= 1
    assert set(opinion["by_category"]) == {"all", "when"}
    for metric in ("recall_at_5", "answer_f1"):
        assert done.json["all"][metric] == plain["all"][metric]
    assert "judged" not in plain
    assert tiny_gguf.name in memcli("eval", dataset, "--judge", tiny_gguf).out
    assert memcli("eval", dataset, "--judge", "no-such.gguf").code == 20


def test_a_channel_can_be_left_out(memcli, dataset):
    done = memcli("--json", "eval", dataset, "--ablate", "dense", "--ablate", "dense_window", "--questions", "1")
    assert done.json["without"] == ["dense", "dense_window"]
    assert memcli("eval", dataset, "--ablate", "smell").code == 2
    assert memcli("eval").code == 2


def test_a_private_test_of_the_users_own_memory(memcli, examples):
    memory = memcli.home / "memory"
    memcli("--memory", memory, "ingest", examples / "logs")
    first = memcli("--memory", memory, "--json", "eval", "--mine", "--questions", "12")
    assert first.code == 0, first.err
    assert first.json["all"]["any_hit_at_10"]["mean"] > 0.8
    kept = memory / "cache" / "evaluation.json"
    assert kept.stat().st_mode & 0o077 == 0
    again = memcli("--memory", memory, "--json", "eval", "--mine", "--questions", "12")
    assert again.code == 0, again.err
    assert {one["change"]["mean"] for one in again.json["changes"]} == {0}
