"""The page of `memcli report`: one file, nothing loaded from elsewhere, every text escaped. Values in, text out.

What was said in a log is hostile until shown otherwise: it enters the page only through `escape`, and the page's
Content-Security-Policy (https://www.w3.org/TR/CSP3/) lets nothing run but the one script, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import accumulate

from memcli.memory.chart import Curve, svg
from memcli.report.figures import bars, columns

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fdfcf9; --quiet: #667; --line: #ddd; --bar: #1b6ca8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --paper: #16181d; --quiet: #9a9aa5; --line: #3a3d45; --bar: #6fb3e0; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 54rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
.quiet { color: var(--quiet); }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; } svg text { fill: currentColor; }
svg .bar { fill: var(--bar); } svg .axis { stroke: var(--line); }
nav { position: sticky; top: 0; background: var(--paper); padding: .6rem 0; }
#search { font: inherit; width: 100%; padding: .4rem .6rem; box-sizing: border-box; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.entry { margin: .8rem 0; overflow-wrap: anywhere; } .said { unicode-bidi: isolate; white-space: pre-wrap; }
[hidden] { display: none; }
"""

SCRIPT = """
"use strict";
const box = document.getElementById("search");
const shown = document.getElementById("shown");
const entries = [...document.querySelectorAll("[data-entry]")].map(e => [e, e.textContent.toLowerCase()]);
function look() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let found = 0;
  for (const [element, text] of entries) {
    const hit = words.every(word => text.includes(word));
    element.hidden = !hit;
    found += hit ? 1 : 0;
  }
  shown.textContent = words.length ? found + " of " + entries.length + " entries" : "";
}
box.addEventListener("input", look);
box.value = new URLSearchParams(location.hash.slice(1)).get("q") || "";
look();
"""
"""Hides the entries that lack a word of what is looked for; FILE.html#q=words begins with those words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that can be searched for: a line above it (who, when, where), and the words."""

    about: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, a sentence under it, and what is below: figures (SVG of ours), rows of a table, or entries."""

    title: str
    note: str = ""
    figure: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    entries: Sequence[Entry] = ()


def page(title: str, made_at: datetime, sections: Sequence[Section]) -> str:
    """The whole page."""
    policy = (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="quiet">as of {made_at:%Y-%m-%d %H:%M} UTC; made by memcli, kept on this machine</p>',
            '<nav><input id="search" type="search" placeholder="look for words" aria-label="look for words">',
            '<span id="shown" class="quiet" role="status"></span></nav>',
            *(_section(section) for section in sections),
            f"<script>{SCRIPT}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def overview(status: Mapping[str, int], first: str, last: str) -> Section:
    """How much there is, in numbers."""
    rows = [(name.replace("_", " "), f"{count:,}") for name, count in status.items()]
    said = f"Said between {first} and {last}." if first else "Nothing has a time."
    return Section(title="What is in it", note=said, rows=rows)


def timeline(months: Sequence[tuple[str, int]]) -> list[Section]:
    """How much was said in each month, and until then."""
    so_far = list(zip((name for name, _ in months), accumulate(turns for _, turns in months), strict=True))
    return [
        Section(title="When it was said", note="Turns a month.", figure=columns(months, "Turns a month")),
        Section(title="How it grew", note="Turns until then.", figure=columns(so_far, "Turns until then")),
    ]


def tiers(turns: Mapping[str, int], curves: Sequence[Curve], floor: float) -> Section:
    """Where the turns are, and how those that nobody uses fade."""
    note = "Turns in each tier, and the chance of recalling a turn that nobody uses, by the impression that it made."
    figure = bars(list(turns.items()), "Turns in each tier") + svg(curves, floor)
    return Section(title="What stays, and what fades", note=note, figure=figure)


def _section(section: Section) -> str:
    parts = [f"<section><h2>{escape(section.title)}</h2>"]
    if section.note:
        parts.append(f'<p class="quiet">{escape(section.note)}</p>')
    parts.append(section.figure)
    if section.rows:
        parts.append("<table>")
        if section.head:
            parts.append("<tr>" + "".join(f"<th>{escape(name)}</th>" for name in section.head) + "</tr>")
        for row in section.rows:
            cells = "".join(f'<td class="said" dir="auto">{escape(cell)}</td>' for cell in row)
            parts.append(f"<tr data-entry>{cells}</tr>" if section.head else f"<tr>{cells}</tr>")
        parts.append("</table>")
    for entry in section.entries:
        parts.append(
            f'<div class="entry" data-entry><div class="quiet said" dir="auto">{escape(entry.about)}</div>'
            f'<div class="said" dir="auto">{escape(entry.text)}</div></div>'
        )
    return "\n".join([*parts, "</section>"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
