"""Folders and archives: what is in them is found, and no archive does harm."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.ingest import archives
from memcli.ingest.archives import Budget, unpack
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.walk import sources

LOG = b"[12:18] <ann> hi\n"


def zipped(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def in_memory(*members: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def contents(*paths: Path) -> dict[str, bytes]:
    with sources([str(path) for path in paths]) as found:
        assert found.refused == []
        return {uri: source.path.read_bytes() for uri, source in found.sources.items()}


def refusals(path: Path) -> dict[str, str]:
    with sources([str(path)]) as found:
        return dict(found.refused)


def maildir(folder: Path, *names: str) -> None:
    for name in names:
        for kind in ("cur", "new", "tmp"):
            (folder / name / kind).mkdir(parents=True, exist_ok=True)


def test_the_hidden_folders_of_a_maildir_are_mail(tmp_path: Path) -> None:
    box = tmp_path / "Maildir"
    maildir(box, ".", ".Sent", ".Archive.2019")
    mails = ("cur/1:2,S", ".Sent/cur/2:2,S", ".Archive.2019/new/3")
    for place, name in enumerate(mails):
        (box / name).write_bytes(b"From: a@example.org\n\n%d\n" % place)
    (box / ".cache").mkdir()
    (box / ".cache" / "index").write_bytes(b"x")
    assert sorted(contents(box)) == sorted(f"{box}/{name}" for name in mails)
    packed = tmp_path / "mail.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(box, "Maildir")
    assert sorted(contents(packed)) == sorted(f"{packed}/Maildir/{name}" for name in mails)


def test_a_hidden_folder_beside_other_files_stays_hidden(tmp_path: Path) -> None:
    maildir(tmp_path, ".Trash")
    (tmp_path / ".Trash" / "cur" / "1").write_bytes(b"From: a@example.org\n\nx\n")
    (tmp_path / "a.log").write_bytes(LOG)
    assert list(contents(tmp_path)) == [f"{tmp_path}/a.log"]


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", ("general/a.log", LOG), ("users.json", b"[]"), (".DS_Store", b"x"))
    with sources([str(path)]) as found:
        assert list(found.sources) == [f"{path}/general/a.log", f"{path}/users.json"]
        log = found.sources[f"{path}/general/a.log"]
        beside = log.beside("../users.json")
        assert beside is not None
        assert beside.uri == f"{path}/users.json"
        assert beside.path.read_bytes() == b"[]"
        assert log.path.stat().st_mode & 0o077 == 0
        assert found.ignored == {str(path): {"hidden file": 1}}
        unpacked = log.path
    assert not unpacked.exists()


def test_archives_in_archives_and_compressed_files(tmp_path: Path) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        info = tarfile.TarInfo("logs/deep.log")
        info.size = len(LOG)
        archive.addfile(info, io.BytesIO(LOG))
    zipped(
        tmp_path / "out.zip",
        ("in.zip", in_memory(("chat.log", LOG))),
        ("old.log.gz", gzip.compress(LOG)),
        ("backup.tar.gz", gzip.compress(tar.getvalue())),
    )
    (tmp_path / "one.log.bz2").write_bytes(bz2.compress(LOG))
    (tmp_path / "two.log.xz").write_bytes(lzma.compress(LOG))
    found = contents(tmp_path)
    assert set(found.values()) == {LOG}
    assert sorted(uri.removeprefix(f"{tmp_path}/") for uri in found) == [
        "one.log.bz2/one.log",
        "out.zip/backup.tar.gz/backup.tar/logs/deep.log",
        "out.zip/in.zip/chat.log",
        "out.zip/old.log.gz/old.log",
        "two.log.xz/two.log",
    ]


def test_pictures_are_only_counted(tmp_path: Path) -> None:
    zipped(tmp_path / "chat.zip", ("_chat.txt", LOG), ("IMG-1.jpg", b"\xff\xd8\xff"), ("a/PTT-1.opus", b"OggS"))
    (tmp_path / "photo.PNG").write_bytes(b"\x89PNG\r\n\x1a\n")
    with sources([str(tmp_path)]) as found:
        assert list(found.sources) == [f"{tmp_path}/chat.zip/_chat.txt"]
        assert found.ignored == {f"{tmp_path}/chat.zip": {"media file": 2}, str(tmp_path): {"media file": 1}}
        assert found.refused == []


def test_what_an_archive_must_not_do_costs_only_itself(tmp_path: Path) -> None:
    path = zipped(tmp_path / "evil.zip", ("good.log", LOG), ("../../escape.log", LOG), ("/etc/passwd.log", LOG))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.log")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("C:\\evil.log", LOG)
    with sources([str(path)]) as found:
        assert list(found.sources) == [f"{path}/good.log"]
        reasons = {uri.removeprefix(f"{path}/"): reason for uri, reason in found.refused}
    assert set(reasons) == {"../../escape.log", "/etc/passwd.log", "link.log", "C:\\evil.log"}
    assert "leads out" in reasons["../../escape.log"]
    assert "link" in reasons["link.log"]
    assert not list(tmp_path.parent.glob("escape.log"))


def test_links_in_a_tar_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("soft.log", tarfile.SYMTYPE),
            ("hard.log", tarfile.LNKTYPE),
            ("pipe.log", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("good.log")
        info.size = len(LOG)
        archive.addfile(info, io.BytesIO(LOG))
    with sources([str(path)]) as found:
        assert list(found.sources) == [f"{path}/good.log"]
        assert len(found.refused) == 3


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 1024 * 1024)
    path = zipped(tmp_path / "bomb.zip", ("good.log", LOG), ("bomb.log", bytes(8 * 1024 * 1024)))
    (tmp_path / "bomb.log.gz").write_bytes(gzip.compress(bytes(8 * 1024 * 1024)))
    found = refusals(tmp_path)
    assert set(found) == {f"{path}/bomb.log", f"{tmp_path}/bomb.log.gz/bomb.log"}
    assert all("times its size" in reason for reason in found.values())


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 1024)
    data = bytearray(in_memory(("bomb.log", bytes(4 * 1024 * 1024))))
    size = (4 * 1024 * 1024).to_bytes(4, "little")
    for at in range(len(data) - 4):
        if data[at : at + 4] == size:
            data[at : at + 4] = (500).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(data)
    (reason,) = refusals(tmp_path / "bomb.zip").values()
    assert "cannot be unpacked" in reason or "times its size" in reason


def test_the_room_and_the_number_of_members_are_bounded(tmp_path: Path) -> None:
    path = zipped(tmp_path / "many.zip", *((f"{number}.log", LOG * 100) for number in range(10)))
    cramped = unpack(str(path), path, tmp_path / "a", Budget(bytes_left=5 * 100 * len(LOG)))
    assert len(cramped.sources) == 5
    assert "room" in cramped.refused[0][1]
    few = unpack(str(path), path, tmp_path / "b", Budget(bytes_left=10**9, members_left=3))
    assert len(few.sources) == 3
    assert "members" in few.refused[-1][1]


def test_archives_too_deep_in_each_other_are_refused(tmp_path: Path) -> None:
    data = in_memory(("chat.log", LOG))
    for _ in range(archives.DEPTH):
        data = in_memory(("in.zip", data))
    (tmp_path / "deep.zip").write_bytes(data)
    (reason,) = refusals(tmp_path / "deep.zip").values()
    assert "deep" in reason


def test_encrypted_and_damaged_members_cost_only_themselves(tmp_path: Path) -> None:
    data = bytearray(in_memory(("good.log", LOG), ("locked.log", LOG), ("broken.log", b"a" * 5000)))
    for signature, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature, data.find(signature) + 1)
        data[at + flag] |= 1
    at = data.find(b"broken.log") + len(b"broken.log")
    data[at + 3] ^= 0xFF
    (tmp_path / "mixed.zip").write_bytes(data)
    with sources([str(tmp_path / "mixed.zip")]) as found:
        assert list(found.sources) == [f"{tmp_path}/mixed.zip/good.log"]
        reasons = dict(found.refused)
    assert "encrypted" in reasons[f"{tmp_path}/mixed.zip/locked.log"]
    assert "cannot be unpacked" in reasons[f"{tmp_path}/mixed.zip/broken.log"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.binary(max_size=20), st.booleans())
def test_no_damage_to_an_archive_makes_it_raise(at: int, noise: bytes, cut: bool) -> None:
    data = in_memory(("a/chat.log", LOG * 20), ("b.gz", gzip.compress(LOG)))
    data = data[:at] if cut else data[:at] + noise + data[at + len(noise) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.zip")
        path.write_bytes(data)
        with sources([str(path)]) as found:
            assert all(source.path.is_file() for source in found.sources.values())


def test_links_to_folders_make_no_loop(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(LOG)
    (tmp_path / "logs" / "again").symlink_to(tmp_path / "logs")
    (tmp_path / "dangling.log").symlink_to(tmp_path / "nowhere")
    assert list(contents(tmp_path)) == [f"{tmp_path}/logs/a.log"]


def test_utf_16_is_read_as_text(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le"):
        path = tmp_path / f"{encoding}.log"
        path.write_bytes(("\ufeff" + "[12:18] <änn> hi\n" * 3).encode(encoding))
        assert contents(path)[str(path)].decode() == "[12:18] <änn> hi\n" * 3


def test_a_pipe_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, LOG)
    os.close(writing)
    try:
        assert list(contents(Path(f"/dev/fd/{reading}")).values()) == [LOG]
    finally:
        os.close(reading)


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(InputUnreadable, match="nowhere"), sources(["nowhere"]):
        pass


def test_what_a_killed_process_had_unpacked_is_deleted_by_the_next(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", ("a.log", LOG))
    program = (
        "import sys, time; from memcli.ingest.walk import sources\n"
        "with sources(sys.argv[1:]) as found:\n"
        "    print(next(iter(found.sources.values())).path, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().decode().strip())
        contents(path)
        assert left.exists(), "it is still being read"
        process.kill()
        process.wait()
    assert left.exists()
    time.sleep(0.01)
    contents(path)
    assert not left.exists()
