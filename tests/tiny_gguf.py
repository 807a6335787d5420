"""Writes a tiny llama model with random weights: it loads and writes nonsense, always the same for a seed."""

from __future__ import annotations

from pathlib import Path

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

WORDS = ("the", "and", "you", "to", "of", "a", "in", "is", "it", "I", "that", "we", "was", "on", "for", "with", "are")


def write_tiny_gguf(
    path: Path,
    seed: int = 0,
    chat_template: str | None = CHAT_TEMPLATE,
    context_length: int = 2048,
    deadly: bool = False,
    hidden: int = 32,
    heads: int = 4,
    shared: int = 1,
    feed: int = 64,
    layers: int = 2,
    eight_bits: bool = False,
) -> Path:
    """A llama of two layers (or as large as said) with a byte-level SentencePiece vocabulary, some 150 KB.

    `shared`: so many heads share a key and a value. `eight_bits`: weights in the format Q8_0.

    Special tokens: <s>, </s>, <|im_start|>, <|im_end|>. `chat_template=None` leaves the template out;
    `deadly` makes it a model that loads and kills the process that works with it.
    """
    import gguf
    import numpy as np

    kinds = gguf.TokenType
    entries = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
    entries += [("<|im_start|>", kinds.CONTROL), ("<|im_end|>", kinds.CONTROL)]
    entries += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    entries += [("▁" + word, kinds.NORMAL) for word in WORDS]
    entries += [(chr(code), kinds.NORMAL) for code in range(33, 127)] + [("▁", kinds.NORMAL)]

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(context_length)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(feed)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads // shared)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if eight_bits else gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _ in entries])
    writer.add_token_scores([-float(at) for at in range(len(entries))])
    writer.add_token_types([int(kind) for _, kind in entries])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_eot_token_id(4)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    if chat_template is not None:
        writer.add_chat_template(chat_template)

    numbers = np.random.default_rng(seed)

    def add(name: str, *shape: int, scale: float = 1) -> None:
        if eight_bits:  # blocks of 32: their scale in 16 bits, then a byte each
            blocks = np.empty((shape[0], shape[1] // 32, 34), np.uint8)
            blocks[:, :, 2:] = numbers.integers(0, 256, blocks[:, :, 2:].shape, np.uint8)
            blocks[:, :, :2] = np.array([scale / (74 * shape[-1] ** 0.5)], np.float16).view(np.uint8)
            writer.add_tensor(name, blocks.reshape(shape[0], -1), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
            return
        # float32 outright: llama.cpp crashes the process on float64
        kind = np.float64 if deadly else np.float32
        writer.add_tensor(name, (scale * (numbers.standard_normal(shape) / shape[-1] ** 0.5)).astype(kind))

    add("token_embd.weight", len(entries), hidden)
    writer.add_tensor("output_norm.weight", np.ones(hidden, np.float32))
    add("output.weight", len(entries), hidden, scale=4)
    for layer in range(layers):
        for name, rows in (("q", hidden), ("k", hidden // shared), ("v", hidden // shared), ("output", hidden)):
            add(f"blk.{layer}.attn_{name}.weight", rows, hidden)
        add(f"blk.{layer}.ffn_gate.weight", feed, hidden)
        add(f"blk.{layer}.ffn_up.weight", feed, hidden)
        add(f"blk.{layer}.ffn_down.weight", hidden, feed)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(hidden, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
