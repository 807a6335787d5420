"""Forgetting curves as pictures: plain characters for a terminal, shapes for whoever draws them, SVG for a
page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

WIDTH, HEIGHT = 64, 13
"""Characters of the plot, without its axes: a row is 10 % of retrievability less two rows to spare."""

MARKS: Final = "*o+x#@%&"

_COLOURS: Final = ("#1b6ca8", "#c8553d", "#588157", "#7a4988", "#b08900", "#3d405b", "#0f8b8d", "#a23b72")


class Curve(NamedTuple):
    """A named line: (days from the left edge, retrievability), ascending in days."""

    name: str
    points: Sequence[tuple[float, float]]


def plain(curves: Sequence[Curve], floor: float) -> list[str]:
    """The curves in plain ASCII: one mark a curve, the later ones drawn over the earlier, a row of dots at `floor`."""
    days = max(curve.points[-1][0] for curve in curves) or 1.0
    rows = [[" "] * WIDTH for _ in range(HEIGHT)]
    rows[_row(floor)] = ["."] * WIDTH
    for curve, mark in zip(curves, _cycled(MARKS, len(curves)), strict=True):
        for column in range(WIDTH):
            rows[_row(_value(curve.points, days * column / (WIDTH - 1)))][column] = mark
    lines = []
    for at, row in enumerate(rows):
        label = f"{100 - 100 * at // (HEIGHT - 1):>3}%" if at % 3 == 0 else "    "
        lines.append(f"{label} |{''.join(row).rstrip()}")
    lines.append("     +" + "-" * WIDTH)
    lines.append("      0" + f"{days:,.0f} days".rjust(WIDTH - 1))
    names = zip(curves, _cycled(MARKS, len(curves)), strict=True)
    return lines + [f"      {mark} {curve.name}" for curve, mark in names]


class Line(NamedTuple):
    """Joined points, in pixels from the upper left corner; dashes or a plain line."""

    points: Sequence[tuple[float, float]]
    colour: str
    width: int = 1
    dashed: bool = False


class Text(NamedTuple):
    """Words whose baseline begins at a place, or ends there."""

    at: tuple[float, float]
    words: str
    ends: bool = False


class Box(NamedTuple):
    """A filled square, by its upper left corner."""

    at: tuple[float, float]
    side: int
    colour: str


class Picture(NamedTuple):
    """What is to be drawn, whoever draws it. size: width and height in pixels."""

    size: tuple[int, int]
    shapes: Sequence[Line | Text | Box]


def picture(curves: Sequence[Curve], floor: float) -> Picture:
    """The curves over a grid, a dashed line at `floor`, and what each colour is."""
    days = max(curve.points[-1][0] for curve in curves) or 1.0
    width, height, left, top = 760, 380, 50, 20

    def place(at: float, value: float) -> tuple[float, float]:
        return left + width * at / days, top + height * (1 - value)

    shapes: list[Line | Text | Box] = []
    for percent in range(0, 101, 20):
        start, end = place(0, percent / 100), place(days, percent / 100)
        shapes += [Line((start, end), "#dddddd"), Text((left - 8, start[1] + 4), f"{percent}%", ends=True)]
    shapes.append(Line((place(0, floor), place(days, floor)), "#888888", dashed=True))
    shapes.append(Text((left + width, place(0, floor)[1] - 6), "to the archive", ends=True))
    shapes.append(Text((left, top + height + 20), "0"))
    shapes.append(Text((left + width, top + height + 20), f"{days:,.0f} days", ends=True))
    for at, (curve, colour) in enumerate(zip(curves, _cycled(_COLOURS, len(curves)), strict=True)):
        y = top + height + 46 + 20 * at
        shapes.append(Line([place(*point) for point in curve.points], colour, 2))
        shapes += [Box((left, y - 10), 12, colour), Text((left + 20, y), curve.name)]
    return Picture((left + width + 30, top + height + 60 + 20 * len(curves)), shapes)


def svg_page(curves: Sequence[Curve], floor: float, title: str) -> str:
    """A page of its own with the curves as SVG: no script, nothing loaded from elsewhere."""
    from html import escape

    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f"<body><h1>{escape(title)}</h1>\n{svg(curves, floor)}</body></html>\n"
    )


def svg(curves: Sequence[Curve], floor: float) -> str:
    """The curves as SVG."""
    (width, height), shapes = picture(curves, floor)
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13">\n' + "\n".join(map(_svg, shapes)) + "\n</svg>"
    )


def _svg(shape: Line | Text | Box) -> str:
    from html import escape

    if isinstance(shape, Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        dashes = ' stroke-dasharray="4 4"' if shape.dashed else ""
        return f'<polyline points="{points}" fill="none" stroke="{shape.colour}" stroke-width="{shape.width}"{dashes}/>'
    x, y = shape.at
    if isinstance(shape, Box):
        return f'<rect x="{x:.1f}" y="{y:.1f}" width="{shape.side}" height="{shape.side}" fill="{shape.colour}"/>'
    anchor = ' text-anchor="end"' if shape.ends else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(shape.words)}</text>'


def _row(value: float) -> int:
    return round((1 - min(max(value, 0.0), 1.0)) * (HEIGHT - 1))


def _value(points: Sequence[tuple[float, float]], day: float) -> float:
    """The value at a day, between the points on either side of it."""
    for (one, high), (other, low) in pairwise(points):
        if day <= other:
            return high if other == one else high + (low - high) * (day - one) / (other - one)
    return points[-1][1]


def _cycled(items: Sequence[str], count: int) -> list[str]:
    return [items[at % len(items)] for at in range(count)]
