"""What can be said of a subject: which predicates hold one value at a time, and which of them share a timeline."""

from __future__ import annotations

from typing import Final, NamedTuple

from memcli.memory.facts.claims import Kind


class Predicate(NamedTuple):
    """many: several values hold side by side. family: predicates that supersede each other ("girlfriend", "wife")."""

    kind: Kind
    many: bool = False
    family: str = ""


PARTNERS: Final = ("wife", "husband", "spouse", "partner", "girlfriend", "boyfriend", "fiancé", "fiancée", "fiance")
#: Of these a person may have several.
KIN: Final = (
    "sister", "brother", "mother", "father", "mum", "mom", "dad", "son", "daughter", "grandmother", "grandfather",
    "grandma", "grandpa", "aunt", "uncle", "cousin", "niece", "nephew", "friend", "best friend", "mother-in-law",
    "father-in-law", "sister-in-law", "brother-in-law", "stepmother", "stepfather", "godmother", "godfather",
)  # fmt: skip
#: People and animals that are named together: "my kids, Max and Ina".
SEVERAL: Final = (
    "kids", "children", "sons", "daughters", "brothers", "sisters", "siblings", "parents", "friends", "cousins", "dogs",
    "cats", "pets", "pups", "puppies", "kittens",
)  # fmt: skip
#: Of these a person usually has one at a time; a new one takes the place of the old one.
ROLES: Final = (
    "boss", "manager", "supervisor", "team lead", "doctor", "GP", "dentist", "therapist", "physio", "vet", "lawyer",
    "accountant", "hairdresser", "barber", "landlord", "landlady", "flatmate", "roommate", "housemate", "tutor",
    "coach", "trainer", "piano teacher", "guitar teacher", "teacher", "mentor", "assistant", "babysitter", "cleaner",
    "neighbour", "neighbor", "running partner", "dance partner", "bandmate",
)  # fmt: skip
PETS: Final = (
    "dog", "cat", "puppy", "kitten", "parrot", "rabbit", "hamster", "horse", "pony", "tortoise", "turtle", "goldfish",
    "budgie", "snake", "lizard", "hen", "chicken", "goat", "guinea pig", "ferret",
)  # fmt: skip
#: Things of which a person names one as theirs ("my car is a Fiat").
THINGS: Final = (
    "car", "bike", "bicycle", "motorbike", "scooter", "van", "boat", "phone", "laptop", "computer", "tablet", "camera",
    "guitar", "piano", "violin", "bank", "gym", "insurance", "editor", "browser",
)  # fmt: skip
#: Facts with a number or a short code as their value.
NUMBERS: Final = (
    "phone number", "number", "shoe size", "ring size", "dress size", "shirt size", "blood type", "flat number",
    "house number", "room number", "desk number", "postcode", "zip code", "locker number", "office number", "height",
    "weight", "monthly rent", "rent",
)  # fmt: skip
#: Facts with a name as their value.
NAMED: Final = (
    "hometown", "home town", "birthplace", "major", "native language", "mother tongue", "first language", "star sign",
    "middle name", "last name", "surname", "maiden name", "nickname", "first name", "full name", "school", "university",
    "team", "football team", "band", "choir", "book club",
)  # fmt: skip

_KNOWN: Final = {
    "name": Predicate("identity"),
    "age": Predicate("identity"),
    "birthday": Predicate("identity"),
    "born in": Predicate("identity"),
    "from": Predicate("identity"),
    "grew up in": Predicate("identity"),
    "nationality": Predicate("identity"),
    "diet": Predicate("identity"),
    "speaks": Predicate("identity", many=True),
    "marital status": Predicate("identity"),
    "lives in": Predicate("place"),
    "works at": Predicate("work"),
    "job": Predicate("work"),
    "studies": Predicate("work"),
    "studies at": Predicate("work"),
    "has": Predicate("possession", many=True),
    "drives": Predicate("possession", family="car"),
    "car": Predicate("possession", family="car"),
    "likes": Predicate("preference", many=True, family="likes or dislikes"),
    "dislikes": Predicate("preference", many=True, family="likes or dislikes"),
    "prefers": Predicate("preference", many=True),
    "allergic to": Predicate("preference", many=True),
    "plays": Predicate("habit", many=True),
    "habit": Predicate("habit", many=True),
    "learning": Predicate("habit", many=True),
    "plan": Predicate("plan", many=True),
    "event": Predicate("event", many=True),
    "volunteers": Predicate("habit", many=True),
    "takes part in": Predicate("habit", many=True),
    "teaches": Predicate("habit", many=True),
    "collects": Predicate("habit", many=True),
    "gave up": Predicate("habit", many=True),
    "never": Predicate("habit", many=True),
    "has been": Predicate("habit", many=True),
    "used to": Predicate("habit", many=True),
    "working on": Predicate("habit", many=True),
    "goal": Predicate("plan", many=True),
    "preparing for": Predicate("plan", many=True),
    "runs": Predicate("work", many=True),
    "works in": Predicate("work"),
    "works": Predicate("work", many=True),
    "degree": Predicate("identity", many=True),
    "graduated from": Predicate("identity", many=True),
    "health": Predicate("identity", many=True),
    "is": Predicate("identity", many=True),
    "moved from": Predicate("place", many=True),
    "has been to": Predicate("event", many=True),
    "afraid of": Predicate("preference", many=True),
    "cannot eat": Predicate("preference", many=True),
    "knows": Predicate("relation", many=True),
    **{name: Predicate("relation", many=True) for name in SEVERAL},
    "instruction": Predicate("instruction", many=True),
    "procedure": Predicate("instruction", many=True),
    "note": Predicate("event", many=True),
    **{name: Predicate("relation", family="partner") for name in PARTNERS},
    **{name: Predicate("relation", many=True) for name in KIN},
    **{name: Predicate("relation") for name in ROLES},
    **{name: Predicate("possession") for name in THINGS if name != "car"},
    **{name: Predicate("identity") for name in (*NUMBERS, *NAMED)},
}


def predicate(name: str) -> Predicate:
    """How the predicate behaves. "favourite ..." and "... called" hold one value, whatever they are about."""
    known = _KNOWN.get(name)
    if known is not None:
        return known
    if name.startswith("favourite "):
        return Predicate("preference")
    if name.endswith("'s name"):
        return Predicate("possession", many=True)
    return Predicate("identity")


def family(name: str) -> str:
    """The timeline that the predicate's values are on."""
    return predicate(name).family or name
