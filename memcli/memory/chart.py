"""Forgetting curves as pictures: plain characters for a terminal, SVG for a page. Values in, text out."""

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


def svg_page(curves: Sequence[Curve], floor: float, title: str) -> str:
    """A page of its own with the curves as SVG: no script, nothing loaded from elsewhere."""
    from html import escape

    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f"<body><h1>{escape(title)}</h1>\n{svg(curves, floor)}</body></html>\n"
    )


def svg(curves: Sequence[Curve], floor: float) -> str:
    """The curves as SVG."""
    from html import escape

    days = max(curve.points[-1][0] for curve in curves) or 1.0
    width, height, left, top = 760, 380, 50, 20

    def place(at: float, value: float) -> str:
        return f"{left + width * at / days:.1f},{top + height * (1 - value):.1f}"

    parts = []
    for percent in range(0, 101, 20):
        y = top + height * (1 - percent / 100)
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{percent}%</text>')
    y = top + height * (1 - floor)
    parts.append(
        f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#888" stroke-dasharray="4 4"/>'
    )
    parts.append(f'<text x="{left + width}" y="{y - 6:.1f}" text-anchor="end">to the archive</text>')
    parts.append(f'<text x="{left}" y="{top + height + 20}">0</text>')
    parts.append(f'<text x="{left + width}" y="{top + height + 20}" text-anchor="end">{days:,.0f} days</text>')
    for at, (curve, colour) in enumerate(zip(curves, _cycled(_COLOURS, len(curves)), strict=True)):
        points = " ".join(place(*point) for point in curve.points)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = top + height + 46 + 20 * at
        parts.append(f'<rect x="{left}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 20}" y="{y}">{escape(curve.name)}</text>')
    total = top + height + 60 + 20 * len(curves)
    return (
        f'<svg width="{left + width + 30}" height="{total}" viewBox="0 0 {left + width + 30} {total}" '
        f'font-family="sans-serif" font-size="13">\n' + "\n".join(parts) + "\n</svg>"
    )


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
