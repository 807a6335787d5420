"""Where the layers of a model go, by the sizes in its header and what the devices have free."""

import struct

import pytest

from engines.devices import Device, cards_listed
from engines.errors import EngineUnavailable, ModelCorrupt
from engines.gguf_header import ModelSizes, parts_of, sizes
from engines.layers import BATCH, FLOAT, LEAST_HEADROOM, plan

MB = 1 << 20


def model(blocks=32, block=200 * MB, output=400 * MB, kv_token=4096):
    return ModelSizes(
        blocks=(block,) * blocks, output=output, kv_token=(kv_token,) * blocks,
        vocabulary=32_000, heads=32, feed_forward=11_000,
    )  # fmt: skip


def placed(wish, devices, context_tokens=4096, **shape):
    return plan(wish, devices, model(**shape), context_tokens=context_tokens, hint="build one")


def test_a_model_that_fits_goes_to_the_card_whole(card):
    found = placed("auto", card(free=23 << 30).devices())
    assert (found.layers, found.split) == (33, (1.0,))
    assert found.says == "gpu, 33 of 33 layers on Testcard"


def test_as_many_layers_as_fit_and_never_more_than_the_free_memory(card):
    free = 4 << 30
    found = placed("auto", card(free=free).devices())
    assert 0 < found.layers < 33
    taken = 400 * MB + (found.layers - 1) * (200 * MB + 4096 * 4096)
    assert taken + LEAST_HEADROOM < free
    scratch = FLOAT * BATCH * (32 * 4096 + 22_000 + 32_000)
    assert taken + 2 * (200 * MB + 4096 * 4096) + 1229 * MB + scratch > free, (
        "no room is left that a layer would fit in"
    )


def test_a_longer_context_leaves_room_for_fewer(card):
    cards = card(free=8 << 30).devices()
    assert placed("auto", cards, context_tokens=32_768).layers < placed("auto", cards, context_tokens=2048).layers


def test_two_cards_share_by_what_they_have_free(card):
    cards = card(free=(9 << 30, 5 << 30)).devices()
    found = placed("auto", cards)
    assert found.layers == 33
    assert sum(found.split) == pytest.approx(1)
    assert 1.5 < found.split[0] / found.split[1] < 3
    assert "Testcard and Testcard" in found.says


def test_graphics_in_the_processor_are_used_only_where_there_is_no_card(card):
    chip = card(free=23 << 30, name="Chip", kind="integrated").devices()
    assert "Chip" in placed("auto", chip).says
    assert "Chip" not in placed("auto", [*chip, *card(free=23 << 30).devices()]).says


@pytest.mark.parametrize("wish", ["off", 0])
def test_off_is_off(card, wish):
    assert placed(wish, card(free=23 << 30).devices()).layers == 0


def test_what_is_demanded_is_done_or_refused(card):
    small = card(free=2 << 30).devices()
    assert placed(5, small).layers == 5
    assert placed(99, card(free=23 << 30).devices()).layers == 33
    every = placed("all", small)
    assert (every.layers, "too small" in every.says) == (33, True)
    for wish in ("all", 5):
        with pytest.raises(EngineUnavailable) as caught:
            placed(wish, [one for one in small if one.kind == "cpu"])
        assert caught.value.hint == "build one"
    assert placed("auto", []).layers == 0


def test_the_header_tells_the_sizes(tiny_gguf):
    found = sizes(tiny_gguf)
    hidden, feed, words = 32, 64, found.vocabulary
    norms = 2 * hidden * 4
    block = 4 * (4 * hidden * hidden + 3 * hidden * feed)
    assert found.blocks == (block + norms, block + norms)
    assert abs(found.output - 4 * (words * hidden + hidden)) < 64, "up to the padding between tensors"
    assert found.kv_token == (2 * hidden * 2, 2 * hidden * 2)
    assert (found.heads, found.feed_forward) == (4, 64)
    assert words > 350


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGUF" + b"\xff" * 64,
        b"GGUF" + struct.pack("<IQQ", 9, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 50) + b"key",
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 3) + b"key" + struct.pack("<IIQ", 9, 9, 1 << 40),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 3) + b"key" + struct.pack("<I", 77),
    ],
)
def test_a_hostile_header_is_refused(tmp_path, content):
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"bad\.gguf"):
        sizes(path)


def test_a_model_in_several_files(tmp_path):
    first = tmp_path / "big-00001-of-00002.gguf"
    first.touch()
    with pytest.raises(ModelCorrupt, match="00002-of-00002"):
        parts_of(first)
    (tmp_path / "big-00002-of-00002.gguf").touch()
    assert [part.name[4:9] for part in parts_of(first)] == ["00001", "00002"]


def test_what_nvidia_smi_lists():
    listed = "0, NVIDIA H100 80GB HBM3, 80000, 81559\n1, NVIDIA T4, 100, 15360\nNo devices were found\n2, x, [N/A], 5\n"
    assert [(card.name, card.free // MB) for card in cards_listed(listed)] == [("NVIDIA0", 80000), ("NVIDIA1", 100)]
    assert cards_listed("") == []
    assert isinstance(cards_listed(listed)[0], Device)
