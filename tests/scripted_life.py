# ruff: noqa: E501, SIM905 - sentences and lists of values
"""A scripted life: several people talk for two years, state facts about themselves, and change them.

Seeded, and independent of memcli's rules: the sentences are what people write. "Plain" ones say in one sentence whose
fact it is and what it is; "oblique" ones say it as people also do, so that only someone who understands it would know.
Around them are small talk and what must not be taken for a fact: questions, suppositions, wishes, quotations, jokes,
other people's facts, memories of how it was before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

PEOPLE = ("Ines", "Bruno", "Carla", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Ingrid", "Jamal", "Kaisa", "Leon")
FIRST_DAY, DAYS = date(2022, 1, 3), 730


@dataclass(frozen=True)
class Slot:
    """A kind of fact: its questions, the values it takes, and how it is said. `{v}` the value, `{p}` the person."""

    name: str
    questions: tuple[str, ...]
    values: tuple[str, ...]
    state: tuple[str, ...]
    change: tuple[str, ...]
    oblique: tuple[str, ...]
    hearsay: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    lures: tuple[str, ...] = ()
    fixed: bool = False


def _favourite(what: str, values: str, *lures: str) -> Slot:
    return Slot(
        f"favourite {what}",
        (f"What is {{p}}'s favourite {what}?", f"What's {{p}}'s favorite {what}?"),
        tuple(values.split(", ")),
        (
            f"My favourite {what} is {{v}}.",
            f"By the way, my favourite {what} is {{v}}.",
            f"My favorite {what} is still {{v}}.",
        ),
        (
            f"My favourite {what} is {{v}} now.",
            f"I changed my mind, my favourite {what} is {{v}} these days.",
            f"My new favourite {what} is {{v}}.",
        ),
        (f"When it comes to a {what}, nothing beats {{v}} for me.", f"{{v}} has taken the crown, {what}-wise."),
        (f"{{p}}'s favourite {what} is {{v}}.",),
        (),
        (f"Is {{o}} your favourite {what}?", f"If you say {{o}} is your favourite {what}, I'll laugh.", *lures),
    )


_CITIES = (
    "Lisbon, Ghent, Turin, Aarhus, Graz, Bilbao, Leipzig, Utrecht, Malmö, Nantes, Porto, Tampere, Gdańsk, Basel, Cork"
)
_FIRMS = "Northwind, Acorn Labs, Brightwater, Helix Systems, Osprey, Bluestone, Quillworks, Meridian, Tessera, Larkspur, Fennimore, Vantage"
_NAMES = "Olga Petrov, Pedro Alves, Quinn Harper, Rosa Lindt, Stefan Moser, Tara Singh, Uwe Brandt, Vera Novak, Wanda Krol, Xavier Blanc, Yusuf Demir, Zoe Marsh"


def _person(role: str) -> Slot:
    return Slot(
        role,
        (f"Who is {{p}}'s {role}?", f"What is the name of {{p}}'s {role}?"),
        tuple(_NAMES.split(", ")),
        (f"My {role} is {{v}}.", f"My {role} is called {{v}}.", f"{{v}} is my {role}.", f"My {role}'s name is {{v}}."),
        (
            f"My new {role} is {{v}}.",
            f"I have a new {role}, {{v}}.",
            f"{{v}} is my new {role}.",
            f"My {role} is {{v}} now.",
        ),
        (f"From today I report everything {role}-related to {{v}}.", f"{{v}} took over as far as my {role} goes."),
        (f"{{p}}'s {role} is {{v}}.",),
        (),
        (f"I met {{o}} at a party, no {role} of mine.", f"Imagine {{o}} as my {role}!", f"Is {{o}} your {role}?"),
    )


def _thing(what: str, values: str) -> Slot:
    return Slot(
        what,
        (f"What is {{p}}'s {what}?",),
        tuple(values.split(", ")),
        (f"My {what} is a {{v}}.", f"Well, my {what} is a {{v}}."),
        (f"My new {what} is a {{v}}.", f"My {what} is a {{v}} now."),
        (f"There's a {{v}} where my old {what} used to be.", f"I finally said yes to a {{v}}, goodbye old {what}."),
        (f"{{p}}'s {what} is a {{v}}.",),
        (),
        (f"I'd love a {{o}} as a {what}.", f"Should I get a {{o}} as my next {what}?"),
    )


def _number(what: str, digits: int) -> Slot:
    rng = random.Random(what)
    values = tuple(f"{rng.randrange(10 ** (digits - 1), 10**digits)}" for _ in range(12))
    return Slot(
        what,
        (f"What is {{p}}'s {what}?", f"What's {{p}}'s {what}?"),
        values,
        (f"My {what} is {{v}}.", f"Just so you know, my {what} is {{v}}.", f"For the record, my {what} is {{v}}."),
        (f"My new {what} is {{v}}.", f"My {what} is now {{v}}."),
        (f"Use {{v}} for me from now on, the old {what} is dead.", f"They gave me {{v}} instead of the old {what}."),
        (f"{{p}}'s {what} is {{v}}.",),
        (),
        (f"Was it {{o}}, your {what}?", f"{{o}} was never my {what}, whoever told you so."),
    )


def _pet(what: str, values: str) -> Slot:
    return Slot(
        f"{what}'s name",
        (f"What is the name of {{p}}'s {what}?", f"What is {{p}}'s {what} called?"),
        tuple(values.split(", ")),
        (f"My {what}'s name is {{v}}.", f"My {what} is called {{v}}.", f"My {what}, {{v}}, slept all day."),
        (f"My {what}'s name is {{v}}.",),
        (f"{{v}} the {what} has moved in with me.",),
        (),
        (),
        (f"If I had another {what}, I'd call it {{o}}.", f"What if your {what} were called {{o}}?"),
        True,
    )


SLOTS = (
    Slot(
        "lives in",
        ("Where does {p} live?", "Which city does {p} live in?", "Where is {p} living now?"),
        tuple(_CITIES.split(", ")),
        ("I live in {v}.", "I live in {v} with my books.", "I'm still living in {v}.", "I'm based in {v}.", "My flat is in {v}."),
        ("I moved to {v}.", "I've moved to {v}.", "I live in {v} now.", "Big news: I moved to {v}.", "I just relocated to {v}."),
        ("My doorbell now rings in {v}.", "{v} has a new citizen and it's me.", "The removal van unloaded everything in {v}, I'm staying."),
        ("{p} lives in {v}.", "{p} moved to {v}."),
        ("Next month I'm moving to {v}.", "I'm moving to {v} next month."),
        (
            "If I moved to {o}, I'd see the sea every day.", "Do you live in {o}?", "I was in {o} for a conference last week.",
            "I'd love to live in {o} one day.", "My cousin lives in {o}.", "He said \"I live in {o}\" and I believed him.",
            "I live in {o}, just kidding!", "Maybe I'll move to {o}.", "I visited {o} last weekend.", "I wish I lived in {o}.",
        ),
    ),
    Slot(
        "works at",
        ("Where does {p} work?", "Who does {p} work for?", "Which company does {p} work for?"),
        tuple(_FIRMS.split(", ")),
        ("I work at {v}.", "I work for {v}.", "I'm working at {v}.", "I still work at {v}."),
        ("I started a new job at {v}.", "I joined {v}.", "I work at {v} now.", "I started working at {v}.", "I got a job at {v}."),
        ("My badge says {v} as of today.", "The people at {v} now pay my rent.", "{v} is where I spend my nine to five lately."),
        ("{p} works at {v}.", "{p} joined {v}."),
        ("I'm starting at {v} next month.", "Next month I'm joining {v}."),
        (
            "I had an interview at {o}, they said no.", "Does anybody here work at {o}?", "I'd never work at {o}.",
            "My neighbour works at {o}.", "If {o} hired me, I'd faint.", "I might apply at {o}.",
        ),
    ),
    Slot(
        "job",
        ("What is {p}'s job?", "What does {p} do for a living?", "What does {p} work as?"),
        ("nurse", "teacher", "translator", "electrician", "photographer", "gardener", "pharmacist", "bookkeeper", "journalist", "carpenter"),
        ("I'm a {v}.", "I work as a {v}.", "I'm a {v}, that's why my back hurts."),
        ("I'm a {v} now.", "I became a {v}.", "I work as a {v} now."),
        ("They pay me for {v} things these days.", "My business card reads {v} from this week."),
        ("{p} works as a {v}.",),
        (),
        ("I'd be a terrible {o}.", "When I was five I wanted to be a {o}.", "My uncle is a {o}.", "Are you a {o}?"),
    ),
    _person("boss"),
    _person("dentist"),
    _person("flatmate"),
    _person("doctor"),
    _person("landlord"),
    _thing("car", "Fiat, Volvo, Skoda, Renault, Toyota, Mazda, Saab, Peugeot, Honda, Subaru"),
    _thing("phone", "Nokia, Pixel, Fairphone, Motorola, Xperia, OnePlus, Huawei, Samsung"),
    _thing("bike", "Gazelle, Brompton, Trek, Bianchi, Canyon, Koga, Batavus, Cannondale"),
    _number("phone number", 7),
    _number("locker number", 3),
    _number("desk number", 2),
    _favourite("colour", "teal, dark green, mustard yellow, navy blue, burgundy, lilac, burnt orange, silver"),
    _favourite("film", "Metropolis, Alien, Amélie, Stalker, Vertigo, Casablanca, Solaris, Persona"),
    _favourite("food", "lasagne, ramen, goulash, ceviche, paella, dal, pierogi, couscous"),
    _favourite("band", "Portishead, Radiohead, Sigur Rós, Air, Calexico, Goldfrapp, Lambchop, Tortoise"),
    _favourite("drink", "mint tea, cold brew, ginger ale, cider, kefir, lemonade, mulled wine, oat milk"),
    _favourite("game", "chess, Carcassonne, backgammon, Catan, poker, Dominion, Azul, darts"),
    Slot(
        "hometown",
        ("What is {p}'s hometown?",),
        tuple("Évora, Siena, Bergen, Toledo, Bath, Lund, Trier, Pisa, Ronda, Kotor".split(", ")),
        ("My hometown is {v}.", "By the way, my hometown is {v}."), ("My hometown is {v}.",),
        ("All my school photos were taken in {v}.",), (), (), ("Isn't {o} your hometown?",), True,
    ),
    Slot(
        "birthday",
        ("When is {p}'s birthday?",),
        tuple("3 May, 14 August, 9 November, 22 March, 30 June, 11 January, 5 October, 17 December".split(", ")),
        ("My birthday is on {v}.", "My birthday is {v}."), ("My birthday is on {v}.",),
        ("You may bring cake every {v}.",), (), (), ("Is your birthday on {o}?",), True,
    ),
    Slot(
        "allergic to",
        ("What is {p} allergic to?",),
        tuple("cashews, penicillin, shellfish, cat hair, strawberries, latex, birch pollen, kiwi".split(", ")),
        ("I'm allergic to {v}.", "I'm severely allergic to {v}.", "I have an allergy to {v}."), ("I'm allergic to {v}.",),
        ("{v} and I end up in hospital together.",), ("{p} is allergic to {v}.",), (),
        ("Is anybody allergic to {o}?", "I hope nobody is allergic to {o}.", "My sister is allergic to {o}."), True,
    ),
    _pet("dog", "Kipper, Biscuit, Waffles, Pluto, Sable, Juno, Pepper, Otis"),
    _pet("cat", "Bolota, Miso, Tilde, Pixel, Nimbus, Olive, Clementine, Mochi"),
)  # fmt: skip

_SMALL_TALK = (
    "The rain won't stop, the {thing} is soaked.", "Has anyone seen my {thing}?", "I spent an hour looking for the {thing}.",
    "That {thing} was cheaper than I thought.", "Good morning everyone!", "See you at the {place} at {hour}.",
    "The queue at the {place} was endless.", "Who wants to go to the {place} on Saturday?", "Lol, the {thing} again.",
    "Did you hear what happened at the {place}?", "I'm late, the tram broke down.", "Thanks, that helped a lot.",
    "No idea, ask {person}.", "{person} told me about the {place}.", "I'm tired.", "That's hilarious.", "Okay, {hour} then.",
    "The {thing} makes a strange noise.", "We should fix the {thing}.", "I'll bring the {thing} tomorrow.",
    "Can someone water the plants?", "It's so hot at the {place}.", "I dreamt about a {thing} last night.",
    "The meeting took forever.", "{person}, are you coming?", "I need coffee.", "Sure, why not.", "My head hurts.",
)  # fmt: skip
_THINGS = (
    "umbrella",
    "ladder",
    "kettle",
    "sofa",
    "printer",
    "lamp",
    "suitcase",
    "drill",
    "blender",
    "parcel",
    "curtain",
)
_PLACES = ("market", "station", "library", "pool", "bakery", "park", "museum", "post office", "cinema", "harbour")
#: Memories of an earlier value, which must not bring it back.
_MEMORIES = {
    "lives in": ("When I lived in {o}, everything was cheaper.", "I miss {o}.", "I used to live in {o}.", "Back in {o} we had a balcony."),
    "works at": ("I used to work at {o}.", "At {o} the coffee was better.", "When I worked at {o} we had Fridays off."),
    "job": ("I used to be a {o}.",),
}  # fmt: skip
_OPENINGS = ("", "", "", "", "Well, ", "By the way, ", "Hi all, ", "So, ", "Oh, ")


@dataclass
class Truth:
    """A fact of a person with all values that it had: (day from which it holds, value). oblique: some were only hinted at."""

    person: str
    slot: Slot
    values: list[tuple[date, str]] = field(default_factory=list)
    first_said: date = date.max
    oblique: bool = False

    def on(self, day: date) -> str | None:
        held = [value for begins, value in self.values if begins <= day]
        return held[-1] if held else None

    def near_a_change(self, day: date, margin: int) -> bool:
        return any(abs((begins - day).days) <= margin for begins, _ in self.values)


@dataclass
class Life:
    turns: list[dict[str, Any]]
    truths: list[Truth]
    last_day: date


def live(seed: int, *, turns: int = 20_000, facts: int = 300, changing: int = 120, oblique: float = 0.2) -> Life:
    """A life of `turns` turns with `facts` facts, of which `changing` change one to five times.

    oblique: the share of facts of which at least one value is only said obliquely.
    """
    rng = random.Random(seed)
    people = PEOPLE[: max(2, -(-facts // len(SLOTS)))]
    pairs = [(person, slot) for slot in SLOTS for person in people][:facts]
    changeable = [pair for pair in pairs if not pair[1].fixed]
    changes = {id(pair): rng.randint(1, 5) for pair in rng.sample(changeable, min(changing, len(changeable)))}
    said: list[tuple[date, str, str]] = []
    truths = []
    for pair in pairs:
        truth = Truth(*pair, oblique=rng.random() < oblique)
        truths.append(truth)
        said += _script(truth, changes.get(id(pair), 0), rng, people)
    while len(said) < turns:
        day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        said.append((day, rng.choice(people), _small_talk(rng, people)))
    rng.shuffle(said)
    said.sort(key=lambda one: one[0])
    return Life(_written(said, rng), truths, FIRST_DAY + timedelta(days=DAYS))


def _script(truth: Truth, changes: int, rng: random.Random, people: Sequence[str]) -> list[tuple[date, str, str]]:
    """What is said about one fact: each value when it begins, again now and then, and lures in between."""
    slot, me = truth.slot, truth.person
    values = rng.sample(slot.values, min(changes + 1, len(slot.values)))
    others = [value for value in slot.values if value not in values] or list(slot.values)
    starts = [rng.randrange(0, 60)]
    for _ in range(1, len(values)):
        starts.append(starts[-1] + rng.randrange(45, max(46, (DAYS - 90) // len(values))))
    hinted = rng.randrange(len(values)) if truth.oblique else -1
    said: list[tuple[date, str, str]] = []
    for number, (value, start) in enumerate(zip(values, starts, strict=True)):
        day = FIRST_DAY + timedelta(days=start)
        end = FIRST_DAY + timedelta(days=starts[number + 1] - 31 if number + 1 < len(starts) else DAYS - 1)
        begins = day
        if number == hinted:
            said.append((day, me, rng.choice(slot.oblique).format(v=value, p=me)))
        elif number == 0:
            said.append((day, me, _opened(rng, rng.choice(slot.state).format(v=value))))
        elif slot.ahead and rng.random() < 0.3:
            begins = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            said.append((day, me, _opened(rng, rng.choice(slot.ahead).format(v=value))))
        elif slot.hearsay and rng.random() < 0.1:
            said.append(
                (day, rng.choice([one for one in people if one != me]), rng.choice(slot.hearsay).format(v=value, p=me))
            )
        else:
            said.append((day, me, _opened(rng, rng.choice(slot.change).format(v=value))))
        truth.values.append((begins, value))
        truth.first_said = min(truth.first_said, day)
        room = max(1, (end - begins).days)
        if number != hinted:
            for _ in range(rng.randrange(0, 4)):
                again = begins + timedelta(days=rng.randrange(room))
                said.append((again, me, _opened(rng, rng.choice(slot.state).format(v=value))))
        for _ in range(rng.randrange(1, 4)):
            when = begins + timedelta(days=rng.randrange(room))
            lure = rng.choice(slot.lures).format(o=rng.choice(others)) if slot.lures else "Hm."
            said.append((when, me, lure))
        if number and slot.name in _MEMORIES and rng.random() < 0.6:
            when = begins + timedelta(days=rng.randrange(room))
            said.append((when, me, rng.choice(_MEMORIES[slot.name]).format(o=rng.choice(values[:number]))))
    return said


def _opened(rng: random.Random, sentence: str) -> str:
    opening = rng.choice(_OPENINGS)
    if opening and not sentence.startswith(("I ", "I'", "Well", "By the way", "Big news", "Just so", "For the record")):
        sentence = sentence[0].lower() + sentence[1:] if sentence.startswith("My ") else sentence
    if opening and sentence.startswith(("Well", "By the way", "Big news", "Just so", "For the record")):
        opening = ""
    return opening + sentence


def _small_talk(rng: random.Random, people: Sequence[str]) -> str:
    return rng.choice(_SMALL_TALK).format(
        thing=rng.choice(_THINGS),
        place=rng.choice(_PLACES),
        person=rng.choice(people),
        hour=f"{rng.randrange(8, 22)}:00",
    )


def _written(said: Sequence[tuple[date, str, str]], rng: random.Random) -> list[dict[str, Any]]:
    """The turns in the generic format: a session a day, minutes apart."""
    turns = []
    minute, today = 0, None
    for number, (day, speaker, text) in enumerate(said):
        minute = 0 if day != today else minute + rng.randint(1, 3)
        today = day
        at = datetime.combine(day, time(7), UTC) + timedelta(minutes=minute)
        turns.append(
            {"session": f"{day}", "id": f"n{number}", "speaker": speaker, "time": at.isoformat(), "text": text}
        )
    return turns
