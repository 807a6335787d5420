"""Of whom claims are: one person, under one name, however many names they are known by.

A claim is kept with the name that its turn has. Who that is, is worked out where claims are read: from the speaker
himself where he speaks of himself or his own people, else from the name, if only one person has it. So merging
speakers, parting them again and reading logs may come in any order, and nothing has to be written anew for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from memcli.memory.facts.claims import subject_key

OWNERS: Final = ("me", "user", "human", "you")
"""What those are called who speak to the memory or to an assistant: whom "I" in a question means, and `me` names."""

_OF: Final = "'s "


class Subjects:
    """Which names are whose: built from the names that people have beside the one that they are shown under.

    namings: (name, the one that its bearer is shown under, whether nobody else has that name).
    """

    def __init__(self, namings: Iterable[tuple[str, str, bool]]) -> None:
        self._shown: dict[str, str] = {}
        self._shown_keys: defaultdict[str, set[str]] = defaultdict(set)
        self._behind: defaultdict[str, set[str]] = defaultdict(set)
        for name, shown, clear in namings:
            key, shown_key = subject_key(name), subject_key(shown)
            if clear:
                self._shown[key] = shown
            if key != shown_key:
                self._shown_keys[key].add(shown_key)
                self._behind[shown_key].add(key)

    def shown(self, name: str) -> str:
        """The name that a person is shown under, or their owner is ("maya_l's sister"); itself if nobody has it."""
        owner, of, what = name.replace("’", "'").partition(_OF)
        found = self._shown.get(subject_key(name))
        if found is None and of and subject_key(owner) in self._shown:
            found = f"{self._shown[subject_key(owner)]}{_OF}{what}"
        return found or name

    def of_claim(self, subject: str, speaker: str, shown: str) -> str:
        """The subject of what a speaker said, who is shown under that name."""
        shown = self.shown(shown)
        if subject == speaker:
            return shown
        if subject.startswith(f"{speaker}{_OF}"):
            return f"{shown}{subject[len(speaker) :]}"
        return self.shown(subject)

    def keys_behind(self, keys: Iterable[str]) -> list[str]:
        """The keys under which claims of these subjects may be kept."""
        return _spread(keys, self._behind)

    def keys_shown(self, keys: Iterable[str]) -> list[str]:
        """The keys of all subjects whom claims that are kept under these keys may be of."""
        return _spread(keys, self._shown_keys)

    def described(self) -> list[tuple[str, str]]:
        """All that it knows, as (key, key of the name shown), in order: to tell whether it has changed."""
        return sorted((key, shown) for key, several in self._shown_keys.items() for shown in several)


def is_theirs(key: str, owner: str) -> bool:
    """Whether a key is of that person (a key), or of somebody or something that is known as theirs."""
    return key == owner or key.startswith(f"{owner}{_OF}")


def _spread(keys: Iterable[str], by: dict[str, set[str]]) -> list[str]:
    found = set()
    for key in keys:
        owner, of, what = key.partition(_OF)
        found |= {key, *by.get(key, ())}
        if of:
            found |= {f"{other}{_OF}{what}" for other in by.get(owner, ())}
    return sorted(found)
