"""The bench of ratios: it measures, keeps what it measured, and fails where asked to and something fell."""

from __future__ import annotations

import json
import sys

from bench import ratios


def test_what_fell_by_a_fifth_is_named_and_noise_is_not():
    before = [{"search": 0.5, "ingest": 0.2}, {"search": 0.6, "ingest": 0.2}, {"search": 0.4}]
    assert ratios.fallen({"search": 0.41, "ingest": 0.17, "new": 0.1}, before) == []
    assert ratios.fallen({"search": 0.39, "ingest": 0.3}, before) == ["search: 0.3900, was 0.5000 (median of 3 runs)"]
    assert ratios.fallen({"search": 0.1}, []) == []


def test_a_run_is_kept_and_a_fall_fails_only_where_asked(tmp_path, monkeypatch, capsys):
    figures = {"search / numpy product of all vectors": 0.5}
    monkeypatch.setattr(ratios, "measured", lambda *_: dict(figures))
    assert ratios.main([str(tmp_path / "history")]) == 0
    [kept] = (tmp_path / "history").glob("*.json")
    assert json.loads(kept.read_text())["ratios"] == figures
    figures["search / numpy product of all vectors"] = 0.3
    assert ratios.main([str(tmp_path / "history"), "--turns", "7", "--fail-on-regression"]) == 0, "of another size"
    assert ratios.main([str(tmp_path / "history")]) == 0
    assert "fell: search" in capsys.readouterr().err
    figures["search / numpy product of all vectors"] = 0.1
    assert ratios.main([str(tmp_path / "history"), "--fail-on-regression"]) == 1
    assert len(list((tmp_path / "history").glob("*.json"))) == 4


def test_it_measures_memcli_against_every_floor(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = ratios.measured(ratios.ROOT / "examples" / "logs", 60, sys.executable, scratch)
    floors = [name for name in found if not name.endswith(ratios.PEERS)]
    assert [name.partition(" / ")[0] for name in floors] == ["ingest", "ingest", "search", "token vectors"]
    assert all(ratio > 0 for ratio in found.values())
