"""A small local server with OpenAI's chat interface, as llama-server has it: it says what a test tells it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatServer:
    """`pieces` are streamed as the answer; `status` other than 200 refuses; `cut` breaks off before the end; after the
    first piece it waits for `go_on`, if there is one.
    """

    def __init__(
        self,
        pieces: list[str],
        *,
        status: int = 200,
        cut: bool = False,
        models: tuple[str, ...] = ("tiny",),
        go_on: threading.Event | None = None,
        address: str = "127.0.0.1",
    ):
        self.requests: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                known = self.path == "/v1/models"
                body = {"data": [{"id": name} for name in models]} if known else {}
                self._say(200 if known else 404, json.dumps(body).encode())

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(asked)
                if status != 200:
                    self._say(status, json.dumps({"error": {"message": "out of memory"}}).encode())
                    return
                events: list[dict[str, Any]] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
                if not cut:
                    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                    usage = {"prompt_tokens": 50, "completion_tokens": len(pieces)}
                    events.append({"usage": usage | {"prompt_tokens_details": {"cached_tokens": 40}}})
                lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
                self._say(200, (lines + ("" if cut else "data: [DONE]\n\n")).encode())

            def _say(self, code: int, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                first, end, rest = body.partition(b"\n\n")
                self.wfile.write(first + end)
                self.wfile.flush()
                if go_on is not None and rest:
                    go_on.wait(60)
                self.wfile.write(rest)

        self._server = ThreadingHTTPServer((address, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
