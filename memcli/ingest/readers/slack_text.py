"""The words of a Slack message: its markup, its attachments and its blocks as plain text.

https://docs.slack.dev/messaging/formatting-message-text: links, users, channels and commands stand in angle brackets,
and only &, < and > of what was typed are escaped. https://docs.slack.dev/legacy/legacy-messaging/
legacy-secondary-message-attachments and https://docs.slack.dev/reference/block-kit/blocks for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from memcli.ingest.readers.json_fields import elements, fields, key, objects, text
from memcli.patterns import regex

Named = Callable[[str], str]
"""The name of a user by id; an empty text where it is not known."""

_MARKUP = regex(r"<([^<>\n]{1,4000})>")
_DEEP = 8
"""Blocks hold sections that hold texts: real ones are five deep."""


def plain(written: str, user: Named) -> str:
    """Slack's markup as what the reader of the channel saw: @Ann for <@U12|ann>, `label (address)` for a link."""

    def shown(match: re.Match[str]) -> str:
        what, _, label = match[1].partition("|")
        if what.startswith("@"):
            return "@" + (user(what[1:]) or label or what[1:])
        if what.startswith("#"):
            return "#" + (label or what[1:])
        if what.startswith("!"):
            return _command(what[1:], label)
        if not label or what == label or what.endswith("//" + label):
            return what
        return label if what.startswith(("mailto:", "tel:")) else f"{label} ({what})"

    return _MARKUP.sub(shown, written).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _command(name: str, label: str) -> str:
    """<!here>, <!subteam^S1|@team>, <!date^1392734382^{date}|Feb 18>."""
    if label:
        return label
    return "@" + name.split("^")[0] if name in ("here", "channel", "everyone", "group") else name.split("^")[-1]


def attachment_words(attachment: dict[str, Any]) -> str:
    """What an attachment says, as it was written: its lead, its title, its text, its fields; or else its fallback."""
    said = [text(attachment.get(name)) for name in ("pretext", "title", "text")]
    for field in objects(attachment.get("fields")):
        said.append(": ".join(filter(None, (text(field.get("title")), text(field.get("value"))))))
    said.append(block_words(attachment.get("blocks")))
    return "\n".join(filter(None, said)) or text(attachment.get("fallback"))


def is_preview(attachment: dict[str, Any]) -> bool:
    """Whether an attachment only shows what a link in the text leads to, or the message that the text shares."""
    names = ("from_url", "original_url", "service_name", "is_msg_unfurl", "is_share")
    return any(attachment.get(name) for name in names)


def block_words(blocks: object) -> str:
    """The texts of blocks, one block a line."""
    return "\n".join(filter(None, ("".join(_said(block, _DEEP)).strip() for block in objects(blocks))))


def _said(block: dict[str, Any], deep: int) -> Iterator[str]:
    if not deep:
        return
    kind = block.get("type")
    if kind == "user":
        yield f"<@{key(block.get('user_id'))}>"
    elif kind == "channel":
        yield f"<#{key(block.get('channel_id'))}>"
    elif kind == "emoji":
        yield f":{key(block.get('name'))}:"
    elif kind == "broadcast":
        yield f"<!{key(block.get('range'))}>"
    elif kind == "link":
        label = text(block.get("text"))
        yield f"<{key(block.get('url'))}{'|' + label if label else ''}>"
    elif isinstance(block.get("text"), str):
        yield block["text"]
    else:
        yield from _said(fields(block.get("text")), deep - 1)
        inner = [*objects(block.get("elements")), *objects(block.get("fields"))]
        apart = kind in ("rich_text", "rich_text_list", "context", "section")
        for item in inner:
            yield from _said(item, deep - 1)
            if apart and elements(block.get("elements") or block.get("fields"))[-1:] != [item]:
                yield "\n"
