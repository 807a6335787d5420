"""Settings: defaults < configuration file < environment < flags, each value with the place that it came from."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A setting that is unknown or has a value that it cannot have."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its dotted key, its default, how text becomes its value, and what it means."""

    key: str
    default: Any
    parse: Callable[[str], Any]
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "MEMCLI_" + self.key.upper().replace(".", "_")


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    if text:
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("not a time zone such as Europe/Berlin") from error
    return text


def _gpu(text: str) -> str:
    if text not in ("auto", "off", "all") and not text.isdecimal():
        raise ValueError("not one of auto, off, all, or a number of layers")
    return text


def _at_least(low: float, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = kind(text)
        if not value >= low:
            raise ValueError(f"not at least {low:g}")
        return value

    return parse


def _onnx_gpu(text: str) -> str:
    if text not in ("auto", "off", "on"):
        raise ValueError("not one of auto, off, on")
    return text


def _context(text: str) -> int:
    tokens = int(text)
    if tokens and tokens < 256:
        raise ValueError("not 0 and not at least 256")
    return tokens


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("not true or false")
    return text.lower() == "true"


OPTIONS = (
    Option("memory", "default", str, "the memory to use: a name, or a path (with a / in it)"),
    Option("wait", 30.0, _at_least(0, float), "seconds to wait for another process that holds the memory"),
    Option("exposed", False, _switch, "open a memory although its folder lets other users of the machine in"),
    Option("key.file", "", str, "file with the key of an encrypted memory; empty: where `init` was told"),
    Option("key.command", "", str, "a command that prints the key of an encrypted memory"),
    Option("timezone", "", _zone, "zone of times in logs that name none; empty: this machine's"),
    Option("me", "", str, "your own name in the logs; each ingest keeps it in the memory"),
    Option("embedder.model", "", str, "an embedder that was added, by name, in place of the built-in one"),
    Option("embedder.gpu", "auto", _onnx_gpu, "an added embedder on the GPU: auto (where one works), off, or on"),
    Option("reranker.model", "", str, "a reranker that was added, by name, orders what was found; empty: none does"),
    Option("reranker.gpu", "auto", _onnx_gpu, "a reranker on the GPU: auto (where one works), off, or on"),
    Option("llm.model", "", str, "a model that writes answers: a GGUF file, or a name; empty: extractive answers"),
    Option("llm.url", "", str, "a server with OpenAI's interface that writes answers: http://localhost:8080/v1"),
    Option("llm.allow_remote", False, _switch, "send questions and evidence to a server on another machine"),
    Option("llm.context", 0, _context, "most tokens of prompt and answer together; 0: what the model was trained for"),
    Option("llm.gpu", "auto", _gpu, "layers on the GPU: auto (as many as fit), off, all, or a number"),
    Option("llm.prompt_cache", 512, _at_least(0, int), "most MB of computed prompts kept in the memory; 0: none"),
    Option("llm.strict", False, _switch, "leave out sentences without support, instead of marking them"),
    Option("llm.max_tokens", 400, _at_least(1, int), "longest answer, in tokens"),
    Option("llm.temperature", 0.0, _at_least(0, float), "0 always takes the likeliest word"),
    Option("llm.seed", 0, _at_least(0, int), "the same seed gives the same answer"),
    Option("ask.limit", 8, _at_least(1, int), "most turns shown as evidence"),
    Option("ask.budget", 1200, _at_least(50, int), "most tokens of evidence"),
)

_BY_KEY = {option.key: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting with its value and its origin (`default`, `file PATH`, `environment NAME` or `flag`)."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    file: Path

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def memory_folder(self) -> Path:
        """Where the memory is: the path itself, or a folder named so in the user's data folder."""
        name = str(self["memory"])
        if os.sep in name or name.startswith((".", "~")):
            return Path(name).expanduser().absolute()
        return memories_folder() / name

    @property
    def zone(self) -> tzinfo:
        """The zone of times that name none: the one that is set, or this machine's."""
        from zoneinfo import ZoneInfo

        from tzlocal import get_localzone

        return ZoneInfo(self["timezone"]) if self["timezone"] else get_localzone()


def memories_folder() -> Path:
    """The folder that holds the memories that are known by name."""
    from platformdirs import user_data_path

    return user_data_path("memcli", appauthor=False) / "memories"


def models_folder() -> Path:
    """The folder that knows the models that the user added."""
    from platformdirs import user_data_path

    return user_data_path("memcli", appauthor=False) / "models"


def default_file() -> Path:
    """The configuration file that is read where --config names none."""
    from platformdirs import user_config_path

    return user_config_path("memcli", appauthor=False) / "config.toml"


def option(key: str) -> Option:
    """The option of that key. Raises ConfigError, with the nearest key there is."""
    if key not in _BY_KEY:
        near = difflib.get_close_matches(key, _BY_KEY, n=1)
        raise ConfigError(
            f"there is no setting {key!r}",
            hint=f"did you mean {near[0]!r}?" if near else "`memcli config` lists them",
        )
    return _BY_KEY[key]


def load(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, str | None]) -> Config:
    """Settings from all four places. Raises ConfigError for a missing named file, an unknown key or a bad value."""
    path = file or default_file()
    values: dict[str, Any] = {entry.key: entry.default for entry in OPTIONS}
    origins = dict.fromkeys(values, "default")
    if file is not None and not path.is_file():
        raise ConfigError(f"there is no configuration file {path}")
    if path.is_file():
        for key, text in _flat(_parsed(path)).items():
            values[key], origins[key] = _value(key, text, f"file {path}"), f"file {path}"
    for entry in OPTIONS:
        given = environment.get(entry.variable)
        if given is not None:
            origin = f"environment {entry.variable}"
            values[entry.key], origins[entry.key] = _value(entry.key, given, origin), origin
    for key, flag in flags.items():
        if flag is not None:
            values[key], origins[key] = _value(key, flag, "flag"), "flag"
    return Config(values, origins, path)


def write(path: Path, key: str, text: str) -> None:
    """Set one key in a configuration file and keep the rest of it, comments too, as it is."""
    import tomlkit

    value = _value(key, text, "argument")
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    place: Any = document
    *tables, name = key.split(".")
    for table in tables:
        place = place.setdefault(table, tomlkit.table())
    place[name] = value
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(tomlkit.dumps(document), encoding="utf-8")
    draft.replace(path)


def _parsed(path: Path) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = str(value)
    return flat


def _value(key: str, text: str, origin: str) -> Any:
    try:
        return option(key).parse(text)
    except ValueError as error:
        raise ConfigError(f"{key} = {text!r} ({origin}): {error}", hint=f"{key}: {option(key).meaning}") from error
