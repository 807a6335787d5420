"""llama.cpp in a process of its own: the same text as at home, and its crashes are only errors."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing
from engines.isolated import IsolatedGenerator
from engines.llama import LlamaGenerator
from engines.protocols import Request

ASKED = {"system": "Be brief.", "user": "Where is it?", "max_tokens": 24, "temperature": 0.8, "seed": 3}


@pytest.fixture(scope="module")
def generator(tiny_gguf):
    isolated = IsolatedGenerator(tiny_gguf, context_tokens=512, threads=1)
    yield isolated
    isolated.close()


def test_it_writes_what_the_library_writes(generator, tiny_gguf):
    at_home = LlamaGenerator(tiny_gguf, context_tokens=512, threads=1)
    assert list(generator.stream(Request(**ASKED))) == list(at_home.stream(Request(**ASKED)))
    assert generator.count_tokens("the dog \ud800") == at_home.count_tokens("the dog \ud800")
    assert (generator.context_tokens, generator.device) == (at_home.context_tokens, at_home.device)


def test_errors_are_those_of_the_library(tiny_gguf, tmp_path, generator):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + b"\xff" * 64)
    with pytest.raises(ModelCorrupt, match=r"bad\.gguf"):
        IsolatedGenerator(bad)
    with pytest.raises(ModelMissing):
        IsolatedGenerator(tmp_path / "none.gguf")
    with pytest.raises(EngineFailed, match="the context holds 512"):
        list(generator.stream(Request(**ASKED | {"user": "y" * 600})))
    assert list(generator.stream(Request(**ASKED)))


def test_a_gpu_demanded_of_a_build_without(tiny_gguf):
    llama_cpp = pytest.importorskip("llama_cpp")
    if llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this build of llama.cpp has a GPU to offload to")
    with pytest.raises(EngineUnavailable):
        IsolatedGenerator(tiny_gguf, gpu="all")


def test_a_model_that_kills_llama_cpp_is_an_error(gguf_writer, tmp_path):
    generator = IsolatedGenerator(gguf_writer(tmp_path / "deadly.gguf", deadly=True), context_tokens=256)
    with pytest.raises(EngineFailed, match=r"crashed with SIG.*deadly\.gguf"):
        list(generator.stream(Request(**ASKED)))


def test_killed_in_the_middle_it_says_so_and_the_next_call_works(tiny_gguf):
    generator = IsolatedGenerator(tiny_gguf, context_tokens=512, threads=1)
    pieces = generator.stream(Request(**ASKED | {"max_tokens": 400}))
    next(pieces)
    os.kill(generator._process.id, signal.SIGKILL)
    with pytest.raises(EngineFailed, match="SIGKILL"):
        list(pieces)
    assert list(generator.stream(Request(**ASKED)))
    generator.close()


def test_an_answer_that_nobody_reads_to_its_end_stops_the_work(tiny_gguf):
    generator = IsolatedGenerator(tiny_gguf, context_tokens=512, threads=1)
    pieces = generator.stream(Request(**ASKED | {"max_tokens": 400}))
    first, worker = next(pieces), generator._process.id
    pieces.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert next(generator.stream(Request(**ASKED | {"max_tokens": 400}))) == first
    generator.close()


def test_it_does_not_outlive_whoever_asked(gguf_writer, tmp_path):
    """Killed, they cannot say goodbye: their end of the pipe is closed, and that is all."""
    model = gguf_writer(tmp_path / "m.gguf", context_length=16_384)
    worker = subprocess.Popen(
        [sys.executable, "-m", "engines.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    endless = {"system": "S", "user": "U", "max_tokens": 16_000, "temperature": 0, "seed": 0}
    endless["grammar"] = "root ::= [a] root"
    options = {"context_tokens": 0, "gpu": "off", "threads": 1}
    for request in (
        {"call": "load", "path": str(model), "states": None, "options": options},
        {"call": "stream", "request": endless},
    ):
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
    assert "context_tokens" in worker.stdout.readline()
    assert "piece" in worker.stdout.readline()
    time.sleep(0.1)
    assert worker.poll() is None, "it writes on: 16,000 pieces are more than the pipe holds"
    worker.stdin.close()
    assert worker.wait(20) == 0
    worker.stdout.close()
