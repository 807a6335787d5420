"""Which texts go through an encoder together: like lengths, and as many as the device has room for."""

from __future__ import annotations

from collections.abc import Sequence

from engines.devices import DeviceProbe

CPU_TOKENS = 2048
"""Padded tokens of a batch on the CPU: more make it no faster there."""

MOST_TOKENS = 65_536
GPU_SHARE = 0.25
BYTES_A_TOKEN = 160
"""Of a card's free memory, a batch may take this share, at so many bytes a token and dimension of the inner states:
those of a layer and the attention scores of texts of some 500 tokens."""


def batch_tokens(device: str, width: int, probe: DeviceProbe) -> int:
    """Padded tokens of a batch on that device ("gpu" or "cpu"), for a model whose inner states have that width.

    Of several cards the one with the least free memory counts: which of them is used is the library's choice.
    """
    if device == "cpu":
        return CPU_TOKENS
    free = min((card.free for card in probe.devices() if card.kind == "gpu"), default=0)
    return max(CPU_TOKENS, min(MOST_TOKENS, int(GPU_SHARE * free / (BYTES_A_TOKEN * width))))


def batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Places of the texts in batches of at most so many padded tokens (or of one text), longest first.

    Texts of like length share a batch, so that little padding is computed; the longest start first, so that threads
    finish together. Texts of length 0 are left out.
    """
    order = sorted((at for at in range(len(lengths)) if lengths[at]), key=lambda at: -lengths[at])
    found: list[list[int]] = []
    for at in order:
        if found and (len(found[-1]) + 1) * lengths[found[-1][0]] <= tokens:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def even_batches(lengths: Sequence[int], tokens: int, threads: int) -> list[list[int]]:
    """The batches that batches() gives for the fewest tokens with which each thread still gets equally many of them.

    So of a few texts no thread gets two batches while another waits for it. No batch has more tokens than batches()
    allows.
    """
    found = batches(lengths, tokens)
    count = -(-len(found) // threads) * threads
    least, most = max(lengths, default=0), tokens
    while least < most:
        middle = (least + most) // 2
        if len(batches(lengths, middle)) <= count:
            most = middle
        else:
            least = middle + 1
    return batches(lengths, most)
