"""The commands of the memory manager, as users and cron run them."""

from __future__ import annotations

import json

import pytest

TALK = [
    ("Ana", "2031-03-01T18:00:00Z", "The key to the boat house hangs behind the clock in the hall."),
    ("Bo", "2031-03-01T18:01:00Z", "wow that is a great hiding place"),
    ("Ana", "2031-03-01T18:02:00Z", "The engine of the boat needs new oil before 15 April."),
    ("Bo", "2031-03-01T18:03:00Z", "I bought a wrench for the engine at the harbour shop."),
    ("Bo", "2031-05-01T18:03:00Z", "The boat house was painted red."),
]
KEY = "Where does the key to the boat house hang?"


@pytest.fixture
def boat(memcli, write_turns):
    turns = [{"session": "boat", "speaker": who, "time": at, "text": text} for who, at, text in TALK]
    done = memcli("ingest", write_turns("boat.jsonl", *turns))
    assert done.code == 0, done.err
    return memcli


def cited(memcli, question: str, *options: str) -> list[str]:
    done = memcli("--json", "ask", question, "--now", "2031-06-01", *options)
    return [one["text"] for one in done.json["citations"]]


def test_consolidate_tells_what_changed_and_then_nothing(boat):
    assert "5 turns" in boat("consolidate", "--dry-run", "--now", "2031-06-01").out
    assert boat("--json", "status").json["unconsolidated"] == 5
    done = boat("--json", "consolidate", "--now", "2031-06-01", "--max-minutes", "10").json
    assert (done["changed"], done["finished"], done["steps"]["episodes"]["turns"]) == (True, True, 5)
    assert boat("consolidate", "--now", "2031-06-01").out == "nothing new\n"
    status = boat("--json", "status").json
    assert (status["unconsolidated"], status["episodes"], status["consolidated_at"]) == (0, 2, "2031-06-01T00:00:00Z")
    assert status["growth"] == [{"month": "2031-03", "turns": 4}, {"month": "2031-05", "turns": 1}]
    gist = boat("--json", "episodes").json["episodes"][0]["gist"]
    assert [one["text"] for one in gist] == [TALK[0][2]] or gist[0]["text"] in [text for *_, text in TALK]


def test_no_time_is_no_harm(boat):
    done = boat("--json", "consolidate", "--max-minutes", "0").json
    assert (done["finished"], done["changed"]) == (False, False)
    assert boat("--json", "consolidate").json["finished"]


def test_a_rejected_answer_is_not_given_again_until_it_is_confirmed(boat):
    assert cited(boat, KEY) == [TALK[0][2]]
    answer = boat("--json", "ask", KEY, "--now", "2031-06-01").json["id"]
    assert boat("bad", answer).code == 0
    assert TALK[0][2] not in cited(boat, KEY)
    assert TALK[0][2] not in cited(boat, "Where hangs the key to the boat house?")
    assert cited(boat, "What hangs behind the clock?") == [TALK[0][2]]
    boat("consolidate")
    assert TALK[0][2] not in cited(boat, KEY)
    assert boat("--json", "good", answer).json["items"]
    assert cited(boat, KEY) == [TALK[0][2]]
    boat("consolidate")
    assert cited(boat, KEY) == [TALK[0][2]]


def test_what_is_put_away_is_found_by_a_deep_look_alone_and_comes_back(boat):
    def red(*options: str) -> list[tuple[str, str]]:
        hits = boat("--json", "search", "painted red", "--now", "2031-06-01", *options).json["hits"]
        return [(hit["id"], hit["tier"]) for hit in hits if hit["text"] == TALK[4][2]]

    [(turn, _)] = red()
    boat("forget", turn[:10])
    for _ in range(2):
        assert red() == []
        assert red("--deep") == [(turn, "archive")]
        done = boat("--json", "consolidate", "--now", "2031-06-01").json
    assert done["changed"] is False
    assert boat("--json", "status").json["tiers"]["archive"] == 1
    boat("unpin", turn)
    boat("consolidate", "--now", "2031-06-01")
    assert red() == [(turn, "episodic")]


def test_who_returns_after_years_finds_everything(boat):
    boat("consolidate", "--now", "2031-06-01")
    saved = boat("--json", "status").json["archive_saves"]
    done = boat("--json", "consolidate", "--now", "2041-06-01").json
    assert len(done["steps"]["tiers"]["archived"]) == len(TALK)
    status = boat("--json", "status").json
    assert saved == 0 and status["archive_saves"] == done["steps"]["index"]["vector_bytes_freed"] > 0
    for _, _, text in TALK:
        assert text in [
            hit["text"] for hit in boat("--json", "search", text, "--deep", "--now", "2041-06-02").json["hits"]
        ]
    answered = boat("--json", "ask", KEY, "--now", "2041-06-02").json
    assert [one["text"] for one in answered["citations"]] == [TALK[0][2]], "without --deep, too"
    boat("consolidate", "--now", "2041-06-03")
    assert boat("--json", "status").json["tiers"]["archive"] == len(TALK) - 1, "what was used is back"


def test_before_it_gives_up_ask_looks_into_the_archive(boat):
    boat("consolidate", "--now", "2060-01-01")
    assert boat("--json", "status").json["tiers"]["archive"] == 5
    done = boat("search", "wrench", "--now", "2060-01-01")
    assert (done.code, done.out) == (4, "")
    assert "--deep" in done.err
    assert boat("search", "wrench", "--deep", "--now", "2060-01-01").code == 0
    assert cited(boat, KEY) == [TALK[0][2]]


def test_pins(boat):
    boat("ask", KEY, "--now", "2031-06-01")
    assert boat("--json", "pin", "1").json["mark"] == "pinned"
    boat("consolidate", "--now", "2060-01-01")
    assert boat("--json", "status").json["tiers"]["archive"] == 4
    assert "never fades" in boat("fade", "1").out


def test_fade_draws_in_plain_characters_and_on_a_page(boat, tmp_path):
    boat("consolidate", "--now", "2031-06-01")
    page = tmp_path / "curves.html"
    drawn = boat("fade", "--html", page)
    assert drawn.out.isascii()
    assert drawn.out.splitlines()[0].startswith("100% |")
    html = page.read_text()
    assert html.count('stroke-width="2"') == 4
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    soon = boat("--json", "fade", "--now", "2032-07-01").json["fading"]
    assert [one["text"] for one in soon] == [TALK[0][2], TALK[1][2], TALK[3][2]]


def test_fade_draws_a_picture(boat, tmp_path):
    image = pytest.importorskip("PIL.Image")
    picture = tmp_path / "curves.png"
    assert boat("fade", "--png", picture).code == 0
    with image.open(picture) as opened:
        assert opened.format == "PNG" and opened.width > opened.height > 500
        colours = {colour for _, colour in opened.getcolors(1 << 24)}
    assert {(27, 108, 168), (200, 85, 61), (88, 129, 87), (122, 73, 136)} <= colours, "a curve of each kind"


def test_without_its_package_a_picture_is_refused_by_name(boat, tmp_path):
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("raise ImportError('no Pillow here')")
    done = boat("--json", "fade", "--png", tmp_path / "curves.png", PYTHONPATH=str(tmp_path))
    assert (done.code, json.loads(done.err.splitlines()[-1])["error"]["name"]) == (2, "UsageError")
    assert "memcli[plot]" in done.err and not (tmp_path / "curves.png").exists()


def test_what_cannot_be_rated_or_named_is_said(boat):
    assert boat("good").code == 2
    assert boat("bad", "ffff").code == 2
    assert boat("pin", "ffffffff").code == 2
    boat("ask", "Who is the captain of the submarine?", "--now", "2031-06-01")
    done = boat("--json", "bad")
    assert (done.code, json.loads(done.err.splitlines()[-1])["error"]["name"]) == (2, "UsageError")


def test_a_session_pins_and_standing_instructions_are_at_hand(boat, write_turns):
    rule = {"session": "rules", "speaker": "Ana", "time": "2031-01-01T10:00:00Z", "text": "Always use metric units."}
    boat("ingest", write_turns("rules.jsonl", rule))
    boat("consolidate", "--now", "2031-06-01")

    def at_hand(*options: str) -> list[str]:
        done = boat("--json", "ask", KEY, "--now", "2031-06-01", "--limit", "1", *options).json
        return [one["text"] for one in done["evidence"]]

    assert at_hand() == [rule["text"], TALK[0][2]]
    assert at_hand("--session", "boat") == [rule["text"], *(text for *_, text in TALK)]
    red = boat("--json", "search", "painted red").json["hits"][0]["id"]
    boat("pin", red)
    assert at_hand() == [rule["text"], TALK[0][2], TALK[4][2]]
    done = boat("ask", KEY, "--session", "nowhere")
    assert done.code == 2
    assert "nowhere" in done.err


def test_asking_goes_on_while_a_consolidation_runs(boat, tmp_path):
    """A consolidation holds the writer lock all the time, and the database only to commit."""
    import subprocess
    import sys

    holder = """
import sys
from pathlib import Path
from store.locks import StoreLocks
with StoreLocks(Path(sys.argv[1]), 0).writer():
    print("held", flush=True)
    sys.stdin.read()
"""
    locks = boat("--json", "status").json["memory"] + "/locks"
    arguments = [sys.executable, "-c", holder, locks]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        answer = boat("--json", "--wait", "0", "ask", KEY, "--now", "2031-06-01")
        assert (answer.code, answer.json["abstained"]) == (0, False)
        assert boat("--wait", "0", "bad").code == 0
        assert boat("--wait", "0", "fade").code == 0
        assert boat("--wait", "0", "consolidate").code == 11
        process.communicate()


def test_what_turns_are_made_into_is_kept_by_its_own_strength(memcli, write_turns):
    said = [
        *TALK,
        ("Ana", "2031-06-01T18:00:00Z", "By the way, I live in Oslo."),
        ("Bo", "2031-06-01T18:01:00Z", "Oh!"),
    ]
    turns = [{"session": "boat", "speaker": who, "time": at, "text": text} for who, at, text in said]
    memcli("ingest", write_turns("boat.jsonl", *turns))
    memcli("consolidate", "--now", "2031-06-02")

    def kept(*command: str) -> dict[str, tuple[float, int, float]]:
        document = memcli("--json", *command, "--now", "2031-09-02").json
        [rows] = [value for name, value in document.items() if name != "schema"]
        return {one["id"]: (one["stability_days"], one["recall_count"], one["retrievability"]) for one in rows}

    lists = (("episodes",), ("episodes", "--scenes"), ("facts",))
    before = [kept(*one) for one in lists]
    assert all(count == 0 for rows in before for _, count, _ in rows.values())
    memcli("ask", "Where does Ana live?", "--now", "2031-07-01")
    memcli("ask", KEY, "--now", "2031-07-01")
    report = memcli("--json", "consolidate", "--now", "2031-07-02").json["steps"]["strengths"]
    assert report["facts"] == 1 and report["episodes"] == 2 and report["summaries"] >= 1
    assert not memcli("--json", "consolidate", "--now", "2031-07-02").json["changed"]
    for command, old in zip(lists, before, strict=True):
        now = kept(*command)
        used = [one for one in now if now[one][1] == 1]
        assert used
        assert all(now[one][0] > old[one][0] and now[one][2] > old[one][2] for one in used)
    assert memcli("--json", "status").json["recalled"].keys() == {"episode", "fact", "summary", "turn"}
    answer = memcli("--json", "facts", "--now", "2031-09-02").json["facts"][0]
    assert memcli("delete", answer["sources"][0]["turn"], "--yes").code == 0
    assert answer["id"] not in memcli("sql", "FROM memory_states", "--json").out


def test_diff_tells_what_is_about_to_fade(boat):
    boat("consolidate", "--now", "2031-06-01")
    done = boat("--json", "diff", "last-week", "--now", "2032-06-15")
    assert {TALK[1][2]} < {one["text"] for one in done.json["fading"]}
    assert TALK[1][2] in boat("diff", "last-week", "--now", "2032-06-15").out
