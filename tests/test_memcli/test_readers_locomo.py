"""LoCoMo: sessions, times, turns with photos."""

import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import locomo
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

SAMPLE: dict[str, Any] = {
    "sample_id": "conv-1",
    "qa": [{"question": "?", "evidence": ["D1:1"], "category": 1}],
    "conversation": {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_10_date_time": "12:05 am on 1 January, 2024",
        "session_10": [{"speaker": "Ann", "dia_id": "D10:1", "text": "Happy new year!"}],
        "session_2_date_time": "1:56 pm on 8 May, 2023",
        "session_2": [
            {"speaker": "Ann", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a photo of a dog", "query": "dog"},
            {"speaker": "Bob", "dia_id": "D2:2", "text": "", "blip_caption": "a cat", "img_url": ["u"]},
            {"speaker": "Bob", "dia_id": "D2:3", "text": ""},
            {"speaker": "Bob", "dia_id": "D2:4"},
            {"dia_id": "D2:5", "text": "x"},
            5,
        ],
        "session_3_date_time": "8:00 am on 9 May, 2023",
    },
}


def read(tmp_path: Path, value: object, indent: int | None = None) -> list[Item]:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps(value, indent=indent))
    return list(locomo.READER.read(Source(uri=str(path), path=path)))


@pytest.mark.parametrize("value", [SAMPLE, [SAMPLE]])
def test_a_sample(tmp_path: Path, value: object) -> None:
    items = read(tmp_path, value)
    then = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert items[:6] == [
        RawSession(native_id="conv-1/session_2", title="Ann and Bob, session 2"),
        RawTurn(
            speaker="Ann",
            text="Look! [shares a photo: a photo of a dog]",
            said_at=then,
            line=1,
            native_id="D2:1",
            metadata={"query": "dog"},
        ),
        RawTurn(
            speaker="Bob",
            text="[shares a photo: a cat]",
            said_at=then,
            line=1,
            native_id="D2:2",
            metadata={"img_url": ["u"]},
        ),
        Ignored(reason="empty message"),
        Ignored(reason="empty message"),
        items[5],
    ]
    assert isinstance(items[5], Skipped)
    assert isinstance(items[6], Skipped)
    assert items[7] == RawSession(native_id="conv-1/session_10", title="Ann and Bob, session 10")
    assert items[8].said_at == datetime(2024, 1, 1, 0, 5, tzinfo=UTC)  # type: ignore[union-attr]
    assert len(items) == 9


def test_lines(tmp_path: Path) -> None:
    items = read(tmp_path, [SAMPLE], indent=1)
    lines = (tmp_path / "locomo.json").read_text().splitlines()
    for turn in items:
        if isinstance(turn, RawTurn):
            assert turn.line is not None
            assert f'"dia_id": "{turn.native_id}"' in lines[turn.line - 1]


def test_an_unreadable_time_is_reported_and_the_turns_are_kept(tmp_path: Path) -> None:
    talk = {"session_1_date_time": "31 June", "session_1": [{"speaker": "A", "dia_id": "D1:1", "text": "x"}]}
    session, skipped, turn = read(tmp_path, {"conversation": talk})
    assert session == RawSession(native_id="locomo/session_1", title="locomo, session 1")
    assert isinstance(skipped, Skipped)
    assert "31 June" in skipped.reason
    assert isinstance(turn, RawTurn)
    assert turn.said_at is None


@pytest.mark.parametrize("time", ["13:00 pm on 8 May, 2023", "1:61 pm on 8 May, 2023", "1:00 pm on 31 Jun, 2023", 5])
def test_impossible_times(tmp_path: Path, time: object) -> None:
    talk = {"session_1_date_time": time, "session_1": [{"speaker": "A", "dia_id": "D1:1", "text": "x"}]}
    assert isinstance(read(tmp_path, {"conversation": talk})[1], Skipped)


@pytest.mark.parametrize("value", [5, {}, {"conversation": 5}, {"conversation": {"session_x": []}}, [[]]])
def test_what_has_no_sessions_is_skipped(tmp_path: Path, value: object) -> None:
    assert [type(item) for item in read(tmp_path, value)] == [Skipped]


def test_real_conversations() -> None:
    path = SHARED / "locomo_dev.json"
    if not path.exists():
        pytest.skip("the shared data is not here")
    source = Source(uri=str(path), path=path)
    items = list(locomo.READER.read(source))
    turns = [item for item in items if isinstance(item, RawTurn)]
    sessions = [item for item in items if isinstance(item, RawSession)]
    # 19 + 32 + 29 + 31 + 25 sessions that have turns, counted in the file.
    assert (len(sessions), len(turns), len(items)) == (136, 2960, 3096)
    assert sessions[0] == RawSession(native_id="conv-26/session_1", title="Caroline and Melanie, session 1")
    assert turns[4].native_id == "D1:5"
    assert turns[4].said_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert turns[4].text == (
        "The transgender stories were so inspiring! I was so happy and thankful for all the support. "
        "[shares a photo: a photo of a dog walking past a wall with a painting of a woman]"
    )
    assert turns[4].metadata["query"] == "transgender pride flag mural"
    assert all(turn.said_at is not None for turn in turns)


def test_a_cut_off_file_gives_its_whole_samples(tmp_path: Path) -> None:
    samples = [SAMPLE | {"sample_id": f"conv-{n}"} for n in range(4)]
    whole = json.dumps(samples)
    path = tmp_path / "x.json"
    path.write_text(whole[: len(whole) - random.Random(7).randrange(10, len(whole) // 5)])
    items = list(locomo.READER.read(Source(uri="x", path=path)))
    names = {item.native_id.split("/")[0] for item in items if isinstance(item, RawSession) and item.native_id}
    assert names == {"conv-0", "conv-1", "conv-2"}
    assert isinstance(items[-1], Skipped)
    assert locomo.READER.sniff(Source(uri="x", path=path)) > 0.9
