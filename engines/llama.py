"""Text from a GGUF model through llama.cpp (llama-cpp-python)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from engines.errors import EngineFailed, EngineUnavailable, ModelCorrupt, ModelMissing
from engines.runtime import cores

Gpu = Literal["auto", "off", "all"] | int

MAGIC = b"GGUF"
LOG_LEVEL_ERROR = 4  # GGML_LOG_LEVEL_ERROR of ggml.h
GPU_HINT = (
    'llama-cpp-python was built for the CPU only. For NVIDIA: CMAKE_ARGS="-DGGML_CUDA=on", for Apple: '
    'CMAKE_ARGS="-DGGML_METAL=on", then: pip install --force-reinstall --no-binary :all: llama-cpp-python'
)

PLAIN_TEMPLATE = (
    "{% for message in messages %}### {{ message['role'] | capitalize }}:\n{{ message['content'] }}\n\n{% endfor %}"
    "### Assistant:\n"
)
"""What is used for a model that brings no chat template."""

PLAIN_STOP = "### User:"
"""Where a model without a template goes on to write the next question itself: its answer ended before."""

RANDOM_SEED = 0xFFFFFFFF
"""What llama.cpp takes for "choose one yourself"."""

SYSTEM, USER = "\ue000system\ue000", "\ue000user\ue000"
"""Stand in for the two messages while the chat template is rendered (private-use characters, which no template has)."""


class LlamaGenerator:
    """A Generator over a GGUF file.

    `context_tokens` is how many tokens prompt and output may take together; not more than the model was trained for.
    `gpu`: "auto" puts all layers on a GPU where this build of llama.cpp has one to use and else stays on the CPU;
    "off"; "all"; or a number of layers. `threads`: 0 for one a core. The same seed on the same machine gives the same
    text, whatever was asked before.

    The chat template is the GGUF's own; without one PLAIN_TEMPLATE is used. What the messages say is never read as
    control tokens: a memory that holds "<|im_end|>" or the like stays text.

    Raises ModelMissing; ModelCorrupt for what llama.cpp cannot load; EngineUnavailable where a GPU is demanded of a
    build without one, or llama-cpp-python is missing; EngineFailed where there is not memory enough.
    """

    def __init__(self, path: Path, *, context_tokens: int = 4096, gpu: Gpu = "auto", threads: int = 0) -> None:
        _require_gguf(path)
        library = _llama_cpp()
        layers = _gpu_layers(gpu, offload=bool(library.llama_supports_gpu_offload()))
        threads = threads or cores()
        _complaints().clear()
        try:
            self._llama = library.Llama(
                str(path),
                n_ctx=context_tokens,
                n_gpu_layers=layers,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except Exception as error:  # a ValueError today; whatever a broken file provokes is the file's fault
            raise _load_error(path, error) from error
        metadata: dict[str, str] = self._llama.metadata
        architecture = metadata.get("general.architecture", "")
        trained = int(metadata.get(f"{architecture}.context_length", context_tokens))
        self._path = path
        self._context: int = min(context_tokens, trained)
        blocks = int(metadata.get(f"{architecture}.block_count", 0))
        self._gpu_layers = min(layers, blocks + 1) if layers >= 0 else blocks + 1  # + 1: the output layer
        template = metadata.get("tokenizer.chat_template")
        self._stop = "" if template else PLAIN_STOP
        self._formatter = self._compile(template or PLAIN_TEMPLATE)

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and output may take together."""
        return self._context

    @property
    def metadata(self) -> dict[str, str]:
        """What the GGUF says of itself, by GGUF's keys (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""
        return dict(self._llama.metadata)

    @property
    def device(self) -> str:
        """What computes: "cpu", or "gpu, N layers"."""
        return f"gpu, {self._gpu_layers} layers" if self._gpu_layers else "cpu"

    def count_tokens(self, text: str) -> int:
        """How many tokens of the context the text takes."""
        return len(self._tokens(text, special=False))

    def stream(self, *, system: str, user: str, max_tokens: int, temperature: float, seed: int) -> Iterator[str]:
        """The answer to a system and a user message, piece by piece; temperature 0 always takes the likeliest token.

        It ends after `max_tokens`, at the end of the context, or where the model ends it.
        Raises EngineFailed: at once if the prompt leaves no room in the context, later if llama.cpp fails.
        """
        prompt = self._prompt(system, user)
        if len(prompt) >= self._context:
            raise EngineFailed(
                f"The prompt has {len(prompt)} tokens, the context holds {self._context}",
                hint="Give the model a larger context, or the prompt less evidence.",
            )
        _complaints().clear()
        return _until(self._stop, self._pieces(prompt, min(max_tokens, self._context - len(prompt)), temperature, seed))

    def close(self) -> None:
        """Frees the model's memory; it cannot be used afterwards."""
        self._llama.close()

    def _pieces(self, prompt: list[int], max_tokens: int, temperature: float, seed: int) -> Iterator[str]:
        if max_tokens < 1:
            return
        library, model = _llama_cpp(), self._llama._model
        # A cached beginning of the last prompt would round differently from a fresh one, and the same seed would then
        # not mean the same text.
        self._llama.reset()
        self._llama.set_seed(seed % RANDOM_SEED)
        characters = codecs.getincrementaldecoder("utf-8")("replace")  # a token may end within a character
        try:
            for count, token in enumerate(self._llama.generate(prompt, temp=temperature), start=1):
                if library.llama_vocab_is_eog(model.vocab, token):
                    break
                text = characters.decode(model.token_to_piece(token))
                if text:
                    yield text
                if count == max_tokens:
                    break
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"llama.cpp failed: {_detail(error)}") from error
        rest = characters.decode(b"", final=True)
        if rest:
            yield rest

    def _prompt(self, system: str, user: str) -> list[int]:
        """The tokens of the rendered chat template, its own parts with control tokens, the messages without.

        A template that refuses or drops a system message gets it in front of the user's.
        """
        rendered = self._render([{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}])
        if rendered is None or SYSTEM not in rendered:
            rendered = self._render([{"role": "user", "content": f"{SYSTEM}\n\n{USER}"}])
        if rendered is None or USER not in rendered:
            raise ModelCorrupt(f"The chat template of {self._path} renders no messages")
        begins = self._llama.token_bos()
        tokens: list[int] = []
        for piece in re.split(f"({SYSTEM}|{USER})", rendered):
            content = {SYSTEM: system, USER: user}.get(piece)
            if content is not None:
                tokens += self._tokens(content.strip(), special=False)
            elif piece:
                tokens += self._tokens(piece, special=True)
        if _llama_cpp().llama_vocab_get_add_bos(self._llama._model.vocab) and tokens[:1] != [begins]:
            tokens.insert(0, begins)
        return tokens

    def _render(self, messages: Sequence[dict[str, str]]) -> str | None:
        """The prompt, or None where the template refuses these messages."""
        try:
            prompt: str = self._formatter(messages=list(messages)).prompt
        except Exception:  # templates refuse by raising, and what is raised depends on the template
            return None
        return prompt

    def _compile(self, template: str) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        model, end, begin = self._llama._model, self._llama.token_eos(), self._llama.token_bos()
        try:
            return Jinja2ChatFormatter(
                template=template,
                eos_token=model.token_get_text(end) if end != -1 else "",
                bos_token=model.token_get_text(begin) if begin != -1 else "",
            )
        except Exception as error:  # jinja2's own classes
            raise ModelCorrupt(f"The chat template of {self._path} cannot be read: {error}") from error

    def _tokens(self, text: str, *, special: bool) -> list[int]:
        tokens: list[int] = self._llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special)
        return tokens


def _until(stop: str, pieces: Iterator[str]) -> Iterator[str]:
    """The pieces up to where their text first holds `stop` (if not empty)."""
    held = ""  # what may be the beginning of `stop`
    for piece in pieces:
        held += piece
        before, found, _ = held.partition(stop) if stop else (held, "", "")
        if found:
            if before:
                yield before
            return
        keep = next((size for size in range(len(stop) - 1, 0, -1) if held.endswith(stop[:size])), 0)
        ready, held = held[: len(held) - keep], held[len(held) - keep :]
        if ready:
            yield ready
    if held:
        yield held


def _require_gguf(path: Path) -> None:
    if not path.is_file():
        raise ModelMissing(f"No model file at {path}", hint="Name a GGUF file that is there.")
    with path.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise ModelCorrupt(f"{path} is not a GGUF file", hint="llama.cpp reads models in the GGUF format only.")


def _gpu_layers(gpu: Gpu, *, offload: bool) -> int:
    """How many layers to put on the GPU (-1: all). llama.cpp itself ignores the wish silently where it has no GPU."""
    if gpu in ("off", 0):
        return 0
    if gpu == "auto":
        return -1 if offload else 0
    if not offload:
        raise EngineUnavailable("llama.cpp has no GPU to put layers on", hint=GPU_HINT)
    return gpu if isinstance(gpu, int) else -1


@cache
def _complaints() -> list[str]:
    """The error lines that llama.cpp has logged, in place of its stderr."""
    return []


@cache
def _log_callback() -> Any:
    """Keeps what llama.cpp logs off stderr. Cached: the C side holds a bare pointer, so it must outlive every call."""
    import llama_cpp

    def log(level: int, text: bytes, _: object) -> None:
        if level == LOG_LEVEL_ERROR:
            _complaints().append(text.decode("utf-8", "replace").strip())
            del _complaints()[:-20]

    return llama_cpp.llama_log_callback(log)


@cache
def _llama_cpp() -> Any:
    try:
        import llama_cpp
    except Exception as error:  # ImportError, or OSError and RuntimeError when the shared library does not load
        raise EngineUnavailable(
            f"llama-cpp-python cannot be loaded: {error}", hint="Reinstall it: pip install llama-cpp-python"
        ) from error
    llama_cpp.llama_log_set(_log_callback(), None)
    return llama_cpp


def _load_error(path: Path, error: Exception) -> EngineFailed | ModelCorrupt:
    if "context" in str(error):  # the model is fine, its working memory could not be had
        return EngineFailed(
            f"llama.cpp cannot make room for {path}: {_detail(error)}", hint="Ask for a smaller context."
        )
    return ModelCorrupt(
        f"llama.cpp cannot load {path}: {_detail(error)}",
        hint="The file is damaged, or of a kind that this version of llama.cpp does not know.",
    )


def _detail(error: Exception) -> str:
    return _complaints()[0] if _complaints() else str(error)
