"""MiniLM as a model that can be tuned. Needs torch."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, HIDDEN = 6, 12, 384
BEGIN, END = 101, 102


class Bert(nn.Module):  # type: ignore[misc] # torch is not there to be checked
    """BERT with MiniLM's weights. Dropout 0.1, as it was trained with; the embeddings stay as they are."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.tensors = nn.ParameterDict({name.replace(".", "/"): nn.Parameter(one) for name, one in tensors.items()})
        self.drop = nn.Dropout(0.1)
        for name, tensor in self.tensors.items():
            tensor.requires_grad = "embeddings" not in name

    def get(self, name: str) -> torch.Tensor:
        """The tensor of a name."""
        return self.tensors[name.replace(".", "/")]

    def named(self) -> dict[str, torch.Tensor]:
        """All tensors by the names that they came with."""
        return {name.replace("/", "."): one.detach() for name, one in self.tensors.items()}

    def linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """The linear layer of a name."""
        return functional.linear(x, self.get(name + ".weight"), self.get(name + ".bias"))

    def normal(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """The layer normalisation of a name."""
        return functional.layer_norm(x, (HIDDEN,), self.get(name + ".weight"), self.get(name + ".bias"), 1e-12)

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(batch, length) -> (batch, length, HIDDEN): the last hidden states."""
        rows, length = ids.shape
        x = self.get("embeddings.word_embeddings.weight")[ids]
        x = x + self.get("embeddings.position_embeddings.weight")[:length]
        x = self.drop(self.normal("embeddings.LayerNorm", x + self.get("embeddings.token_type_embeddings.weight")[0]))
        seen = mask[:, None, None, :].bool()
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}."
            query, key, value = (
                self.linear(f"{at}attention.self.{part}", x).view(rows, length, HEADS, -1).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
            mixed = mixed.transpose(1, 2).reshape(rows, length, HIDDEN)
            out = self.drop(self.linear(at + "attention.output.dense", mixed))
            x = self.normal(at + "attention.output.LayerNorm", x + out)
            out = self.linear(at + "output.dense", functional.gelu(self.linear(at + "intermediate.dense", x)))
            x = self.normal(at + "output.LayerNorm", x + self.drop(out))
        return x
