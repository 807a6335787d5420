"""Builds the MiniLM token encoder (ONNX) from the published weights, without torch.

    python -m engines.build.export_minilm model.safetensors out/model.onnx

The graph: `input_ids`, `attention_mask` int64 (batch, length), length <= 256 -> `tokens` float32 (batch, length, 384),
the last hidden states as they are (not of length 1, special tokens included).

How it is made small and fast, while a text's vectors stay independent of the texts that share its batch:

- Weights are int8 with one scale an output channel, small enough that two neighbours with their uint8 add up in 16
  bits, as processors without VNNI add them: what passes is cut there, and vectors and answers would differ by
  processor. Word embeddings are int8 with one scale a row.
- Activations become uint8 with one scale *a token*, computed from that token alone (per-token dynamic quantisation,
  as in ZeroQuant, Yao et al. 2022). ONNX Runtime's own dynamic quantisation takes one scale from the whole batch,
  which is what makes its vectors depend on batch-mates.
- A few channels after layer normalisation are many times larger than the rest and would eat the 8 bits. Their size is
  moved into the weights first (SmoothQuant, Xiao et al. 2023). The peaks are taken from sequences of evenly picked
  vocabulary words, so that no corpus is needed.
- uint8 x int8 is the product that processors have an instruction for (VNNI and its like).
- Biases before a residual sum are carried by the layer normalisation that made the residual and taken out again from
  the biases behind it: one pass over memory less each.

`--precision fp32` writes the same model unquantised: the reference for tests and for `distill_static`.
Two runs on one machine give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engines.build import weights as minilm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Doubles = npt.NDArray[np.float64]

Precision = Literal["int8", "fp32"]

MAX_TOKENS = 256
CONTRIB = "com.microsoft"  # operators that every build of ONNX Runtime has
LEVELS = 127  # int8 without -128: symmetric
PAIR = 128  # 255 times as much is the most that fits 16 bits with a sign
MIDDLE = 128  # the zero of signed values stored as uint8
GELU_ZERO = 20  # the zero of GELU outputs stored as uint8: they reach from -0.17 up, so few levels go below zero
GELU_LOWEST = 0.17
FIRST_WORD, LAST_WORD = 1996, 29612  # "the" ... the last id of the vocabulary that is a whole word or a letter


class _Graph:
    """Collects nodes and constants of an ONNX graph."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        """The name of a constant; equal ones are kept once."""
        import numpy as np
        from onnx import numpy_helper

        array = np.asarray(value, order="C")
        name = "w" + hashlib.sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).hexdigest()[:12]
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def add(self, kind: str, *inputs: str, outputs: str = "", contrib: bool = False, **attributes: Any) -> str:
        """Appends a node and gives the name of its output."""
        from onnx import helper

        name = outputs or f"{kind}_{len(self.nodes)}"
        domain = CONTRIB if contrib else ""
        node = helper.make_node(kind, list(inputs), [name], name=f"node_{name}", domain=domain, **attributes)
        self.nodes.append(node)
        return name


class _Encoder:
    """Writes the layers of the model into a graph, in one of the two precisions."""

    def __init__(self, tensors: Mapping[str, Floats], layers: int, precision: Precision) -> None:
        self.tensors = tensors
        self.layers = layers
        self.precision = precision
        self.graph = _Graph()
        self.peaks = minilm.activation_peaks(tensors, _calibration(), layers) if precision == "int8" else {}

    def write(self) -> None:
        """The whole model, from `input_ids` to `tokens`."""
        import numpy as np
        from onnx import TensorProto

        g = self.graph
        length = g.add("Shape", "input_ids", start=1, end=2)
        zero = g.constant(np.array([0], np.int64))
        places = g.add("Slice", g.constant(minilm.positions(self.tensors, MAX_TOKENS)), zero, length, zero)
        x = self._normalise("embeddings.LayerNorm", g.add("Add", self._words(), places), self._carried(0, "attention."))
        mask = g.add("Cast", "attention_mask", to=TensorProto.INT32)
        for layer in range(self.layers):
            x = self._layer(layer, x, mask)
        g.nodes[-1].output[0] = "tokens"

    def _words(self) -> str:
        g, table = self.graph, self.tensors["embeddings.word_embeddings.weight"]
        if self.precision == "fp32":
            return g.add("Gather", g.constant(table), "input_ids")
        from onnx import TensorProto

        levels, scales = _int8(table, axis=1)
        found = g.add("Cast", g.add("Gather", g.constant(levels), "input_ids"), to=TensorProto.FLOAT)
        return g.add("Mul", found, g.add("Gather", g.constant(scales), "input_ids"))

    def _layer(self, layer: int, x: str, mask: str) -> str:
        import numpy as np

        g, prefix = self.graph, f"encoder.layer.{layer}."
        names = [f"attention.self.{name}" for name in ("query", "key", "value")]
        projections = [self._weight(prefix + name) for name in names]
        biases = [self._bias(prefix + name) for name in names]
        carried = self._carried(layer, "attention.")
        biases = [bias - carried @ weight for bias, weight in zip(biases, projections, strict=True)]
        output = self._weight(prefix + "attention.output.dense")
        if self.precision == "int8":  # the context's channels are evened out for free: in the values that it mixes
            smooth = _smoothing(self.peaks[layer, "context"], output)
            projections[2], biases[2], output = projections[2] / smooth, biases[2] / smooth, output * smooth[:, None]
        parts = self._products(x, projections, self.peaks.get((layer, "layer")))
        bias = g.constant(np.concatenate(biases).astype(np.float32))
        context = g.add("MultiHeadAttention", *parts, bias, mask, contrib=True, num_heads=minilm.HEADS)
        (out,) = self._products(context, [output])
        carried = self._carried(layer, "")
        x = self._normalise(prefix + "attention.output.LayerNorm", g.add("Add", out, x), carried)

        first, second = self._weight(prefix + "intermediate.dense"), self._weight(prefix + "output.dense")
        bias = g.constant((self._bias(prefix + "intermediate.dense") - carried @ first).astype(np.float32))
        (hidden,) = self._products(x, [first], self.peaks.get((layer, "middle")))
        hidden = g.add("BiasGelu", hidden, bias, contrib=True)
        out = self._after_gelu(hidden, second)
        carried = self._carried(layer + 1, "attention.")
        return self._normalise(prefix + "output.LayerNorm", g.add("Add", out, x), carried)

    def _products(self, x: str, matrices: Sequence[Doubles], peaks: Floats | None = None) -> list[str]:
        """x (…, n) times each matrix (n, m); `peaks` (n,) are the largest values of the channels of x, if uneven."""
        import numpy as np

        g = self.graph
        if self.precision == "fp32":
            return [g.add("MatMul", x, g.constant(_float32(matrix))) for matrix in matrices]
        if peaks is not None:
            smooth = _smoothing(peaks, np.concatenate(matrices, axis=1))
            matrices = [matrix * smooth[:, None] for matrix in matrices]
            x = g.add("Mul", x, g.constant(_float32(1 / smooth)))
        peak = g.add("ReduceMax", g.add("Abs", x), g.constant(np.array([-1], np.int64)), keepdims=1)
        growth = g.add("Div", g.constant(np.float32(LEVELS)), peak)
        return self._quantised(x, growth, MIDDLE, matrices)

    def _after_gelu(self, x: str, matrix: Doubles) -> str:
        import numpy as np

        g = self.graph
        if self.precision == "fp32":
            return g.add("MatMul", x, g.constant(_float32(matrix)))
        levels = 255 - GELU_ZERO
        peak = g.add("ReduceMax", x, g.constant(np.array([-1], np.int64)), keepdims=1)
        # Below this peak the most negative value would fall under level 0 (and a peak of 0 could not be divided by).
        peak = g.add("Max", peak, g.constant(np.float32(levels * GELU_LOWEST / GELU_ZERO)))
        growth = g.add("Div", g.constant(np.float32(levels)), peak)
        return self._quantised(x, growth, GELU_ZERO, [matrix])[0]

    def _quantised(self, x: str, growth: str, zero: int, matrices: Sequence[Doubles]) -> list[str]:
        """x is multiplied by `growth` (one number a token), rounded to uint8, multiplied, and shrunk back."""
        import numpy as np

        g, one, offset = self.graph, self.graph.constant(np.float32(1)), self.graph.constant(np.uint8(zero))
        levels = g.add("QuantizeLinear", g.add("Mul", x, growth), one, offset)
        shrinkage = g.add("Reciprocal", growth)  # a product a number is cheaper than a division
        products = []
        for matrix in matrices:
            integers, scales = _paired(*_int8(matrix, axis=0))
            inputs = (levels, g.constant(integers), one, g.constant(scales.ravel()), offset)
            products.append(g.add("Mul", g.add("MatMulIntegerToFloat", *inputs, contrib=True), shrinkage))
        return products

    def _normalise(self, name: str, x: str, carried: Doubles) -> str:
        g = self.graph
        scale, shift = g.constant(self.tensors[name + ".weight"]), g.constant(_float32(self._bias(name) + carried))
        return g.add("LayerNormalization", x, scale, shift, epsilon=minilm.EPSILON, axis=-1)

    def _carried(self, layer: int, part: str) -> Doubles:
        """The bias that the residual stream already holds when this part of the layer adds its output to it."""
        import numpy as np

        if layer == self.layers:
            return np.zeros(minilm.HIDDEN)
        return self._bias(f"encoder.layer.{layer}.{part}output.dense")

    def _weight(self, name: str) -> Doubles:
        import numpy as np

        return self.tensors[name + ".weight"].T.astype(np.float64)  # published as (out, in)

    def _bias(self, name: str) -> Doubles:
        import numpy as np

        return self.tensors[name + ".bias"].astype(np.float64)


def _float32(values: npt.NDArray[Any]) -> Floats:
    import numpy as np

    return values.astype(np.float32)


def _int8(matrix: npt.NDArray[Any], axis: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Symmetric levels and their scales, one scale for every line along `axis`."""
    import numpy as np

    scales = np.abs(matrix).max(axis=axis, keepdims=True).astype(np.float32) / np.float32(LEVELS)
    scales = np.maximum(scales, np.float32(1e-12))  # a line of zeros stays zeros
    return np.rint(matrix / scales).clip(-LEVELS, LEVELS).astype(np.int8), scales


def _paired(integers: npt.NDArray[np.int8], scales: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """The levels of each column with so few steps that neighbours add up to at most PAIR."""
    import numpy as np

    sizes = np.abs(integers.astype(np.int16))
    worst = (sizes[0::2] + sizes[1::2]).max(axis=0)
    shrunk = np.minimum(1, (PAIR - 1) / worst)  # rounding both may add 1
    return np.rint(integers * shrunk).astype(np.int8), (scales / shrunk).astype(np.float32)


def _smoothing(peaks: Floats, matrix: Doubles) -> Doubles:
    """What each input channel is divided by, and its row of the matrix multiplied by: sqrt(peak / largest weight).

    Rounded to powers of sqrt(2), so that the last digits of a machine's arithmetic do not reach the file.
    """
    import numpy as np

    ratio = np.maximum(peaks, 1e-4) / np.maximum(np.abs(matrix).max(axis=1), 1e-6)
    steps = np.rint(np.log2(ratio.astype(np.float64)))
    smooth: Doubles = 2.0 ** ((steps - np.rint(steps.mean())) / 2)
    return smooth


def _calibration() -> list[npt.NDArray[np.int64]]:
    """64 sequences of 16 words, picked over the whole vocabulary by a fixed stride."""
    import numpy as np

    words = FIRST_WORD + np.arange(64 * 16, dtype=np.int64) * 7919 % (LAST_WORD - FIRST_WORD)
    return [np.concatenate([[101], line, [102]]) for line in words.reshape(64, 16)]  # [CLS] ... [SEP]


def build(tensors: Mapping[str, Floats], *, layers: int = 6, precision: Precision = "int8") -> bytes:
    """The ONNX file of the first `layers` layers."""
    from onnx import TensorProto, helper

    encoder = _Encoder(tensors, layers, precision)
    encoder.write()
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "length", minilm.HIDDEN])
    graph = helper.make_graph(
        encoder.graph.nodes, "minilm_tokens", inputs, [output], list(encoder.graph.constants.values())
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(CONTRIB, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="memcli")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.build.export_minilm", description=__doc__.splitlines()[0])
    parser.add_argument("safetensors", type=Path, help="model.safetensors of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("output", type=Path, help="the ONNX file to write")
    parser.add_argument("--layers", type=int, default=6, choices=range(1, 7), help="how many layers to keep")
    parser.add_argument("--precision", default="int8", choices=["int8", "fp32"])
    options = parser.parse_args(arguments)
    content = build(minilm.load(options.safetensors), layers=options.layers, precision=options.precision)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(content)
    print(f"{options.output}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
