"""Where what a model computed may lie: in the memory's own folder, gone with every deletion, nowhere if forbidden."""

from __future__ import annotations

from store import erase
from store.check import check
from store.prompt_states import PromptStates
from store.store import Store


def test_the_folder_is_private_and_belongs_to_the_store(store: Store) -> None:
    place = store.prompt_states.place()
    assert place is not None
    assert place.stat().st_mode & 0o777 == 0o700
    assert place.is_relative_to(store.folder)
    (place / "one.state").write_bytes(b"12345")
    (place / "one.state").chmod(0o600)
    assert store.prompt_states.size == 5
    assert [finding for finding in check(store) if "prompts" in finding.where or "cache" in finding.where] == []


def test_a_deletion_takes_it_away(store: Store) -> None:
    place = store.prompt_states.place()
    assert place is not None
    (place / "one.state").write_bytes(b"what was said")
    with store.locks.writer():
        store.expect_erasing()
        erase.finish(store)
    assert not place.exists()
    assert store.prompt_states.size == 0


def test_where_none_may_be_kept_there_is_no_place(store: Store, tmp_path) -> None:
    forbidden = PromptStates(tmp_path / "cache" / "prompts", allowed=False)
    assert forbidden.place() is None
    assert not (tmp_path / "cache").exists()
    (tmp_path / "file").touch()
    assert PromptStates(tmp_path / "file" / "prompts").place() is None
