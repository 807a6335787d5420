"""A picture of shapes as a PNG file: needs the package Pillow, which `memcli[plot]` brings."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from memcli.memory.chart import Box, Line
from memcli.usage import UsageError

if TYPE_CHECKING:
    from memcli.memory.chart import Picture

SCALE = 2
"""Pixels of the file for each of the picture, so that it is sharp on fine screens too."""


def png(drawn: Picture) -> bytes:
    """The picture on white. Raises UsageError, naming the package, where Pillow is not installed."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise UsageError(
            "a PNG needs the package Pillow, which is not installed",
            hint="pip install 'memcli[plot]' (or write a page, which needs nothing: --html FILE)",
        ) from error
    canvas = Image.new("RGB", (drawn.size[0] * SCALE, drawn.size[1] * SCALE), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(13 * SCALE)
    for shape in drawn.shapes:
        if isinstance(shape, Line):
            points = [(x * SCALE, y * SCALE) for x, y in shape.points]
            if shape.dashed:
                (x, y), (end, _) = points[0], points[-1]
                points = []
                while x < end:
                    draw.line([(x, y), (min(x + 4 * SCALE, end), y)], fill=shape.colour, width=shape.width * SCALE)
                    x += 8 * SCALE
            else:
                draw.line(points, fill=shape.colour, width=shape.width * SCALE, joint="curve")
            continue
        x, y = (value * SCALE for value in shape.at)
        if isinstance(shape, Box):
            side = shape.side * SCALE
            draw.rectangle((x, y, x + side, y + side), fill=shape.colour)
        else:
            draw.text((x, y), shape.words, fill="black", font=font, anchor="rs" if shape.ends else "ls")
    held = BytesIO()
    canvas.save(held, "PNG")
    return held.getvalue()
