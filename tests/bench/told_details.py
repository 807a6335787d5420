# ruff: noqa: E501 - sentences, in lists that can be read
"""Makes up what somebody tells an assistant, with questions that ask for a detail of it: python tests/bench/told_details.py FILE

One line of SAID is a thing that may be told of a detail `{d}` ("I practise the {d} for half an hour"), how it is asked
for, and the details that it may be of. In a memory it is told of one or two of them; questions about those have an
answer, and those about others of the list have none, though everything else in them was said. The file is a data set
that `memcli eval` reads; the gate is fitted on it (tests/bench/fit_gate.py), and no published question is in it.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MEMORIES = 6
PER_TALK = 2
"""Things told in one talk."""

TOLD = "detail told", "detail changed"


class Said(NamedTuple):
    """How a thing is told and asked, of which details."""

    told: tuple[str, ...]
    asked: tuple[str, ...]
    details: tuple[str, ...]
    values: tuple[str, ...]


def _said(told: str, asked: str, details: str, values: str = "") -> Said:
    return Said(*(tuple(part.split(" | ")) for part in (told, asked, details, values)))


SAID = (
    _said(
        "I have {v} {d} in the greenhouse now. | The greenhouse holds {v} {d} at last count.",
        "How many {d} are in my greenhouse? | What is the number of {d} that I keep in the greenhouse?",
        "orchids | cacti | ferns | tomato plants | bonsai trees | lemon trees | begonias",
        "eleven | 24 | six | fifteen | 40",
    ),
    _said(
        "My flight to {d} takes {v}. | It is {v} to {d} by plane, I looked it up.",
        "How long is my flight to {d}? | How many hours will I fly to {d}?",
        "Boston | Nairobi | Tokyo | Montreal | Reykjavik | Cape Town | Lima | Delhi",
        "nine hours | six and a half hours | eleven hours | four hours",
    ),
    _said(
        "The {d} cost me {v}. | I paid {v} for the {d}, quite a bargain.",
        "How much did I pay for the {d}? | What did the {d} cost me?",
        "tent | espresso machine | bookshelf | winter coat | printer | camera lens | rowing machine | armchair",
        "$140 | 85 euros | two hundred dollars | £60 | $35",
    ),
    _said(
        "I finished repairing the {d} on {v}. | The {d} is fixed, it was done by {v}.",
        "When did I repair the {d}? | On what day was the {d} fixed?",
        "shed | gate | dishwasher | lawnmower | staircase | porch | boiler | chimney",
        "Tuesday | 14 April | the last day of May | Saturday",
    ),
    _said(
        "I ran the {d} half marathon in {v}. | My time in the {d} half marathon was {v}.",
        "What was my time in the {d} half marathon? | How fast was I at the half marathon in {d}?",
        "Hamburg | Ghent | Bristol | Zurich | Porto | Leipzig | Malaga | Aarhus",
        "two hours flat | 1:52 | 2:10 | an hour and 48 minutes",
    ),
    _said(
        "I spent {v} hiking in {d}. | We stayed in {d} for {v} and walked every day.",
        "How many days did I spend in {d}? | How long was my stay in {d}?",
        "Corsica | Wales | Slovenia | Madeira | Patagonia | the Dolomites | Lapland | Crete",
        "five days | twelve days | a week | three days",
    ),
    _said(
        "My {d} lives in {v} now. | I visited my {d}, who moved to {v}.",
        "Where does my {d} live? | To which place did my {d} move?",
        "aunt | nephew | stepbrother | granddaughter | old teacher | best friend | uncle | niece",
        "Graz | Leeds | Portland | Utrecht | Bergen | Nantes",
    ),
    _said(
        "I take my {d} lessons with {v}. | {v} teaches me {d}, once a week.",
        "Who teaches me {d}? | With whom do I take {d} lessons?",
        "pottery | fencing | Italian | tango | swimming | chess | calligraphy | surfing",
        "Mrs. Okafor | a retired sailor | Ilse | Mr. Duarte | a student called Finn",
    ),
    _said(
        "I keep the {d} in {v}. | The {d} is in {v}, where nobody looks.",
        "Where do I keep the {d}? | In what place is the {d}?",
        "spare key | passport | sewing kit | first-aid box | old letters | tax papers | Christmas lights | drill",
        "the blue cupboard | a drawer in the hall | the attic | a shoe box | the basement",
    ),
    _said(
        "We celebrate {d} at {v}'s place this year. | {v} invites everybody for {d}.",
        "At whose place do we celebrate {d}? | Who invites us for {d}?",
        "Easter | Thanksgiving | Hanukkah | midsummer | New Year's Eve | Diwali | carnival | Eid",
        "Marta | my brother | Colin | the neighbours | Aunt Rosa",
    ),
    _said(
        "My {d} project is due on {v}. | I have to hand in the {d} project on {v}.",
        "When is my {d} project due? | What is the deadline of the {d} project?",
        "biology | history | statistics | robotics | geography | film | economics | chemistry",
        "the 9th of May | Friday | 1 December | the 20th",
    ),
    _said(
        "The {d} in my bedroom is {v}. | I chose a {v} {d} for the bedroom.",
        "What colour is the {d} in my bedroom? | Which colour has the bedroom {d}?",
        "carpet | curtain | wardrobe | blanket | lampshade | rug | ceiling | mirror frame",
        "turquoise | mustard yellow | dark green | beige | burgundy",
    ),
    _said(
        "I got a {d} from {v} for my anniversary. | {v} gave me a {d} for the anniversary.",
        "Who gave me the {d}? | From whom did I get a {d}?",
        "watch | scarf | bracelet | teapot | suitcase | telescope | vase | record player",
        "Helen | my parents | an old colleague | Samir | my choir",
    ),
    _said(
        "I swim {v} lengths on {d}. | On {d} I always do {v} lengths in the pool.",
        "How many lengths do I swim on {d}? | What number of lengths do I do on {d}?",
        "Mondays | Tuesdays | Wednesdays | Thursdays | Fridays | Saturdays | Sundays",
        "thirty | 50 | 64 | twenty",
    ),
    _said(
        "I work as {v} at the {d} now. | The {d} hired me as {v}.",
        "What do I do at the {d}? | As what did the {d} hire me?",
        "museum | bakery | airport | hospital | library | brewery | zoo | town hall",
        "a guide | a bookkeeper | a night guard | an electrician | a cashier",
    ),
    _said(
        "I water the {d} every {v}. | The {d} wants water every {v}.",
        "How often do I water the {d}? | Every how many days does the {d} get water?",
        "ivy | basil | palm | roses | strawberries | bamboo | hydrangea | lawn",
        "three days | ten days | morning | week",
    ),
    _said(
        "I missed the {d} because {v}. | I could not go to the {d}: {v}.",
        "Why did I miss the {d}? | What kept me from going to the {d}?",
        "concert | job fair | funeral | reunion | workshop | auction | dentist appointment | graduation",
        "the train broke down | I had a fever | the car would not start | I mixed up the dates",
    ),
    _said(
        "I lent my {d} to {v}. | {v} borrowed my {d} and still has it.",
        "To whom did I lend my {d}? | Who borrowed my {d}?",
        "bicycle | ladder | guitar | projector | kayak | cookbook | drone | violin",
        "Priya | a colleague | the man next door | Oskar | my cousin",
    ),
    _said(
        "My {d} subscription is {v} a month. | I pay {v} monthly for the {d} subscription.",
        "How much is my {d} subscription? | What do I pay each month for the {d} subscription?",
        "newspaper | gym | streaming | coffee | car-sharing | magazine | phone | theatre",
        "$12 | 30 euros | £8 | $45",
    ),
    _said(
        "I learnt to make {d} in {v}. | It took me {v} to learn how {d} is made.",
        "How long did I need to learn making {d}? | In what time did I learn to make {d}?",
        "cheese | candles | soap | wine | leather bags | jam | baskets | sausages",
        "two weekends | a month | one summer | ten days",
    ),
    _said(
        "The {d} in our street opens at {v}. | Our street's {d} is open from {v} on.",
        "At what time does the {d} in our street open? | When in the morning is our street's {d} open?",
        "pharmacy | florist | butcher | post office | launderette | bank | kiosk | barber",
        "seven | 8:30 | ten o'clock | noon",
    ),
    _said(
        "I voted for {v} in the {d} election. | In the {d} election my vote went to {v}.",
        "For whom did I vote in the {d} election? | Who got my vote in the {d} election?",
        "school board | mayoral | works council | parliamentary | club | regional | union | student",
        "Ms. Adeyemi | the youngest candidate | Tom Reiter | a farmer",
    ),
    _said(
        "I broke my {d} when I {v}. | I {v} and broke my {d}.",
        "How did I break my {d}? | What was I doing when I broke my {d}?",
        "wrist | ankle | collarbone | glasses | elbow | little toe | phone | umbrella",
        "fell off a horse | slipped on the ice | ran for the bus | jumped from a wall",
    ),
    _said(
        "The {d} workshop has room for {v} people. | They take {v} people in the {d} workshop that I signed up for.",
        "How many people fit into the {d} workshop? | For how many people is the {d} workshop?",
        "welding | photography | origami | first-aid | improv | beekeeping | knitting | podcast",
        "eight | 16 | twenty | a dozen",
    ),
    _said(
        "We named the {d} {v}. | {v} is what we call the {d}.",
        "What do we call the {d}? | Which name did we give the {d}?",
        "boat | camper van | robot vacuum | sourdough starter | caravan | snowman | canoe | old tractor",
        "Gertrude | Neptune | Sir Henry | Bubbles | Matilda",
    ),
)

WISHES = tuple(
    one.strip()
    for one in """
    Could you give me some ideas for the weekend? | Can you help me plan my week? | What would you suggest I read next?
    | Do you have tips for sleeping better? | I wonder how I can stay focused. | Please recommend something for dinner.
    | Can you explain how to keep a diary? | I would like some advice on saving money. | How could I organise my day?
    | What should I look out for when I buy shoes? | Could you help me write a short note? | Any tips for a small balcony?
    """.replace("\n", " ").split("|")
)
LEADS = ("By the way, ", "", "", "Just so you know: ", "I should mention that ", "", "Speaking of which, ", "Oh, and ")
REPLIES = tuple(
    one.strip()
    for one in """
    That sounds wonderful! | Of course, here are some ideas. | Happy to help with that. | Start with small steps, and write them down.
    | Set a fixed time each day and keep to it. | A list on the fridge helps many people. | You may want to talk to somebody who has done it before.
    | Make sure that you get enough rest. | Fresh air and a short walk do wonders. | Compare prices in at least three shops.
    | Ask a friend to join you, it is more fun together. | Keep what works, and drop what does not. | Let me know if you want more detail.
    | Remember to take breaks. | The local library has good books on this. | Try it for two weeks before you decide.
    """.replace("\n", " ").split("|")
)  # fmt: skip
ABOUT = (
    "It is great that you told me about the {d}.",
    "With the {d}, patience is everything.",
    "For the {d}, a little planning goes a long way.",
    "Many people enjoy the {d} just as you do.",
)


def memory(name: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """The lines of one memory: its talks, and its questions."""
    told = []
    for at, said in enumerate(SAID):
        details = chance.sample(said.details, len(said.details))
        told += [(at, said, detail, "yes") for detail in details[: 1 + (chance.random() < 0.5)]]
    chance.shuffle(told)
    cases = []
    for number, start in enumerate(range(0, len(told), PER_TALK)):
        session, turns = f"{name}-{number}", []
        for at, said, detail, _ in told[start : start + PER_TALK]:
            value = chance.choice(said.values)
            sentence = chance.choice(said.told).replace("{d}", detail).replace("{v}", value)
            lead = chance.choice(LEADS)
            sentence = lead + (
                sentence if sentence.startswith(("I ", "I'")) or not lead else sentence[0].lower() + sentence[1:]
            )
            parts = [chance.choice(WISHES), sentence[0].upper() + sentence[1:]]
            chance.shuffle(parts)
            reply = chance.sample(REPLIES, 5)
            reply.insert(chance.randrange(5), chance.choice(ABOUT).replace("{d}", detail))
            place = f"{session}:{len(turns)}"
            turns.append({"session": session, "id": place, "speaker": "user", "role": "user", "text": " ".join(parts)})
            turns.append(
                {
                    "session": session,
                    "id": f"{session}:{len(turns)}",
                    "speaker": "assistant",
                    "role": "assistant",
                    "text": " ".join(reply),
                }
            )
            question = chance.choice(said.asked)
            cases.append(
                {
                    "memory": name,
                    "id": f"{place}/told",
                    "question": question.replace("{d}", detail),
                    "answers": [value],
                    "evidence": [place],
                    "category": TOLD[0],
                }
            )
            others = [one for one in said.details if not any(at == a and one == d for a, _, d, _ in told)]
            cases.append(
                {
                    "memory": name,
                    "id": f"{place}/changed",
                    "question": question.replace("{d}", chance.choice(others)),
                    "answers": [],
                    "evidence": [],
                    "category": TOLD[1],
                    "answerable": False,
                }
            )
        yield {"memory": name, "turns": turns}
    yield from cases


def main(path: Path) -> None:
    chance = random.Random(0)
    lines = [line for number in range(MEMORIES) for line in memory(f"told-{number}", chance)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
