"""What is kept is clean: nothing that drives a terminal, turns a line around, or is a secret."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.ingest.normalise import METADATA_CHARS, NAME_CHARS, Normaliser, clean, visible

KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m words", "red words"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never closed", "0;never closed"),
        ("\x0304,12colour\x03 and \x02bold\x02", "colour and bold"),
        ("\x9b31mred", "red"),
        ("a\x00b\x08c", "abc"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("\u2067left\u2069", "left"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("half \ud800", "half ?"),
        ("שלום \u200fhello", "שלום \u200fhello"),
        ("  tabs\tstay  ", "tabs\tstay"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_cleaning_again_changes_nothing_and_leaves_no_controls(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")
    assert not [char for char in once if (char < " " and char not in "\t\n") or "\x7f" <= char <= "\x9f"]


@given(st.text())
def test_what_is_visible_is_on_one_line(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not [char for char in shown if char < " " or "\x7f" <= char <= "\x9f" or char in "\u202e\u2066"]


def test_names_titles_and_metadata_are_cleaned_redacted_and_bounded() -> None:
    normaliser = Normaliser(UTC, redacting=True)
    assert normaliser.speaker("\x1b[1mEve\n\u202e  of \u200eTroy") == "Eve of Troy"
    assert len(normaliser.speaker("x" * 10_000)) == NAME_CHARS
    assert KEY not in normaliser.title(f"my {KEY}")
    kept = normaliser.metadata({"note": f"key {KEY}", "deep": [{"a": "\x1b[31m\ud800"}], "n": 1.5, KEY: None})
    assert kept is not None
    assert KEY not in kept
    assert json.loads(kept)["deep"] == [{"a": "?"}]
    assert json.loads(normaliser.metadata({"big": "x" * 2 * METADATA_CHARS}) or "") == {
        "left_out": f"metadata of {2 * METADATA_CHARS + 11} characters"
    }
    assert normaliser.redacted == {"AWS key": 3}
    nested: dict[str, object] = {}
    inner = nested
    for _ in range(2000):
        inner["a"] = {}
        inner = inner["a"]  # type: ignore[assignment]
    assert normaliser.metadata(nested) is not None
