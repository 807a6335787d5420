"""Text from a program that the user already runs: llama-server, Ollama, or another with OpenAI's chat interface.

Interface: https://platform.openai.com/docs/api-reference/chat, streamed as server-sent events; `grammar` is an addition
of llama-server. What is sent are the questions and what was said, so only a server on this machine is taken, unless the
user allows another. Nothing is redirected, and no proxy is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from engines.errors import EngineFailed, EngineUnavailable, ModelMissing, ServerRefused
from engines.protocols import Request, Run
from engines.thoughts import without_thoughts

TIMEOUT_S = 300
"""How long the server may be silent: a large model on a CPU reads a long prompt for minutes."""

CONTEXT_TOKENS = 4096
"""The context that a server is taken to have, where the settings name none."""

CHARACTERS_A_TOKEN = 3
"""For counting tokens without the server's tokenizer, on the side of too many."""

LONGEST_LINE = 1 << 20


class ServerGenerator:
    """A Generator at a URL such as http://localhost:8080/v1 (`/v1` may be left out).

    `model`: its name there; "" for the first that the server lists. `context_tokens` (0: CONTEXT_TOKENS) is what prompt
    and output may take together there. Raises ServerRefused, EngineUnavailable if nobody answers, ModelMissing.
    """

    def __init__(self, url: str, *, model: str = "", context_tokens: int = 0, allow_remote: bool = False) -> None:
        self._host, self._path = _checked(url, allow_remote=allow_remote)
        self._secure = url.lower().startswith("https:")
        self._context = context_tokens or CONTEXT_TOKENS
        self._model = self._offered(model)
        self._last_run: Run | None = None

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and output may take together."""
        return self._context

    @property
    def device(self) -> str:
        """Who computes: the server and its model."""
        return f"{self._host}, {self._model}"

    @property
    def last_run(self) -> Run | None:
        """How the last stream() went, once it has ended; counts are 0 where the server does not tell."""
        return self._last_run

    def count_tokens(self, text: str) -> int:
        """How many tokens the text takes, at most, as far as one can tell from here."""
        return len(text.encode("utf-8", "replace")) // CHARACTERS_A_TOKEN + 1

    def stream(self, request: Request) -> Iterator[str]:
        """The answer, piece by piece. Raises EngineFailed, EngineUnavailable.

        Servers compute the beginning of a prompt once by themselves, and differ in whether they heed seed and grammar.
        """
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.stable + request.user},
            ],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.grammar:
            body["grammar"] = request.grammar
        self._last_run = None
        pieces = self._pieces(body)
        return pieces if request.grammar else without_thoughts(pieces)

    def close(self) -> None:
        """Nothing is held between calls."""

    def _pieces(self, body: dict[str, Any]) -> Iterator[str]:
        stop: Literal["end", "length"] = "end"
        usage: dict[str, Any] = {}
        connection, response = self._request("POST", "/chat/completions", body)
        try:
            finished = False
            for event in _events(response):
                if event.get("error"):
                    raise EngineFailed(f"the server at {self._host} failed: {_message(event)}")
                usage = event.get("usage") or usage
                for choice in (event.get("choices") or [])[:1]:
                    if choice.get("finish_reason"):
                        finished = True
                        stop = "length" if choice["finish_reason"] == "length" else "end"
                    text = (choice.get("delta") or {}).get("content")
                    if text:
                        yield str(text)
            if not finished:
                raise EngineFailed(f"the server at {self._host} broke off in the middle of its answer")
        except (OSError, HTTPException, ValueError) as error:
            raise EngineFailed(f"the server at {self._host} broke off: {error}") from error
        finally:
            connection.close()
        prompt = _count(usage, "prompt_tokens")
        cached = _count(usage.get("prompt_tokens_details") or {}, "cached_tokens")
        self._last_run = Run(
            stop=stop,
            prompt_tokens=prompt,
            evaluated_tokens=max(prompt - cached, 0),
            written_tokens=_count(usage, "completion_tokens"),
        )

    def _offered(self, model: str) -> str:
        """The model's name there. Raises ModelMissing if the server lists others only."""
        connection, response = self._request("GET", "/models")
        try:
            listed = json.loads(response.read(LONGEST_LINE))
            names = [str(one["id"]) for one in listed["data"]]
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise EngineFailed(
                f"what answers at {self._host} does not list models as OpenAI's interface does"
            ) from error
        finally:
            connection.close()
        if not names or (model and model not in names and f"{model}:latest" not in names):
            has = f"it has {', '.join(sorted(names)[:10])}" if names else "it has none"
            raise ModelMissing(f"the server at {self._host} has no model {model or 'at all'}", hint=has)
        return model or names[0]

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[HTTPConnection, HTTPResponse]:
        connection = (HTTPSConnection if self._secure else HTTPConnection)(self._host, timeout=TIMEOUT_S)
        try:
            data = json.dumps(body).encode() if body is not None else None
            connection.request(method, self._path + path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise EngineUnavailable(
                f"no server answers at {self._host}: {error}", hint='start it, or `memcli config llm.url ""`'
            ) from error
        if response.status != 200:
            try:
                said = _message(json.loads(response.read(LONGEST_LINE)))
            except (OSError, HTTPException, ValueError):
                said = response.reason
            connection.close()
            kind = ModelMissing if response.status == 404 and body is not None else EngineFailed
            raise kind(f"the server at {self._host} refused with {response.status}: {said}")
        return connection, response


def _checked(url: str, *, allow_remote: bool) -> tuple[str, str]:
    """Host with port, and path. Raises ServerRefused."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ServerRefused(f"{url} is no address: {error}", hint="http://localhost:8080/v1 is one") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise ServerRefused(f"{url} is no address of a server", hint="http://localhost:8080/v1 is one")
    if not allow_remote and not _on_this_machine(host):
        raise ServerRefused(
            f"{host} is not this machine: your conversations would leave it",
            hint="--allow-remote (or llm.allow_remote = true) allows that",
        )
    path = parts.path.rstrip("/")
    return parts.netloc, path if path.endswith("/v1") else f"{path}/v1"


def _on_this_machine(host: str) -> bool:
    """Whether the name or number can mean nothing but this machine; no name is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _events(response: HTTPResponse) -> Iterator[dict[str, Any]]:
    """The JSON of each event up to [DONE]."""
    while line := response.readline(LONGEST_LINE):
        if line.startswith(b"data:"):
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            event = json.loads(data)
            if isinstance(event, dict):
                yield event


def _message(document: Any) -> str:
    error = document.get("error", document) if isinstance(document, dict) else document
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]


def _count(usage: dict[str, Any], key: str) -> int:
    value = usage.get(key)
    return value if isinstance(value, int) else 0
