"""Text from a GGUF model through llama.cpp (llama-cpp-python)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from engines.devices import DeviceProbe
from engines.errors import EngineFailed, ModelCorrupt, ModelMissing
from engines.gbnf import check
from engines.gguf_header import MAGIC
from engines.layers import Gpu, Plan, placed
from engines.llama_library import GPU_HINT, LlamaProbe, build, complaints, detail, llama_cpp, load_error
from engines.prompt_states import PromptStates, fingerprint
from engines.protocols import Request, Run
from engines.runtime import cores
from engines.thoughts import left_open, without_thoughts

FIRST_CONTEXT = 2048
"""Tokens that the context has at first, if so many are allowed; it grows when a prompt needs more."""

CONTEXT_STEP = 1024

PLAIN_TEMPLATE = (
    "{% for message in messages %}### {{ message['role'] | capitalize }}:\n{{ message['content'] }}\n\n{% endfor %}"
    "### Assistant:\n"
)
"""What is used for a model that brings no chat template."""

PLAIN_STOP = "### User:"
"""Where a model without a template goes on to write the next question itself: its answer ended before."""

NO_DAY = "1970-01-01"
"""What a template that tells the day is given where nobody says which: today's would change the text every day."""

RANDOM_SEED = 0xFFFFFFFF
"""What llama.cpp takes for "choose one yourself"."""

SYSTEM, USER = "\ue000system\ue000", "\ue000user\ue000"
"""Stand in for the two messages while the chat template is rendered (private-use characters, which no template has)."""


class Prompt(NamedTuple):
    """The tokens of a prompt, where beginnings of it end that other prompts share (ascending), and whether the chat
    template has the model think aloud first.
    """

    tokens: list[int]
    shared: list[int]
    thinking: bool


class LlamaGenerator:
    """A Generator over a GGUF file.

    `context_tokens` is how many tokens prompt and output may take together (0: as many as the model was trained for);
    memory is taken for as many as a prompt has needed so far. `gpu`: "auto" puts as many layers on GPUs as fit, where
    this build of llama.cpp has one to use, and else stays on the CPU; "off"; "all"; or a number of layers. `threads`: 0
    for one a core. The same seed on the same machine gives the same text, whatever was asked before.

    `states` is a folder for the computed beginnings of prompts, of at most `state_bytes` together: see
    engines/prompt_states.py. With it or without, the text is the same to the bit: a beginning is always computed apart
    from what follows it.

    The chat template is the GGUF's own; without one PLAIN_TEMPLATE is used. What the messages say is never read as
    control tokens: a memory that holds "<|im_end|>" or the like stays text.

    Raises ModelMissing; ModelCorrupt for what llama.cpp cannot load; EngineUnavailable where a GPU is demanded of a
    build without one, or llama-cpp-python is missing; EngineFailed where there is not memory enough.
    """

    def __init__(
        self,
        path: Path,
        *,
        context_tokens: int = 0,
        gpu: Gpu = "auto",
        threads: int = 0,
        states: Path | None = None,
        state_bytes: int = 0,
        probe: DeviceProbe | None = None,
    ) -> None:
        _require_gguf(path)
        llama_cpp()
        self._path = path
        self._gpu = gpu
        self._threads = threads or cores()
        self._probe = probe or LlamaProbe()
        self._load(min(context_tokens or FIRST_CONTEXT, FIRST_CONTEXT))
        metadata: dict[str, str] = self._llama.metadata
        architecture = metadata.get("general.architecture", "")
        trained = int(metadata.get(f"{architecture}.context_length", context_tokens or FIRST_CONTEXT))
        self._context: int = min(context_tokens or trained, trained)
        template = metadata.get("tokenizer.chat_template")
        self._stop = "" if template else PLAIN_STOP
        self._formatter = self._compile(template or PLAIN_TEMPLATE)
        self._last_run: Run | None = None
        self._print = f"{fingerprint(path)} {build()}" if states is not None else ""
        self._states = PromptStates(states, state_bytes, self._owner())

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
        """What computes: "cpu", or "gpu, N of M layers on NAME"; with the reason where "auto" found no room."""
        return self._plan.says

    @property
    def last_run(self) -> Run | None:
        """How the last stream() went, once it has ended."""
        return self._last_run

    def count_tokens(self, text: str) -> int:
        """How many tokens of the context the text takes."""
        return len(self._tokens(text, special=False))

    def stream(self, request: Request) -> Iterator[str]:
        """The answer, piece by piece. It ends after `max_tokens`, at the end of the context, or where the model ends
        it: `last_run` tells.

        Raises EngineFailed: at once if the prompt leaves no room in the context, later if llama.cpp fails.
        """
        if request.grammar:
            check(request.grammar)
        self._formatter.strftime_now = datetime.fromisoformat(request.today or NO_DAY).strftime
        prompt = self._prompt(request.system, request.user, request.stable)
        if len(prompt.tokens) >= self._context:
            raise EngineFailed(
                f"The prompt has {len(prompt.tokens)} tokens, the context holds {self._context}",
                hint="Give the model a larger context, or the prompt less evidence.",
            )
        complaints().clear()
        room = min(request.max_tokens, self._context - len(prompt.tokens))
        self._make_room(len(prompt.tokens) + room)
        self._last_run = None
        pieces = self._pieces(prompt, room, request)
        if not request.grammar:  # which no thoughts come before
            pieces = without_thoughts(pieces, begun=prompt.thinking)
        return _until(self._stop, pieces)

    def close(self) -> None:
        """Frees the model's memory; it cannot be used afterwards."""
        self._states.close()
        self._llama.close()

    def _load(self, context_tokens: int) -> None:
        """Load the model with a context of that size, and place its layers. Where what seemed to fit does not, "auto"
        goes on with fewer layers, and with none in the end.
        """
        wanted = self._placed(context_tokens)
        while True:
            try:
                self._open(context_tokens, wanted)
                break
            except EngineFailed:
                if self._gpu != "auto" or not wanted.layers:
                    raise
                wanted = self._placed(context_tokens, at_most=wanted.layers * 3 // 4)
        self._plan = wanted
        self._computed_to: list[int] = []  # where beginnings end that the context holds as they were computed apart

    def _open(self, context_tokens: int, wanted: Plan) -> None:
        off = wanted.layers == 0
        complaints().clear()
        try:
            self._llama = llama_cpp().Llama(
                str(self._path),
                n_ctx=context_tokens,
                n_gpu_layers=wanted.layers,
                tensor_split=list(wanted.split) if len(wanted.split) > 1 else None,
                offload_kqv=not off,
                op_offload=not off,  # else a build with a GPU uses it for long prompts all the same
                n_threads=self._threads,
                n_threads_batch=self._threads,
                verbose=False,
            )
        except Exception as error:  # a ValueError today; whatever a broken file provokes is the file's fault
            raise load_error(self._path, error) from error

    def _placed(self, context_tokens: int, *, at_most: int | None = None) -> Plan:
        devices = [] if self._gpu in ("off", 0) else self._probe.devices()
        return placed(self._gpu, devices, self._path, context_tokens=context_tokens, hint=GPU_HINT, at_most=at_most)

    def _make_room(self, tokens: int) -> None:
        """Let the context hold so many tokens. The model is loaded anew: its layers may have to be placed otherwise."""
        have: int = self._llama.n_ctx()
        if tokens > have:
            self._llama.close()
            rounded = -(-tokens // CONTEXT_STEP) * CONTEXT_STEP
            self._load(min(max(rounded, 2 * have), max(self._context, tokens)))
            self._states.owner = self._owner()

    def _owner(self) -> str:
        """Whose states may be used here: this model's, by this build, on these devices, which round in their ways."""
        return f"{self._print} {self._plan.layers} {self._plan.split}"

    def _pieces(self, prompt: Prompt, room: int, request: Request) -> Iterator[str]:
        written = evaluated = 0
        stop: Literal["end", "length", "context"] = "end"
        library, model = llama_cpp(), self._llama._model
        self._llama.set_seed(request.seed % RANDOM_SEED)
        rules = library.LlamaGrammar.from_string(request.grammar, verbose=False) if request.grammar else None
        characters = codecs.getincrementaldecoder("utf-8")("replace")  # a token may end within a character
        try:
            if room > 0:
                evaluated = self._begin(prompt)
                for token in self._llama.generate(prompt.tokens, temp=request.temperature, grammar=rules):
                    if library.llama_vocab_is_eog(model.vocab, token):
                        break
                    written += 1
                    # llama-cpp-python gives the whole buffer, padded with zeros
                    text = characters.decode(model.token_to_piece(token).rstrip(b"\0"))
                    if text:
                        yield text
                    if written == room:
                        stop = "length" if room == request.max_tokens else "context"
                        break
            else:
                stop = "length"
            rest = characters.decode(b"", final=True)
            if rest:
                yield rest
        except (RuntimeError, ValueError) as error:
            self._computed_to = []
            raise EngineFailed(f"llama.cpp failed: {detail(error)}") from error
        finally:
            self._last_run = Run(
                stop=stop, prompt_tokens=len(prompt.tokens), evaluated_tokens=evaluated, written_tokens=written
            )

    def _begin(self, prompt: Prompt) -> int:
        """Bring the context to the end of the shared beginning of the prompt. Returns how many of the prompt's tokens
        are computed for it, here and by what follows.

        The rounding of what is computed depends on where a batch begins and ends. Each beginning is computed apart, so
        that it has the same bits whether it was kept or not, and the same seed means the same text.
        """
        llama, tokens = self._llama, prompt.tokens
        done = self._held(prompt)
        if not done:
            llama.reset()
            self._computed_to = []
            for end in reversed(prompt.shared):
                state = self._states.get(tokens[:end])
                if state is not None and self._restore(tokens[:end], state):
                    done = end
                    self._computed_to = [at for at in prompt.shared if at <= end]
                    break
        reused = done
        for end in prompt.shared:
            if end > done:
                llama.eval(tokens[done:end])
                done = end
                self._computed_to.append(end)
                self._states.put(tokens[:end], self._state())
        return len(tokens) - reused

    def _held(self, prompt: Prompt) -> int:
        """How much of the prompt's shared beginning the context still holds from the question before."""
        llama = self._llama
        for end in reversed(prompt.shared):
            same = end in self._computed_to and llama._input_ids[:end].tolist() == prompt.tokens[:end]
            if same and llama._ctx.kv_cache_seq_rm(-1, end, -1):
                llama.n_tokens = end
                llama._requires_eval = True
                self._computed_to = [at for at in self._computed_to if at <= end]
                return end
        return 0

    def _state(self) -> bytes:
        from ctypes import c_uint8

        library, context = llama_cpp(), self._llama._ctx.ctx
        buffer = (c_uint8 * library.llama_state_seq_get_size(context, 0))()
        size = library.llama_state_seq_get_data(context, buffer, len(buffer), 0)
        return bytes(memoryview(buffer)[:size])

    def _restore(self, tokens: Sequence[int], state: bytes) -> bool:
        from ctypes import c_uint8

        llama = self._llama
        buffer = (c_uint8 * len(state)).from_buffer_copy(state)
        if not llama_cpp().llama_state_seq_set_data(llama._ctx.ctx, buffer, len(buffer), 0):
            llama.reset()
            return False
        llama.input_ids[: len(tokens)] = tokens
        llama.n_tokens = len(tokens)
        llama._requires_eval = True
        return True

    def _prompt(self, system: str, user: str, stable: str = "") -> Prompt:
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
        shared: list[int] = []
        for piece in re.split(f"({SYSTEM}|{USER})", rendered):
            if piece == SYSTEM:
                tokens += self._tokens(system.strip(), special=False)
            elif piece == USER:
                shared.append(len(tokens))
                if stable:
                    tokens += self._tokens(stable, special=False)
                    shared.append(len(tokens))
                tokens += self._tokens(user.strip(), special=False)
            elif piece:
                tokens += self._tokens(piece, special=True)
        if llama_cpp().llama_vocab_get_add_bos(self._llama._model.vocab) and tokens[:1] != [begins]:
            tokens.insert(0, begins)
            shared = [end + 1 for end in shared]
        return Prompt(tokens, [end for end in shared if 0 < end < len(tokens)], left_open(rendered))

    def _render(self, messages: Sequence[dict[str, str]]) -> str | None:
        """The prompt, or None where the template refuses these messages. Thinking is switched off where it can be."""
        try:
            prompt: str = self._formatter(messages=list(messages), enable_thinking=False).prompt
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
