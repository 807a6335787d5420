"""What changed since: the answer is what was said last, what was so before is told with its day and its line."""

from __future__ import annotations

import pytest

SAID = [
    ("2024-01-08", "Ines", "The swimming lessons for Leo are on Tuesdays at five."),
    ("2024-01-20", "Ines", "Leo's teacher this year is Mrs Hofer."),
    ("2024-01-21", "Ruben", "We picked the hotel for the summer: Hotel Miramar in Piran."),
    ("2024-01-22", "Ruben", "The budget for the trade fair is 12,000 euros."),
    ("2024-01-23", "Ruben", "The budget for the summer party is 3,000 euros."),
    ("2024-01-24", "Ines", "The launch date is 14 June."),
    ("2024-01-25", "Ines", "I have a grey Peugeot, it's old but it runs."),
    ("2024-01-26", "Ines", "I live in Utrecht."),
    ("2024-01-27", "Ruben", "My red bike is in the cellar."),
    ("2024-02-20", "Ines", "Leo's swimming was moved to Thursdays, same time."),
    ("2024-03-03", "Ines", "Mrs Hofer is on leave. Leo has Mr Brandt as his teacher now."),
    ("2024-03-05", "Ruben", "Hotel Miramar cancelled on us, so we are staying at Pension Lipa instead."),
    ("2024-03-06", "Ruben", "Finance cut the trade fair budget to 8,000 euros."),
    ("2024-03-07", "Ines", "Legal needs more time, so the launch slips to 28 June."),
    ("2024-03-08", "Ines", "I got rid of the Peugeot and bought a red Skoda."),
    (
        "2024-03-09",
        "Ines",
        "All boxes are unpacked, my address is Zeeweg 4 in Haarlem now, Utrecht was small.",
    ),
    ("2024-03-10", "Ruben", "I bought a new blue bike, it stands in the garage now."),
]


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    import json

    from conftest import Memcli

    home = tmp_path_factory.mktemp("changes")
    log = home / "talk.jsonl"
    turns = [
        {"session": day, "id": f"t{at}", "speaker": who, "time": f"{day}T10:00:00Z", "text": text}
        for at, (day, who, text) in enumerate(SAID)
    ]
    log.write_text("".join(json.dumps(turn) + "\n" for turn in turns), encoding="utf-8")
    memcli = Memcli(home)
    assert memcli("ingest", log).code == 0
    assert memcli("facts", "--update").code == 0
    return memcli


@pytest.mark.parametrize(
    ("question", "now", "before"),
    [
        ("What day are Leo's swimming lessons?", "Thursdays", "Tuesdays at five, said on 8 January 2024"),
        ("Who is Leo's teacher?", "Mr Brandt", "Mrs Hofer, said on 20 January 2024"),
        ("Which hotel are we staying at in the summer?", "Pension Lipa", "said on 21 January 2024"),
        ("What is the budget for the trade fair?", "8,000 euros", "12,000 euros, said on 22 January 2024"),
        ("When is the launch?", "28 June 2024", "14 June 2024, said on 24 January 2024"),
        ("What car does Ines have?", "a red Skoda", "a grey Peugeot, said on 25 January 2024"),
        ("Where does Ines live?", "Haarlem", "Utrecht, said on 26 January 2024"),
    ],
)
def test_what_was_said_last_holds(talk, question, now, before):
    done = talk("--json", "ask", question, "--now", "2024-05-01").json
    assert now in done["answer"]
    first, last = done["citations"]  # in the order in which they were said
    holds, _, told = done["text"].partition("\nBefore: ")
    assert f"[{last['n']}]" in holds
    assert before in told, done["text"]
    assert f"[{first['n']}]" in told, "the line of what was so before is cited"


@pytest.mark.parametrize(
    ("question", "then", "later"),
    [
        ("Which hotel did Ruben pick originally?", "Miramar", "Pension Lipa"),
        ("What was the budget for the trade fair at first?", "12,000", "8,000"),
        ("Who was Leo's teacher before Mr Brandt?", "Hofer", "Brandt"),
        ("Where did Ines live before?", "Utrecht", "Haarlem"),
    ],
)
def test_a_question_about_then_gets_what_was_so_then(talk, question, then, later):
    done = talk("--json", "ask", question, "--now", "2024-05-01").json
    assert not done["abstained"]
    assert then in done["answer"]
    assert later not in done["answer"]


@pytest.mark.parametrize(
    ("question", "so", "other"),
    [
        ("What is the budget for the summer party?", "3,000 euros", "8,000"),
        ("Where is the red bike?", "cellar", "garage"),
    ],
)
def test_what_was_said_of_another_thing_changes_nothing(talk, question, so, other):
    done = talk("--json", "ask", question, "--now", "2024-05-01").json
    assert so in done["answer"]
    assert other not in done["text"]
