"""Figures as SVG that takes its colours from the page around it. Values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP = 760, 160, 50, 14

LABELS = 8
"""About so many bars are labelled."""


def columns(values: Sequence[tuple[str, int]], title: str) -> str:
    """A column for each (label, value), side by side, with the greatest value at the axis."""
    if not values:
        return ""
    most = max(value for _, value in values) or 1
    step = WIDTH / len(values)
    parts = [
        f'<text x="{LEFT - 8}" y="{TOP + 5}" text-anchor="end">{most:,}</text>',
        f'<text x="{LEFT - 8}" y="{TOP + HEIGHT}" text-anchor="end">0</text>',
        f'<line class="axis" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{TOP + HEIGHT}" y2="{TOP + HEIGHT}"/>',
    ]
    every = max(1, -(-len(values) // LABELS))
    for at, (label, value) in enumerate(values):
        tall = HEIGHT * value / most
        x = LEFT + step * at
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{TOP + HEIGHT - tall:.1f}" width="{max(step - 2, 1):.1f}" '
            f'height="{tall:.1f}"><title>{escape(label)}: {value:,}</title></rect>'
        )
        if at % every == 0:
            parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}">{escape(label)}</text>')
    return _figure(parts, TOP + HEIGHT + 28, title)


def bars(values: Sequence[tuple[str, int]], title: str) -> str:
    """A bar for each (label, value), one below the other."""
    most = max((value for _, value in values), default=0) or 1
    parts = []
    for at, (label, value) in enumerate(values):
        y, long = TOP + 24 * at, (WIDTH - 200) * value / most
        parts.append(f'<text x="{LEFT + 110}" y="{y + 13}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<rect class="bar" x="{LEFT + 120}" y="{y}" width="{long:.1f}" height="16"/>')
        parts.append(f'<text x="{LEFT + 126 + long:.1f}" y="{y + 13}">{value:,}</text>')
    return _figure(parts, TOP + 24 * len(values), title)


def _figure(parts: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {LEFT + WIDTH + 20} {height}" role="img" aria-label="{escape(title)}">\n'
        + "\n".join(parts)
        + "\n</svg>"
    )
