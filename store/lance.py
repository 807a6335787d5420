"""Importing lancedb without what a local store never uses.

`import lancedb` spends half a second on the models of its remote-catalogue client, lance_namespace_urllib3_client,
hundreds of generated pydantic classes. They are only named in annotations as long as the database is a local folder,
so the import is answered with empty classes in their place. A third of what is left is the package overrides, which
reads the byte code of a hundred methods to see whether they override something: that is left to LanceDB's own tests.
LanceDB is also told to keep its log off stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_REMOTE_CLIENT = "lance_namespace_urllib3_client"
_OVERRIDES = "overrides"


class _EmptyModule(ModuleType):
    __path__: list[str] = []  # noqa: RUF012 - it is a package to the import system

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _RemoteClientLoader(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".", 1)[0] in (_REMOTE_CLIENT, _OVERRIDES):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name != _OVERRIDES:
            return _EmptyModule(spec.name)
        unchecked = ModuleType(spec.name)
        vars(unchecked).update(override=lambda method: method, EnforceOverrides=object)
        return unchecked

    def exec_module(self, module: ModuleType) -> None:
        pass


@cache
def lance() -> Any:
    """The module lancedb, imported once."""
    os.environ.setdefault("LANCEDB_LOG", "error")
    os.environ.setdefault("RUST_LOG", "error")
    if "lancedb" in sys.modules:
        return sys.modules["lancedb"]
    finder = _RemoteClientLoader()
    sys.meta_path.insert(0, finder)
    checked = _OVERRIDES in sys.modules
    try:
        import lancedb
    finally:
        sys.meta_path.remove(finder)
        if not checked:
            sys.modules.pop(_OVERRIDES, None)  # whoever else wants it gets the real one
    return lancedb
