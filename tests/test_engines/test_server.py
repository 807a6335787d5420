"""A language model that another program serves on this machine."""

import pytest
from openai_server import ChatServer

from engines.errors import EngineFailed, EngineUnavailable, ModelMissing, ServerRefused
from engines.protocols import Request
from engines.server import ServerGenerator

ASKED = {"system": "Be brief.", "user": "Where?", "max_tokens": 24, "temperature": 0.5, "seed": 3}


@pytest.fixture
def serve():
    running = []

    def start(*pieces, **how):
        running.append(ChatServer(list(pieces), **how))
        return running[-1]

    yield start
    for server in running:
        server.close()


def test_it_streams_what_the_server_says(serve):
    server = serve("In ", "Lisbon", " [1].")
    generator = ServerGenerator(server.url)
    assert list(generator.stream(Request(**ASKED, stable="You know: ", grammar='root ::= "x"'))) == [
        "In ",
        "Lisbon",
        " [1].",
    ]
    [asked] = server.requests
    assert asked["messages"][1]["content"] == "You know: Where?"
    assert (asked["model"], asked["seed"], asked["temperature"], asked["max_tokens"]) == ("tiny", 3, 0.5, 24)
    assert asked["grammar"]
    run = generator.last_run
    assert (run.stop, run.prompt_tokens, run.evaluated_tokens, run.written_tokens) == ("end", 50, 10, 3)


def test_the_model_is_one_that_the_server_has(serve):
    url = serve(models=("a", "b:latest")).url + "/v1/"
    assert ServerGenerator(url).device.endswith(", a")
    assert ServerGenerator(url, model="b").device.endswith(", b")
    with pytest.raises(ModelMissing) as caught:
        ServerGenerator(url, model="c")
    assert "b:latest" in caught.value.hint
    with pytest.raises(ModelMissing):
        ServerGenerator(serve(models=()).url)


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 400}, {"cut": True}])
def test_a_server_that_fails_is_an_error(serve, how):
    generator = ServerGenerator(serve("In ", **how).url)
    with pytest.raises(EngineFailed, match=r"out of memory|broke off"):
        list(generator.stream(Request(**ASKED)))
    assert generator.last_run is None


def test_where_nobody_answers(serve):
    server = serve("x")
    generator = ServerGenerator(server.url)
    server.close()
    with pytest.raises(EngineUnavailable, match="no server answers"):
        list(generator.stream(Request(**ASKED)))
    with pytest.raises(EngineUnavailable):
        ServerGenerator(server.url)


@pytest.mark.parametrize(
    "url", ["http://192.168.1.7:8080", "http://example.org/v1", "http://localhost.example.org", "http://0.0.0.0:1"]
)
def test_another_machine_is_refused_before_anything_is_sent(url):
    with pytest.raises(ServerRefused, match="not this machine"):
        ServerGenerator(url)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "http://", "http://a:b@localhost", "http://[::1"])
def test_what_is_no_address(url):
    with pytest.raises(ServerRefused):
        ServerGenerator(url)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.9:1/v1", "http://[::1]:1", "http://x.localhost:1"]
)
def test_this_machine_has_many_names(url):
    with pytest.raises(EngineUnavailable):  # nobody listens there, but it was asked
        ServerGenerator(url)
