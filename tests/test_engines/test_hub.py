"""Models are fetched whole, at one commit, and only if they are what the hub says they are."""

import hashlib
import re

import pytest
from model_hub import COMMIT, ModelHub

from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing, ModelRefused
from engines.hub import ENDPOINT, Hub, held_to, wanted
from engines.hub_cards import CARDS

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def hub(tmp_path):
    folder = tmp_path / "repo"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(CONTENT)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    running = []

    def start(**faults):
        running.append(ModelHub({"owner/model": folder}, **faults))
        return running[-1], Hub(running[-1].url)

    yield start
    for one in running:
        one.close()


def fetch(hub, folder, path="onnx/model.onnx"):
    snapshot = hub.snapshot("owner/model", "main")
    [file] = wanted(snapshot, [path])
    told = []
    return hub.fetch(snapshot, file, folder, told.append), sum(told)


@pytest.mark.parametrize("faults", [{}, {"elsewhere": True}])
@pytest.mark.parametrize("path", ["onnx/model.onnx", "config.json"])
def test_a_file_comes_as_it_is(hub, tmp_path, faults, path):
    _, client = hub(**faults)
    snapshot = client.snapshot("owner/model", "main")
    assert (snapshot.commit, snapshot.licence) == (COMMIT, "apache-2.0")
    fetched, told = fetch(client, tmp_path / "here", path)
    assert fetched.read_bytes() == (tmp_path / "repo" / path).read_bytes()
    assert told == fetched.stat().st_size
    assert not list((tmp_path / "here").rglob("*.part"))


@pytest.mark.parametrize("whole_only", [False, True])
def test_what_broke_off_is_gone_on_with(hub, tmp_path, whole_only):
    server, client = hub(cut=100_000, whole_only=whole_only)
    fetched, _ = fetch(client, tmp_path / "here")
    assert fetched.read_bytes() == CONTENT
    ranges = [asked for path, asked in server.asked if path.endswith("model.onnx")]
    assert ranges == [None, "bytes=100000-"]


def test_so_is_what_an_earlier_run_began(hub, tmp_path):
    server, client = hub()
    (tmp_path / "here" / "onnx").mkdir(parents=True)
    (tmp_path / "here" / "onnx" / "model.onnx.part").write_bytes(CONTENT[:77])
    fetched, told = fetch(client, tmp_path / "here")
    assert (fetched.read_bytes(), told) == (CONTENT, len(CONTENT))
    assert server.asked[-1][1] == "bytes=77-"
    before = len(server.asked)
    fetch(client, tmp_path / "here")
    assert len(server.asked) == before + 2, "what is there is not fetched again"


@pytest.mark.parametrize("path", ["onnx/model.onnx", "config.json"])
def test_other_bytes_than_the_hub_lists_are_refused_and_deleted(hub, tmp_path, path):
    _, client = hub(forged=True)
    with pytest.raises(ModelCorrupt, match="not what the hub says"):
        fetch(client, tmp_path / "here", path)
    assert not [found for found in (tmp_path / "here").rglob("*") if found.is_file()]


def test_a_beginning_of_something_else_is_found_out(hub, tmp_path):
    _, client = hub()
    (tmp_path / "here" / "onnx").mkdir(parents=True)
    (tmp_path / "here" / "onnx" / "model.onnx.part").write_bytes(b"other")
    with pytest.raises(ModelCorrupt):
        fetch(client, tmp_path / "here")
    assert fetch(client, tmp_path / "here")[0].read_bytes() == CONTENT


def test_what_is_not_there(hub):
    _, client = hub()
    with pytest.raises(ModelMissing, match="no such model"):
        client.snapshot("owner/other", "main")
    with pytest.raises(ModelMissing):
        client.snapshot("owner/model", "v9")
    with pytest.raises(ModelMissing, match="has none of"):
        wanted(client.snapshot("owner/model", "main"), ["model.gguf"])
    with pytest.raises(ModelRefused):
        client.snapshot("../../etc", "main")


def test_without_a_network_it_says_what_to_do(hub, monkeypatch):
    server, client = hub()
    server.close()
    with pytest.raises(EngineUnavailable) as caught:
        client.snapshot("owner/model", "main")
    assert "HF_ENDPOINT" in caught.value.hint
    assert "models add" in caught.value.hint
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EngineUnavailable, match="HF_HUB_OFFLINE"):
        Hub()


def test_a_path_that_leads_out_is_refused(hub):
    _, client = hub(also=[{"type": "file", "path": "../../.bashrc", "size": 1, "oid": "0" * 40}])
    with pytest.raises(ModelCorrupt, match="leads out"):
        client.snapshot("owner/model", "main")


def test_a_disk_that_refuses(hub, tmp_path):
    _, client = hub()
    (tmp_path / "here").write_text("a file where the folder should be")
    with pytest.raises(EngineFailed, match="cannot be written"):
        fetch(client, tmp_path / "here")


def test_a_mirror_is_used_where_one_is_named(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert Hub()._endpoint == ENDPOINT
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert Hub()._endpoint == "https://mirror.example"
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(ModelRefused):
        Hub()


def test_the_cards_are_whole():
    for name, card in CARDS.items():
        assert name == card.name
        assert card.memory_mb > card.megabytes > 0
        assert card.licence
        assert card.good_for
        assert bool(card.file) == (card.kind == "generator")
        assert re.fullmatch("[0-9a-f]{40}", card.revision)
        assert all(re.fullmatch("[0-9a-f]{64}", pin) for pin in card.pins.values())


def test_a_pin_is_held_against_what_comes_and_against_what_the_hub_says(hub, tmp_path):
    _, client = hub()
    snapshot = client.snapshot("owner/model", "main")
    files = wanted(snapshot, ["onnx/model.onnx", "config.json"])
    true = {path: hashlib.sha256((tmp_path / "repo" / path).read_bytes()).hexdigest() for path in ("config.json",)}
    for file in held_to(snapshot, files, true):
        client.fetch(snapshot, file, tmp_path / "here", lambda _: None)
    [config] = held_to(snapshot, wanted(snapshot, ["config.json"]), {"config.json": "0" * 64})
    with pytest.raises(ModelCorrupt, match=f"not what was pinned .*{'0' * 64}"):
        client.fetch(snapshot, config, tmp_path / "there", lambda _: None)
    with pytest.raises(ModelCorrupt, match="the hub says"):
        held_to(snapshot, files, {"onnx/model.onnx": "0" * 64})
    with pytest.raises(ModelMissing, match=r"no model\.gguf"):
        held_to(snapshot, files, {"model.gguf": "0" * 64})


def test_what_lies_there_from_another_state_is_fetched_anew(hub, tmp_path):
    _, client = hub()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "config.json").write_text("of another commit")
    assert fetch(client, tmp_path / "here", "config.json")[0].read_text() == '{"model_type": "bert"}'
