"""Which layers of a model go to which GPU: as many as fit, with room left for what computing itself takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engines.devices import Device, nvidia_device_present, usable
from engines.errors import EngineUnavailable
from engines.gguf_header import ModelSizes, sizes

Gpu = Literal["auto", "off", "all"] | int

BATCH = 512
"""Tokens that are computed at a time (llama.cpp's n_ubatch), which sizes the scratch memory."""

LEAST_HEADROOM = 300 << 20
HEADROOM = 0.05
"""What stays free of a device: the driver's own context and what other programs ask for; at least LEAST_HEADROOM."""

FLOAT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`layers` on the GPU (the output counts as one, so a model of 32 blocks has 33), `split` over the devices as
    shares, and in words what that is.
    """

    layers: int
    split: tuple[float, ...]
    says: str


CPU = Plan(layers=0, split=(), says="cpu")


UNUSED = replace(CPU, says="cpu, though an NVIDIA card is here: this build of llama.cpp cannot use it")
"""Where "auto" would have taken a card."""


def placed(
    wish: Gpu, devices: Sequence[Device], path: Path, *, context_tokens: int, hint: str, at_most: int | None = None
) -> Plan:
    """How to place the model in that GGUF file; as plan(), and UNUSED where a card is here that is none of the devices.

    Raises ModelCorrupt for a header that cannot be read.
    """
    if wish in ("off", 0):
        return CPU
    if wish == "auto" and not usable(devices):
        return UNUSED if nvidia_device_present() else CPU
    return plan(wish, devices, sizes(path), context_tokens=context_tokens, hint=hint, at_most=at_most)


def plan(
    wish: Gpu,
    devices: Sequence[Device],
    model: ModelSizes,
    *,
    context_tokens: int,
    hint: str,
    at_most: int | None = None,
) -> Plan:
    """How to place the model. `wish`: "auto" (what fits), "off", "all", or a number of layers.

    at_most: no more layers than these, as more turned out not to fit. Raises EngineUnavailable, with the hint, if
    layers are demanded and no device can take any.
    """
    if wish in ("off", 0):
        return CPU
    cards = usable(devices)
    if not cards:
        if wish == "auto":
            return CPU
        raise EngineUnavailable("llama.cpp has no GPU to put layers on", hint=hint)
    every = len(model.blocks) + 1
    room = [_room(card, model, context_tokens) for card in cards]
    most = every if wish in ("auto", "all") else min(int(wish), every)
    if at_most is not None:
        most = min(most, at_most)
    fitting = next((layers for layers in range(most, 0, -1) if _fits(layers, room, model, context_tokens)), 0)
    layers = fitting if wish == "auto" else most
    if not layers:
        return Plan(layers=0, split=(), says=f"cpu: not one layer fits into the free memory of {_names(cards)}")
    doubt = "" if fitting >= layers else "; their free memory seems too small for that"
    if at_most is not None:
        doubt = "; more seemed to fit and did not"
    return Plan(layers=layers, split=_shares(room), says=f"gpu, {layers} of {every} layers on {_names(cards)}{doubt}")


def _room(card: Device, model: ModelSizes, context_tokens: int) -> int:
    """Bytes for weights and key-value cache: free memory less headroom and scratch memory.

    The scratch memory is that of the largest intermediate results of a batch: attention scores, the inner state of the
    feed-forward network, and scores of all words.
    """
    scratch = FLOAT * BATCH * (model.heads * context_tokens + 2 * model.feed_forward + model.vocabulary)
    return max(card.free - max(LEAST_HEADROOM, int(HEADROOM * card.total)) - scratch, 0)


def _shares(room: Sequence[int]) -> tuple[float, ...]:
    whole = sum(room)
    return tuple(one / whole if whole else 1 / len(room) for one in room)


def _fits(layers: int, room: Sequence[int], model: ModelSizes, context_tokens: int) -> bool:
    """Whether the last layers, dealt out in order by the devices' shares as llama.cpp does, fit on each device."""
    costs = [weights + context_tokens * kept for weights, kept in zip(model.blocks, model.kv_token, strict=True)]
    costs.append(model.output)
    placed = [0] * len(room)
    ends = [sum(_shares(room)[: at + 1]) for at in range(len(room))]
    for at, cost in enumerate(costs[-layers:]):
        place = next((number for number, end in enumerate(ends) if at / layers < end), len(room) - 1)
        placed[place] += cost
    return all(taken <= free for taken, free in zip(placed, room, strict=True))


def _names(cards: Sequence[Device]) -> str:
    return " and ".join(card.description or card.name for card in cards)
