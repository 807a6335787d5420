"""A small scripted life: what is so now and what was so then is known, what is over is never told as if it held.

`python tests/bench/life.py` measures the long one.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_life import live


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("bench_life", Path(__file__).with_name("life.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lived(bench, tmp_path_factory):
    life = live(3, turns=1_200, facts=54, changing=24)
    store = bench.remember(life, tmp_path_factory.mktemp("life"))
    bench.consolidate(store)
    return life, store, [truth for truth in life.truths if not truth.oblique]


def test_current_values_are_known_and_superseded_ones_are_not_stated(bench, lived):
    life, store, plain = lived
    score = bench.ask_now(life, plain, store)
    assert score.stale == 0, score.wrong
    assert score.right >= 0.98 * score.asked, score.wrong


def test_past_values_are_known_as_of_their_day(bench, lived):
    life, store, plain = lived
    for score in (bench.ask_then(life, plain, store, 2), bench.ask_known_then(life, plain, store, 1)):
        assert score.right >= 0.98 * score.asked, score.wrong


def test_supersession_is_what_keeps_old_values_away(bench, lived):
    life, store, plain = lived
    changed = [truth for truth in plain if len(truth.values) > 1]
    assert bench.ask_now(life, changed, store, superseding=False).stale > len(changed) / 2


def test_nothing_is_fabricated(bench, lived):
    _, store, _ = lived
    claims, wrong = bench.fabricated(store)
    assert claims > 100
    assert wrong == 0
