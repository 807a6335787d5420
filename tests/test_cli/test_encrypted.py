"""An encrypted memory does all that another one does, and leaves nothing in clear: not during, not after."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WORDS = [b"zirconium", b"marmalade", b"Quagmire", b"obsidian"]
"""In what is said, asked, noted and deleted below, and nowhere else."""

CHAT = [
    {"session": "s1", "id": f"m{minute}", "speaker": speaker, "time": f"2024-03-01T09:0{minute}:00Z", "text": text}
    for minute, speaker, text in [
        (1, "Quagmire", "My bike is made of zirconium."),
        (2, "Ann", "Where do you keep the marmalade?"),
        (3, "Quagmire", "The marmalade is on the obsidian shelf."),
    ]
]


def in_clear(*places: Path) -> list[str]:
    """The files below the places that hold one of the words, as they are or in UTF-16, and names that do."""
    forms = [form for word in WORDS for form in (word, word.decode().encode("utf-16-le"))]
    found = []
    for place in places:
        for path in [place, *place.rglob("*")]:
            try:
                data = path.read_bytes() if path.is_file() else b""
            except OSError:
                continue  # gone meanwhile
            if any(form in data or form in path.name.encode() for form in forms):
                found.append(str(path))
    return found


class Watch:
    """Looks at the places again and again while commands run."""

    def __init__(self, *places: Path) -> None:
        self.places = places
        self.found: set[str] = set()
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.is_set():
            self.found.update(in_clear(*self.places))
            self.looks += 1
            self._over.wait(0.01)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    return place


@pytest.fixture
def log(write_turns: Callable[..., Path], tmp_path: Path) -> Path:
    return write_turns("chat.jsonl", *CHAT)


@pytest.fixture
def run(memcli: Any, temporary: Path, tmp_path: Path) -> Callable[..., Any]:
    memory = tmp_path / "memory"

    def command(*arguments: str | Path, code: int | tuple[int, ...] = 0, **options: Any) -> Any:
        done = memcli("--memory", memory, *arguments, TMPDIR=str(temporary), **options)
        assert done.code in ((code,) if isinstance(code, int) else code), (arguments, done.err)
        return done

    return command


@pytest.fixture
def memory(run: Callable[..., Any], tmp_path: Path) -> Iterator[Path]:
    run("init", "--encrypt", "--key-file", tmp_path / "keys" / "diary")
    return tmp_path / "memory"


def test_nothing_is_on_the_disk_in_clear_at_any_time(
    run: Callable[..., Any], memcli: Any, memory: Path, log: Path, temporary: Path, tmp_path: Path
) -> None:
    with Watch(memory, temporary, memcli.home) as watch:
        run("ingest", log)
        run("ingest", "-", "--format", "turns", stdin=json.dumps(CHAT[0] | {"session": "s2"}))
        assert "zirconium" in run("ask", "What is the bike of Quagmire made of?", code=(0, 4)).out
        found = run("--json", "search", "obsidian marmalade").json["hits"]
        assert found[0]["native_id"] == "m3"
        run("remember", "I am allergic to marmalade.")
        run("consolidate")
        run("facts", "--update")
        run("good")
        run("pin", found[0]["id"])
        run("timeline", "marmalade")
        run("why", "last")
        run("context", "the obsidian shelf")
        run("sql", "SELECT text FROM turns")
        run("backup", tmp_path / "backup")
        run("check")
        run("eval", "--mine", "--questions", "5", code=(0, 3))
        run("delete", "--speaker", "Ann", "--yes", "--prove")
        run("repair")
        run("status")
    assert watch.looks > 20
    assert not list(memcli.home.rglob("*onnxruntime*")), "the engine keeps no list of what it did"
    assert watch.found == set()
    assert in_clear(memory, temporary, memcli.home, tmp_path / "backup") == []
    assert run("check").code == 0


def test_a_search_finds_what_it_finds_without_encryption(
    run: Callable[..., Any], memcli: Any, memory: Path, examples: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    run("ingest", examples / "logs")
    assert memcli("--memory", plain, "ingest", examples / "logs").code == 0
    for question in ("Kipper at the vet", "cargo bike", "When was Maya's job interview?"):
        hits = [
            [(hit["id"], round(hit["score"], 4)) for hit in done.json["hits"]]
            for done in (
                run("--json", "search", question, "--now", "2024-10-01"),
                memcli("--memory", plain, "--json", "search", question, "--now", "2024-10-01"),
            )
        ]
        assert hits[0] == hits[1]


def test_the_key_is_made_once_and_private(run: Callable[..., Any], memory: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "diary"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().strip() not in b"".join(p.read_bytes() for p in memory.rglob("*") if p.is_file())
    assert json.loads((memory / "key.json").read_text()) == {"file": str(file)}
    made = file.read_text()
    other = run("--json", "--memory", tmp_path / "other", "init", "--encrypt", "--key-file", file)
    place = {"memory": str(tmp_path / "other"), "index_at": None}
    assert other.json == {"schema": 1, **place, "encrypted": True, "key": {"file": str(file)}}
    assert file.read_text() == made


def test_without_the_key_nothing_opens_and_nothing_changes(
    run: Callable[..., Any], memory: Path, log: Path, tmp_path: Path
) -> None:
    run("ingest", log)
    file = tmp_path / "keys" / "diary"
    right = file.read_text()
    before = {path: path.read_bytes() for path in memory.rglob("*") if path.is_file()}
    file.unlink()
    for arguments in (
        ["search", "marmalade"],
        ["ask", "marmalade?"],
        ["ingest", log],
        ["check"],
        ["repair"],
        ["backup", tmp_path / "backup"],
        ["delete", "--speaker", "Ann", "--yes"],
        ["status"],
        ["remember", "hello"],
    ):
        done = run("--json", *arguments, code=16)
        assert json.loads(done.err.splitlines()[-1])["error"]["name"] == "KeyRefused"
        assert done.out == ""
    wrong = run("status", code=16, MEMCLI_KEY="A" * 43 + "=")
    assert "not the key" in wrong.err
    no_key = run("status", code=16, MEMCLI_KEY="hunter2")
    assert "no key" in no_key.err
    assert "hunter2" not in no_key.err
    assert {path: path.read_bytes() for path in memory.rglob("*") if path.is_file()} == before
    assert run("status", MEMCLI_KEY=right).code == 0


def test_the_key_from_the_environment_a_command_and_the_settings(
    run: Callable[..., Any], memcli: Any, tmp_path: Path, log: Path
) -> None:
    from store.sealing import new_key

    key = new_key()
    missing = run("init", "--encrypt", code=16)
    assert "MEMCLI_KEY" in missing.err
    assert not (tmp_path / "memory" / "memory.duckdb").exists()
    run("init", "--encrypt", MEMCLI_KEY=key)
    assert not (tmp_path / "memory" / "key.json").exists()
    run("ingest", log, MEMCLI_KEY=key)
    run("status", code=16)
    file = tmp_path / "key"
    file.write_text(key)
    file.chmod(0o600)
    run("status", MEMCLI_KEY_FILE=str(file))
    run("status", MEMCLI_KEY_COMMAND=f"cat '{file}'")
    assert run("status", code=16, MEMCLI_KEY_COMMAND="false").err
    run("status", code=16, MEMCLI_KEY_COMMAND="/no/such/program")
    file.chmod(0o644)
    assert "other users" in run("status", code=16, MEMCLI_KEY_FILE=str(file)).err


def test_a_keyring_that_cannot_be_used_is_told(run: Callable[..., Any], tmp_path: Path) -> None:
    """There is no keyring here, or not even its package."""
    done = run(
        "--json", "init", "--encrypt", "--keyring", code=16, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
    )
    assert "keyring" in json.loads(done.err.splitlines()[-1])["error"]["message"]
    assert not (tmp_path / "memory" / "memory.duckdb").exists()


KEYRING = """
import json, os
from keyring.backend import KeyringBackend

class InFile(KeyringBackend):
    priority = 1

    def _all(self):
        return json.load(open(os.environ["RING"])) if os.path.exists(os.environ["RING"]) else {}

    def get_password(self, service, username):
        return self._all().get(service + "/" + username)

    def set_password(self, service, username, password):
        json.dump(self._all() | {service + "/" + username: password}, open(os.environ["RING"], "w"))
"""


def test_a_key_in_the_keyring(run: Callable[..., Any], tmp_path: Path, log: Path) -> None:
    pytest.importorskip("keyring")
    (tmp_path / "ring.py").write_text(KEYRING)
    env = {
        "PYTHON_KEYRING_BACKEND": "ring.InFile",
        "PYTHONPATH": str(tmp_path),
        "RING": str(tmp_path / "ring.json"),
    }
    run("init", "--encrypt", "--keyring", **env)
    run("ingest", log, **env)
    assert run("--json", "status", **env).json["turns"] == 3
    run("status", code=16, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    (tmp_path / "ring.json").unlink()
    assert "no entry" in run("status", code=16, **env).err


def test_a_backup_stays_encrypted_and_comes_back(
    run: Callable[..., Any], memcli: Any, memory: Path, log: Path, tmp_path: Path
) -> None:
    run("ingest", log)
    run("ask", "Where is the marmalade?", code=(0, 4))
    run("backup", tmp_path / "backup")
    assert in_clear(tmp_path / "backup") == []
    moved, file = tmp_path / "moved", tmp_path / "keys" / "diary"
    refused = memcli("--memory", moved, "restore", tmp_path / "backup")
    assert refused.code == 16
    assert not moved.exists()
    assert memcli("--memory", moved, "restore", tmp_path / "backup", "--key-file", file).code == 0
    assert memcli("--memory", moved, "--json", "search", "obsidian").json["hits"][0]["native_id"] == "m3"
    assert in_clear(moved) == []
    run("delete", "--query", "obsidian", "--yes")
    run("restore", tmp_path / "backup", "--force")
    assert run("--json", "search", "obsidian").json["hits"][0]["native_id"] == "m3"
    status = run("--json", "status").json
    assert (status["turns"], status["answers"], status["encrypted"]) == (3, 1, True)


def test_all_of_another_memory_comes_over_without_a_file_between(
    run: Callable[..., Any], memcli: Any, log: Path, tmp_path: Path
) -> None:
    run("ingest", log)
    refused = run("init", "--encrypt", "--key-file", tmp_path / "key", code=2)
    assert "import" in refused.err
    assert not (tmp_path / "key").exists()
    assert run("--json", "status").json["encrypted"] is False
    other = tmp_path / "other"
    assert memcli("--memory", other, "init", "--encrypt", "--key-file", tmp_path / "key").code == 0
    everything = run("export", "-").out
    assert memcli("--memory", other, "import", "-", stdin=everything).code == 0
    assert memcli("--memory", other, "--json", "search", "obsidian").json["hits"][0]["native_id"] == "m3"
    assert in_clear(other) == []


def test_an_export_says_that_it_is_clear(run: Callable[..., Any], memory: Path, log: Path, tmp_path: Path) -> None:
    run("ingest", log)
    assert "not" in run("export", tmp_path / "out.jsonl").err
    assert in_clear(tmp_path / "out.jsonl") != []


def test_damage_is_found_and_mended(run: Callable[..., Any], memory: Path, examples: Path) -> None:
    """One bit in the middle: what can be decrypted is saved, and the rest is told."""
    run("ingest", examples / "logs")
    for number in range(4):
        run("remember", f"The obsidian note number {number}.")
    path = memory / "memory.duckdb"
    data = bytearray(path.read_bytes())
    data[len(data) - 2000] ^= 1
    path.write_bytes(data)
    found = run("--json", "check", code=14).json["findings"]
    assert [finding["kind"] for finding in found] == ["catalogue"]
    run("repair")
    assert run("--json", "status").json["turns"] >= 438
    run("check")
    assert list((memory / "damaged").iterdir()) != []
    assert in_clear(memory) == []


def test_what_lies_beside_it_in_clear_is_found_and_taken_away(run: Callable[..., Any], memory: Path, log: Path) -> None:
    run("ingest", log)
    (memory / "index").mkdir(mode=0o700)
    assert run("--json", "check", code=14).json["findings"][0]["kind"] == "clear"
    run("repair")
    assert not (memory / "index").exists()


def test_init_makes_a_memory_and_says_where(run: Callable[..., Any], tmp_path: Path, log: Path) -> None:
    made = run("--json", "init")
    place = {"memory": str(tmp_path / "memory"), "index_at": None}
    assert made.json == {"schema": 1, **place, "encrypted": False, "key": None}
    assert stat.S_IMODE((tmp_path / "memory").stat().st_mode) == 0o700
    assert run("--json", "status").json["turns"] == 0
    run("init", code=2)
    run("ingest", log)
    assert run("--json", "search", "obsidian").json["hits"]
    assert run("search", "nothing", code=(0, 4)).code in (0, 4)


@pytest.mark.parametrize("wrong", [["--key-file", "k"], ["--keyring"], ["--encrypt", "--key-file", "k", "--keyring"]])
def test_what_does_not_go_together(run: Callable[..., Any], wrong: list[str]) -> None:
    run("init", *wrong, code=2)


def test_a_key_inside_of_the_memory_is_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    run("init", "--encrypt", "--key-file", tmp_path / "memory" / "key", code=2)


def test_an_empty_encrypted_memory_answers(run: Callable[..., Any], memory: Path) -> None:
    run("search", "obsidian", code=4)
    run("ask", "Where is the obsidian?", code=4)
    run("check")
    run("consolidate")


def test_temporary_files_of_a_killed_ingest_are_not_on_the_disk(
    run: Callable[..., Any], memory: Path, log: Path, temporary: Path, tmp_path: Path
) -> None:
    """An archive is unpacked into memory."""
    import zipfile

    with zipfile.ZipFile(tmp_path / "chat.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(log, "chat.jsonl")
    with Watch(temporary, memory) as watch:
        run("ingest", tmp_path / "chat.zip")
    assert watch.found == set()
    assert run("--json", "status").json["turns"] == 3
    assert list(temporary.iterdir()) == []


def test_everything_comes_over_to_another_key(run: Callable[..., Any], memory: Path, log: Path, tmp_path: Path) -> None:
    """As the README says it: nothing of the two lies in clear, and the old key opens the new memory no more."""
    run("ingest", log)
    run("ask", "What about obsidian?", code=(0, 4))
    run("--memory", tmp_path / "new", "init", "--encrypt", "--key-file", tmp_path / "newkey")
    run("--memory", tmp_path / "new", "import", "-", stdin=run("export", "-").out)
    told = [run("--memory", place, "--json", "status").json for place in (memory, tmp_path / "new")]
    assert [(one["turns"], one["answers"], one["encrypted"]) for one in told] == [(3, 1, True)] * 2
    assert run("--memory", tmp_path / "new", "ingest", log, "--json").json["turns_added"] == 0
    assert in_clear(tmp_path / "new") == []
    old = (tmp_path / "keys" / "diary").read_text().strip()
    run("--memory", tmp_path / "new", "search", "obsidian", code=16, MEMCLI_KEY=old)
