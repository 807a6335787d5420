"""Transcripts as WebVTT and SRT."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import subtitles
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source


def read(tmp_path: Path, text: str, name: str = "meeting.vtt") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(subtitles.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def vtt(*cues: str, head: str = "WEBVTT") -> str:
    return head + "\n\n" + "\n\n".join(
        f"{n}\n00:00:{n * 5:02}.000 --> 00:00:{n * 5 + 4:02}.500 align:start\n{cue}" for n, cue in enumerate(cues)
    )  # fmt: skip


def srt(*cues: str, blank: str = "\n") -> str:
    return blank.join(
        f"{n + 1}\n00:00:{n * 5:02},000 --> 00:00:{n * 5 + 4:02},500\n{cue}\n" for n, cue in enumerate(cues)
    )


def test_voices(tmp_path: Path) -> None:
    items = read(tmp_path, vtt("<v Ann Lee>So, this is</v>", "<v.loud Ann Lee>one &amp; two.</v>", "<v Bob>Good."))
    assert items == [
        RawSession(native_id=None, title="meeting"),
        RawTurn(speaker="Ann Lee", text="So, this is one & two.", said_at=None, line=4, metadata={"offset_s": 0.0}),
        RawTurn(speaker="Bob", text="Good.", said_at=None, line=12, metadata={"offset_s": 10.0}),
    ]


def test_two_voices_in_one_cue(tmp_path: Path) -> None:
    found = turns(read(tmp_path, vtt("<v Ann>Hi</v> <v Bob>Ho</v>", "<v Ann>Well,</v>\n<v Ann>well.</v>")))
    assert [(turn.speaker, turn.text) for turn in found] == [("Ann", "Hi"), ("Bob", "Ho"), ("Ann", "Well, well.")]


@pytest.mark.parametrize("write", [vtt, srt])
def test_names_in_front(tmp_path: Path, write: object) -> None:
    text = write("Ann Lee: So, this is", "Ann Lee: one.", "and two.", "Bob: Note: 3:30 it is.")  # type: ignore[operator]
    found = turns(read(tmp_path, text))
    assert [(turn.speaker, turn.text) for turn in found] == [
        ("Ann Lee", "So, this is one. and two."),
        ("Bob", "Note: 3:30 it is."),
    ]


def test_a_single_colon_is_no_name(tmp_path: Path) -> None:
    found = turns(read(tmp_path, srt("There are three things", "Namely: a, b,", "and c.", "That is all.")))
    assert [(turn.speaker, turn.text) for turn in found] == [
        ("unknown", "There are three things Namely: a, b, and c."),
        ("unknown", "That is all."),
    ]


def test_srt_without_blank_lines_between(tmp_path: Path) -> None:
    found = turns(read(tmp_path, srt("One.", "2 and", "<i>three</i>.", blank="")))
    assert [turn.text for turn in found] == ["One.", "2 and three."]


def test_a_long_pause_or_a_long_speech_begins_another_turn(tmp_path: Path) -> None:
    cue = "\n\n{}:00.000 --> {}:05.000\n<v Ann>Yes."
    found = turns(read(tmp_path, "WEBVTT" + cue.format("00", "00") + cue.format("01", "01")))
    assert [turn.metadata["offset_s"] for turn in found] == [0.0, 60.0]
    speech = ["<v Ann>" + "x" * 1500, "<v Ann>end.", "<v Ann>more"]
    assert [turn.text[-4:] for turn in turns(read(tmp_path, vtt(*speech)))] == ["end.", "more"]


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("GMT20240301-093000_Recording.transcript.vtt", "WEBVTT", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("Sync-20240301_093000-Meeting Recording.vtt", "WEBVTT", datetime(2024, 3, 1, 9, 30)),
        ("2024-03-01 standup.vtt", "WEBVTT", datetime(2024, 3, 1)),
        ("standup.vtt", "WEBVTT\n\nNOTE Recorded 2024-03-01T09:30:00Z", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("standup.vtt", "WEBVTT\n\nNOTE\nDate: 2024-03-01 09:30\nby hand", datetime(2024, 3, 1, 9, 30)),
        ("20249901.vtt", "WEBVTT", None),
        ("standup.vtt", "WEBVTT - 2024", None),
    ],
)
def test_when_it_was(tmp_path: Path, name: str, head: str, expected: datetime | None) -> None:
    (turn,) = turns(read(tmp_path, vtt("<v Ann>Hi", head=head), name))
    assert turn.said_at == expected
    assert (turn.said_at and turn.said_at.tzinfo) == (expected and expected.tzinfo)


def test_notes_styles_and_empty_cues(tmp_path: Path) -> None:
    text = vtt("<v Ann>", "<v Ann>Hi", head="WEBVTT\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE a: b")
    items = read(tmp_path, text)
    assert [turn.text for turn in turns(items)] == ["Hi"]
    assert [item.reason for item in items if isinstance(item, Ignored)] == ["empty message"]


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, "WEBVTT\n\n00:xx --> 00:05\nlost\n\n00:06.000 --> 00:07.000\n<v Ann>kept\n")
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [(3, "not a timing of a cue")]
    assert [turn.text for turn in turns(items)] == ["kept"]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (vtt("hi"), True),
        ("\ufeff" + vtt("hi"), True),
        (srt("hi"), True),
        ("WEBVTTX\n", False),
        ("1\nAnn: hi\nBob: ho\n", False),
        ("[12:18] <ann> a --> b\n", False),
    ],
)
def test_sniff(tmp_path: Path, text: str, sure: bool) -> None:
    path = tmp_path / "x"
    path.write_text(text, encoding="utf-8")
    assert (subtitles.READER.sniff(Source(uri="x", path=path)) > 0.9) == sure


def test_a_longer_transcript_has_the_same_turns(tmp_path: Path) -> None:
    cues = ["<v Ann>Hi", "<v Bob>Ho", "<v Ann>Well"]
    assert turns(read(tmp_path, vtt(*cues)))[:2] == turns(read(tmp_path, vtt(*cues[:2])))
