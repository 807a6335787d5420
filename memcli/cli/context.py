"""What every command is given: the global options, the settings, and the ways to stdout and stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from memcli import config

if TYPE_CHECKING:
    from memcli.api import Memory
    from memcli.progress import Progress
    from store.store import Store


warm: list[Callable[[Memory], None]] = []
"""Give a command's Memory what is open already: memcli/serve/socket.py, which keeps things open, puts itself here."""


@dataclass
class Context:
    """The global options as given; everything else is made of them when it is first needed."""

    memory: str | None = None
    config_file: str | None = None
    json: bool = False
    quiet: bool = False
    wait: str | None = None
    no_pager: bool = False
    verb: str = ""
    flags: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def config(self) -> config.Config:
        """The settings, from all their places. Raises ConfigError."""
        flags = {"memory": self.memory, "wait": self.wait, **self.flags}
        return config.load(Path(self.config_file) if self.config_file else None, os.environ, flags)

    @cached_property
    def memory_in_use(self) -> Memory:
        """The memory that is meant, as the Python object that commands stand on; nothing is opened yet."""
        from memcli.api import Memory

        memory = Memory(self.config, warn=self.tell, progress=self.progress(), verb=self.verb)
        for lend in warm:
            lend(memory)
        return memory

    def store(self, *, exposed: bool = False) -> Store:
        """The memory that is meant. Raises StoreMissing if there is none.

        exposed: open it even if other users may enter its folder, whatever the settings say.
        """
        from store.store import Store

        store = Store.open(
            self.config.memory_folder,
            wait_s=self.config["wait"],
            exposed=exposed or self.config["exposed"],
            key=self.key,
        )
        if store.seal:
            store.locks.shown_as = f"memcli {self.verb}"
        return store

    def key(self, folder: Path) -> bytes:
        """The key of the encrypted memory in that folder. Raises KeyRefused if there is none."""
        from memcli.keys import find

        return find(folder, self.config, os.environ)

    def tell(self, message: str) -> None:
        """A line on stderr for the person at the terminal, unless they want quiet."""
        if not self.quiet:
            from memcli.ingest.normalise import visible

            print(f"memcli: {visible(message)}", file=sys.stderr)

    def progress(self) -> Progress:
        """A progress bar on a terminal, nothing elsewhere."""
        from memcli.progress import Unwatched

        if self.quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return Unwatched()
        from memcli.cli.bars import Bars

        return Bars()
