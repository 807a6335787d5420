"""Distils the static embedder from MiniLM: one int8 vector for every entry of the vocabulary.

    python -m engines.build.distill_static model.safetensors tokenizer.json out/

writes out/vectors.npy, int8 (vocabulary, 256), and out/scales.npy, float32 (vocabulary,). A text's vector is the sum of
scale * vector over its tokens, brought to length 1. No corpus and no training:

1. Every entry goes through the model alone, as [CLS] entry [SEP]; its own last hidden state is taken (that of the mean
   over the three retrieves worse: [CLS] and [SEP] say little and weigh two thirds).
2. The mean is removed and the 384 dimensions are cut to the 256 of largest variance (PCA), as in model2vec
   (https://github.com/MinishLab/model2vec) and after Arora et al. 2017, "A simple but tough-to-beat baseline".
3. Frequent words count less: weight = a / (a + p) (SIF, same paper). Word frequencies p are not published with the
   model, but its vocabulary is in order of frequency, so p ~ 1 / rank (Zipf) and weight = rank / (rank + HALF_RANK).
   HALF_RANK was chosen on FriendsQA, Molweni and QMSum (recall of the turn that answers a question); anything between
   50 and 400 does about as well.
4. int8, one scale an entry, into which the weight goes as well: the cosine to the unrounded vector is 0.9999.

Special tokens ([UNK] too) are all zero: they say nothing.
Two runs on one machine give the same bytes; another processor may round a handful of values differently.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engines.build import export_minilm
from engines.build import weights as minilm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

DIMENSION = 256
HALF_RANK = 150
CLS, SEP = 101, 102
FIRST_PRINTABLE = 999  # ids below are special and unused entries
FIRST_WORD = 1996  # "the": entries from here on are in order of frequency; characters, before, count as frequent
BATCH = 512


def own_states(encoder: bytes, size: int) -> Floats:
    """float32 (size, 384): the last hidden state of every entry, alone between [CLS] and [SEP]."""
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # no thread may change the order of a sum
    session = ort.InferenceSession(encoder, options, providers=["CPUExecutionProvider"])
    ids = np.stack([np.full(size, CLS), np.arange(size), np.full(size, SEP)], axis=1).astype(np.int64)
    parts = []
    for start in range(0, size, BATCH):
        part = ids[start : start + BATCH]
        (tokens,) = session.run(None, {"input_ids": part, "attention_mask": np.ones_like(part)})
        parts.append(tokens[:, 1])
    return np.concatenate(parts)


def distil(states: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """The table of the module's docstring from the states (vocabulary, 384): int8 vectors and float32 scales."""
    import numpy as np

    size = len(states)
    centred = states.astype(np.float64) - states.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred / size)  # variances ascend
    principal = directions[:, ::-1][:, :DIMENSION]
    # An eigenvector's sign is arbitrary: its largest part is made positive, so that every build agrees.
    largest = principal[np.abs(principal).argmax(axis=0), np.arange(DIMENSION)]
    vectors = centred @ (principal * np.sign(largest))
    vectors[:FIRST_PRINTABLE] = 0
    rank = np.maximum(np.arange(size) - (FIRST_WORD - 1), 1)
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
    levels = np.rint(vectors / scales[:, None]).astype(np.int8)
    return levels, (scales * rank / (rank + HALF_RANK)).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.build.distill_static", description=__doc__.splitlines()[0])
    parser.add_argument("safetensors", type=Path, help="model.safetensors of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("tokenizer", type=Path, help="tokenizer.json of the same model")
    parser.add_argument("output", type=Path, help="the folder to write vectors.npy and scales.npy into")
    options = parser.parse_args(arguments)
    import numpy as np
    from tokenizers import Tokenizer

    size = Tokenizer.from_file(str(options.tokenizer)).get_vocab_size()
    encoder = export_minilm.build(minilm.load(options.safetensors), precision="fp32")
    vectors, scales = distil(own_states(encoder, size))
    options.output.mkdir(parents=True, exist_ok=True)
    for name, array in (("vectors.npy", vectors), ("scales.npy", scales)):
        content = io.BytesIO()
        np.save(content, array)
        (options.output / name).write_bytes(content.getvalue())
        print(f"{options.output / name}: sha256 {hashlib.sha256(content.getvalue()).hexdigest()}")


if __name__ == "__main__":
    main()
