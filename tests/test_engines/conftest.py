import runpy
from dataclasses import dataclass
from pathlib import Path

import pytest

from engines.devices import Device

write_tiny_gguf = runpy.run_path(str(Path(__file__).parent.parent / "tiny_gguf.py"))["write_tiny_gguf"]


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory):
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="session")
def gguf_writer():
    return write_tiny_gguf


@dataclass
class FakeProbe:
    """A DeviceProbe that tells what a test says: no machine of the tests need have a GPU."""

    found: list[Device]

    def devices(self):
        return self.found


@pytest.fixture
def card():
    """Makes a probe of cards with so much free memory each: card(free=8 << 30) or card(free=(8 << 30, 4 << 30))."""

    def probe(free, name="Testcard", kind="gpu"):
        each = free if isinstance(free, tuple) else (free,)
        cpu = Device(name="CPU", description="Testchip", kind="cpu", free=64 << 30, total=64 << 30)
        cards = [
            Device(name=f"CUDA{at}", description=name, kind=kind, free=one, total=24 << 30)
            for at, one in enumerate(each)
        ]
        return FakeProbe([*cards, cpu])

    return probe


@pytest.fixture
def no_gpu():
    """For tests of a build without a GPU."""
    llama_cpp = pytest.importorskip("llama_cpp")
    if llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this build of llama.cpp has a GPU to offload to")


@pytest.fixture(scope="session")
def embedder():
    from engines.static import StaticEmbedder

    return StaticEmbedder()


@pytest.fixture(scope="session")
def encoder():
    from engines.token_encoder import MiniLMTokenEncoder

    return MiniLMTokenEncoder(threads=2)


TEXTS = (
    "When did Caroline go to the support group?",
    "I went on Tuesday, it was so powerful.",
    "",
    "👍🎉",
    "My dog chewed my favourite shoes, and now I need new ones before the trip to Lisbon.",
    "naïve café, Ünïcödé 東京 \ud800 broken",
    "word " * 700,
)


@pytest.fixture(scope="session")
def texts():
    return TEXTS
