"""A server that speaks S3 on this machine: moto's, in a process of its own, over real HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class S3:
    """A server that is running, with one bucket."""

    endpoint: str
    bucket: str
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }  # fmt: skip

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def s3_server() -> Iterator[S3]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = S3(f"http://127.0.0.1:{port}", "memories", process)
    try:
        patience = time.monotonic() + 120
        while True:
            try:
                made = urllib.request.Request(f"{server.endpoint}/{server.bucket}", method="PUT")
                urllib.request.urlopen(made).close()
                break
            except OSError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < patience
                time.sleep(0.1)
        yield server
    finally:
        server.stop()
