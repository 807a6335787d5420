"""The words of a piece of HTML, laid out in lines as a browser would show them.

html-text (https://github.com/zytedata/html-text) does it, over libxml2's forgiving parser, which also bounds how deep
tags may nest. Quotes of other messages are taken out first: they are somebody else's words.
"""

from __future__ import annotations

import re

from memcli.patterns import regex

QUOTES = (
    "//blockquote[@type='cite' or contains(@class,'gmail_quote') or contains(@class,'protonmail_quote')]"
    "|//div[contains(@class,'gmail_quote') or contains(@class,'yahoo_quoted') or contains(@class,'moz-cite-prefix')]"
    "|//div[contains(@class,'gmail_signature') or @id='Signature' or contains(@class,'moz-signature')]"
    "|//aside[contains(@class,'quote')]"
)
"""How Gmail, Yahoo, Thunderbird, Proton, Outlook and Discourse mark quotes and signatures (XPath)."""
_REST_IS_QUOTE = "(//div[@id='divRplyFwdMsg' or @id='appendonsend'])[1]"
"""What Outlook puts in front of the mail that is answered."""

_TAG = regex(r"<(?:html|body|div|p|br|table|span|a|b|i|font|head|meta|style|!doctype)\b[^>]*>", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Whether there is a tag of HTML in it."""
    return bool(_TAG.search(text))


def words(html: str, *, without: str = QUOTES) -> str:
    """The text of HTML, empty where there are no words; never raises.

    `without` is an XPath of what is left out: quotes and signatures; nothing at all where it is empty.
    """
    import html_text
    import lxml.html
    from lxml import etree

    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        tree = lxml.html.fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return ""  # no element at all, or nothing but a comment
    for heading in tree.xpath(_REST_IS_QUOTE) if without == QUOTES else ():
        if (parent := heading.getparent()) is not None:
            for node in [heading, *heading.itersiblings()]:
                parent.remove(node)
    for node in tree.xpath(without) if without else ():
        # An empty paragraph stays in its place, so that the words around it do not run into one.
        node.clear(keep_tail=True)
        node.tag = "p"
    try:
        return str(html_text.extract_text(tree)).strip()
    except (etree.LxmlError, ValueError, RecursionError):
        return ""
