"""Formats are told by their content."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from memcli.ingest.detect import READERS, detect, reader_named
from memcli.ingest.errors import NotALog, UnknownFormat
from memcli.ingest.readers.base import HEAD_BYTES, Source
from memcli.usage import UsageError

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

LOCOMO = {
    "qa": [{"question": "When?", "answer": 2022, "evidence": ["D1:3"], "category": 2}] * 2000,
    "conversation": {"session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": []},
}
CHATGPT = {
    "title": "x",
    "mapping": {
        f"n{n}": {
            "id": f"n{n}",
            "message": {"author": {"role": "user"}, "content": {"parts": ["text"]}},
            "parent": None,
        }
        for n in range(2000)
    },
}


def found(tmp_path: Path, data: str | bytes, name: str = "file") -> str:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return detect(Source(uri=name, path=path)).name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ('{"speaker": "Ann", "text": "hi"}\n', "turns"),
        ('[{"session": "a", "text": "hi", "role": "user"}]', "turns"),
        ('{"messages": [{"role": "user", "content": "hi"}]}', "openai"),
        ('{"messages": [{"content": [{"type": "text", "text": "hi"}], "role": "user"}]}', "openai"),
        ('[{"role": "user", "content": "hi"}]', "openai"),
        ('{"role": "user", "content": "hi"}\n{"role": "assistant", "content": "ho"}', "openai"),
        ('[{"id": "a", "conversations": [{"from": "human", "value": "hi"}]}]', "sharegpt"),
        (json.dumps([CHATGPT]), "chatgpt"),
        (json.dumps([CHATGPT], indent=2), "chatgpt"),
        (json.dumps([LOCOMO]), "locomo"),
        (json.dumps(LOCOMO, indent=2), "locomo"),
        ("[31.12.23, 21:05:33] Ann: hi\n", "whatsapp"),
        ("31/12/23, 21:05 - Ann: hi\n", "whatsapp"),
        ("31/12/23, 21:05 - Messages and calls are end-to-end encrypted.\n31/12/23, 21:05 - Ann: hi\n", "whatsapp"),
        ("[12:18] <ann> hi\n", "irc"),
        ("12:18 < ann> hi\n", "irc"),
        ("=== tuxx [~tuxx@0x50.dk]  has joined #ubuntu\n[12:18] <ann> hi\n", "irc"),
        ("2005-01-08 23:33:54\tann\thi\n", "irc"),
        ("Ann: a\nBob: b\nAnn: c\n", "plain"),
        ("[2024-03-01 09:30] Ann: a\n[2024-03-01 09:31] Bob: b\n[2024-03-01 09:32] Ann: a\n", "plain"),
        ("\ufeff[12:18] <ann> hi\n", "irc"),
        ("[12:18] <ann> hi\x00\n" * 20 + "[12:18] <ann> hi there, this goes on\n" * 1000, "irc"),
        ("[12:18] <ann> caf\xe9\n".encode("latin-1"), "irc"),
    ],
)
def test_formats(tmp_path: Path, data: str | bytes, name: str) -> None:
    assert found(tmp_path, data) == name


@pytest.mark.parametrize("value", [CHATGPT, LOCOMO])
def test_json_is_told_apart_by_its_head_alone(tmp_path: Path, value: object) -> None:
    text = json.dumps([value])
    assert len(text) > HEAD_BYTES
    assert found(tmp_path, text[:HEAD_BYTES]) == found(tmp_path, text)


def test_the_name_of_a_file_does_not_decide(tmp_path: Path) -> None:
    assert found(tmp_path, "[12:18] <ann> hi\n", "conversations.json") == "irc"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x00" * 100, "NUL"),
        (b"\x00\x01\x02", "binary data"),
        (b"hello\x00" * 100, "NUL"),
        (bytes(range(256)) * 100, "binary data"),
        (b"PK\x03\x04 and so on", "zip"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"SQLite format 3\x00", "SQLite"),
        ("Ann: hi".encode("utf-16"), "UTF-16"),
        (b"Just some prose, without anybody speaking.\n", "no known conversation format"),
        (b'{"a": 1}\n', "no known conversation format"),
        (b"a,b,c\n1,2,3\n", "no known conversation format"),
        (b"# Title\n\n- one\n- two\n* three\n", "no known conversation format"),
        (b"[INFO] 12:00 started\n", "no known conversation format"),
    ],
)
def test_what_is_no_log(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(NotALog, match=message):
        found(tmp_path, data, "chat.txt")


def test_an_archive_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "chat.zip", "w") as archive:
        archive.writestr("_chat.txt", "x")
    with pytest.raises(NotALog) as raised:
        detect(Source(uri="chat.zip", path=tmp_path / "chat.zip"))
    assert "unpack" in raised.value.hint


def test_unknown_text_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(NotALog) as raised:
        found(tmp_path, "prose")
    assert all(reader.name in raised.value.hint for reader in READERS)


def test_readers_by_name() -> None:
    assert [reader_named(reader.name) for reader in READERS] == list(READERS)
    assert reader_named("IRC").name == "irc"


@pytest.mark.parametrize(("name", "near"), [("whatsap", "whatsapp"), ("chat-gpt", "chatgpt"), ("zzz", "")])
def test_unknown_names(name: str, near: str) -> None:
    with pytest.raises(UnknownFormat) as raised:
        reader_named(name)
    assert isinstance(raised.value, UsageError)
    assert (f"Did you mean {near}?" in raised.value.hint) == bool(near)
    assert "whatsapp" in raised.value.hint


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("formats/chatgpt/*", "chatgpt"),
        ("formats/whatsapp/*", "whatsapp"),
        ("formats/irc/*", "irc"),
        ("formats/telegram/*", "telegram"),
        ("formats/slack/hfaran_export/*/*", "slack"),
        ("formats/slack/hfaran_export/*.json", "slack"),
        ("formats/discord/*", "discord"),
        ("formats/instagram_messenger/*", "messenger"),
        ("formats/google_chat/*", "google-chat"),
        ("formats/signal/*", "signal-export"),
        ("formats/openai_sharegpt/*", "openai"),
        ("formats/claude_ai/*", "claude"),
        ("formats/claude_code/*", "claude-code"),
        ("formats/codex/*", "codex"),
        ("formats/gemini/*", "gemini"),
        ("formats/markdown/*", "markdown"),
        ("longmemeval_evidence_dev.json", "longmemeval"),
        ("locomo_dev.json", "locomo"),
        ("ubuntu_irc/2*", "irc"),
    ],
)
def test_real_files(pattern: str, name: str) -> None:
    paths = sorted(SHARED.glob(pattern))
    if not paths:
        pytest.skip("the shared data is not here")
    assert {detect(Source(uri=str(path), path=path)).name for path in paths} == {name}
