"""Trains the reader: MiniLM, tuned to point at the words of a turn that answer a question, or to say that none do.

    python -m engines.build.train_reader model.safetensors tokenizer.json DATA OUT [--epochs N] [--threads N]

DATA holds friendsqa.jsonl and molweni.jsonl as `tests/bench/development.py` writes them (see asked_talks.py);
stories.py adds made-up talks. Needs torch and onnx; the result needs neither. Two epochs take about 15 minutes on one
core. What it learnt is measured on scenes of FriendsQA that were left out.

What the model reads is `[CLS] question [SEP] speaker: text [SEP]`; a layer over the last hidden states gives each token
a score as start and as end of the answer, and [CLS] stands for "no answer" (Devlin et al. 2019, "BERT"; Rajpurkar et
al. 2018, "Know What You Don't Know"). OUT gets model.onnx, as export_minilm makes it, and head.npy, float32 (2, 385):
that layer's weights for start and end with their bias.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from engines.build import export_minilm, weights
from engines.build.asked_talks import THE_SPEAKER, held_out, read
from engines.build.bert import BEGIN, END, HIDDEN, Bert
from engines.build.stories import Example, examples

BATCH, RATE, WARM_UP = 32, 1e-4, 0.1

QUESTION, LONGEST, LONGEST_ANSWER = 48, 160, 24
"""Tokens."""

MOLWENI, STORIES = 2200, 5000
"""Examples of either: Molweni asks much alike of talks on Ubuntu, and would drown the rest."""

VERY_LOW = -1e4


class Reader(Bert):
    """MiniLM with a layer of two scores a token."""

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(batch, length) -> (batch, length, 2): scores of start and end."""
        return self.linear("answer", self.states(ids, mask))


class Encoded:
    """An example as ids, with the places of its answer's first and last token (0, 0: none).

    Raises ValueError if the answer lies beyond what is read.
    """

    def __init__(self, tokenizer: Tokenizer, one: Example) -> None:
        question = tokenizer.encode(one.question, add_special_tokens=False).ids[:QUESTION]
        said = tokenizer.encode(f"{one.speaker}: {one.text}", add_special_tokens=False)
        head = [BEGIN, *question, END]
        self.ids = [*[*head, *said.ids][: LONGEST - 1], END]
        self.start = self.end = 0
        if one.answer is None:
            return
        shift = len(one.speaker) + 2
        first, last = (0, len(one.speaker)) if one.answer == THE_SPEAKER else (place + shift for place in one.answer)
        inside = [at for at, (low, high) in enumerate(said.offsets, len(head)) if low < last and high > first]
        if inside:
            self.start, self.end = inside[0], inside[-1]
        if self.end >= len(self.ids) - 1:
            raise ValueError("the answer lies beyond what is read")


def encoded(tokenizer: Tokenizer, data: Iterable[Example]) -> list[Encoded]:
    """The examples whose answer is within reach."""
    found = []
    for one in data:
        with suppress(ValueError):
            found.append(Encoded(tokenizer, one))
    return found


def batches(data: Sequence[Encoded], chance: random.Random) -> list[list[Encoded]]:
    """Examples of like length together, in random order."""
    order = sorted(data, key=lambda one: len(one.ids) + chance.random() * 8)
    made = [list(order[at : at + BATCH]) for at in range(0, len(order), BATCH)]
    chance.shuffle(made)
    return made


def scores_of(model: Reader, batch: Sequence[Encoded]) -> torch.Tensor:
    """(batch, longest, 2): scores of start and end, very low for padding."""
    length = max(len(one.ids) for one in batch)
    ids = torch.tensor([one.ids + [0] * (length - len(one.ids)) for one in batch])
    mask = (ids != 0).long()
    return model(ids, mask).masked_fill(mask[..., None] == 0, VERY_LOW)


def measure(model: Reader, data: Sequence[Encoded]) -> str:
    """Mean F1 of the best span's tokens where there is an answer, and the shares of both kinds said to have none."""
    model.eval()
    f1: list[float] = []
    declined: dict[bool, list[bool]] = {True: [], False: []}
    with torch.no_grad():
        for at in range(0, len(data), BATCH):
            part = data[at : at + BATCH]
            for one, (starts, ends) in zip(part, (row.T for row in scores_of(model, part)), strict=True):
                spans = starts[:, None] + ends[None, :]
                spans = spans.masked_fill(~torch.ones_like(spans).triu().tril(LONGEST_ANSWER).bool(), VERY_LOW)
                nothing = float(spans[0, 0])
                spans[0] = VERY_LOW
                start, end = divmod(int(spans.argmax()), spans.shape[1])
                declined[one.start > 0].append(float(spans.max()) <= nothing)
                if one.start:
                    shared = max(0, min(end, one.end) - max(start, one.start) + 1)
                    f1.append(2 * shared / (end - start + 1 + one.end - one.start + 1))
    model.train()
    return (
        f"F1 {fmean(f1):.3f} of {len(f1)} with an answer, of which {fmean(declined[True]):.3f} are declined; of "
        f"{len(declined[False])} without {fmean(declined[False]):.3f}"
    )


def tune(model: Reader, train: Sequence[Encoded], test: Sequence[Encoded], epochs: int, chance: random.Random) -> None:
    """Tune the model (AdamW, the rate going up and then down in a straight line), telling how it goes."""
    learnt = [one for one in model.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
    steps = epochs * ((len(train) + BATCH - 1) // BATCH)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
    )
    model.train()
    done, losses = 0, 0.0
    for epoch in range(epochs):
        for batch in batches(train, chance):
            scores = scores_of(model, batch)
            loss = functional.cross_entropy(scores[..., 0], torch.tensor([one.start for one in batch]))
            loss = loss + functional.cross_entropy(scores[..., 1], torch.tensor([one.end for one in batch]))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            optimiser.zero_grad()
            rate.step()
            done += 1
            losses += float(loss.detach())
            if done % 25 == 0:
                print(f"{done}/{steps} loss {losses / 25:.3f}", flush=True)
                losses = 0.0
        print(f"epoch {epoch + 1}: {measure(model, test)}", flush=True)


def export(model: Reader, folder: Path) -> None:
    """Write model.onnx and head.npy."""
    tensors = {name: one.numpy() for name, one in model.named().items()}
    head = np.concatenate([tensors.pop("answer.weight"), tensors.pop("answer.bias")[:, None]], axis=1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(export_minilm.build(tensors))
    np.save(folder / "head.npy", head.astype(np.float32))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.build.train_reader")
    parser.add_argument("safetensors", type=Path, help="model.safetensors of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("tokenizer", type=Path, help="its tokenizer.json")
    parser.add_argument("data", type=Path, help="the folder of friendsqa.jsonl and molweni.jsonl")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    chance = random.Random(0)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    friends = list(read(options.data / "friendsqa.jsonl", chance))
    molweni = [one for _, one in read(options.data / "molweni.jsonl", chance)]
    chance.shuffle(molweni)
    talks = [one for session, one in friends if not held_out(session)]
    train = encoded(tokenizer, [*talks, *molweni[:MOLWENI], *examples(STORIES, seed=0)])
    test = encoded(tokenizer, (one for session, one in friends if held_out(session)))
    print(f"{len(train)} examples to train on, {len(test)} held out", flush=True)
    tensors = {name: torch.from_numpy(one.copy()) for name, one in weights.load(options.safetensors).items()}
    tensors["answer.weight"] = torch.randn(2, HIDDEN) * 0.02
    tensors["answer.bias"] = torch.zeros(2)
    model = Reader(tensors)
    tune(model, train, test, options.epochs, chance)
    export(model, options.out)


if __name__ == "__main__":
    main()
