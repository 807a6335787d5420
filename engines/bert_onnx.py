"""Writes an encoder of the BERT family as ONNX, from its config.json and its weights, without torch.

Needs the package onnx (pip install 'memcli[convert]'). The graph: `input_ids`, `attention_mask` int64 (batch, length)
-> `last_hidden_state` float32 (batch, length, hidden); of a cross-encoder also `token_type_ids`, where the family has
them -> `logits` float32 (batch, classes). Only operators of ONNX itself, so that any provider runs it.

Source: Devlin et al. 2019, "BERT"; Liu et al. 2019, "RoBERTa", whose positions begin after the padding token's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engines.errors import EngineUnavailable, ModelCorrupt, ModelRefused

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

FAMILIES = ("bert", "roberta", "xlm-roberta", "camembert")
"""What config.json may name as model_type."""

OPSET = 20
LARGEST = 2_000_000_000
"""Bytes of weights that fit into one ONNX file."""

MASKED = -1e9
"""Added to the attention score of a padded place."""

_ACTIVATIONS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


def convert(config: Mapping[str, Any], weights: Mapping[str, Floats], *, scores: bool = False) -> bytes:
    """The ONNX file of an encoder or, if it `scores`, of a cross-encoder, with the head that config and weights have.

    Raises ModelRefused for an architecture that is not known here, ModelCorrupt for missing weights, EngineUnavailable
    without the package onnx.
    """
    _refuse_unknown(config)
    if sum(tensor.nbytes for tensor in weights.values()) > LARGEST:
        raise ModelRefused("the model is larger than 2 GB", hint="export it to ONNX with external data, and add that")
    try:
        from onnx import TensorProto, helper
    except ImportError as error:
        raise EngineUnavailable(
            "the package onnx is not installed", hint="pip install 'memcli[convert]' converts sentence-transformers"
        ) from error
    try:
        writer = _Writer(config, {_plain(name): tensor for name, tensor in weights.items()})
        writer.write(pairs=scores)
        classes = writer.write_head() if scores else 0
    except KeyError as error:
        raise ModelCorrupt(f"the weights lack {error.args[0]}") from error
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if scores and _tells_apart(config) else [])]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names]
    shape = ["batch", classes] if scores else ["batch", "length", int(config["hidden_size"])]
    name = "logits" if scores else "last_hidden_state"
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(writer.nodes, "encoder", inputs, [output], writer.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="memcli")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _refuse_unknown(config: Mapping[str, Any]) -> None:
    family = config.get("model_type")
    if family not in FAMILIES:
        raise ModelRefused(
            f"models of the kind {family!r} cannot be converted: only {', '.join(FAMILIES)}",
            hint="an ONNX export of it (model.onnx and tokenizer.json in a folder) can be added",
        )
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ModelRefused(f"positions of the kind {config['position_embedding_type']!r} cannot be converted")
    if config.get("hidden_act", "gelu") not in _ACTIVATIONS:
        raise ModelRefused(f"the activation {config['hidden_act']!r} cannot be converted")


def _tells_apart(config: Mapping[str, Any]) -> bool:
    """Whether the family tells the first text of a pair from the second by token types (RoBERTa's do not)."""
    return bool(config["model_type"] == "bert")


def _plain(name: str) -> str:
    """A tensor's name without the prefix that a wrapping model gave it."""
    for prefix in ("bert.", "roberta.", "model."):
        name = name.removeprefix(prefix)
    return name


class _Writer:
    """Collects the nodes and constants of the graph."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Floats]) -> None:
        self._config = config
        self._weights = weights
        self._heads = int(config["num_attention_heads"])
        self._width = int(config["hidden_size"]) // self._heads
        self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        self._kind = _ACTIVATIONS[config.get("hidden_act", "gelu")]
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def write(self, *, pairs: bool = False) -> None:
        """The encoder. `pairs`: its texts are pairs, whose second has tokens of type 1 where there are types."""
        import numpy as np
        from onnx import TensorProto

        first = int(self._config.get("pad_token_id", 1)) + 1 if self._config["model_type"] != "bert" else 0
        places = self._weights["embeddings.position_embeddings.weight"][first:]
        kinds = self._weights["embeddings.token_type_embeddings.weight"]
        typed = pairs and _tells_apart(self._config)
        if not typed:
            places = places + kinds[0]
        zero = self._constant(np.array([0], np.int64))
        length = self._add("Shape", "input_ids", start=1, end=2)
        at = self._add("Slice", self._constant(places), zero, length, zero)
        words = self._add("Gather", self._constant(self._weights["embeddings.word_embeddings.weight"]), "input_ids")
        x = self._add("Add", words, at)
        if typed:
            x = self._add("Add", x, self._add("Gather", self._constant(kinds), "token_type_ids"))
        x = self._normalised(x, "embeddings.LayerNorm")
        seen = self._add("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self._add("Sub", self._constant(np.float32(1)), seen)
        mask = self._add("Mul", hidden, self._constant(np.float32(MASKED)))
        mask = self._add("Unsqueeze", mask, self._constant(np.array([1, 2], np.int64)))
        for layer in range(int(self._config["num_hidden_layers"])):
            x = self._layer(f"encoder.layer.{layer}.", x, mask)
        self.nodes[-1].output[0] = "last_hidden_state"

    def write_head(self) -> int:
        """From the first token's state to the logits, as transformers' BertForSequenceClassification and its RoBERTa
        likes do. Returns how many logits there are."""
        import numpy as np

        inner, outer = (
            ("pooler.dense", "classifier")
            if _tells_apart(self._config)
            else ("classifier.dense", "classifier.out_proj")
        )
        state = self._add("Gather", "last_hidden_state", self._constant(np.array(0, np.int64)), axis=1)
        self._linear(self._add("Tanh", self._linear(state, inner)), outer)
        self.nodes[-1].output[0] = "logits"
        return len(self._weights[f"{outer}.bias"])

    def _layer(self, name: str, x: str, mask: str) -> str:
        import numpy as np

        query, key, value = (
            self._split(self._linear(x, f"{name}attention.self.{part}"), turned=part == "key")
            for part in ("query", "key", "value")
        )
        scores = self._add("Mul", self._add("MatMul", query, key), self._constant(np.float32(self._width**-0.5)))
        likely = self._add("Softmax", self._add("Add", scores, mask), axis=-1)
        mixed = self._add("Transpose", self._add("MatMul", likely, value), perm=[0, 2, 1, 3])
        whole = self._constant(np.array([0, 0, self._heads * self._width], np.int64))
        out = self._linear(self._add("Reshape", mixed, whole), f"{name}attention.output.dense")
        x = self._normalised(self._add("Add", out, x), f"{name}attention.output.LayerNorm")
        inner = self._add("Gelu", self._linear(x, f"{name}intermediate.dense"), approximate=self._kind)
        out = self._linear(inner, f"{name}output.dense")
        return self._normalised(self._add("Add", out, x), f"{name}output.LayerNorm")

    def _split(self, x: str, *, turned: bool) -> str:
        """(batch, length, hidden) by heads; `turned` with the width before the length."""
        import numpy as np

        parts = self._add("Reshape", x, self._constant(np.array([0, 0, self._heads, self._width], np.int64)))
        return self._add("Transpose", parts, perm=[0, 2, 3, 1] if turned else [0, 2, 1, 3])

    def _linear(self, x: str, name: str) -> str:
        product = self._add("MatMul", x, self._constant(self._weights[f"{name}.weight"].T))
        return self._add("Add", product, self._constant(self._weights[f"{name}.bias"]))

    def _normalised(self, x: str, name: str) -> str:
        scale, shift = (self._constant(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._add("LayerNormalization", x, scale, shift, axis=-1, epsilon=self._epsilon)

    def _constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        import numpy as np
        from onnx import numpy_helper

        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def _add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"node_{name}", **attributes))
        return name
