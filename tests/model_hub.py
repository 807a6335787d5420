"""A small local hub with the parts of Hugging Face's interface that memcli uses, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "c" * 40


class ModelHub:
    """Serves `repos` (names with folders), each with the same files at every commit; `main` is COMMIT. Large files are
    known by SHA-256, JSON by git's SHA-1.

    `cut`: so many bytes of a file are sent, and the connection ends, at the first request for it; `cut_always`: at
    every one. `forged`: sends other bytes than the hub lists. `whole_only`: knows no ranges. `elsewhere`: files are
    redirected to another path.
    """

    def __init__(self, repos: dict[str, Path], **faults: Any) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.faults = faults
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Range")))
                for repo, folder in repos.items():
                    if self.path.startswith(f"/api/models/{repo}/revision/"):
                        revision = self.path.rsplit("/", 1)[1]
                        if revision == "main" or len(revision) == len(COMMIT):
                            sha = COMMIT if revision == "main" else revision
                            return self._say({"sha": sha, "cardData": {"license": "apache-2.0"}})
                    elif self.path.startswith(f"/api/models/{repo}/tree/"):
                        return self._say(outer.tree(folder))
                    elif f"/{repo}/resolve/" in self.path:
                        return self._file(folder / self.path.split("/resolve/")[1].split("/", 1)[1])
                self.send_error(404)
                return None

            def _say(self, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _file(self, path: Path) -> None:
                if outer.faults.get("elsewhere") and not self.path.startswith("/store"):
                    self.send_response(302)
                    self.send_header("Location", f"/store{self.path}")
                    self.end_headers()
                    return
                body = path.read_bytes()
                if outer.faults.get("forged"):
                    body = bytes(len(body))
                start = 0
                if self.headers.get("Range") and not outer.faults.get("whole_only"):
                    start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                cut = outer.faults.pop("cut", None) or outer.faults.get("cut_always")
                self.wfile.write(body[start : start + cut] if cut else body[start:])
                if cut:
                    self.wfile.flush()
                    self.connection.close()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def tree(self, folder: Path) -> list[dict[str, Any]]:
        listed = []
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                entry = {"type": "file", "path": path.relative_to(folder).as_posix(), "size": len(data)}
                if path.suffix == ".json":
                    entry["oid"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
                else:
                    entry |= {"oid": "0" * 40, "lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}}
                listed.append(entry)
        return [*listed, *self.faults.get("also", ())]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
