import runpy
from pathlib import Path

import pytest

write_tiny_gguf = runpy.run_path(str(Path(__file__).parent.parent / "tiny_gguf.py"))["write_tiny_gguf"]


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory):
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="session")
def gguf_writer():
    return write_tiny_gguf


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
