"""The benches run, on logs small enough for every test run; what it measures is judged by people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_bench_runs_on_the_examples(memcli, examples):
    bench = Path(__file__).with_name("scale.py")
    done = subprocess.run(
        [sys.executable, bench, examples / "logs"], env=memcli.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "turns in" in done.stdout
    assert "p50" in done.stdout


def test_the_bench_of_ingest_names_its_floors_and_steps(memcli, examples):
    bench = Path(__file__).with_name("ingest.py")
    done = subprocess.run(
        [sys.executable, bench, examples / "logs"], env=memcli.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    for part in ("turns/s", "plain insert into DuckDB", "embedder alone", "reading alone", "full-text index"):
        assert part in done.stdout


def test_the_bench_of_the_engines_runs(memcli):
    bench = Path(__file__).with_name("engine_speed.py")
    done = subprocess.run(
        [sys.executable, bench, "--warm"], env=memcli.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    for line in ("tokens/s", "texts/s", "kept on the disk", "ratio"):
        assert line in done.stdout


def test_the_bench_of_searches_runs_on_the_examples(story):
    memcli, memory = story
    bench = Path(__file__).with_name("search.py")
    done = subprocess.run(
        [sys.executable, bench, memory, "1"], env=memcli.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    for line in ("memcli --help", "wait for the model", "whole", "numpy product", "words alone", "in the cache"):
        assert line in done.stdout
