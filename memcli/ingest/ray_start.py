"""Ray's start and end around one ingest: a start that hangs ends as an error, and nothing of it stays behind.

`ray.init` has no limit of its own for all that it waits for: what ends it from outside would wait for the same lock. It
is called in a thread, so that whoever waits for it can stop waiting, be it because a signal came (Ray, where it can,
also puts a handler of its own for SIGTERM in place of ours). An exception in that thread then calls it off, and what it
had begun is ended and removed.
"""

from __future__ import annotations

import atexit
import ctypes
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self

from engines.errors import EngineUnavailable

ADDRESS = "RAY_ADDRESS"
"""The environment variable, Ray's own, that names a cluster; without it, a Ray is started on this machine."""

START_S = 180.0
"""Seconds after which a start counts as hung: one took 4.5 on two cores with little else to do, and a machine that is
busy with many other things is to have forty times as long."""

_ENDING_S = 10.0
"""Seconds in which the processes of a Ray that never came up, and its files, are gone."""


class _CalledOff(SystemExit):
    """Nobody waits for the start any more. A thread may end with it at any point, and nothing is said of it."""


class StartedRay:
    """Ray at work while this is entered: that at `address`, or, if that is None, one of its own on this machine.

    Raises EngineUnavailable where it does not start.
    """

    def __init__(self, ray: Any, address: str | None) -> None:
        self._ray = ray
        self._address = address
        self._folder: Path | None = None
        self._over = threading.Event()
        self._outcome: Queue[BaseException | None] = Queue()
        self._starting = threading.Thread(target=self._start, name="ray", daemon=True)

    def __enter__(self) -> Self:
        try:
            if self._address is None:  # named before it is there: a signal may come at any time
                self._folder = Path(tempfile.gettempdir(), f"memcli-ray-{secrets.token_hex(4)}")
                self._folder.mkdir(mode=0o700)  # for its owner alone; Ray opens its own to all
            self._starting.start()
            error = self._outcome.get(timeout=START_S)
        except Empty:
            self._abandon()
            raise self._unusable(
                f"it has not started in {START_S:g} seconds", "look whether the machine is busy, and try again; "
            ) from None
        except BaseException:  # a signal
            self._abandon()
            raise
        if error is not None:
            self.__exit__()
            if isinstance(error, OSError | RuntimeError | ValueError):  # of which its own errors are
                raise self._unusable(str(error).splitlines()[0]) from error
            raise error
        return self

    def __exit__(self, *raised: object) -> None:
        self._ray.shutdown()
        self._over.set()
        self._remove()

    def _start(self) -> None:
        try:
            if self._address is not None:
                self._ray.init(self._address, log_to_driver=False, logging_level="ERROR")
            else:
                self._ray.init(
                    "local", include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                    _temp_dir=f"{self._folder}/ray", _node_ip_address="127.0.0.1",
                )  # fmt: skip
            self._outcome.put(None)
        except BaseException as error:  # raised by whoever waits
            self._outcome.put(error)
        self._over.wait()  # Linux ends Ray's processes with the thread that began them

    def _abandon(self) -> None:
        """Leave a start that is not over: end what it has begun, and see that it is not waited for at the end."""
        atexit.unregister(self._ray.shutdown)
        if self._folder is None:
            return
        self._over.set()
        if self._starting.is_alive():  # else it would go on, and make the folder again
            thread = ctypes.c_ulong(self._starting.ident or 0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_CalledOff))
        import psutil  # Ray brings it along

        patience = time.monotonic() + _ENDING_S
        while time.monotonic() < patience:
            found = []
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if any(str(self._folder) in argument for argument in process.cmdline()):
                        process.kill()
                        found.append(process)
            self._remove()
            if not found and not self._folder.exists() and not self._starting.is_alive():
                break
            time.sleep(0.1)

    def _remove(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _unusable(self, why: str, hint: str = "") -> EngineUnavailable:
        at = f" at {self._address}" if self._address else ""
        return EngineUnavailable(
            f"Ray cannot be used{at}: {why}",
            hint=f"{hint}{ADDRESS} names a running cluster; without it, one is started on this machine",
        )
