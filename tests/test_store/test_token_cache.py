"""The token cache: a cache that may vanish at any time, is private, and keeps to its budget."""

from __future__ import annotations

import stat

from store.token_cache import TokenCache


def entries(count: int, size: int = 100, start: int = 0) -> dict[bytes, tuple[int, bytes]]:
    return {TokenCache.key("model", str(at)): (at, bytes([at % 256]) * size) for at in range(start, start + count)}


def test_what_is_put_is_got_by_another_process_too(tmp_path):
    kept = entries(5)
    TokenCache(tmp_path / "cache").put(kept)
    again = TokenCache(tmp_path / "cache").get([*kept, TokenCache.key("model", "never")])
    assert again == kept


def test_another_model_has_other_keys():
    assert TokenCache.key("one@1", "text") != TokenCache.key("one@2", "text")


def test_it_is_the_users_alone(tmp_path):
    TokenCache(tmp_path / "cache").put(entries(1))
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o600


def test_it_keeps_to_its_budget_and_drops_the_oldest(tmp_path):
    cache = TokenCache(tmp_path / "cache", budget=120_000)
    old, new = entries(60, 1000), entries(60, 1000, start=60)
    cache.put(old)
    cache.put(new)
    assert (tmp_path / "cache").stat().st_size <= 120_000
    assert cache.get(list(new)) == new
    assert len(cache.get(list(old))) < len(old)


def test_forgetting_leaves_nothing(tmp_path):
    cache = TokenCache(tmp_path / "cache")
    kept = entries(3)
    cache.put(kept)
    cache.forget()
    assert list(tmp_path.iterdir()) == []
    assert cache.get(list(kept)) == {}


def test_a_broken_file_is_as_good_as_none(tmp_path):
    path = tmp_path / "cache"
    path.write_bytes(b"not a database" * 1000)
    cache = TokenCache(path)
    kept = entries(2)
    assert cache.get(list(kept)) == {}
    cache.put(kept)
    cache.put(kept)
    assert cache.get(list(kept)) == kept
