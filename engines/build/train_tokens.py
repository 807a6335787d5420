"""Tunes MiniLM's token vectors for late interaction: each word of a question meets the words that answer it.

    python -m engines.build.train_tokens model.safetensors tokenizer.json DATA TALKS OUT [--threads N]

DATA holds friendsqa.jsonl and molweni.jsonl as `tests/bench/development.py` writes them, TALKS the folders qmsum and
ubuntu_irc as they are published (see matched_talks.py); stories.py adds made-up talks. Needs torch and onnx; the result
needs neither. It takes about 25 minutes on one core. What was learnt is measured on scenes of FriendsQA and meetings of
QMSum that were left out.

A turn's score is the mean over the question's tokens of the best cosine with one of the turn's (MaxSim; Khattab and
Zaharia, SIGIR 2020); the turn that answers is to score above all other turns of the batch (InfoNCE; van den Oord et al.
2018). The published weights are then averaged with the tuned ones, which keeps what the tuning data has no word of
(WiSE-FT; Wortsman et al., CVPR 2022).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from engines.build import export_minilm, weights
from engines.build.bert import BEGIN, END, Bert
from engines.build.matched_talks import Matched, Said, asked, made_up, meetings, told

BATCH, RATE, WARM_UP, SHARPNESS = 32, 5e-5, 0.1, 20.0

QUESTION, LONGEST = 40, 110
"""Tokens."""

MOLWENI, IRC, STORIES = 1500, 2500, 4000
"""Examples of each; those of FriendsQA come twice."""

TUNED = 0.5
"""The share of the tuned weights in the result."""

VERY_LOW = -1e4


class Encoder:
    """Texts to token vectors, as the built-in encoder makes them: of length 1, without [CLS] and [SEP]."""

    def __init__(self, model: Bert, tokenizer: Tokenizer) -> None:
        self.model = model
        self._tokenizer = tokenizer

    def ids(self, text: str, limit: int) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids[:limit]
        return ids

    def vectors(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """(texts, longest, HIDDEN) and (texts, longest): 1 for a token, 0 for anything else."""
        longest = max(len(row) for row in rows) + 2
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        inside = torch.zeros(len(rows), longest)
        for at, row in enumerate(rows):
            ids[at, : len(row) + 2] = torch.tensor([BEGIN, *row, END])
            inside[at, 1 : len(row) + 1] = 1
        states = self.model.states(ids, (ids != 0).long())
        return functional.normalize(states, dim=-1), inside


def scores(questions: tuple[torch.Tensor, torch.Tensor], turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """(questions, turns): MaxSim, divided by the number of the question's tokens."""
    (asked_vectors, asked_inside), (said_vectors, said_inside) = questions, turns
    matches = torch.einsum("qih,djh->qdij", asked_vectors, said_vectors)
    best = matches.masked_fill(said_inside[None, :, None, :] == 0, VERY_LOW).amax(-1)
    return (best * asked_inside[:, None, :]).sum(-1) / asked_inside.sum(-1)[:, None]


def scored(encoder: Encoder, batch: Sequence[Matched]) -> tuple[torch.Tensor, list[Said]]:
    """Each question of a batch against all of its turns: the answers first, in order."""
    said = [one.answer for one in batch] + [other for one in batch for other in one.others]
    rows = [encoder.ids(one.text, LONGEST) for one in said]
    questions = encoder.vectors([encoder.ids(one.question, QUESTION) for one in batch])
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))  # turns of like length share a pass
    columns: list[torch.Tensor] = [torch.empty(0)] * len(rows)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        for column, at in zip(scores(questions, encoder.vectors([rows[at] for at in part])).T, part, strict=True):
            columns[at] = column
    return torch.stack(columns, 1), said


def measure(encoder: Encoder, data: Sequence[Matched], batch: int = 24) -> float:
    """Share of the questions whose answer scores above all turns of their batch that do not answer."""
    encoder.model.eval()
    first = []
    with torch.no_grad():
        for start in range(0, len(data) - batch + 1, batch):
            part = data[start : start + batch]
            found, said = scored(encoder, part)
            for at, one in enumerate(part):
                open_to = [place for place, turn in enumerate(said) if place == at or turn.key not in one.right]
                first.append(open_to[int(found[at, open_to].argmax())] == at)
    encoder.model.train()
    return fmean(first)


def tune(encoder: Encoder, train: Sequence[Matched], tests: Mapping[str, Sequence[Matched]]) -> None:
    """Tune the model (AdamW, the rate going up and then down in a straight line), telling how it goes."""
    learnt = [one for one in encoder.model.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
    steps = len(train) // BATCH
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
    )
    encoder.model.train()
    losses = 0.0
    for step in range(steps):
        batch = train[step * BATCH : (step + 1) * BATCH]
        found, said = scored(encoder, batch)
        also_right = torch.tensor(
            [[place != at and turn.key in one.right for place, turn in enumerate(said)] for at, one in enumerate(batch)]
        )
        loss = functional.cross_entropy((found * SHARPNESS).masked_fill(also_right, VERY_LOW), torch.arange(len(batch)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        rate.step()
        losses += float(loss.detach())
        if (step + 1) % 25 == 0:
            print(f"{step + 1}/{steps} loss {losses / 25:.3f}", flush=True)
            losses = 0.0
    print({name: round(measure(encoder, data), 3) for name, data in tests.items()}, flush=True)


def averaged(published: dict[str, torch.Tensor], tuned: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """TUNED of the tuned weights and the rest of the published ones."""
    return {name: (1 - TUNED) * one + TUNED * tuned[name] for name, one in published.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.build.train_tokens")
    parser.add_argument("safetensors", type=Path, help="model.safetensors of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("tokenizer", type=Path, help="its tokenizer.json")
    parser.add_argument("data", type=Path, help="the folder of friendsqa.jsonl and molweni.jsonl")
    parser.add_argument("talks", type=Path, help="the folder of qmsum and ubuntu_irc")
    parser.add_argument("out", type=Path, help="the folder to write model.onnx to")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    chance = random.Random(0)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    friends = asked(options.data / "friendsqa.jsonl", chance)
    tests = {"friendsqa": asked(options.data / "friendsqa.jsonl", chance, measuring=True)[:480]}
    ubuntu = asked(options.data / "molweni.jsonl", chance)[:MOLWENI]
    train = [*friends, *friends, *ubuntu, *meetings(options.talks / "qmsum", chance)]
    tests["qmsum"] = list(meetings(options.talks / "qmsum", chance, measuring=True))[:240]
    train += [*told(options.talks / "ubuntu_irc", chance)[:IRC], *made_up(STORIES, chance)]
    chance.shuffle(train)
    print(f"{len(train)} questions to tune on", flush=True)
    published = {name: torch.from_numpy(one.copy()) for name, one in weights.load(options.safetensors).items()}
    encoder = Encoder(Bert({name: one.clone() for name, one in published.items()}), tokenizer)
    print("before:", {name: round(measure(encoder, data), 3) for name, data in tests.items()}, flush=True)
    tune(encoder, train, tests)
    tensors = averaged(published, encoder.model.named())
    options.out.mkdir(parents=True, exist_ok=True)
    graph = export_minilm.build({name: one.numpy() for name, one in tensors.items()})
    (options.out / "model.onnx").write_bytes(graph)


if __name__ == "__main__":
    main()
